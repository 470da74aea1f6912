/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BURST_WORK_H
#define MARLLB_BURST_WORK_H

/* What the parts of burst.h share: a packet under way, and how it ends. */
#include "balancer_state.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define TCP_CONTROL (MARLLB_TCP_SYN | MARLLB_TCP_FIN | MARLLB_TCP_RST)

enum route {
	TO_SERVER,
	TO_CLIENT, /* back through NAT */
	OTHER,
	REFUSED,
};

/* What the passes know of a packet. */
struct work {
	uint64_t hash;
	struct marllb_bucket *bucket; /* of its flow's two, the one to look at */
	struct marllb_flow *flow;     /* what seems to be its flow, if it is quick */
	struct marllb_flow_name name; /* of its flow */
	uint8_t route;		      /* enum route */
	uint8_t quick; /* plain, and not about to change its flow's state */
	uint8_t way;   /* where flow is in bucket */
	uint8_t mode;  /* of its VIP */
	uint8_t acknowledges; /* and does nothing else, and ages are sampled */
	uint8_t plain; /* as marllb_parse_plain has it; else there is a marllb_packet */
	uint8_t vip, proto, tcp_flags;
	uint16_t server; /* TO_CLIENT: who sent it; REFUSED: why */
};

/* What a burst adds to the counts, where packets are not simply forwarded as long as they were. */
struct tally {
	uint64_t rx_bytes, dropped, dropped_bytes, answered;
	uint64_t grown; /* bytes, modulo 2^64 */
};

/* The flow of packets that need a second look; no packet's name has this state. */
static struct marllb_flow nobody = { .state = UINT8_MAX };

static void
refuse(struct marllb_balancer *b, struct marllb_frame *f, unsigned reason, struct tally *tally)
{
	f->verdict = MARLLB_DROP;
	f->drop = (uint8_t)reason;
	f->server = MARLLB_NO_SERVER;
	b->counts.drops[reason]++;
	tally->dropped++;
	tally->dropped_bytes += f->length;
}

/* A frame goes out as p says, which may have moved it. */
static inline void
send(struct marllb_frame *f, const struct marllb_packet *p, enum marllb_verdict verdict,
     uint32_t server, struct tally *tally)
{
	tally->grown += p->length - (uint64_t)f->length;
	f->headroom -= (uint32_t)(f->data - p->data);
	f->data = p->data;
	f->length = p->length;
	f->verdict = (uint8_t)verdict;
	f->drop = 0;
	f->server = (uint16_t)server;
}

static void
answer(struct marllb_frame *f, const struct marllb_packet *p, struct tally *tally)
{
	send(f, p, MARLLB_ANSWER, MARLLB_NO_SERVER, tally);
	tally->answered++;
}

#endif
