/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_DPDK_LOOP_H
#define MARLLB_DPDK_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "balancer.h"

struct rte_mempool;
struct rte_ring;

/* What one core does until it is told to stop: receive, decide, send. Fields are set before it starts. */
struct marllb_loop {
	struct marllb_balancer *balancer;
	struct rte_ring *outgoing; /* frames that the control sends, or NULL */
	const _Atomic bool *stop;
	uint16_t port;
	uint16_t queue;
	bool sleeps; /* when there is nothing to do */
};

/* For rte_eal_mp_remote_launch: argument is a table of loops by lcore. Returns 0. */
int marllb_loop_run(void *loops);

#endif
