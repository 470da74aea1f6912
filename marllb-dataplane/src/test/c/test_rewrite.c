/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

#include <arpa/inet.h>
#include <string.h>

#include "check.h"
#include "frame.h"

static const uint8_t OWN4[16] = {10, 0, 0, 2}, SERVER4[16] = {10, 0, 0, 11};
static const uint8_t OWN6[16] = {0xfd, [15] = 2}, SERVER6[16] = {0xfd, [15] = 0x11};

static const uint8_t *
own(int family)
{
	return family == 4 ? OWN4 : OWN6;
}

static const uint8_t *
server(int family)
{
	return family == 4 ? SERVER4 : SERVER6;
}

static void
parse(struct frame *f, struct marllb_packet *p)
{
	assert_int_equal(marllb_parse(f->data, f->length, p), 0);
}

static void
checksums_hold(const struct marllb_packet *p)
{
	const char *wrong = wrong_checksum(p->data, p->length);

	check(wrong == NULL, "the %s checksum is wrong", wrong);
}

/* A SYN to 172.16.10.12:80; checksums b1e6 and 07f8. */
static const uint8_t SYN[] = {
	0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00,			    /* link */
	0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0xb1, 0xe6,	    /* IPv4 */
	0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c,					    /* addresses */
	0xd4, 0x31, 0x00, 0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0x07, 0xf8, 0, 0,
	2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};

static void
dsr_changes_the_link_addresses_alone(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x11}, mine[6] = {2, 0, 0, 0, 0, 2};
	struct frame f;

	(void)state;
	load(&f, SYN, sizeof(SYN));
	marllb_rewrite_link(f.data, mine, mac);
	assert_memory_equal(f.data, mac, 6);
	assert_memory_equal(f.data + 6, mine, 6);
	assert_memory_equal(f.data + 12, SYN + 12, sizeof(SYN) - 12);
}

/*
 * By hand. IPv4: ~b1e6 + (0a00 + 000b) - (ac10 + 0a0c) - 0100 = a107, so 5ef8. TCP: ~07f8 + (0a00 +
 * 000b) - (ac10 + 0a0c) + (1f90 - 0050) = 6b36, so 94c9.
 */
static void
nat_makes_the_packet_computed_by_hand(void **state)
{
	uint8_t wanted[sizeof(SYN)];
	struct marllb_packet p;
	struct frame f;

	(void)state;
	memcpy(wanted, SYN, sizeof(SYN));
	wanted[22] = 0x3f;
	memcpy(wanted + 24, (const uint8_t[]){0x5e, 0xf8}, 2);
	memcpy(wanted + 30, SERVER4, 4);
	memcpy(wanted + 36, (const uint8_t[]){0x1f, 0x90}, 2);
	memcpy(wanted + 50, (const uint8_t[]){0x94, 0xc9}, 2);

	load(&f, SYN, sizeof(SYN));
	parse(&f, &p);
	assert_int_equal(marllb_nat_to_server(&p, SERVER4, htons(8080)), 0);
	assert_int_equal(p.length, sizeof(SYN));
	assert_memory_equal(p.data, wanted, sizeof(SYN));

	load(&f, SYN, sizeof(SYN));
	assert_int_equal(marllb_parse_any(f.data, f.length, &p), 0);
	assert_int_equal(marllb_nat_any(&p, true, SERVER4, htons(8080)), 0);
	assert_memory_equal(p.data, wanted, sizeof(SYN));
}

/* Of the inner header: ~b1e6 - 0100 = 4d19, so b2e6. Of the outer ones: see each. */
static void
tunnels_make_the_packets_computed_by_hand(void **state)
{
	/* 4500 + 0050 + 4000 + 4004 + 0a00 + 0002 + 0a00 + 000b = d961, so 269e */
	static const uint8_t ipip[20] = {0x45, 0, 0,	0x50, 0,  0, 0x40, 0, 64, 4,
					 0x26, 0x9e, 10, 0,	0, 2, 10, 0,	0, 11};
	/* 4500 + 0054 + 4000 + 402f + 0a00 + 0002 + 0a00 + 000b = d990, so 266f */
	static const uint8_t gre[24] = {0x45, 0, 0, 0x54, 0,  0, 0x40, 0,  64, 47,   0x26, 0x6f,
					10,   0, 0, 2,	  10, 0, 0,    11, 0,  0x00, 0x08, 0x00};
	static const uint8_t in6[40] = {0x60, 0, 0, 0, 0, 60, 4, 64, 0xfd, [23] = 2,
					[24] = 0xfd, [39] = 0x11};
	static const uint8_t gre6[44] = {0x60,	       0,	    0, 0, 0, 64, 47, 64, 0xfd, [23] = 2,
					 [24] = 0xfd, [39] = 0x11, 0, 0, 8, 0};
	const struct {
		uint8_t family;
		bool gre;
		const uint8_t *header;
		uint8_t size;
	} cases[] = {{4, false, ipip, 20}, {4, true, gre, 24}, {6, false, in6, 40}, {6, true, gre6, 44}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct marllb_tunnel t;
		struct marllb_packet p;
		struct frame f;
		uint32_t size = cases[i].size;

		marllb_tunnel_prepare(&t, cases[i].family, cases[i].gre, own(cases[i].family),
				      server(cases[i].family), 1500);
		load(&f, SYN, sizeof(SYN));
		parse(&f, &p);
		assert_int_equal(marllb_encapsulate(&p, &t, HEADROOM), 0);
		assert_ptr_equal(p.data, f.data - size);
		assert_int_equal(p.length, sizeof(SYN) + size);
		assert_memory_equal(p.data, SYN, 12);
		assert_int_equal(marllb_get16(p.data + 12), cases[i].family == 4 ? 0x0800 : 0x86dd);
		assert_memory_equal(p.data + 14, cases[i].header, size);
		f.data[22]++; /* TTL and header checksum within, back */
		assert_int_equal(marllb_get16(f.data + 24), 0xb2e6);
		marllb_put16(f.data + 24, 0xb1e6);
		assert_memory_equal(f.data + 14, SYN + 14, sizeof(SYN) - 14);
	}
}

static void
nat_keeps_every_checksum_right(void **state)
{
	uint64_t words = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words), wanted;
		uint16_t port = below(&words, 2) == 0 ? 0 : (uint16_t)(1 + below(&words, 65535));
		bool to_server = below(&words, 2) == 0;
		struct marllb_packet p;
		struct frame f, g;

		build(&f, &r);
		parse(&f, &p);
		wanted = r;
		wanted.ttl--;
		memcpy(to_server ? wanted.dst : wanted.src, server(r.family), 16);
		if (port != 0)
			*(to_server ? &wanted.dport : &wanted.sport) = port;
		build(&g, &wanted);
		assert_int_equal(to_server ? marllb_nat_to_server(&p, server(r.family), htons(port))
					   : marllb_nat_to_client(&p, server(r.family), htons(port)),
				 0);

		/* The very packet that would have been built so. */
		assert_int_equal(p.length, g.length);
		assert_memory_equal(p.data, g.data, g.length);
		checksums_hold(&p);
	}
}

/* The prepared translation, which the burst uses, makes the same packets. */
static void
prepared_translation_is_the_same(void **state)
{
	uint64_t words = 5;
	unsigned plain_ones = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words);
		uint16_t port = (uint16_t)(1 + below(&words, 65535));
		bool to_server = below(&words, 2) == 0, done;
		struct marllb_translation t;
		struct marllb_packet p;
		struct marllb_plain q;
		struct frame f, g;
		int result;

		r.ttl = (uint8_t)below(&words, 256);
		build(&f, &r);
		g = f;
		g.data = g.room + HEADROOM;
		if (!marllb_parse_plain(f.data, f.length, &q))
			continue;
		plain_ones++;
		parse(&g, &p);
		result = to_server ? marllb_nat_to_server(&p, SERVER4, htons(port))
				   : marllb_nat_to_client(&p, SERVER4, htons(port));
		marllb_translation_prepare(&t, to_server ? r.dst : r.src,
					   htons(to_server ? r.dport : r.sport), SERVER4, htons(port));
		done = marllb_translate_plain(f.data, &t, to_server, q.proto == MARLLB_PROTO_TCP);
		assert_int_equal(done, result == 0);
		assert_memory_equal(f.room, g.room, sizeof(f.room));
	}
	check(plain_ones > 1000, "%u of 20000 packets are plain", plain_ones);
}

/* Exchanges n bytes. */
static void
exchange(uint8_t *a, uint8_t *b, unsigned n)
{
	while (n-- > 0) {
		uint8_t c = a[n];

		a[n] = b[n];
		b[n] = c;
	}
}

/* Sends a packet back: sources and destinations change places, which no checksum sees. */
static void
turn(struct marllb_packet *p)
{
	unsigned size = p->family == 4 ? 4 : 16, at = p->family == 4 ? 12 : 8;
	uint8_t *ip = p->data + p->l3;

	exchange(ip + at, ip + at + size, size);
	if (p->kind == MARLLB_ICMP_ERROR) {
		ip = p->data + p->payload;
		exchange(ip + at, ip + at + size, size);
		exchange(p->data + p->inner_l4, p->data + p->inner_l4 + 2, 2);
	} else {
		exchange(p->data + p->l4, p->data + p->l4 + 2, 2);
	}
}

static void
nat_there_and_back_changes_the_ttl_alone(void **state)
{
	uint64_t words = 2;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words), wanted;
		struct marllb_packet p;
		struct frame f, g;

		r.ttl = (uint8_t)(3 + below(&words, 253));
		build(&f, &r);
		parse(&f, &p);
		assert_int_equal(marllb_nat_to_server(&p, server(r.family), htons(8080)), 0);
		turn(&p);
		parse(&f, &p);
		assert_int_equal(marllb_nat_to_client(&p, r.dst, htons(r.dport)), 0);
		turn(&p);
		wanted = r;
		wanted.ttl -= 2;
		build(&g, &wanted);
		assert_memory_equal(f.data, g.data, g.length);
	}
}

/*
 * The client's side complains about what a server sent with the VIP as its source: the server sees
 * its own packet. From the headers alone up to the whole packet.
 */
static void
nat_translates_within_errors(void **state)
{
	uint64_t words = 3;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe lost = random_recipe(&words), original;
		struct marllb_packet p;
		struct frame f, g;
		uint32_t cut;

		lost.tags = lost.padding = 0;
		lost.payload_length = below(&words, 64);
		build(&f, &lost);
		parse(&f, &p);
		cut = p.l4 + 8u - p.l3 + 2 * below(&words, 50); /* half a checksum can't follow */
		original = lost;
		memcpy(original.src, server(lost.family), 16);
		original.sport = 8080;
		build_error(&f, &lost, cut);
		build_error(&g, &original, cut);
		f.data[ip_offset(f.data) + (lost.family == 4 ? 8 : 7)] = 65;
		if (lost.family == 4)
			marllb_fill_ipv4(f.data + 14);
		parse(&f, &p);
		assert_int_equal(p.kind, MARLLB_ICMP_ERROR);
		assert_int_equal(marllb_nat_to_server(&p, server(lost.family), htons(8080)), 0);
		checksums_hold(&p);
		assert_memory_equal(p.data, g.data, g.length);
	}
}

/* A router between the balancer and a server complains to the client about the client's packet. */
static void
nat_translates_errors_from_the_servers_side(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		for (int own_error = 0; own_error < 2; own_error++) {
			struct recipe sent = plain(family, 17), translated = sent;
			unsigned at = family == 4 ? 12 : 8, size = family == 4 ? 4 : 16;
			struct marllb_packet p;
			struct frame f, g;
			uint8_t from[16];

			memcpy(translated.dst, server(family), 16);
			translated.dport = 8080;
			build_error(&f, &translated, 1000);
			build_error(&g, &sent, 1000);
			memcpy(from, f.data + 14 + at, size);
			if (own_error) { /* the server itself: port unreachable, say */
				memcpy(f.data + 14 + at, server(family), size);
				if (family == 4)
					marllb_fill_ipv4(f.data + 14);
				else
					marllb_fill_l4(f.data + 14, 6, 58, f.data + 54, f.length - 54);
				memcpy(from, sent.dst, size);
			}
			assert_null(wrong_checksum(f.data, f.length));
			parse(&f, &p);
			assert_memory_equal(p.key.src, server(family), size);
			assert_int_equal(ntohs(p.key.sport), 8080);
			assert_int_equal(marllb_nat_to_client(&p, sent.dst, htons(80)), 0);
			checksums_hold(&p);
			assert_memory_equal(p.data + 14 + at, from, size);
			assert_memory_equal(p.data + p.payload, g.data + p.payload,
					    g.length - p.payload);
		}
	}
}

/* Cuts a packet into fragments of at most 8 x n bytes; returns how many. */
static unsigned
fragment(const struct frame *whole, struct frame *parts, int family, unsigned n)
{
	unsigned header = family == 4 ? 20 : 40, extra = family == 4 ? 0 : 8;
	uint32_t size = whole->length - 14 - header, count = 0;

	for (uint32_t at = 0; at < size; at += 8 * n, count++) {
		uint32_t bytes = size - at < 8 * n ? size - at : 8 * n;
		bool more = at + bytes < size;
		uint8_t *ip;

		load(&parts[count], whole->data, 14 + header);
		ip = parts[count].data + 14;
		memcpy(ip + header + extra, whole->data + 14 + header + at, bytes);
		parts[count].length = 14 + header + extra + bytes;
		if (family == 4) {
			marllb_put16(ip + 2, (uint16_t)(header + bytes));
			marllb_put16(ip + 6, (uint16_t)((more ? 0x2000 : 0) | at / 8));
			marllb_fill_ipv4(ip);
		} else {
			marllb_put16(ip + 4, (uint16_t)(bytes + 8));
			memset(ip + 40, 0, 8);
			ip[40] = ip[6];
			ip[6] = 44;
			marllb_put16(ip + 42, (uint16_t)(at | more));
			marllb_put32(ip + 44, 77);
		}
	}
	return count;
}

static void
nat_of_fragments_is_nat_of_the_packet(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		int family = i < 2 ? 4 : 6;
		struct recipe r = plain(family, i % 2 == 0 ? 6 : 17);
		unsigned header = family == 4 ? 20 : 40, extra = family == 4 ? 0 : 8, count;
		struct frame whole, parts[16], wanted;
		struct marllb_packet p;
		uint32_t at = 14 + header;

		r.payload_length = 700;
		build(&whole, &r);
		r.ttl--;
		r.dport = 8080;
		memcpy(r.dst, server(family), 16);
		build(&wanted, &r);
		count = fragment(&whole, parts, family, 8);
		assert_true(count > 10);
		for (unsigned j = 0; j < count; j++) {
			parse(&parts[j], &p);
			assert_int_equal(p.kind, MARLLB_FRAGMENT);
			assert_int_equal(marllb_nat_to_server(&p, server(family), htons(8080)), 0);
			if (family == 4)
				assert_int_equal(slow_checksum(p.data + 14, 20, 0), 0);
			assert_memory_equal(p.data + 14 + (family == 4 ? 16 : 24), r.dst,
					    family == 4 ? 4 : 16);
			assert_memory_equal(p.data + 14 + header + extra, wanted.data + at,
					    p.length - 14 - header - extra);
			at += p.length - 14 - header - extra;
		}
		assert_int_equal(at, wanted.length);
	}
}

static void
tunnels_hold_the_packet_and_right_checksums(void **state)
{
	uint64_t words = 4;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct recipe r = random_recipe(&words), inner;
		int family = below(&words, 2) == 0 ? 4 : 6;
		bool gre = below(&words, 2) == 0;
		struct marllb_packet p, q;
		struct marllb_tunnel t;
		struct frame f, g;
		uint32_t l3;

		marllb_tunnel_prepare(&t, (uint8_t)family, gre, own(family), server(family), 1500);
		build(&f, &r);
		parse(&f, &p);
		assert_int_equal(marllb_encapsulate(&p, &t, HEADROOM), 0);
		checksums_hold(&p);

		/* Inside: the packet with one hop less. Outside: its tags, its class, no padding. */
		inner = r;
		inner.ttl--;
		inner.padding = 0;
		build(&g, &inner);
		l3 = ip_offset(g.data);
		assert_int_equal(p.length, g.length + t.length);
		assert_memory_equal(p.data + l3 + t.length, g.data + l3, g.length - l3);
		assert_memory_equal(p.data, g.data, l3 - 2);
		assert_int_equal(marllb_parse(p.data, p.length, &q), 0);
		assert_int_equal(q.kind, MARLLB_OTHER);
		assert_int_equal(q.proto, gre ? 47 : r.family == 4 ? 4 : 41);
		assert_int_equal(q.l3_total + l3, p.length);
		assert_int_equal(family == 4 ? p.data[l3 + 1]
					     : (uint8_t)(p.data[l3] << 4 | p.data[l3 + 1] >> 4),
				 r.tos);
		if (gre)
			assert_int_equal(marllb_get32(p.data + l3 + t.length - 4),
					 r.family == 4 ? 0x0800 : 0x86dd);
	}
}

static void
tunnels_refuse_what_does_not_fit(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		for (int gre = 0; gre < 2; gre++) {
			struct recipe r = plain(family, 6);
			uint32_t header = (family == 4 ? 20u : 40u) + (gre ? 4 : 0);
			uint32_t total = (family == 4 ? 20u : 40u) + 20 + r.payload_length;
			struct marllb_tunnel t;
			struct marllb_packet p;
			struct frame f, g;

			build(&f, &r);
			g = f;
			parse(&f, &p);
			marllb_tunnel_prepare(&t, (uint8_t)family, gre, own(family), server(family),
					      (uint16_t)(total + header - 1));
			assert_int_equal(t.length, header);
			assert_int_equal(marllb_encapsulate(&p, &t, HEADROOM),
					 MARLLB_REFUSED(MARLLB_DROP_TOO_LONG));
			t.mtu++;
			assert_int_equal(marllb_encapsulate(&p, &t, header - 1),
					 MARLLB_REFUSED(MARLLB_DROP_TOO_LONG));
			assert_memory_equal(f.room, g.room, sizeof(f.room));
			assert_ptr_equal(p.data, f.data);
			assert_int_equal(marllb_encapsulate(&p, &t, header), 0);
			/* Not a byte before the frame. */
			assert_memory_equal(f.room, g.room, HEADROOM - header);
		}
	}
}

static void
a_packet_at_the_end_of_its_hops_goes_nowhere(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		for (int options = 0; options < 2; options++) {
			for (uint8_t ttl = 0; ttl < 3; ttl++) {
				struct recipe r = plain(family, 6);
				int wanted = ttl < 2 ? MARLLB_REFUSED(MARLLB_DROP_TTL) : 0;
				struct marllb_tunnel t;
				struct marllb_packet p;
				struct frame f, g;

				r.ttl = ttl;
				r.options = options * 4;
				r.fragment_header = r.more_fragments = options;
				r.payload_length = 36;
				build(&f, &r);
				g = f;
				parse(&f, &p);
				assert_int_equal(marllb_nat_to_server(&p, server(family), 0), wanted);
				if (wanted != 0)
					assert_memory_equal(f.room, g.room, sizeof(f.room));
				build(&f, &r);
				parse(&f, &p);
				marllb_tunnel_prepare(&t, 4, false, OWN4, SERVER4, 1500);
				assert_int_equal(marllb_encapsulate(&p, &t, HEADROOM), wanted);
				if (wanted != 0)
					assert_memory_equal(f.room, g.room, sizeof(f.room));
			}
		}
	}
}

static void
nat_refuses_what_has_no_ports(void **state)
{
	struct recipe r = plain(4, 132);
	struct marllb_packet p;
	struct frame f;

	(void)state;
	build(&f, &r);
	parse(&f, &p);
	assert_int_equal(marllb_nat_to_server(&p, SERVER4, 0),
			 MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL));
	r.proto = 1;
	r.icmp_type = 8;
	build(&f, &r);
	parse(&f, &p);
	assert_int_equal(marllb_nat_to_server(&p, SERVER4, 0),
			 MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL));
}

/* A wrong checksum stays wrong, so that the receiver sees it. */
static void
damage_is_not_hidden(void **state)
{
	struct recipe r = plain(4, 6);
	struct marllb_packet p;
	struct frame f;

	(void)state;
	build(&f, &r);
	f.data[60] ^= 1;
	parse(&f, &p);
	assert_int_equal(marllb_nat_to_server(&p, SERVER4, 0), 0);
	assert_string_equal(wrong_checksum(p.data, p.length), "TCP");
	build(&f, &r);
	f.data[15] ^= 1;
	parse(&f, &p);
	assert_int_equal(marllb_nat_to_server(&p, SERVER4, 0), 0);
	assert_string_equal(wrong_checksum(p.data, p.length), "IPv4");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dsr_changes_the_link_addresses_alone),
		cmocka_unit_test(nat_makes_the_packet_computed_by_hand),
		cmocka_unit_test(tunnels_make_the_packets_computed_by_hand),
		cmocka_unit_test(nat_keeps_every_checksum_right),
		cmocka_unit_test(prepared_translation_is_the_same),
		cmocka_unit_test(nat_there_and_back_changes_the_ttl_alone),
		cmocka_unit_test(nat_translates_within_errors),
		cmocka_unit_test(nat_translates_errors_from_the_servers_side),
		cmocka_unit_test(nat_of_fragments_is_nat_of_the_packet),
		cmocka_unit_test(tunnels_hold_the_packet_and_right_checksums),
		cmocka_unit_test(tunnels_refuse_what_does_not_fit),
		cmocka_unit_test(a_packet_at_the_end_of_its_hops_goes_nowhere),
		cmocka_unit_test(nat_refuses_what_has_no_ports),
		cmocka_unit_test(damage_is_not_hidden),
	};

	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
