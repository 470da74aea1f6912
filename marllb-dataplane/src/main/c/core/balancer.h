/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BALANCER_H
#define MARLLB_BALANCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "isa.h"
#include "pool.h"
#include "reservoir.h"

/*
 * One core's balancer: finds the flow of each packet, or a server for a new one, counts, samples,
 * and rewrites. Nothing here locks, allocates or logs once it is created. All but the functions for
 * the control are for the core's own thread; docs/dataplane/core.md says what holds.
 */

#define MARLLB_BURST 32 /* frames that are worked on together */

enum marllb_verdict {
	MARLLB_FORWARD, /* to a server, or back to the client */
	MARLLB_ANSWER,	/* rewritten into our own answer, goes back to where it came from */
	MARLLB_DROP,
};

#define MARLLB_NO_SERVER 0xffff

struct marllb_frame {
	uint8_t *data;		     /* moves with tunnels and answers */
	uint32_t length;	     /* bytes */
	uint32_t headroom, tailroom; /* bytes that may be used before and behind */
	uint8_t verdict;	     /* out: enum marllb_verdict */
	uint8_t drop;		     /* out: enum marllb_drop, where it is dropped */
	uint16_t server;	     /* out: where it goes, or MARLLB_NO_SERVER */
};

struct marllb_balancer_options {
	unsigned isa;	    /* level, or MARLLB_ISA_BEST */
	uint64_t seed;	    /* of random words; each core has its own */
	uint64_t hash_seed; /* the same on balancers that share the servers */
	bool features;	    /* completion times and ages are sampled */
	bool one_way;	    /* NAT: what servers send may come to other cores */
};

/* Bytes of memory that a balancer needs. */
size_t marllb_balancer_bytes(const struct marllb_config *config);

/*
 * Creates a balancer in so much zeroed memory, aligned to 64 bytes. The configuration is read here
 * only; its mac must be set. The pool must outlive the balancer. NULL, with the reason, if the
 * processor has not the instruction set asked for or there is no memory for fragments.
 */
struct marllb_balancer *marllb_balancer_create(void *memory, const struct marllb_config *config,
					       struct marllb_pool *pool,
					       const struct marllb_balancer_options *options,
					       const char **reason);

/* Gives back what create took beside the memory. */
void marllb_balancer_destroy(struct marllb_balancer *b);

/* The instruction set in use. */
const char *marllb_balancer_isa(const struct marllb_balancer *b);

/*
 * Decides about frames that came in at this time (CLOCK_MONOTONIC), and returns how many are not
 * dropped. Must also be called without frames, when there are none: flows age, and control is heard.
 */
unsigned marllb_balancer_burst(struct marllb_balancer *b, struct marllb_frame *frames,
			       unsigned count, uint64_t now_nanos);

/* Of the frames of the last burst, the device did not take this one: it is TX_FULL after all. */
void marllb_balancer_undelivered(struct marllb_balancer *b, const struct marllb_frame *frame);

/* What one core counted at a server. */
struct marllb_server_counts {
	uint64_t changed_at; /* the integrals reach up to here */
	uint64_t busy_nanos, in_flight_nanos;
	uint64_t started, completed, rejected, aborted;
	uint64_t drops; /* meant for it, dropped */
	uint64_t packets, bytes;
	uint32_t in_flight;
	uint32_t generation;
};

/* What one core counted. rx_packets = tx_packets + all drops, at any time between bursts. */
struct marllb_counts {
	uint64_t nanos; /* when */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t drops[MARLLB_DROPS];
	uint64_t answered;
	uint64_t flows, flow_slots;
	uint64_t notes_lost;
	uint64_t fallbacks, repicked;
	uint32_t servers;
	struct marllb_server_counts server[MARLLB_SERVERS];
};

/* What one core sampled at a server. */
struct marllb_samples {
	uint32_t generation;
	uint32_t completions, durations; /* how many of each */
	struct marllb_sample completion[MARLLB_RESERVOIR_SLOTS];
	struct marllb_sample duration[MARLLB_RESERVOIR_SLOTS];
};

#define MARLLB_SAMPLES_ASKED 16 /* servers whose samples are asked for together, at most */

/*
 * For the control, in its own thread or the core's. It asks one thing at a time, and the next once it
 * has the answer; until then there is none (NULL). An answer stays until the next question. The core
 * answers at the end of a burst: counts after the next, the samples of n servers after the next n, so
 * that no burst waits for more than one server's.
 */
void marllb_balancer_ask_counts(struct marllb_balancer *b);
/* 1 to MARLLB_SAMPLES_ASKED servers. */
void marllb_balancer_ask_samples(struct marllb_balancer *b, const uint32_t *servers, uint32_t count);
const struct marllb_counts *marllb_balancer_counts(struct marllb_balancer *b);
/* [servers asked for] */
const struct marllb_samples *marllb_balancer_samples(struct marllb_balancer *b);

enum marllb_note_kind {
	MARLLB_NOTE_FLOW_END,
	MARLLB_NOTE_NEIGHBOUR, /* seen, with its MAC address */
	MARLLB_NOTE_WANTED,    /* a packet was dropped since its MAC address is not known */
};

/* What a core tells the control without being asked. */
struct marllb_note {
	uint32_t kind;
	uint32_t server;
	uint64_t nanos;
	union {
		struct {
			uint64_t fct_nanos;
			uint64_t hash;
			uint32_t outcome;    /* enum marllb_outcome */
			uint32_t generation; /* of the server */
		} flow;
		struct marllb_neighbour neighbour;
	};
};

/* Takes the oldest note; false if there is none. For the control. */
bool marllb_balancer_note(struct marllb_balancer *b, struct marllb_note *note);

#endif
