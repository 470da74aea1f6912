/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_RESERVOIR_H
#define MARLLB_RESERVOIR_H

#include <stdint.h>

#include "words.h"

/*
 * Recency-biased reservoirs and their five statistics, the same bits as Java's ReservoirBank with
 * normalised discounting: a reservoir first fills, then each sample replaces a random slot (Yao et
 * al. 2022, arXiv:2201.11727, algorithm 2). Not thread-safe.
 */

#define MARLLB_RESERVOIR_SLOTS 128 /* as the original's shared memory */
#define MARLLB_STATISTICS 5	   /* mean, p90, std, discounted mean, discounted p90 */

struct marllb_sample {
	double value; /* seconds where it is a time */
	double nanos; /* when: exact to 2^53 ns, 104 days of uptime */
};

struct marllb_reservoir {
	uint32_t size;
	uint32_t pad[15]; /* samples begin on a line of their own */
	struct marllb_sample sample[MARLLB_RESERVOIR_SLOTS];
};

/* Offers a sample; the word is used only once the reservoir is full. */
static inline void
marllb_reservoir_add(struct marllb_reservoir *r, double value, uint64_t now, uint64_t word)
{
	uint32_t slot = r->size;

	if (slot < MARLLB_RESERVOIR_SLOTS)
		r->size = slot + 1;
	else
		slot = marllb_below(word, MARLLB_RESERVOIR_SLOTS);
	r->sample[slot] = (struct marllb_sample){ value, (double)now };
}

/* Room to reduce up to so many samples at once, such as those of one server on every core. */
struct marllb_reducer;

/* NULL when there is no memory. */
struct marllb_reducer *marllb_reducer_create(uint32_t samples);
void marllb_reducer_destroy(struct marllb_reducer *r);

/* Forgets what is loaded. */
void marllb_reducer_clear(struct marllb_reducer *r);
/* Loads more samples; in all no more than there is room for. */
void marllb_reducer_load(struct marllb_reducer *r, const struct marllb_sample *samples, uint32_t count);
/* The statistics of what is loaded; NaN when that is nothing. */
void marllb_reducer_all(struct marllb_reducer *r, double out[MARLLB_STATISTICS]);

#endif
