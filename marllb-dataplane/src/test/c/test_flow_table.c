/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "flow_table.h"
#include "frame.h"

#define MANY 20000

static struct marllb_flow_table table;
static void *memory;

static void
make(uint32_t slots)
{
	size_t bytes = marllb_flow_table_bytes(slots);

	free(memory);
	memory = aligned_alloc(64, bytes);
	assert_non_null(memory);
	memset(memory, 0, bytes);
	marllb_flow_table_init(&table, memory, slots);
}

static struct marllb_flow_name
name_of(uint32_t i)
{
	return (struct marllb_flow_name){
		.source = { (uint64_t)i * 0x10001, i % 3 == 0 ? i : 0 },
		.rest = marllb_flow_rest(i % 16) | (i & 0xffff),
	};
}

static uint32_t
add(uint64_t hash, const struct marllb_flow_name *name, uint8_t state, uint32_t expires)
{
	uint32_t index = marllb_flow_insert(&table, hash, name);

	if (index != MARLLB_NO_FLOW) {
		marllb_flow_at(&table, index)->state = state;
		*marllb_flow_expires(&table, index) = expires;
	}
	return index;
}

static void
finds_what_was_put_in_and_nothing_else(void **unused)
{
	static uint8_t there[MANY];
	uint64_t random = 1;
	uint32_t count = 0;

	(void)unused;
	make(32768);
	memset(there, 0, sizeof(there));
	for (int step = 0; step < 400000; step++) {
		uint32_t i = below(&random, MANY);
		struct marllb_flow_name name = name_of(i);
		uint64_t hash = marllb_mix(i);
		uint32_t index = marllb_flow_find(&table, hash, &name);

		assert_int_equal(index != MARLLB_NO_FLOW, there[i]);
		if (there[i]) {
			assert_int_equal(marllb_flow_at(&table, index)->start, i);
			if (below(&random, 3) == 0) {
				marllb_flow_remove(&table, index);
				there[i] = 0;
				count--;
			}
		} else {
			index = add(hash, &name, MARLLB_FLOW_ESTABLISHED, 0);
			assert_int_not_equal(index, MARLLB_NO_FLOW);
			marllb_flow_at(&table, index)->start = i;
			there[i] = 1;
			count++;
		}
		assert_int_equal(table.flows, count);
	}
}

static void
tells_flows_with_the_same_hash_apart(void **unused)
{
	(void)unused;
	make(1024);
	for (uint32_t i = 0; i < 16; i++) {
		struct marllb_flow_name name = name_of(i);

		assert_int_equal(marllb_flow_find(&table, 42, &name), MARLLB_NO_FLOW);
		assert_int_not_equal(add(42, &name, MARLLB_FLOW_ESTABLISHED, 0), MARLLB_NO_FLOW);
	}
	for (uint32_t i = 0; i < 16; i++) {
		struct marllb_flow_name name = name_of(i);
		uint32_t index = marllb_flow_find(&table, 42, &name);

		assert_int_not_equal(index, MARLLB_NO_FLOW);
		assert_true(marllb_flow_is(marllb_flow_at(&table, index), &name));
	}
}

static void
every_part_of_a_name_counts(void **unused)
{
	struct marllb_flow_name name = name_of(1);
	uint32_t index;

	(void)unused;
	make(1024);
	index = add(42, &name, MARLLB_FLOW_ESTABLISHED, 0);
	for (int bit = 0; bit < 128 + 24; bit++) {
		struct marllb_flow_name other = name;

		if (bit < 128)
			other.source[bit / 64] ^= (uint64_t)1 << (bit % 64);
		else
			other.rest ^= (uint64_t)1 << (bit - 128);
		assert_int_equal(marllb_flow_find(&table, 42, &other), MARLLB_NO_FLOW);
	}
	assert_true(marllb_flow_established(marllb_flow_at(&table, index), &name));
	for (int state = 0; state < 256; state++) {
		marllb_flow_at(&table, index)->state = (uint8_t)state;
		assert_int_equal(marllb_flow_established(marllb_flow_at(&table, index), &name),
				 state == MARLLB_FLOW_ESTABLISHED);
	}
}

static void
fills_to_two_thirds_before_a_flow_finds_no_room(void **unused)
{
	(void)unused;
	for (uint64_t seed = 0; seed < 8; seed++) {
		uint32_t i = 0;

		make(65536);
		for (;; i++) {
			struct marllb_flow_name name = name_of(i);

			if (add(marllb_mix(seed << 32 | i), &name, MARLLB_FLOW_ESTABLISHED, 0) ==
			    MARLLB_NO_FLOW)
				break;
		}
		check(i > 65536 * 0.66, "full at %u of 65536", i);
	}
}

static void
a_full_bucket_gives_up_flows_that_are_closing(void **unused)
{
	uint32_t victim = MARLLB_NO_FLOW;

	(void)unused;
	make(1024);
	for (uint32_t i = 0; i < 16; i++) {
		struct marllb_flow_name name = name_of(i);
		uint32_t index = add(42, &name, MARLLB_FLOW_ESTABLISHED, 0);

		victim = i == 11 ? index : victim;
	}
	for (uint32_t i = 16; i < 18; i++) {
		struct marllb_flow_name name = name_of(i);

		assert_int_equal(add(42, &name, MARLLB_FLOW_EMBRYONIC, 0), MARLLB_NO_FLOW);
		marllb_flow_at(&table, victim)->state = MARLLB_FLOW_CLOSING;
		assert_int_equal(add(42, &name, MARLLB_FLOW_EMBRYONIC, 0), victim);
		assert_int_equal(table.flows, 16);
	}
}

/* Also where ticks wrap. */
static void
ageing_hands_out_each_expired_flow_once(void **unused)
{
	static uint32_t expires[MANY];
	uint64_t random = 3;
	uint32_t begin = UINT32_MAX - 500;

	(void)unused;
	make(65536);
	for (uint32_t i = 0; i < MANY; i++) {
		struct marllb_flow_name name = name_of(i);
		uint32_t index;

		expires[i] = begin + below(&random, 1000);
		index = add(marllb_mix(i), &name, MARLLB_FLOW_ESTABLISHED, expires[i]);
		marllb_flow_at(&table, index)->start = i;
	}
	for (uint32_t tick = begin; tick != begin + 1000; tick += 100) {
		uint32_t left = table.mask + 1, out = 0, wanted = 0, expired[MARLLB_WAYS];

		for (uint32_t i = 0; i < MANY; i++)
			wanted += expires[i] - begin <= tick - begin &&
				  expires[i] - begin + 100 > tick - begin;
		while (left > 0) {
			uint32_t count = marllb_flow_sweep(&table, tick, &left, expired);

			for (uint32_t k = 0; k < count; k++) {
				uint64_t i = marllb_flow_at(&table, expired[k])->start;

				check((int32_t)(tick - expires[i]) >= 0, "flow %u is not due", (unsigned)i);
				marllb_flow_remove(&table, expired[k]);
			}
			out += count;
		}
		assert_int_equal(out, wanted);
	}
}

/* A hash is good if buckets and tags are as full as chance would have it. */
static void
hashes_of_neighbouring_flows_spread(void **unused)
{
	static uint32_t low[4096], high[4096];
	struct marllb_hash_seed seed = marllb_hash_seed_of(1);
	const uint32_t flows = 1 << 20;

	(void)unused;
	for (int family = 4; family <= 6; family += 2) {
		double chi_low = 0, chi_high = 0, expected = flows / 4096.0;

		memset(low, 0, sizeof(low));
		memset(high, 0, sizeof(high));
		for (uint32_t i = 0; i < flows; i++) {
			struct marllb_key key = { .proto = 6, .family = (uint8_t)family, .dport = 80 << 8 };
			uint64_t hash;

			key.src[0] = 10;
			key.src[3] = (uint8_t)(i >> 12);
			key.sport = (uint16_t)(i & 0xfff);
			hash = marllb_hash(&seed, &key);
			low[hash & 4095]++;
			high[hash >> 52]++;
		}
		for (int i = 0; i < 4096; i++) {
			chi_low += (low[i] - expected) * (low[i] - expected) / expected;
			chi_high += (high[i] - expected) * (high[i] - expected) / expected;
		}
		/* 4095 degrees of freedom: 4532 is exceeded once in 10^6; far less would be odd too. */
		check(chi_low < 4532 && chi_high < 4532, "IPv%d: chi-square %f, %f", family, chi_low,
		      chi_high);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put_in_and_nothing_else),
		cmocka_unit_test(tells_flows_with_the_same_hash_apart),
		cmocka_unit_test(every_part_of_a_name_counts),
		cmocka_unit_test(fills_to_two_thirds_before_a_flow_finds_no_room),
		cmocka_unit_test(a_full_bucket_gives_up_flows_that_are_closing),
		cmocka_unit_test(ageing_hands_out_each_expired_flow_once),
		cmocka_unit_test(hashes_of_neighbouring_flows_spread),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(memory);
	return failed;
}
