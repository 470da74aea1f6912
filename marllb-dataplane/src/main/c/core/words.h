/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_WORDS_H
#define MARLLB_WORDS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Uniform 64-bit random words of one core: xoshiro256** (Blackman and Vigna 2021,
 * doi:10.1145/3460772), or a tape of recorded words, so that choices can be replayed.
 */

struct marllb_words {
	uint64_t state[4];
	const uint64_t *tape; /* NULL: the generator */
	size_t drawn;	      /* from the tape, also beyond its end, where words are 0 */
	size_t recorded;
};

/* Finaliser of SplitMix64, the same as Java's Streams.mix: a bijection that spreads every bit. */
static inline uint64_t
marllb_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The generator from its start; seeds that differ in one bit give unrelated words. */
static inline void
marllb_words_seed(struct marllb_words *w, uint64_t seed)
{
	*w = (struct marllb_words){ .tape = NULL };
	for (int i = 0; i < 4; i++)
		w->state[i] = marllb_mix(seed += 0x9e3779b97f4a7c15u);
}

static inline void
marllb_words_tape(struct marllb_words *w, const uint64_t *words, size_t count)
{
	*w = (struct marllb_words){ .tape = words, .recorded = count };
}

static inline uint64_t
marllb_rotate(uint64_t x, unsigned left)
{
	return x << left | x >> (64 - left);
}

static inline uint64_t
marllb_words_next(struct marllb_words *w)
{
	uint64_t *s = w->state;
	uint64_t word, t;

	if (__builtin_expect(w->tape != NULL, 0)) {
		w->drawn++;
		return w->drawn <= w->recorded ? w->tape[w->drawn - 1] : 0;
	}
	word = marllb_rotate(s[1] * 5, 7) * 9;
	t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = marllb_rotate(s[3], 45);
	return word;
}

/* Maps a word to [0, bound) by multiplying its upper half, the same as Java's Words.below. */
static inline uint32_t
marllb_below(uint64_t word, uint32_t bound)
{
	return (uint32_t)(((word >> 32) * bound) >> 32);
}

#endif
