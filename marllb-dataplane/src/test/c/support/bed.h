/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_TEST_BED_H
#define MARLLB_TEST_BED_H

#include "balancer.h"
#include "balancer_state.h"
#include "frame.h"

/* A balancer on a test bench: its pool, its clock, and frames to it. */

#define BED_SECOND UINT64_C(1000000000)
#define BED_MILLISECOND UINT64_C(1000000)

struct bed {
	struct marllb_config config;
	struct marllb_balancer_options options;
	struct marllb_pool_state state; /* publish after changes */
	struct marllb_pool pool;
	struct marllb_balancer *balancer;
	uint64_t now;
	struct frame frame;
	struct marllb_frame out; /* the last one's */
};

/* So many IPv4 servers of weight 1 behind 10.0.0.100:80, TCP, and a table of so many slots: a plan. */
struct bed *bed_plan(uint32_t servers, uint32_t slots, enum marllb_mode mode);

/* Creates what is planned; the caller frees it. */
void bed_make(struct bed *b);
void bed_free(struct bed *b);

/* Changes of the pool reach the balancer. */
void bed_publish(struct bed *b);

/* One frame in a burst of its own, without time passing. Returns the server it goes to, or -1. */
int bed_send(struct bed *b, const struct recipe *r);

/* A TCP packet of client number i (there are 2^32) with these flags, and no payload. */
struct recipe bed_packet(const struct bed *b, uint32_t client, uint8_t flags);
int bed_tcp(struct bed *b, uint32_t client, uint8_t flags);

/* An answer to it from a server, by NAT. */
int bed_back(struct bed *b, uint32_t client, uint32_t server, uint8_t flags);

/* Time passes, in steps that leave ageing time for its work. */
void bed_wait(struct bed *b, uint64_t nanos);

/* What was counted until now. */
const struct marllb_counts *bed_counts(struct bed *b);

/* Packets that were dropped, of all reasons. */
uint64_t bed_drops(struct bed *b);

#define SYN MARLLB_TCP_SYN
#define ACK MARLLB_TCP_ACK
#define FIN (MARLLB_TCP_FIN | MARLLB_TCP_ACK)
#define RST MARLLB_TCP_RST

#endif
