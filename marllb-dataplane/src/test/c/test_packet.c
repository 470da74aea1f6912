/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "frame.h"

/* Parsed in memory of exactly its size, so that a sanitizer sees each byte too far. */
static int
parse_exact(const uint8_t *bytes, uint32_t length, struct marllb_packet *p)
{
	uint8_t *copy = malloc(length + (length == 0));
	int result;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	result = marllb_parse(copy, length, p);
	if (result == 0)
		p->data = NULL;
	free(copy);
	return result;
}

/* The header of RFC-conforming stacks everywhere: its checksum, b1e6, is known from textbooks. */
static const uint8_t SYN[] = {
	0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00,			    /* link */
	0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0xb1, 0xe6,	    /* IPv4 */
	0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c,					    /* addresses */
	0xd4, 0x31, 0x00, 0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0, /* TCP */
	2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};		    /* its options */

static void
reads_each_field_of_a_syn(void **state)
{
	struct marllb_packet p;
	struct marllb_key key = {.src = {172, 16, 10, 99},
				 .dst = {172, 16, 10, 12},
				 .proto = 6,
				 .family = 4};
	uint8_t bytes[sizeof(SYN)];

	(void)state;
	memcpy(bytes, SYN, sizeof(SYN));
	memcpy(&key.sport, (const uint8_t[]){0xd4, 0x31}, 2);
	memcpy(&key.dport, (const uint8_t[]){0x00, 0x50}, 2);
	assert_int_equal(marllb_parse(bytes, sizeof(bytes), &p), 0);

	assert_int_equal(p.kind, MARLLB_TCP);
	assert_ptr_equal(p.data, bytes);
	assert_int_equal(p.length, 74);
	assert_int_equal(p.l3, 14);
	assert_int_equal(p.l4, 34);
	assert_int_equal(p.payload, 74);
	assert_int_equal(p.l3_total, 60);
	assert_int_equal(p.tcp_flags, MARLLB_TCP_SYN);
	assert_int_equal(p.proto, 6);
	assert_memory_equal(&p.key, &key, sizeof(key));
}

/* What becomes of a recipe: the kind, or the reason with REFUSED. */
#define REFUSED 0x100

static void
expect_frame(const char *what, const struct frame *f, int wanted)
{
	struct marllb_packet p;
	int result = parse_exact(f->data, f->length, &p);

	result = result == 0 ? p.kind : (int)(REFUSED | MARLLB_REASON(result));
	check(result == wanted, "%s: 0x%x instead of 0x%x", what, (unsigned)result, (unsigned)wanted);
}

static void
expect(const char *what, const struct recipe *r, int wanted)
{
	struct frame f;

	build(&f, r);
	expect_frame(what, &f, wanted);
}

static void
tells_kinds_apart(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		uint8_t icmp = family == 4 ? 1 : 58;
		struct recipe r = plain(family, 6);

		expect("TCP", &r, MARLLB_TCP);
		r.tags = 1;
		expect("one tag", &r, MARLLB_TCP);
		r.tags = 2;
		expect("two tags", &r, MARLLB_TCP);
		r.tags = 3;
		expect("three tags", &r, REFUSED | MARLLB_DROP_NOT_IP);
		r = plain(family, 17);
		r.options = 40;
		r.hop_by_hop = r.routing = r.destination = r.authentication = true;
		expect("UDP behind all there is", &r, MARLLB_UDP);
		r = plain(family, 132);
		expect("SCTP", &r, MARLLB_OTHER);
		r = plain(family, icmp);
		r.icmp_type = family == 4 ? 8 : 128;
		expect("echo request", &r, MARLLB_ICMP_ECHO);
		r.icmp_code = 1;
		expect("echo request with a code", &r, MARLLB_OTHER);
		r.icmp_type = family == 4 ? 0 : 129;
		expect("echo reply", &r, MARLLB_OTHER);
		r = plain(family, 6);
		r.fragment_header = true; /* IPv6: whole, RFC 6946 */
		expect("atomic fragment", &r, MARLLB_TCP);
		r.more_fragments = true;
		r.payload_length = 36; /* with TCP's header a multiple of 8 */
		expect("first fragment", &r, MARLLB_FRAGMENT);
		r.fragment_offset = 100;
		r.more_fragments = false;
		expect("last fragment", &r, MARLLB_FRAGMENT);
		r.proto = icmp;
		expect("last fragment of an echo", &r, MARLLB_OTHER);
	}
}

/* Changes one byte of the frame of a recipe. */
static void
expect_patched(const char *what, const struct recipe *r, uint32_t at, uint8_t value, int wanted)
{
	struct frame f;

	build(&f, r);
	f.data[at] = value;
	expect_frame(what, &f, wanted);
}

static void
names_why_it_refuses(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		struct recipe r = plain(family, 6);

		r.fragment_header = r.more_fragments = true;
		r.payload_length = 33;
		expect("a middle fragment not of 8 bytes", &r, REFUSED | MARLLB_DROP_FRAGMENT);
		r.payload_length = 36;
		r.fragment_offset = 2;
		expect("a middle fragment", &r, MARLLB_FRAGMENT);
		r.fragment_offset = 1;
		expect("a fragment with TCP's flags", &r, REFUSED | MARLLB_DROP_FRAGMENT);
		r.fragment_offset = 8191;
		expect("a fragment beyond 64 KiB", &r, REFUSED | MARLLB_DROP_FRAGMENT);
		r = plain(family, 99); /* no header, so its payload is the upper layer */
		r.fragment_header = r.more_fragments = true;
		r.payload_length = 0;
		expect("an empty fragment", &r, REFUSED | MARLLB_DROP_FRAGMENT);
		r.payload_length = 16;
		expect_patched("a first fragment without TCP's flags", &r, family == 4 ? 23 : 54, 6,
			       REFUSED | MARLLB_DROP_FRAGMENT);
		r.payload_length = 24;
		expect_patched("a first fragment of a longer UDP packet", &r, family == 4 ? 23 : 54, 17,
			       MARLLB_FRAGMENT);
	}
}

static void
tells_fragments_of_one_packet(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		struct recipe r = plain(family, 17);
		struct marllb_packet p;
		struct frame f;

		r.id = 0x12345678;
		r.fragment_header = r.more_fragments = true;
		build(&f, &r);
		assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
		assert_int_equal(p.fragment_id, family == 4 ? 0x5678 : 0x12345678);
		assert_true(p.first_fragment && p.more_fragments);
		assert_int_equal(ntohs(p.key.sport), 40000);
		r.fragment_offset = 5;
		build(&f, &r);
		assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
		assert_int_equal(p.fragment_id, family == 4 ? 0x5678 : 0x12345678);
		assert_true(!p.first_fragment && p.more_fragments);
		assert_int_equal(p.key.sport, 0);
	}
}

static void
refuses_headers_that_contradict_themselves(void **state)
{
	struct recipe tcp4 = plain(4, 6), udp4 = plain(4, 17), tcp6 = plain(6, 6), udp6 = plain(6, 17);
	struct recipe e = plain(6, 6);

	(void)state;
	expect_patched("type 0x0801", &tcp4, 13, 0x01, REFUSED | MARLLB_DROP_NOT_IP);
	expect_patched("version 5", &tcp4, 14, 0x55, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("IPv4 header of 16", &tcp4, 14, 0x44, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("IPv4 length 19", &tcp4, 17, 19, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("IPv4 length beyond", &tcp4, 16, 1, REFUSED | MARLLB_DROP_TRUNCATED);
	expect_patched("TCP header of 16", &tcp4, 46, 0x40, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("TCP header beyond", &tcp4, 46, 0xf0, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("IPv4 length 39", &tcp4, 17, 39, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("UDP length 7", &udp4, 39, 7, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("UDP length beyond", &udp4, 38, 1, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("UDP shorter than IP", &udp4, 39, 8, MARLLB_UDP);
	expect_patched("reserved flag", &tcp4, 20, 0x80, MARLLB_TCP);
	expect_patched("version 4 as IPv6", &tcp6, 14, 0x40, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("IPv6 length beyond", &tcp6, 18, 1, REFUSED | MARLLB_DROP_TRUNCATED);
	expect_patched("UDP length beyond", &udp6, 58, 1, REFUSED | MARLLB_DROP_MALFORMED);
	e.hop_by_hop = e.routing = true;
	expect_patched("hop-by-hop twice", &e, 54, 0, REFUSED | MARLLB_DROP_MALFORMED);
	expect_patched("segments left", &e, 54 + 8 + 3, 1,
		       REFUSED | MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	expect_patched("extension beyond", &e, 54 + 8 + 1, 20, REFUSED | MARLLB_DROP_MALFORMED);
}

/* A chain as long as the packet: an end to the walk, whatever it says. */
static void
walks_no_endless_chain(void **state)
{
	struct recipe r = plain(6, 60);
	uint8_t chain[1200] = {0};
	struct marllb_packet p;
	struct frame f;

	(void)state;
	for (unsigned i = 0; i < sizeof(chain); i += 8)
		chain[i] = 60;
	r.payload = chain;
	r.payload_length = sizeof(chain);
	expect("150 headers", &r, REFUSED | MARLLB_DROP_MALFORMED);
	chain[7 * 8] = 59;
	build(&f, &r);
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(p.kind, MARLLB_OTHER);
	assert_int_equal(p.l4, 54 + 64);
	chain[7 * 8] = 60;
	chain[8 * 8] = 59;
	expect("9 headers", &r, REFUSED | MARLLB_DROP_MALFORMED);
}

static void
turns_the_key_of_an_error_round(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		unsigned header = family == 4 ? 20 : 40;

		/* All that comes back, down to the 8 bytes that must, and less. */
		for (uint32_t bytes = header + 28; bytes >= header - 1; bytes--) {
			struct recipe lost = plain(family, 6);
			struct marllb_packet there, p;
			struct frame f, original;
			struct marllb_key key;
			int result;

			/* What a server sent to the client with the VIP as its source. */
			memcpy(lost.src, plain(family, 6).dst, 16);
			memcpy(lost.dst, plain(family, 6).src, 16);
			lost.sport = 80;
			lost.dport = 40000;
			build_error(&f, &lost, bytes);
			result = parse_exact(f.data, f.length, &p);
			if (bytes < header + 8) {
				assert_int_equal(result, MARLLB_REFUSED(MARLLB_DROP_TRUNCATED));
				continue;
			}
			assert_int_equal(result, 0);
			assert_int_equal(p.kind, MARLLB_ICMP_ERROR);

			/* The key of the client's own packets. */
			lost = plain(family, 6);
			build(&original, &lost);
			assert_int_equal(marllb_parse(original.data, original.length, &there), 0);
			key = there.key;
			assert_memory_equal(&p.key, &key, sizeof(key));
			assert_int_equal(p.payload, p.l4 + 8);
			assert_int_equal(p.inner_l4, p.payload + header);
		}
	}
}

static void
refuses_an_error_about_somebody_elses_packet(void **state)
{
	struct recipe lost = plain(4, 6);
	struct marllb_packet p;
	struct frame f;

	(void)state;
	build_error(&f, &lost, 28);
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	f.data[14 + 28 + 12]++; /* source of the inner packet */
	assert_int_equal(marllb_parse(f.data, f.length, &p), MARLLB_REFUSED(MARLLB_DROP_MALFORMED));
	build_error(&f, &lost, 28);
	f.data[14 + 28 + 7] = 1; /* a later fragment: it had no ports */
	assert_int_equal(marllb_parse(f.data, f.length, &p), MARLLB_REFUSED(MARLLB_DROP_FRAGMENT));
}

static void
reads_arp(void **state)
{
	static const uint8_t request[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
		2,    0,    0,	  0,	0,    1,    10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 100};
	struct marllb_packet p;
	uint8_t bytes[42];

	(void)state;
	assert_int_equal(parse_exact(request, sizeof(request), &p), 0);
	assert_int_equal(p.kind, MARLLB_ARP);
	assert_memory_equal(p.key.src, ((uint8_t[]){10, 0, 0, 1}), 4);
	assert_memory_equal(p.key.dst, ((uint8_t[]){10, 0, 0, 100}), 4);
	for (unsigned i = 0; i < sizeof(request); i++)
		assert_int_equal(parse_exact(request, i, &p), MARLLB_REFUSED(MARLLB_DROP_TRUNCATED));
	memcpy(bytes, request, sizeof(bytes));
	bytes[21] = 3;
	assert_int_equal(parse_exact(bytes, sizeof(bytes), &p),
			 MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL));
}

/* The fast path and the slow one say the same of the same frame, valid or damaged. */
static void
fast_and_slow_agree(void **state)
{
	uint64_t words = 1;
	unsigned parsed = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words);
		struct marllb_packet fast, slow;
		struct frame f;
		uint32_t damage = below(&words, 3);
		int result;

		r.payload_length = below(&words, 64);
		build(&f, &r);
		while (damage-- > 0)
			f.data[below(&words, 64)] ^= (uint8_t)(1u << below(&words, 8));
		result = marllb_parse(f.data, f.length, &fast);
		assert_int_equal(result, marllb_parse_any(f.data, f.length, &slow));
		if (result == 0)
			assert_memory_equal(&fast, &slow, sizeof(fast));
		parsed += result == 0;
	}
	check(parsed > 10000 && parsed < 20000, "%u of 20000 parsed", parsed);
}

/* Cut anywhere, a frame is refused, and nothing beyond its end is read. */
static void
every_truncation_is_refused(void **state)
{
	uint64_t words = 2;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct recipe r = random_recipe(&words);
		struct marllb_packet p;
		struct frame f;

		r.padding = 0;
		r.payload_length = below(&words, 64);
		build(&f, &r);
		assert_int_equal(parse_exact(f.data, f.length, &p), 0);
		for (uint32_t length = 0; length < f.length; length++)
			assert_int_equal(parse_exact(f.data, length, &p),
					 MARLLB_REFUSED(MARLLB_DROP_TRUNCATED));
	}
}

static void
offsets_stay_within_the_packet(void **state)
{
	uint64_t words = 3;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words);
		struct marllb_packet p;
		struct frame f;

		build(&f, &r);
		assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
		assert_int_equal(p.kind, r.proto == 6 ? MARLLB_TCP : MARLLB_UDP);
		assert_int_equal(p.l3, ip_offset(f.data));
		assert_int_equal(p.payload + r.payload_length, p.l3 + p.l3_total);
		assert_int_equal(p.l3 + p.l3_total + r.padding, f.length);
		assert_int_equal(ntohs(p.key.sport), r.sport);
		assert_int_equal(ntohs(p.key.dport), r.dport);
		assert_memory_equal(p.key.src, r.src, 16);
		assert_memory_equal(p.key.dst, r.dst, 16);
		assert_int_equal(p.tcp_flags, r.proto == 6 ? r.tcp_flags : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_field_of_a_syn),
		cmocka_unit_test(tells_kinds_apart),
		cmocka_unit_test(names_why_it_refuses),
		cmocka_unit_test(tells_fragments_of_one_packet),
		cmocka_unit_test(refuses_headers_that_contradict_themselves),
		cmocka_unit_test(walks_no_endless_chain),
		cmocka_unit_test(turns_the_key_of_an_error_round),
		cmocka_unit_test(refuses_an_error_about_somebody_elses_packet),
		cmocka_unit_test(reads_arp),
		cmocka_unit_test(fast_and_slow_agree),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(offsets_stay_within_the_packet),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
