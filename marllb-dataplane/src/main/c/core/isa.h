/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_ISA_H
#define MARLLB_ISA_H

#include <stdint.h>

/*
 * The code that runs per packet is compiled once for each level of x86-64 (v2: SSE4.2, v3: AVX2, v4:
 * AVX-512) and chosen at start. Elsewhere there is one variant, called level 2.
 */

struct marllb_balancer;
struct marllb_chooser;
struct marllb_frame;
struct marllb_words;

struct marllb_isa {
	const char *name;
	unsigned level;
	/* As marllb_balancer_burst. */
	unsigned (*burst)(struct marllb_balancer *b, struct marllb_frame *frames, unsigned count,
			  uint64_t now_nanos);
	/* As marllb_choose, for who does not inline it. */
	int (*choose)(const struct marllb_chooser *c, uint64_t hash, struct marllb_words *words);
};

#define MARLLB_ISA_BEST 0

/* The variant of a level, or the best one; NULL where the processor or this build has it not. */
const struct marllb_isa *marllb_isa_at(unsigned level);

#endif
