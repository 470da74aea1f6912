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
	uint64_t plain;	  /* address, port, protocol: see marllb_vip_plain; 0 for IPv6 */
	uint64_t rest;	  /* what the names of its flows share */
	uint64_t name[3]; /* address, then port, protocol, family: see marllb_vip_name */
	struct marllb_address address;
	uint16_t port;
	uint8_t proto;
	uint8_t mode; /* enum marllb_mode */
	struct marllb_translations *translation; /* NAT over IPv4: [slot] */
};

/* What a packet needs to know of its server: one cache line. */
struct marllb_target {
	_Alignas(64) uint64_t packets;
	uint64_t bytes;
	uint8_t link[12]; /* first bytes of a frame to it: its MAC address, then ours */
	/* Generation of flows that may go there, MARLLB_NO_GENERATION if none; and the same, but none
	 * either while its MAC address is not known. */
	uint32_t accepts, reaches;
	uint16_t generation; /* what flows keep of it */
	uint8_t has_mac;
	uint8_t active; /* new flows may go there, whatever its weight */
	uint8_t address[16];
	uint16_t port; /* NAT: network byte order, 0 = the VIP's */
	uint8_t pad[2];
	uint32_t slot_generation;
};

/* NAT: where packets come back from. An open table; several VIPs may share a server's port. */
struct marllb_endpoint {
	uint64_t name;	 /* address, port, protocol: see marllb_endpoint_name; 0: free */
	uint16_t server;
	uint8_t vip;
	uint8_t shared; /* another VIP has the same name */
	uint32_t pad;
};

/* Between a VIP and a server. */
struct marllb_translations {
	struct marllb_translation to_server, to_client;
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
	bool features, one_way;
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
	uint32_t link_mask, link_network; /* of IPv4, as they lie in a packet; 0 of 0 matches all */
	struct marllb_neighbours neighbours;
	uint32_t neighbour_version;
	uint8_t gateway[2][6];
	bool has_gateway[2];
	uint64_t wanted_at; /* the control was last asked for a MAC address */

	struct marllb_endpoint *endpoint; /* [endpoints] */
	uint32_t endpoints;		  /* a power of two, at most half in use; 0 without NAT */
	struct marllb_translations *translation; /* [NAT VIP][slot] */
	uint32_t slots;

	/* Where flows without an entry go: by static weights, so that it hardly ever moves. */
	struct marllb_maglev fallback;
	struct marllb_maglev maglev; /* of rule MAGLEV */
	double fallback_weight[MARLLB_SERVERS];
	double maglev_weight[MARLLB_SERVERS];

	struct marllb_fragments *fragments;
	struct marllb_pool_state copy; /* of the pool; valid only while it is taken over */

	/* The control asks. */
	_Alignas(64) _Atomic uint32_t asked;
	uint32_t question;
	uint32_t about[MARLLB_SAMPLES_ASKED]; /* servers */
	uint32_t abouts, replies;	      /* how many; so many of them are answered */
	_Alignas(64) _Atomic uint32_t answered;
	struct marllb_counts counts_answer;
	struct marllb_samples samples_answer[MARLLB_SAMPLES_ASKED];

	/* Notes to the control. */
	_Alignas(64) _Atomic uint32_t note_head; /* written by the core */
	_Alignas(64) _Atomic uint32_t note_tail; /* written by the control */
	struct marllb_note note[MARLLB_NOTES];
};

/* An IPv4 VIP, or where a packet goes, in one word, which is never 0. */
static inline uint64_t
marllb_vip_plain(uint64_t ends, uint32_t ports, uint8_t proto)
{
	return (ends & UINT64_C(0xffffffff00000000)) | ports >> 16 | (uint32_t)proto << 16;
}

/* The same for both families, in three words. */
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

/* An endpoint in one word, which is never 0. Of IPv6 it is a hash, and the address must be compared. */
static inline uint64_t
marllb_endpoint_name(uint8_t family, const uint8_t address[16], uint16_t port, uint8_t proto)
{
	uint64_t low = family == 4 ? marllb_load32(address)
				   : marllb_multiply_fold(marllb_load64(address) ^ 0x9e3779b97f4a7c15u,
							  marllb_load64(address + 8) ^
								  0xd1342543de82ef95u) >> 32;

	return low | (uint64_t)port << 32 | (uint64_t)proto << 48 | (uint64_t)family << 56;
}

static inline uint32_t
marllb_endpoint_place(const struct marllb_balancer *b, uint64_t name)
{
	return (uint32_t)(name * 0x9e3779b97f4a7c15u >> 32) & (b->endpoints - 1);
}

/* The MAC address of the next hop towards a client; NULL if it is not known, and asked for. */
const uint8_t *marllb_balancer_next_hop(struct marllb_balancer *b, uint8_t family,
					const uint8_t address[16]);

/* Tells the control; counts what it has no room for. */
void marllb_balancer_tell(struct marllb_balancer *b, const struct marllb_note *note);

/* Remembers a station on the link, and tells the control if that is news. */
void marllb_balancer_learn(struct marllb_balancer *b, const struct marllb_neighbour *n);

/* Remembers which station a client's frame came from, if the client is on the link. */
void marllb_balancer_meet(struct marllb_balancer *b, uint8_t family, const uint8_t address[16],
			  const uint8_t mac[6]);

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
