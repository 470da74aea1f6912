/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_CONTROL_H
#define MARLLB_CONTROL_H

#include <stdint.h>

#include "balancer.h"
#include "shm.h"

/*
 * What stands between the cores of a data plane and its controller, in a thread of its own: takes
 * msg_in and commands from shared memory and publishes the pool to the cores; gathers what they
 * counted and sampled and publishes msg_out; finds the MAC addresses of servers and routers; and goes
 * on without a controller, by the ladder below. It never waits for a core, and no core waits for it.
 *
 *   stage 0  the controller's weights, at most 5 control intervals old
 *   stage 1  the same, older: the last good weights stay
 *   stage 2  older than 40 intervals, or none yet: the configured rule on the static weights
 *
 * Whether a server is active, drained or dead stays in every stage as it was wanted last.
 */
struct marllb_control;

#define MARLLB_STALE_INTERVALS 5
#define MARLLB_LOST_INTERVALS 40

struct marllb_control_setup {
	const struct marllb_config *config; /* with its mac; stays in place */
	struct marllb_shm *shm;		    /* the data plane's side */
	struct marllb_pool *pool;	    /* nothing published yet */
	struct marllb_balancer *const *balancers; /* one for each core; stay in place */
	uint32_t cores;
	uint64_t interval_nanos; /* control interval, as in the segment's header */
	/* Sends a frame of at most MARLLB_ASK_FRAME bytes; may lose it. */
	void (*send)(void *context, const uint8_t *frame, uint32_t length);
	void *context;
};

/* Publishes the pool as configured; NULL when there is no memory. */
struct marllb_control *marllb_control_create(const struct marllb_control_setup *setup,
					     uint64_t now_nanos);

void marllb_control_destroy(struct marllb_control *c);

/*
 * Does what is due at this time (CLOCK_MONOTONIC), and returns in how many nanoseconds to come again.
 */
uint64_t marllb_control_tick(struct marllb_control *c, uint64_t now_nanos);

/* The stage it is in. */
uint32_t marllb_control_stage(const struct marllb_control *c);

/* What was published last; sequence 0: nothing yet. */
const struct marllb_msg_out *marllb_control_published(const struct marllb_control *c);

#endif
