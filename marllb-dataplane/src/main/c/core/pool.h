/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_POOL_H
#define MARLLB_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "rules.h"

/*
 * What all cores of a process know of the servers and the rule. One thread, the control, changes it
 * and publishes it whole; each core looks at the version once per burst and copies it when that moved.
 */

#define MARLLB_NEIGHBOUR_SETS 64 /* a power of two */
#define MARLLB_NEIGHBOUR_WAYS 8

/* Stations on the link: a full set forgets one of its stations for a new one. */
struct marllb_neighbours {
	struct marllb_neighbour entry[MARLLB_NEIGHBOUR_SETS][MARLLB_NEIGHBOUR_WAYS];
	uint8_t next[MARLLB_NEIGHBOUR_SETS]; /* way that is forgotten next */
};

/* The MAC address of a station, or NULL. */
const uint8_t *marllb_neighbours_find(const struct marllb_neighbours *n, uint8_t family,
				      const uint8_t address[16]);

/* Remembers a station; whether that was news. */
bool marllb_neighbours_put(struct marllb_neighbours *n, const struct marllb_neighbour *station);

struct marllb_pool_server {
	struct marllb_address address;
	uint8_t mac[6]; /* of the next hop */
	bool has_mac;
	uint8_t state;	     /* enum marllb_server_state */
	uint16_t port;	     /* NAT: network byte order, 0 = the VIP's */
	uint32_t generation; /* of the slot */
	double weight;	     /* in force, finite, >= 0 */
	double static_weight;
};

struct marllb_pool_state {
	uint32_t servers; /* slots in use: [0, servers) */
	bool has_cells;	  /* the alias table is that of these weights and states */
	struct marllb_policy policy;
	struct marllb_pool_server server[MARLLB_SERVERS];
	struct marllb_cell cell[MARLLB_SERVERS];
	struct marllb_neighbours neighbours;
	uint32_t neighbour_version; /* moves with each that is put */
	uint8_t gateway[2][6];	    /* of IPv4 and of IPv6 */
	bool has_gateway[2];
};

struct marllb_pool {
	_Alignas(64) _Atomic uint64_t version; /* 0: nothing published; odd: being written */
	_Atomic uint64_t word[(sizeof(struct marllb_pool_state) + 7) / 8];
};

/* Publishes a state; by one thread only. */
void marllb_pool_publish(struct marllb_pool *p, const struct marllb_pool_state *state);

/*
 * Copies what was published last, if the version differs from the one given, which is then updated.
 * False if there is nothing new, or it was being replaced meanwhile: then the copy is not to be used.
 */
bool marllb_pool_copy(const struct marllb_pool *p, uint64_t *version,
		      struct marllb_pool_state *copy);

static inline bool
marllb_pool_moved(const struct marllb_pool *p, uint64_t version)
{
	return atomic_load_explicit(&p->version, memory_order_relaxed) != version;
}

#endif
