/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BALANCER_STATE_H
#define MARLLB_BALANCER_STATE_H

#include <stdatomic.h>

#include "balancer.h"
#include "flow_table.h"
#include "fragment.h"
#include "hash.h"

/* What balancer.c and the variants of burst.h share. */

/* Flags of a flow. */
#define MARLLB_FLOW_TIMED 1	  /* its first packet was seen, so its age is known */
#define MARLLB_FLOW_CLIENT_FIN 2
#define MARLLB_FLOW_SERVER_FIN 4

#define MARLLB_NOTES 1024 /* that may wait for the control, a power of two */
#define MARLLB_EMBRYONIC_SHARE 4 /* a flood takes no more than this part of the table */

/* Ageing goes round the table in this time, however many packets come. */
#define MARLLB_SWEEP_NANOS 1000000000u
#define MARLLB_SWEEP_MOST 64	  /* buckets per burst, so that no burst waits long */
#define MARLLB_MAGLEV_PROBES 64	  /* per burst, while a table is being built */
#define MARLLB_FRAGMENTED 1024	  /* fragmented packets under way that are remembered */
#define MARLLB_FRAGMENT_NANOS 2000000000u
#define MARLLB_WANTED_NANOS 10000000u /* between two requests for a MAC address */
#define MARLLB_NO_GENERATION UINT32_MAX /* no flow has it */

struct marllb_vip {
	uint64_t name[3]; /* address, then port, protocol, family: see marllb_vip_name */
	struct marllb_address address;
	uint16_t port;
	uint8_t proto;
	uint8_t mode; /* enum marllb_mode */
};

/* What a packet needs to know of its server: one cache line. */
struct marllb_target {
	_Alignas(64) uint64_t packets;
	uint64_t bytes;
	uint32_t accepts; /* generation of flows that may go there, MARLLB_NO_GENERATION if none */
	uint16_t port;	  /* NAT: network byte order, 0 = the VIP's */
	uint8_t has_mac;
	uint8_t active;	  /* new flows may go there, whatever its weight */
	uint8_t link[12]; /* first bytes of a frame to it: its MAC address, then ours */
	uint32_t generation;
	uint8_t address[16];
};

_Static_assert(sizeof(struct marllb_target) == 64, "one line for each server");

enum marllb_question { MARLLB_ASKED_COUNTS, MARLLB_ASKED_SAMPLES };

struct marllb_balancer {
	const struct marllb_isa *isa;
	struct marllb_pool *pool;
	uint64_t pool_version;

	uint64_t now;  /* of this burst */
	uint32_t tick; /* the same in ticks */
	uint32_t established_ticks, embryonic_ticks, closing_ticks;
	uint32_t embryonic, embryonic_most;
	bool features;
	uint32_t vips, nat_vips, servers;
	struct marllb_flow_table table;
	struct marllb_hash_seed hash_seed;
	struct marllb_words words, reservoir_words;
	struct marllb_vip vip[MARLLB_CONFIG_VIPS];
	struct marllb_self self;

	uint64_t swept_at, sweep_credit; /* credit: buckets x MARLLB_SWEEP_NANOS */

	struct marllb_counts counts;
	struct marllb_target target[MARLLB_SERVERS];
	struct marllb_chooser chooser;
	struct marllb_reservoir *completions, *durations; /* [slots] */

	/* [mode == GRE][server] */
	struct marllb_tunnel tunnel[2][MARLLB_SERVERS];
	bool tunnels; /* some VIP has such a mode */
	uint16_t mtu;

	/* The way back to clients, [family == 6]. */
	struct marllb_config_network network[2];
	struct marllb_neighbours neighbours;
	uint32_t neighbour_version;
	uint8_t gateway[2][6];
	bool has_gateway[2];
	uint64_t wanted_at; /* the control was last asked for a MAC address */

	/* NAT: servers by address and port, MARLLB_NO_SERVER where free. */
	uint16_t endpoint[2 * MARLLB_SERVERS];

	/* Where flows without an entry go: by static weights, so that it hardly ever moves. */
	struct marllb_maglev fallback;
	struct marllb_maglev maglev; /* of rule MAGLEV */
	double fallback_weight[MARLLB_SERVERS];
	double maglev_weight[MARLLB_SERVERS];

	struct marllb_fragments *fragments;
	struct marllb_pool_state copy; /* of the pool; valid only while it is taken over */

	/* The control asks. */
	_Alignas(64) _Atomic uint32_t asked;
	uint32_t question, about;
	_Alignas(64) _Atomic uint32_t answered;
	struct marllb_counts counts_answer;
	struct marllb_samples samples_answer;

	/* Notes to the control. */
	_Alignas(64) _Atomic uint32_t note_head; /* written by the core */
	_Alignas(64) _Atomic uint32_t note_tail; /* written by the control */
	struct marllb_note note[MARLLB_NOTES];
};

/* A VIP, or where a packet goes, in three words. */
static inline void
marllb_vip_name(uint64_t name[3], const struct marllb_key *key)
{
	name[0] = marllb_load64(key->dst);
	name[1] = marllb_load64(key->dst + 8);
	name[2] = marllb_load64(&key->sport) >> 16; /* dport, proto, family, pad */
}

/* Takes over what was published to the pool. */
void marllb_balancer_refresh(struct marllb_balancer *b);

/* Answers the control. */
void marllb_balancer_reply(struct marllb_balancer *b);

/* Where the search for a server with this address and port begins. */
static inline uint32_t
marllb_endpoint_place(const uint8_t address[16], uint16_t port)
{
	uint64_t hash = marllb_multiply_fold(marllb_load64(address) ^ 0x9e3779b97f4a7c15u ^ port,
					     marllb_load64(address + 8) ^ 0xd1342543de82ef95u);

	return (uint32_t)(hash % (2 * MARLLB_SERVERS));
}

/* The MAC address of the next hop towards a client; NULL if it is not known, and asked for. */
const uint8_t *marllb_balancer_next_hop(struct marllb_balancer *b, uint8_t family,
					const uint8_t address[16]);

/* Tells the control; counts what it has no room for. */
void marllb_balancer_tell(struct marllb_balancer *b, const struct marllb_note *note);

/* Remembers a station on the link, and tells the control if that is news. */
void marllb_balancer_learn(struct marllb_balancer *b, const struct marllb_neighbour *n);

/* Remembers where a client's frame came from, if the client is on the link. */
void marllb_balancer_meet(struct marllb_balancer *b, const struct marllb_packet *p);

/* Brings a server's integrals up to now. */
static inline void
marllb_balancer_integrate(struct marllb_balancer *b, uint32_t server)
{
	struct marllb_server_counts *c = &b->counts.server[server];
	uint64_t elapsed = b->now - c->changed_at;
	uint32_t q = b->chooser.in_flight[server];

	c->changed_at = b->now;
	c->busy_nanos += q > 0 ? elapsed : 0;
	c->in_flight_nanos += q * elapsed;
}

#endif
