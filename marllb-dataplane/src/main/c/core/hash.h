/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_HASH_H
#define MARLLB_HASH_H

#include <stdint.h>
#include <string.h>

#include "packet.h"
#include "words.h"

/*
 * The hash of a flow: two rounds of multiply-and-fold over its 5-tuple, keyed, so that who does not
 * know the seed cannot aim at a bucket. Balancers with the same seed agree on it, and so on Maglev's
 * choice.
 */

struct marllb_hash_seed {
	uint64_t word[4];
};

static inline struct marllb_hash_seed
marllb_hash_seed_of(uint64_t seed)
{
	struct marllb_hash_seed s;

	for (int i = 0; i < 4; i++)
		s.word[i] = marllb_mix(seed += 0x9e3779b97f4a7c15u);
	s.word[3] |= 1; /* a multiplier of 0 would forget everything */
	return s;
}

static inline uint64_t
marllb_multiply_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of IPv4: both addresses and both ports as they lie in the packet. */
static inline uint64_t
marllb_hash_ends(const struct marllb_hash_seed *s, uint64_t ends, uint32_t ports, uint8_t proto)
{
	uint64_t tail = ports | (uint64_t)proto << 32;

	tail = marllb_multiply_fold(ends ^ s->word[0], tail ^ s->word[1]);
	return marllb_multiply_fold(tail ^ s->word[2], s->word[3]);
}

static inline uint64_t
marllb_hash(const struct marllb_hash_seed *s, const struct marllb_key *key)
{
	uint64_t ends = marllb_load32(key->src) | (uint64_t)marllb_load32(key->dst) << 32;

	if (key->family == 6)
		ends = marllb_multiply_fold(marllb_load64(key->src) ^ s->word[0],
					    marllb_load64(key->src + 8) ^ s->word[1]) ^
		       marllb_multiply_fold(marllb_load64(key->dst) ^ s->word[2],
					    marllb_load64(key->dst + 8) ^ s->word[3]);
	return marllb_hash_ends(s, ends, marllb_load32(&key->sport), key->proto);
}

#endif
