/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BURST_OTHERS_H
#define MARLLB_BURST_OTHERS_H

/* What is neither TCP nor UDP, or is in pieces. */
#include "burst_deliver.h"
#include "burst_flows.h"
#include "burst_routes.h"

/* Where the later fragments of a packet go, in 32 bits, and back. */
static inline uint32_t
fragment_value(const struct work *w, uint32_t server, uint32_t generation)
{
	return (w->route == TO_CLIENT ? 1u << 31 : 0) | (uint32_t)w->vip << 24 |
	       generation << 8 | server;
}

static void
fragment(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	 struct tally *tally)
{
	struct work w = { .vip = 0 };
	uint32_t value, server;

	if (p->first_fragment && (p->proto == MARLLB_PROTO_TCP || p->proto == MARLLB_PROTO_UDP)) {
		int found;

		classify(b, p, &w);
		if (w.route == REFUSED) {
			refuse(b, f, w.server, tally);
			return;
		}
		if (w.route == TO_CLIENT) {
			follow_back(b, &w);
			found = w.server;
		} else {
			found = follow_any(b, &w, p->data);
		}
		if (found < 0) {
			refuse(b, f, MARLLB_DROP_NO_SERVER, tally);
			return;
		}
		value = fragment_value(&w, (uint32_t)found, b->target[found].generation);
		marllb_fragments_learn(b->fragments, p, value, b->now);
	} else if (!marllb_fragments_find(b->fragments, p, b->now, &value)) {
		refuse(b, f, MARLLB_DROP_FRAGMENT, tally);
		return;
	}
	server = value & 0xff;
	if (value >> 31)
		give_back_any(b, f, p, value >> 24 & 0x7f, tally);
	else if ((value >> 8 & 0xffff) != b->target[server].accepts)
		refuse(b, f, MARLLB_DROP_NO_SERVER, tally);
	else
		deliver_any(b, f, p, value >> 24 & 0x7f, server, tally);
}

/* An ICMP error goes where the packet went that it is about. */
static void
icmp_error(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	   struct tally *tally)
{
	struct work w = { .vip = 0 };
	uint32_t index;
	int server;

	classify(b, p, &w);
	if (w.route == REFUSED) {
		refuse(b, f, w.server, tally);
		return;
	}
	if (w.route == TO_CLIENT) {
		give_back_any(b, f, p, w.vip, tally);
		return;
	}
	index = marllb_flow_find(&b->table, w.hash, &w.name);
	server = index == MARLLB_NO_FLOW ? fallback(b, w.hash)
					 : marllb_flow_at(&b->table, index)->server;
	if (server < 0 || b->target[server].accepts == MARLLB_NO_GENERATION ||
	    (index != MARLLB_NO_FLOW && marllb_flow_at(&b->table, index)->generation !=
						b->target[server].accepts))
		refuse(b, f, MARLLB_DROP_NO_SERVER, tally);
	else
		deliver_any(b, f, p, w.vip, (uint32_t)server, tally);
}

/* What is neither TCP nor UDP, or is in pieces. */
static __attribute__((noinline)) void
other(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
      struct tally *tally)
{
	struct marllb_neighbour neighbour;
	int refused;

	switch (p->kind) {
	case MARLLB_FRAGMENT:
		fragment(b, f, p, tally);
		return;
	case MARLLB_ICMP_ERROR:
		icmp_error(b, f, p, tally);
		return;
	case MARLLB_ARP:
	case MARLLB_ND:
		if (marllb_learn_neighbour(p, &neighbour))
			marllb_balancer_learn(b, &neighbour);
		break;
	default:
		break;
	}
	refused = p->kind == MARLLB_OTHER && !marllb_is_self(&b->self, p->family, p->key.dst)
			  ? MARLLB_REFUSED(MARLLB_DROP_NOT_VIP)
			  : marllb_answer(p, &b->self, f->tailroom);
	if (refused != 0)
		refuse(b, f, MARLLB_REASON(refused), tally);
	else
		answer(f, p, tally);
}

#endif
