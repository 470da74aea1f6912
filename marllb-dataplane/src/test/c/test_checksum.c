/* SPDX-License-Identifier: Apache-2.0 */
#include "checksum.h"

#include <arpa/inet.h>

#include "check.h"
#include "frame.h"

/* RFC 1071, 3: the sum of these bytes is ddf2, whatever the order of bytes in memory. */
static void
sums_the_example_of_rfc_1071(void **state)
{
	const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(ntohs(marllb_fold(marllb_sum(bytes, sizeof(bytes), 0))), 0xddf2);
}

/* RFC 1624, 4: with dd2f the right result is 0000, where equation 2 of RFC 1141 gives ffff. */
static void
corrects_the_example_of_rfc_1624(void **state)
{
	uint8_t checksum[2] = {0xdd, 0x2f};
	const uint8_t old[2] = {0x55, 0x55}, new[2] = {0x32, 0x85};

	(void)state;
	marllb_correct(checksum, marllb_difference16(marllb_raw16(old), marllb_raw16(new)));
	assert_int_equal(marllb_get16(checksum), 0x0000);
}

static void
fills_a_textbook_header(void **state)
{
	uint8_t ip[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
			  0,	0,    0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

	(void)state;
	marllb_fill_ipv4(ip);
	assert_int_equal(marllb_get16(ip + 10), 0xb861);
}

static void
sums_like_the_slow_one(void **state)
{
	uint64_t words = 1;
	uint8_t bytes[128];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t length = below(&words, sizeof(bytes));

		for (uint32_t j = 0; j < length; j++)
			bytes[j] = i % 3 == 0 ? 0xff : (uint8_t)below(&words, 256);
		assert_int_equal(ntohs((uint16_t)~marllb_fold(marllb_sum(bytes, length, 0))),
				 slow_checksum(bytes, length, 0));
	}
}

/* By difference or from the start: the same checksum, also from and to words of zeros and ones. */
static void
difference_equals_recomputation(void **state)
{
	static const uint8_t edges[] = {0x00, 0xff, 0x01, 0xfe, 0x80};
	uint64_t words = 2;
	uint8_t bytes[64], old[16], new[16];
	uint16_t full;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		uint8_t checksum[2];
		uint32_t at = 4 * below(&words, 12);
		uint64_t difference = 0;

		for (unsigned j = 0; j < sizeof(bytes); j++)
			bytes[j] = i % 2 == 0 ? edges[below(&words, 5)] : (uint8_t)below(&words, 256);
		bytes[0] = 0x45; /* no header is all zeros: that sum has two checksums */
		full = htons(slow_checksum(bytes, sizeof(bytes), 0));
		memcpy(checksum, &full, 2);
		memcpy(old, bytes + at, 16);
		for (unsigned j = 0; j < 16; j++)
			new[j] = i % 2 == 0 ? edges[below(&words, 5)] : (uint8_t)below(&words, 256);
		if (at == 0)
			new[0] = 0x45;
		memcpy(bytes + at, new, 16);
		for (unsigned j = 0; j < 16; j += 4)
			difference += marllb_difference32(marllb_raw32(old + j),
							  marllb_raw32(new + j));
		marllb_correct(checksum, difference);
		assert_int_equal(marllb_get16(checksum), slow_checksum(bytes, sizeof(bytes), 0));
	}
}

static void
udp_keeps_none_and_never_becomes_none(void **state)
{
	uint8_t none[2] = {0, 0}, one[2] = {0xff, 0xfe};

	(void)state;
	marllb_correct_udp(none, marllb_difference16(0x1234, 0x4321));
	assert_int_equal(marllb_get16(none), 0);
	/* ~fffe = 1, and fffe more makes ffff, whose complement would be 0. */
	marllb_correct_udp(one, htons(0xfffe));
	assert_int_equal(marllb_get16(one), 0xffff);
}

/* A UDP packet whose sum is ffff is sent with ffff, not with 0 (RFC 768). */
static void
fills_every_upper_layer(void **state)
{
	struct recipe r = plain(4, 17);
	uint8_t payload[4] = {0};
	struct frame f;
	uint16_t sum;

	(void)state;
	r.payload = payload;
	r.payload_length = 4;
	build(&f, &r);
	sum = marllb_get16(f.data + 40);
	payload[0] = (uint8_t)(sum >> 8); /* now the sum over all is ffff */
	payload[1] = (uint8_t)sum;
	build(&f, &r);
	assert_int_equal(marllb_get16(f.data + 40), 0xffff);
	f.data[40] = 1;
	marllb_fill_l4(f.data + 14, 4, 17, f.data + 34, 12);
	assert_int_equal(marllb_get16(f.data + 40), 0xffff);

	for (int family = 4; family <= 6; family += 2) {
		const uint8_t protos[] = {6, 17, family == 4 ? 1 : 58};

		for (unsigned i = 0; i < 3; i++) {
			uint32_t ip = 14, l4 = ip + (family == 4 ? 20 : 40);

			r = plain(family, protos[i]);
			r.payload_length = 33;
			build(&f, &r);
			f.data[l4 + (protos[i] == 6 ? 16 : protos[i] == 17 ? 6 : 2)] ^= 0x55;
			assert_non_null(wrong_checksum(f.data, f.length));
			marllb_fill_l4(f.data + ip, (uint8_t)family, protos[i], f.data + l4,
				       f.length - l4);
			assert_null(wrong_checksum(f.data, f.length));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_the_example_of_rfc_1071),
		cmocka_unit_test(corrects_the_example_of_rfc_1624),
		cmocka_unit_test(fills_a_textbook_header),
		cmocka_unit_test(sums_like_the_slow_one),
		cmocka_unit_test(difference_equals_recomputation),
		cmocka_unit_test(udp_keeps_none_and_never_becomes_none),
		cmocka_unit_test(fills_every_upper_layer),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
