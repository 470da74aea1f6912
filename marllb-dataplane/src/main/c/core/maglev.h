/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_MAGLEV_H
#define MARLLB_MAGLEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Weighted consistent hashing by Maglev's lookup table (Eisenbud et al., NSDI 2016, section 3.4),
 * the same slots as Java's MaglevTable. A packet path cannot stop for a build, so the next table is
 * filled a few probes at a time beside the one that serves. Not thread-safe.
 */

#define MARLLB_MAGLEV_SLOTS 65537 /* prime; 1 % balance up to 650 servers */
#define MARLLB_MAGLEV_SERVERS 256 /* a slot holds one byte */

struct marllb_maglev {
	const uint8_t *serving; /* NULL: empty */
	uint8_t *filling;	/* NULL: no build under way */
	uint8_t table[2][MARLLB_MAGLEV_SLOTS];
	uint64_t taken[MARLLB_MAGLEV_SLOTS / 64 + 1]; /* slots of the table that is being filled */
	uint32_t filled, turn, servers;
	bool probing; /* the server whose turn it is looks for its next free slot */
	uint32_t position[MARLLB_MAGLEV_SERVERS], skip[MARLLB_MAGLEV_SERVERS];
	double share[MARLLB_MAGLEV_SERVERS], credit[MARLLB_MAGLEV_SERVERS];
};

/* Empty. */
void marllb_maglev_init(struct marllb_maglev *m);

/*
 * Begins the table of so many weights (finite, >= 0), in place of one under way. A server of weight
 * 0 gets no slot; without any weight the table is empty at once.
 */
void marllb_maglev_begin(struct marllb_maglev *m, uint32_t servers, const double *weights);

/* Goes on for so many probes and turns (UINT64_MAX: to the end). True when nothing is left to do. */
bool marllb_maglev_step(struct marllb_maglev *m, uint64_t budget);

/* The server of a flow by the table that serves; -1 when that is empty. */
static inline int
marllb_maglev_lookup(const struct marllb_maglev *m, uint64_t hash)
{
	return m->serving == NULL ? -1 : m->serving[hash % MARLLB_MAGLEV_SLOTS];
}

#endif
