/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_CONTROL_H
#define MARLLB_CONTROL_H

#include <stdint.h>

#include "balancer.h"
#include "config.h"
#include "pool.h"
#include "shm.h"

/*
 * What one thread of a packet-path program does for all cores: takes over what the controller wants,
 * executes its commands, watches whether it lives, publishes what the cores saw, and finds out MAC
 * addresses. It may be the thread of a core: each call does a bounded piece of work.
 *
 * Stages: 0 while records come; 1 when the last one is older than 5 intervals, and its weights stay;
 * 2 when it is older than 40 or there was none: the configured rule on configured weights. States of
 * servers outlive all stages.
 */
struct marllb_control;

#define MARLLB_CONTROL_CORES 64

/*
 * Publishes the configured servers to the pool; balancers may then start. The segment is that of
 * the data plane. Everything must outlive the control. NULL, with the reason, if there is no memory.
 */
struct marllb_control *marllb_control_create(const struct marllb_config *config,
					     struct marllb_pool *pool, struct marllb_shm *shm,
					     struct marllb_balancer *const *cores, unsigned count,
					     const char **reason);

void marllb_control_destroy(struct marllb_control *c);

/* To be called as often as there is a burst, or some times each millisecond. CLOCK_MONOTONIC. */
void marllb_control_poll(struct marllb_control *c, uint64_t now_nanos);

/*
 * The next request for a MAC address that is due, into MARLLB_ASK_FRAME bytes; returns its length,
 * 0 if none is due. To be called after each poll, and sent.
 */
uint32_t marllb_control_ask(struct marllb_control *c, uint64_t now_nanos, uint8_t *frame);

/* 0, 1 or 2. */
unsigned marllb_control_stage(const struct marllb_control *c);

#endif
