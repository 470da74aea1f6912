/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_DPDK_PORT_H
#define MARLLB_DPDK_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct rte_mempool;

#define MARLLB_PORT_ERROR 320 /* a sentence or two with a device's name */

/* The one port: clients, servers and routers are reached through it. */
struct marllb_port {
	uint16_t id;
	uint16_t queues; /* pairs; one for each core */
	bool virtual;    /* no hardware behind it: waiting for packets may sleep */
	uint8_t mac[6];
	struct rte_mempool *pool;
};

/*
 * Sets up the only port that EAL has found, with so many queue pairs, and starts it. False, with what
 * is wrong and what to do: no port or several, fewer queues than cores, no memory.
 */
bool marllb_port_open(struct marllb_port *port, const struct marllb_config *config, unsigned queues,
		      char error[MARLLB_PORT_ERROR]);

void marllb_port_close(struct marllb_port *port);

#endif
