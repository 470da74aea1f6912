/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BURST_ROUTES_H
#define MARLLB_BURST_ROUTES_H

/* Where a packet goes: to a VIP, back from a server through NAT, or nowhere. */
#include "burst_work.h"

static inline int
find_vip(const struct marllb_balancer *b, const struct marllb_key *key)
{
	uint64_t name[3];

	marllb_vip_name(name, key);
	for (uint32_t v = 0; v < b->vips; v++) {
		const uint64_t *vip = b->vip[v].name;

		if (((name[0] ^ vip[0]) | (name[1] ^ vip[1]) | (name[2] ^ vip[2])) == 0)
			return (int)v;
	}
	return -1;
}

/* The flow of a packet has this name and hash. */
static inline void
named(struct marllb_balancer *b, struct work *w, uint64_t hash, uint64_t low, uint64_t high,
      uint16_t port, uint32_t vip)
{
	w->vip = (uint8_t)vip;
	w->mode = b->vip[vip].mode;
	w->name.source[0] = low;
	w->name.source[1] = high;
	w->name.rest = b->vip[vip].rest | port;
	w->hash = hash;
	w->bucket = &b->table.bucket[marllb_flow_bucket(&b->table, hash)];
	__builtin_prefetch(w->bucket, 1);
}

static inline void
refused(struct work *w, unsigned reason)
{
	w->route = REFUSED;
	w->server = (uint16_t)reason;
	w->name.rest = 0;
}

/* Whether an endpoint is not only named like where a packet comes from. */
static inline bool
is_endpoint(const struct marllb_balancer *b, const struct marllb_endpoint *e,
	    const struct marllb_key *key)
{
	return key->family == 4 || memcmp(b->target[e->server].address, key->src, 16) == 0;
}

/* A packet that may come from a server through NAT: whose is it, and of which VIP is its flow? */
static void
classify_return(struct marllb_balancer *b, const struct marllb_key *key, struct work *w)
{
	uint64_t endpoint = marllb_endpoint_name(key->family, key->src, key->sport, key->proto);
	uint32_t at = marllb_endpoint_place(b, endpoint);
	uint64_t low = marllb_load64(key->dst), high = marllb_load64(key->dst + 8);

	refused(w, MARLLB_DROP_NOT_VIP);
	for (; b->endpoint[at].name != 0; at = (at + 1) & (b->endpoints - 1)) {
		const struct marllb_endpoint *e = &b->endpoint[at];
		const struct marllb_vip *vip = &b->vip[e->vip];
		struct marllb_flow_name name = { { low, high }, vip->rest | key->dport };
		struct marllb_key turned = { .sport = key->dport, .dport = vip->port };
		uint64_t hash;

		if (e->name != endpoint || !is_endpoint(b, e, key))
			continue;
		memcpy(turned.src, key->dst, 16);
		memcpy(turned.dst, vip->address.bytes, 16);
		turned.proto = key->proto;
		turned.family = key->family;
		hash = marllb_hash(&b->hash_seed, &turned);
		if (!e->shared || w->route == REFUSED ||
		    marllb_flow_find(&b->table, hash, &name) != MARLLB_NO_FLOW) {
			w->route = TO_CLIENT;
			w->server = e->server;
			named(b, w, hash, low, high, key->dport, e->vip);
			if (!e->shared)
				return;
		}
	}
}

/* Finds the VIP of any packet with ports. */
static inline void
classify(struct marllb_balancer *b, const struct marllb_packet *p, struct work *w)
{
	int vip = find_vip(b, &p->key);

	w->plain = false;
	w->quick = false;
	w->proto = p->key.proto;
	w->tcp_flags = p->tcp_flags;
	w->acknowledges = b->features && p->tcp_flags == MARLLB_TCP_ACK &&
			  p->payload == p->l3 + p->l3_total;
	if (vip >= 0) {
		w->route = TO_SERVER;
		named(b, w, marllb_hash(&b->hash_seed, &p->key), marllb_load64(p->key.src),
		      marllb_load64(p->key.src + 8), p->key.sport, (uint32_t)vip);
	} else if (b->nat_vips != 0) {
		classify_return(b, &p->key, w);
	} else {
		refused(w, MARLLB_DROP_NOT_VIP);
	}
}

static inline void
classify_plain_return(struct marllb_balancer *b, const struct marllb_plain *q, struct work *w)
{
	uint64_t name = (uint32_t)q->ends | (uint64_t)(uint16_t)q->ports << 32 |
			(uint64_t)q->proto << 48 | (uint64_t)4 << 56;
	const struct marllb_endpoint *e = &b->endpoint[marllb_endpoint_place(b, name)];
	struct marllb_key key = { .proto = q->proto, .family = 4 };

	if (LIKELY(e->name == name && !e->shared)) {
		const struct marllb_vip *vip = &b->vip[e->vip];
		uint64_t ends = q->ends >> 32 | (uint64_t)marllb_load32(vip->address.bytes) << 32;
		uint32_t ports = q->ports >> 16 | (uint32_t)vip->port << 16;

		w->route = TO_CLIENT;
		w->server = e->server;
		named(b, w, marllb_hash_ends(&b->hash_seed, ends, ports, q->proto), q->ends >> 32, 0,
		      (uint16_t)ports, e->vip);
		return;
	}
	memcpy(key.src, &q->ends, 4);
	memcpy(key.dst, (const uint8_t *)&q->ends + 4, 4);
	memcpy(&key.sport, &q->ports, 4);
	classify_return(b, &key, w);
}

/* The same for a plain one. */
static inline void
classify_plain(struct marllb_balancer *b, const struct marllb_plain *q, struct work *w)
{
	uint64_t plain = marllb_vip_plain(q->ends, q->ports, q->proto);

	w->plain = true;
	w->quick = (q->tcp_flags & TCP_CONTROL) == 0;
	w->proto = q->proto;
	w->tcp_flags = q->tcp_flags;
	w->acknowledges = b->features & (((q->tcp_flags ^ MARLLB_TCP_ACK) |
					  (q->total ^ (MARLLB_IPV4_HEADER + q->header))) == 0);
	for (uint32_t v = 0; v < b->vips; v++) {
		if (LIKELY(b->vip[v].plain == plain)) {
			w->route = TO_SERVER;
			named(b, w,
			      marllb_hash_ends(&b->hash_seed, q->ends, q->ports, q->proto),
			      (uint32_t)q->ends, 0, (uint16_t)q->ports, v);
			return;
		}
	}
	if (b->nat_vips != 0)
		classify_plain_return(b, q, w);
	else
		refused(w, MARLLB_DROP_NOT_VIP);
}

#endif
