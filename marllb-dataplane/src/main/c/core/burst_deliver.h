/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BURST_DELIVER_H
#define MARLLB_BURST_DELIVER_H

/* Rewrites a packet for where it goes: each has a general form, and one for plain packets. */
#include "burst_work.h"

/* A packet that does not get to its server, although that is known. */
static __attribute__((noinline)) void
turn_away(struct marllb_balancer *b, struct marllb_frame *f, uint8_t vip, uint32_t server,
	  unsigned reason, struct tally *tally)
{
	const struct marllb_tunnel *tunnel = &b->tunnel[b->vip[vip].mode == MARLLB_GRE][server];
	struct marllb_packet p;

	b->counts.server[server].drops++;
	if (reason == MARLLB_DROP_TOO_LONG && marllb_parse(f->data, f->length, &p) == 0 &&
	    marllb_answer_too_long(&p, &b->self, (uint16_t)(tunnel->mtu - tunnel->length),
				   f->headroom) == 0)
		answer(f, &p, tally);
	else
		refuse(b, f, reason, tally);
}

/* Sends any packet to its server in the way of its VIP. */
static __attribute__((noinline)) void
deliver_any(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p, uint8_t vip,
	    uint32_t server, struct tally *tally)
{
	struct marllb_target *t = &b->target[server];
	uint8_t mode = b->vip[vip].mode;
	uint32_t length = f->length;
	int refused = 0;

	if (!t->has_mac)
		refused = MARLLB_REFUSED(MARLLB_DROP_NO_NEIGHBOUR);
	else if (mode == MARLLB_NAT)
		refused = marllb_nat_to_server(p, t->address, t->port);
	else if (mode != MARLLB_DSR)
		refused = marllb_encapsulate(p, &b->tunnel[mode == MARLLB_GRE][server],
					     f->headroom);
	if (refused != 0) {
		turn_away(b, f, vip, server, MARLLB_REASON(refused), tally);
		return;
	}
	memcpy(p->data, t->link, sizeof(t->link));
	t->packets++;
	t->bytes += length;
	send(f, p, MARLLB_FORWARD, server, tally);
}

/* A plain packet as the functions of rewrite.h want to see it. */
static inline struct marllb_packet
plain_packet(const struct marllb_frame *f, uint8_t proto)
{
	return (struct marllb_packet){
		.data = f->data,
		.length = f->length,
		.l3 = MARLLB_ETHER_HEADER,
		.l4 = MARLLB_ETHER_HEADER + MARLLB_IPV4_HEADER,
		.l3_total = marllb_get16(f->data + MARLLB_ETHER_HEADER + 2),
		.kind = proto == MARLLB_PROTO_TCP ? MARLLB_TCP : MARLLB_UDP,
		.family = 4,
		.proto = proto,
	};
}

static __attribute__((noinline)) void
tunnel_plain(struct marllb_balancer *b, struct marllb_frame *f, uint8_t proto, uint8_t vip,
	     uint32_t server, struct tally *tally)
{
	struct marllb_packet p = plain_packet(f, proto);

	deliver_any(b, f, &p, vip, server, tally);
}

static inline void
forwarded(struct marllb_frame *f, uint32_t server)
{
	f->verdict = MARLLB_FORWARD;
	f->drop = 0;
	f->server = (uint16_t)server;
}

/* Sends a plain packet to a server whose MAC address is known. */
static inline void
deliver_plain(struct marllb_balancer *b, struct marllb_frame *f, const struct work *w,
	      uint32_t server, struct tally *tally)
{
	struct marllb_target *t = &b->target[server];
	uint8_t *data = f->data;
	uint64_t length = f->length, first = marllb_load64(t->link);
	uint32_t last = marllb_load32(t->link + 8);

	if (w->mode == MARLLB_NAT) {
		const struct marllb_translations *pair = &b->vip[w->vip].translation[server];

		if (UNLIKELY(!marllb_translate_plain(data, &pair->to_server, true,
						     w->proto == MARLLB_PROTO_TCP))) {
			turn_away(b, f, w->vip, server, MARLLB_DROP_TTL, tally);
			return;
		}
	} else if (w->mode != MARLLB_DSR) {
		tunnel_plain(b, f, w->proto, w->vip, server, tally);
		return;
	}
	memcpy(data, &first, 8);
	memcpy(data + 8, &last, 4);
	t->packets++;
	t->bytes += length;
	forwarded(f, server);
}

/* Sends any packet from a server to its client. */
static __attribute__((noinline)) void
give_back_any(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	      uint8_t vip, struct tally *tally)
{
	/* An error of a router goes to whom it is addressed to, as all else. */
	const uint8_t *mac = marllb_balancer_next_hop(b, p->family, p->key.dst);
	int refused = MARLLB_REFUSED(MARLLB_DROP_NO_NEIGHBOUR);

	if (mac != NULL)
		refused = marllb_nat_to_client(p, b->vip[vip].address.bytes, b->vip[vip].port);
	if (refused != 0) {
		refuse(b, f, MARLLB_REASON(refused), tally);
		return;
	}
	marllb_rewrite_link(p->data, b->self.mac, mac);
	send(f, p, MARLLB_FORWARD, MARLLB_NO_SERVER, tally);
}

/* Sends a plain packet from a server to its client. */
static inline void
give_back_plain(struct marllb_balancer *b, struct marllb_frame *f, const struct work *w,
		struct tally *tally)
{
	const struct marllb_translations *pair = &b->vip[w->vip].translation[w->server];
	uint32_t client = (uint32_t)w->name.source[0];
	const uint8_t *mac = b->gateway[0];

	if (UNLIKELY((client & b->link_mask) == b->link_network || !b->has_gateway[0]))
		mac = marllb_balancer_next_hop(b, 4, (const uint8_t *)w->name.source);
	if (UNLIKELY(mac == NULL))
		refuse(b, f, MARLLB_DROP_NO_NEIGHBOUR, tally);
	else if (UNLIKELY(!marllb_translate_plain(f->data, &pair->to_client, false,
						  w->proto == MARLLB_PROTO_TCP)))
		refuse(b, f, MARLLB_DROP_TTL, tally);
	else {
		marllb_rewrite_link(f->data, b->self.mac, mac);
		forwarded(f, MARLLB_NO_SERVER);
	}
}

#endif
