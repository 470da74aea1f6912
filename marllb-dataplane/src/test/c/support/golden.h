/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_TEST_GOLDEN_H
#define MARLLB_TEST_GOLDEN_H

#include "frame.h"
#include "packet.h"

/* The golden captures: what comes in, and what each mode makes of it. golden/README.md */

/* A capture of frames that come in. */
struct golden_input {
	const char *name;
	/* Builds frame number n; false beyond the last. */
	bool (*build)(struct frame *f, unsigned n);
};

extern const struct golden_input GOLDEN_INPUTS[];
extern const unsigned GOLDEN_INPUT_COUNT;

/* What a mode makes of a capture; frames that are refused are left out. */
struct golden_output {
	const char *name;
	const char *input;
	int (*apply)(struct marllb_packet *p);
};

extern const struct golden_output GOLDEN_OUTPUTS[];
extern const unsigned GOLDEN_OUTPUT_COUNT;

#endif
