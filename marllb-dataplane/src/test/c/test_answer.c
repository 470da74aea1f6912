/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "checksum.h"
#include "frame.h"

/* We are 02:..:02, 10.0.0.100 and fd00::100. */
static const struct marllb_self SELF = {
	.mac = {2, 0, 0, 0, 0, 2},
	.count = 2,
	.address = {{4, {10, 0, 0, 100}}, {6, {0xfd, [14] = 1}}}};

/* From 02:..:01, 10.0.0.1. */
static const uint8_t ARP_REQUEST[60] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
	2,    0,    0,	  0,	0,    1,    10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 100};
static const uint8_t ARP_REPLY[60] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2,
	2, 0, 0, 0, 0, 2, 10, 0, 0, 100, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1};

static int
answer(struct frame *f, struct marllb_packet *p)
{
	assert_int_equal(marllb_parse(f->data, f->length, p), 0);
	return marllb_answer(p, &SELF, TAILROOM);
}

static void
says_who_has_the_address(void **state)
{
	struct marllb_packet p;
	struct frame f;

	(void)state;
	load(&f, ARP_REQUEST, sizeof(ARP_REQUEST));
	assert_int_equal(answer(&f, &p), 0);
	assert_int_equal(p.length, sizeof(ARP_REPLY));
	assert_memory_equal(p.data, ARP_REPLY, sizeof(ARP_REPLY));
}

static void
leaves_arp_of_others_alone(void **state)
{
	struct marllb_packet p;
	struct frame f;

	(void)state;
	load(&f, ARP_REQUEST, sizeof(ARP_REQUEST));
	f.data[41] = 101;
	assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_NOT_VIP));
	load(&f, ARP_REPLY, sizeof(ARP_REPLY));
	assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL));
	load(&f, ARP_REQUEST, sizeof(ARP_REQUEST));
	f.data[22] = 0xff; /* an answer to everybody is what ARP storms are made of */
	assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_MALFORMED));
	f.data[22] = 2;
	assert_memory_equal(f.data, ARP_REQUEST, sizeof(ARP_REQUEST));
}

/* Solicitation of fd00::100 by 2001:db8::1, with its MAC address in an option. */
static struct recipe
solicitation(uint8_t message[24])
{
	struct recipe r = plain(6, 58);
	uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, 0, 1, 0};

	memset(message, 0, 24);
	memcpy(message, r.dst, 16);
	message[16] = 1;
	message[17] = 1;
	memcpy(message + 18, (const uint8_t[]){2, 0, 0, 0, 0, 9}, 6);
	memcpy(r.dst, group, 16);
	r.icmp_type = 135;
	r.ttl = 255;
	r.payload = message;
	r.payload_length = 24;
	return r;
}

static void
advertises_itself(void **state)
{
	static const uint8_t to[6] = {2, 0, 0, 0, 0, 9}, frame_source[6] = {2, 0, 0, 0, 0, 1};

	(void)state;
	for (int with_option = 0; with_option < 2; with_option++) {
		uint8_t message[24], advertisement[24];
		struct recipe r = solicitation(message), wanted = r;
		struct marllb_packet p;
		struct frame f, g;

		memcpy(wanted.src, SELF.address[1].bytes, 16);
		memcpy(wanted.dst, r.src, 16);
		wanted.icmp_type = 136;
		wanted.icmp_rest = 0x60000000; /* solicited, override */
		memcpy(advertisement, message, 16);
		memcpy(advertisement + 16, (const uint8_t[]){2, 1, 2, 0, 0, 0, 0, 2}, 8);
		wanted.payload = advertisement;
		r.payload_length = with_option ? 24 : 16;
		r.tags = wanted.tags = with_option;
		build(&g, &wanted);
		memcpy(g.data, with_option ? to : frame_source, 6);
		memcpy(g.data + 6, SELF.mac, 6);

		build(&f, &r);
		assert_int_equal(answer(&f, &p), 0);
		assert_int_equal(p.length, g.length);
		assert_memory_equal(p.data, g.data, g.length);
	}
}

static void
answers_a_probe_to_all(void **state)
{
	static const uint8_t all_mac[6] = {0x33, 0x33, 0, 0, 0, 1}, all[16] = {0xff, 2, [15] = 1};
	uint8_t message[24];
	struct recipe r = solicitation(message);
	struct marllb_packet p;
	struct frame f;

	(void)state;
	memset(r.src, 0, 16);
	build(&f, &r); /* with its MAC address, though it has no address yet */
	assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_MALFORMED));
	r.payload_length = 16;
	build(&f, &r);
	assert_int_equal(answer(&f, &p), 0);
	assert_memory_equal(p.data, all_mac, 6);
	assert_memory_equal(p.data + 14 + 24, all, 16);
	assert_int_equal(p.data[54 + 4], 0x20); /* override, not solicited */
	assert_null(wrong_checksum(p.data, p.length));
}

/* Spoils one thing of the solicitation; the checksum is made right again if so wanted. */
static int
spoiled(uint32_t at, uint8_t value, bool right_checksum)
{
	uint8_t message[24];
	struct recipe r = solicitation(message);
	struct marllb_packet p;
	struct frame f, g;
	int result;

	build(&f, &r);
	f.data[at] = value;
	if (right_checksum)
		marllb_fill_l4(f.data + 14, 6, 58, f.data + 54, f.length - 54);
	g = f;
	result = marllb_parse(f.data, f.length, &p);
	if (result == 0)
		result = marllb_answer(&p, &SELF, TAILROOM);
	if (result != 0)
		assert_memory_equal(f.room, g.room, sizeof(f.room));
	return result;
}

static void
ignores_solicitations_that_must_be(void **state)
{
	const int malformed = MARLLB_REFUSED(MARLLB_DROP_MALFORMED);

	(void)state;
	assert_int_equal(spoiled(15, 0x10, true), 0); /* a class: nothing wrong */
	assert_int_equal(spoiled(21, 254, true), malformed);  /* crossed a router */
	assert_int_equal(spoiled(55, 1, true), malformed);    /* code */
	assert_int_equal(spoiled(56, 0, false), malformed);   /* checksum */
	assert_int_equal(spoiled(79, 0, true), malformed);    /* option of no length */
	assert_int_equal(spoiled(79, 2, true), malformed);    /* option beyond the end */
	assert_int_equal(spoiled(80, 0xff, true), malformed); /* MAC address of a group */
	assert_int_equal(spoiled(22, 0xff, true), malformed); /* from a group */
	assert_int_equal(spoiled(53, 1, true), malformed);    /* to another group */
	assert_int_equal(spoiled(77, 1, true), MARLLB_REFUSED(MARLLB_DROP_NOT_VIP));
}

/* A single byte where an option would begin: its length is not there to be read. */
static void
reads_no_option_beyond_the_end(void **state)
{
	uint8_t message[24], *exact;
	struct recipe r = solicitation(message);
	struct marllb_neighbour n;
	struct marllb_packet p;
	struct frame f;

	(void)state;
	r.payload_length = 17;
	build(&f, &r);
	exact = malloc(f.length);
	assert_non_null(exact);
	memcpy(exact, f.data, f.length);
	assert_int_equal(marllb_parse(exact, f.length, &p), 0);
	assert_int_equal(marllb_answer(&p, &SELF, 0), MARLLB_REFUSED(MARLLB_DROP_MALFORMED));
	assert_false(marllb_learn_neighbour(&p, &n));
	free(exact);
}

static void
needs_room_for_the_option(void **state)
{
	uint8_t message[24];
	struct recipe r = solicitation(message);
	struct marllb_packet p;
	struct frame f, g;

	(void)state;
	r.payload_length = 16;
	build(&f, &r);
	g = f;
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(marllb_answer(&p, &SELF, 7), MARLLB_REFUSED(MARLLB_DROP_TOO_LONG));
	assert_memory_equal(f.room, g.room, sizeof(f.room));
	assert_int_equal(marllb_answer(&p, &SELF, 8), 0);
	assert_memory_equal(f.room + HEADROOM + p.length, g.room + HEADROOM + p.length,
			    sizeof(f.room) - HEADROOM - p.length);
}

static void
echoes(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		struct recipe r = plain(family, family == 4 ? 1 : 58), wanted;
		struct marllb_packet p;
		struct frame f, g;

		r.icmp_type = family == 4 ? 8 : 128;
		r.icmp_rest = 0x12340001;
		r.payload_length = 57;
		r.ttl = 3;
		r.tags = 1;
		wanted = r;
		wanted.icmp_type = family == 4 ? 0 : 129;
		wanted.ttl = 64;
		memcpy(wanted.src, r.dst, 16);
		memcpy(wanted.dst, r.src, 16);
		build(&g, &wanted);
		memcpy(g.data, g.data + 6, 6);
		memcpy(g.data + 6, SELF.mac, 6);
		build(&f, &r);
		assert_int_equal(answer(&f, &p), 0);
		assert_memory_equal(p.data, g.data, g.length);

		r.dst[family == 4 ? 3 : 15]++;
		build(&f, &r);
		assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_NOT_VIP));
		r.dst[family == 4 ? 3 : 15]--;
		r.src[0] = family == 4 ? 224 : 0xff;
		build(&f, &r);
		assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_MALFORMED));
		r.src[0] = 10;
		r.options = 4;
		r.hop_by_hop = true;
		build(&f, &r);
		assert_int_equal(answer(&f, &p), MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL));
	}
}

static void
tells_that_a_packet_is_too_long(void **state)
{
	static const uint32_t max[2] = {576, 1280};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int family = i == 0 ? 4 : 6;
		uint32_t header = family == 4 ? 20 : 40, added = header + 8;

		for (uint32_t length = 0; length < 1440; length += 37) {
			struct recipe r = plain(family, 6), wanted;
			struct marllb_packet p;
			struct frame f, g;
			uint32_t all;

			r.df = true;
			r.payload_length = length;
			r.padding = 3;
			r.tags = 1;
			build(&f, &r);
			all = header + 20 + length;
			g = f;
			wanted = plain(family, family == 4 ? 1 : 58);
			memcpy(wanted.src, r.dst, 16);
			memcpy(wanted.dst, r.src, 16);
			wanted.tags = 1;
			wanted.icmp_type = family == 4 ? 3 : 2;
			wanted.icmp_code = family == 4 ? 4 : 0;
			wanted.icmp_rest = 1480;
			wanted.payload = f.data + 18;
			wanted.payload_length = all < max[i] - added ? all : max[i] - added;
			build(&g, &wanted);
			memcpy(g.data, g.data + 6, 6);
			memcpy(g.data + 6, SELF.mac, 6);

			assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
			assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, added - 1),
					 MARLLB_REFUSED(MARLLB_DROP_TOO_LONG));
			assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, added), 0);
			assert_int_equal(p.length, g.length);
			assert_memory_equal(p.data, g.data, g.length);
			assert_true(p.length <= MARLLB_TOO_LONG_FRAME);
		}
	}
}

static void
tells_nothing_to_whom_it_must_not(void **state)
{
	const int refused = MARLLB_REFUSED(MARLLB_DROP_TOO_LONG);
	struct recipe r = plain(4, 6);
	struct marllb_packet p;
	struct frame f;

	(void)state;
	build(&f, &r); /* may be fragmented */
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, 48), refused);
	r.df = true;
	r.fragment_offset = 3;
	build(&f, &r);
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, 48), refused);
	r.fragment_offset = 0;
	build(&f, &r);
	f.data[0] = 0xff; /* came by broadcast */
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, 48), refused);
	build_error(&f, &r, 28); /* no error about an error */
	f.data[20] = 0x40;
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_int_equal(marllb_answer_too_long(&p, &SELF, 1480, 48), refused);
}

/* Whoever is asked by us is found by the one asked, and what is answered is learnt by us. */
static void
asks_answers_and_learns(void **state)
{
	static const struct marllb_address mine[2] = {{4, {10, 0, 0, 1}}, {6, {0xfd, [15] = 1}}};
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct marllb_neighbour n;
		struct marllb_packet p;
		struct frame f;

		load(&f, (const uint8_t[]){0}, 1);
		f.length = marllb_ask(f.data, mac, &mine[i], &SELF.address[i]);
		if (i == 0)
			assert_memory_equal(f.data, ARP_REQUEST, sizeof(ARP_REQUEST));
		else
			assert_null(wrong_checksum(f.data, f.length));
		assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
		assert_true(marllb_learn_neighbour(&p, &n));
		assert_memory_equal(&n.address, &mine[i], sizeof(n.address));
		assert_memory_equal(n.mac, mac, 6);

		assert_int_equal(marllb_answer(&p, &SELF, TAILROOM), 0);
		assert_memory_equal(p.data, mac, 6);
		assert_int_equal(marllb_parse(p.data, p.length, &p), 0);
		assert_true(marllb_learn_neighbour(&p, &n));
		assert_memory_equal(&n.address, &SELF.address[i], sizeof(n.address));
		assert_memory_equal(n.mac, SELF.mac, 6);
	}
}

static void
learns_nothing_from_damage(void **state)
{
	uint8_t message[24];
	struct recipe r = solicitation(message);
	struct marllb_neighbour n;
	struct marllb_packet p;
	struct frame f;

	(void)state;
	build(&f, &r);
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_true(marllb_learn_neighbour(&p, &n));
	f.data[85] ^= 1;
	assert_false(marllb_learn_neighbour(&p, &n));
	load(&f, ARP_REQUEST, sizeof(ARP_REQUEST));
	memset(f.data + 28, 0, 4); /* a probe: nobody has that address yet */
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_false(marllb_learn_neighbour(&p, &n));
	r = plain(4, 6);
	build(&f, &r);
	assert_int_equal(marllb_parse(f.data, f.length, &p), 0);
	assert_false(marllb_learn_neighbour(&p, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_who_has_the_address),
		cmocka_unit_test(leaves_arp_of_others_alone),
		cmocka_unit_test(advertises_itself),
		cmocka_unit_test(answers_a_probe_to_all),
		cmocka_unit_test(ignores_solicitations_that_must_be),
		cmocka_unit_test(reads_no_option_beyond_the_end),
		cmocka_unit_test(needs_room_for_the_option),
		cmocka_unit_test(echoes),
		cmocka_unit_test(tells_that_a_packet_is_too_long),
		cmocka_unit_test(tells_nothing_to_whom_it_must_not),
		cmocka_unit_test(asks_answers_and_learns),
		cmocka_unit_test(learns_nothing_from_damage),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
