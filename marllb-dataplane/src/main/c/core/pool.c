/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <string.h>

#include "hash.h"

#define WORDS (sizeof(((struct marllb_pool *)0)->word) / sizeof(uint64_t))

static uint32_t
set_of(const uint8_t address[16])
{
	uint64_t hash = marllb_multiply_fold(marllb_load64(address) ^ 0x9e3779b97f4a7c15u,
					     marllb_load64(address + 8) ^ 0xd1342543de82ef95u);

	return (uint32_t)hash & (MARLLB_NEIGHBOUR_SETS - 1);
}

static int
way_of(const struct marllb_neighbour *set, uint8_t family, const uint8_t address[16])
{
	for (int way = 0; way < MARLLB_NEIGHBOUR_WAYS; way++)
		if (set[way].address.family == family &&
		    memcmp(set[way].address.bytes, address, 16) == 0)
			return way;
	return -1;
}

const uint8_t *
marllb_neighbours_find(const struct marllb_neighbours *n, uint8_t family, const uint8_t address[16])
{
	const struct marllb_neighbour *set = n->entry[set_of(address)];
	int way = way_of(set, family, address);

	return way < 0 ? NULL : set[way].mac;
}

bool
marllb_neighbours_put(struct marllb_neighbours *n, const struct marllb_neighbour *station)
{
	uint32_t set = set_of(station->address.bytes);
	int way = way_of(n->entry[set], station->address.family, station->address.bytes);

	if (way < 0) {
		way = n->next[set];
		n->next[set] = (uint8_t)((way + 1) % MARLLB_NEIGHBOUR_WAYS);
	} else if (memcmp(n->entry[set][way].mac, station->mac, 6) == 0) {
		return false;
	}
	n->entry[set][way] = *station;
	return true;
}

void
marllb_pool_publish(struct marllb_pool *p, const struct marllb_pool_state *state)
{
	uint64_t version = atomic_load_explicit(&p->version, memory_order_relaxed);
	const uint8_t *from = (const uint8_t *)state;

	atomic_store_explicit(&p->version, version + 1, memory_order_relaxed);
	/* Each word is a release store, so a reader who sees it also sees the odd version. */
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = 0;
		size_t left = sizeof(*state) - 8 * i;

		memcpy(&word, from + 8 * i, left < 8 ? left : 8);
		atomic_store_explicit(&p->word[i], word, memory_order_release);
	}
	atomic_store_explicit(&p->version, version + 2, memory_order_release);
}

bool
marllb_pool_copy(const struct marllb_pool *p, uint64_t *version, struct marllb_pool_state *copy)
{
	uint64_t before = atomic_load_explicit(&p->version, memory_order_acquire);
	uint8_t *to = (uint8_t *)copy;

	if (before == *version || before % 2 != 0)
		return false;
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = atomic_load_explicit(&p->word[i], memory_order_acquire);
		size_t left = sizeof(*copy) - 8 * i;

		memcpy(to + 8 * i, &word, left < 8 ? left : 8);
	}
	if (atomic_load_explicit(&p->version, memory_order_relaxed) != before)
		return false;
	*version = before;
	return true;
}
