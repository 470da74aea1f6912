/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_RULES_H
#define MARLLB_RULES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "maglev.h"
#include "shm_layout.h"
#include "words.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/*
 * How one core picks a server for a new flow: the rules of marllb-policies again, over flat arrays,
 * with the same choices bit by bit for the same calls and words. Not thread-safe.
 *
 * A key is (q scale + offset) / weight, at most the largest double, and infinity where a server is
 * not eligible. Keys are kept up to date at every start and end, so a choice divides nothing.
 */

/* What a controller sets. */
struct marllb_policy {
	uint32_t rule;	  /* enum marllb_rule */
	uint32_t choices; /* of TWO_CHOICES, >= 1; more than MARLLB_CHOICES count as so many */
	uint32_t vpp_ties;
	double scale, offset; /* both finite and >= 0, as Delay.java has them */
};

#define MARLLB_CHOICES 64 /* servers that TWO_CHOICES looks at, at most */

struct marllb_chooser {
	_Alignas(64) double key[MARLLB_SERVERS]; /* infinity from servers on */
	double divisor[MARLLB_SERVERS];
	double weight[MARLLB_SERVERS]; /* effective; 0 where not eligible */
	double scale, offset;
	uint32_t in_flight[MARLLB_SERVERS];
	struct marllb_cell cell[MARLLB_SERVERS];
	uint8_t candidate[MARLLB_SERVERS]; /* 1: eligible */
	uint8_t eligible[MARLLB_SERVERS];  /* list of them, ascending */
	uint8_t order[MARLLB_SERVERS];	   /* by descending static weight, then by index */
	uint32_t servers, eligibles;
	uint32_t rule, choices, vpp_ties;
	const struct marllb_maglev *maglev;
};

/*
 * Vose's alias table of weights (finite, >= 0), the same cells as Java's AliasTable. False when all
 * weights are 0; then the cells are not written.
 */
bool marllb_alias_build(uint32_t servers, const double *weights, struct marllb_cell *cells);

/* No server. The Maglev table is looked up by rule MAGLEV; its owner builds it from the weights. */
void marllb_chooser_init(struct marllb_chooser *c, const struct marllb_maglev *maglev);

/*
 * Weights, states or the policy changed. A server is eligible if it is active and its weight is
 * above 0; if no active one has a weight, all active ones count with weight 1. Cells are those of
 * AliasTable over the weights of eligible servers and 0 for the others; NULL builds them here.
 */
void marllb_chooser_set(struct marllb_chooser *c, const struct marllb_policy *policy,
			uint32_t servers, const double *weights, const double *static_weights,
			const uint8_t *active, const struct marllb_cell *cells);

static inline void
marllb_chooser_update(struct marllb_chooser *c, uint32_t server)
{
	double key = (c->in_flight[server] * c->scale + c->offset) / c->divisor[server];

	c->key[server] = !c->candidate[server] ? INFINITY
			 : key < __DBL_MAX__   ? key
					       : __DBL_MAX__;
}

/* A flow was opened at a server. */
static inline void
marllb_chooser_started(struct marllb_chooser *c, uint32_t server)
{
	c->in_flight[server]++;
	marllb_chooser_update(c, server);
}

/* A flow of a server ended. */
static inline void
marllb_chooser_ended(struct marllb_chooser *c, uint32_t server)
{
	c->in_flight[server]--;
	marllb_chooser_update(c, server);
}

/* The smallest of n keys, n a multiple of 8. */
static inline double
marllb_keys_minimum(const double *key, uint32_t n)
{
#if defined(__AVX2__)
	__m256d a = _mm256_load_pd(key), b = _mm256_load_pd(key + 4);
	__m128d c;

	for (uint32_t i = 8; i < n; i += 8) {
		a = _mm256_min_pd(a, _mm256_load_pd(key + i));
		b = _mm256_min_pd(b, _mm256_load_pd(key + i + 4));
	}
	a = _mm256_min_pd(a, b);
	c = _mm_min_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
	return _mm_cvtsd_f64(_mm_min_sd(c, _mm_unpackhi_pd(c, c)));
#else
	double least[8];

	for (uint32_t j = 0; j < 8; j++)
		least[j] = key[j];
	for (uint32_t i = 8; i < n; i += 8)
		for (uint32_t j = 0; j < 8; j++)
			least[j] = key[i + j] < least[j] ? key[i + j] : least[j];
	for (uint32_t j = 1; j < 8; j++)
		least[0] = least[j] < least[0] ? least[j] : least[0];
	return least[0];
#endif
}

/* Which of n keys (a multiple of 8, up to 64) equal a value: a bit for each. */
static inline uint64_t
marllb_keys_equal(const double *key, uint32_t n, double value)
{
	uint64_t mask = 0;

#if defined(__AVX2__)
	const __m256d wanted = _mm256_set1_pd(value);

	for (uint32_t i = 0; i < n; i += 8) {
		__m256d a = _mm256_cmp_pd(_mm256_load_pd(key + i), wanted, _CMP_EQ_OQ);
		__m256d b = _mm256_cmp_pd(_mm256_load_pd(key + i + 4), wanted, _CMP_EQ_OQ);
		uint64_t bits = (uint64_t)(_mm256_movemask_pd(a) | _mm256_movemask_pd(b) << 4);

		mask |= bits << i;
	}
#else
	for (uint32_t i = 0; i < n; i++)
		mask |= (uint64_t)(key[i] == value) << i;
#endif
	return mask;
}

/* Uniformly among the servers with the smallest key; a word is drawn only if several have it. */
static inline int
marllb_choose_minimum(const struct marllb_chooser *c, struct marllb_words *words)
{
	uint32_t n = (c->servers + 7) & ~7u;
	double minimum = marllb_keys_minimum(c->key, n);
	uint64_t mask[MARLLB_SERVERS / 64];
	uint32_t count = 0, rank, block = 0;

	if (minimum == INFINITY)
		return -1;
	for (uint32_t i = 0; i < n; i += 64) {
		mask[i / 64] = marllb_keys_equal(c->key + i, n - i < 64 ? n - i : 64, minimum);
		count += (uint32_t)__builtin_popcountll(mask[i / 64]);
	}
	rank = count <= 1 ? 0 : marllb_below(marllb_words_next(words), count);
	while (rank >= (uint32_t)__builtin_popcountll(mask[block]))
		rank -= (uint32_t)__builtin_popcountll(mask[block++]);
	for (; rank > 0; rank--)
		mask[block] &= mask[block] - 1;
	return (int)(64 * block) + __builtin_ctzll(mask[block]);
}

/*
 * MARLLB's VPP node: the candidate that the flow's hash picks stays unless another server is
 * strictly better, and then the first of the best by descending static weight wins.
 */
static inline int
marllb_choose_vpp(const struct marllb_chooser *c, uint64_t hash)
{
	uint32_t n = (c->servers + 7) & ~7u;
	double minimum = marllb_keys_minimum(c->key, n);
	uint32_t candidate, i = 0;

	if (minimum == INFINITY)
		return -1;
	candidate = c->eligible[marllb_below(hash, c->eligibles)];
	if (c->key[candidate] == minimum)
		return (int)candidate;
	while (c->key[c->order[i]] != minimum)
		i++;
	return c->order[i];
}

/*
 * The best of distinct random servers: Floyd's draw (Bentley and Floyd, CACM 30(9), 1987), two
 * servers from each word, and a further word for every tie.
 */
static inline int
marllb_choose_few(const struct marllb_chooser *c, struct marllb_words *words)
{
	uint8_t position[MARLLB_CHOICES];
	uint32_t count = c->choices < c->eligibles ? c->choices : c->eligibles;
	uint32_t ties = 0;
	uint64_t word = 0;
	double least = INFINITY;
	int best = -1;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t last = c->eligibles - count + i;

		word = i & 1 ? word << 32 : marllb_words_next(words);
		position[i] = (uint8_t)marllb_below(word, last + 1);
		for (uint32_t k = 0; k < i; k++) {
			if (position[k] == position[i]) {
				position[i] = (uint8_t)last;
				break;
			}
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t server = c->eligible[position[i]];
		double key = c->key[server];

		if (key < least) {
			best = (int)server;
			least = key;
			ties = 1;
		} else if (key == least && marllb_below(marllb_words_next(words), ++ties) == 0) {
			best = (int)server;
		}
	}
	return best;
}

static inline int
marllb_choose_weighted(const struct marllb_chooser *c, struct marllb_words *words)
{
	uint64_t word = marllb_words_next(words);
	uint32_t own;

	if (c->eligibles == 0)
		return -1;
	own = marllb_below(word, c->servers);
	return (int)((word & 0xffffffff) < c->cell[own].threshold ? own : c->cell[own].alias);
}

/* The server for a new flow with this hash; -1 when none is eligible. */
static inline int
marllb_choose(const struct marllb_chooser *c, uint64_t hash, struct marllb_words *words)
{
	switch (c->rule) {
	case MARLLB_RULE_TWO_CHOICES:
		return marllb_choose_few(c, words);
	case MARLLB_RULE_SED:
	case MARLLB_RULE_LEAST_FLOWS:
		return c->vpp_ties ? marllb_choose_vpp(c, hash) : marllb_choose_minimum(c, words);
	case MARLLB_RULE_MAGLEV:
		return marllb_maglev_lookup(c->maglev, hash);
	default:
		return marllb_choose_weighted(c, words);
	}
}

#endif
