/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that runs per packet. Compiled once for each instruction set, by burst_v2.c and its siblings,
 * which define MARLLB_VARIANT; so everything here is static but the variant.
 *
 * A burst is four passes: touch the headers; parse, hash and touch the flow's bucket; find its tag,
 * there or in its other bucket, and touch its entry; decide, count and rewrite, in order. So each
 * miss of the cache overlaps with those of the other packets.
 */
#include "balancer_state.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define TCP_CONTROL (MARLLB_TCP_SYN | MARLLB_TCP_FIN | MARLLB_TCP_RST)
#define FALLBACK_PROBES 64 /* slots looked at while a table still names a server that is gone */

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

/* ---- flows ---- */

/* A flow ended, after this many nanoseconds where that is known (>= 0). Its entry is left. */
static void
end_flow(struct marllb_balancer *b, struct marllb_flow *flow, uint64_t hash,
	 enum marllb_outcome outcome, int64_t fct)
{
	uint32_t server = flow->server;
	struct marllb_server_counts *c = &b->counts.server[server];
	struct marllb_note note = { .kind = MARLLB_NOTE_FLOW_END, .server = server, .nanos = b->now };

	b->embryonic -= flow->state == MARLLB_FLOW_EMBRYONIC;
	flow->state = MARLLB_FLOW_CLOSING;
	if (flow->generation != b->target[server].generation)
		return; /* its counts are gone with its server */
	marllb_balancer_integrate(b, server);
	marllb_chooser_ended(&b->chooser, server);
	c->completed += outcome == MARLLB_OUTCOME_COMPLETED;
	c->rejected += outcome == MARLLB_OUTCOME_REJECTED;
	c->aborted += outcome == MARLLB_OUTCOME_ABORTED;
	if (fct >= 0 && b->features) {
		double seconds = (double)fct * 1e-9;

		marllb_reservoir_add(&b->completions[server], seconds, b->now,
				     marllb_words_next(&b->reservoir_words));
		marllb_reservoir_add(&b->durations[server], seconds, b->now,
				     marllb_words_next(&b->reservoir_words));
	}
	note.flow.fct_nanos = fct >= 0 ? (uint64_t)fct : 0;
	note.flow.hash = hash;
	note.flow.outcome = outcome;
	note.flow.generation = b->target[server].slot_generation;
	marllb_balancer_tell(b, &note);
}

/* The age of a flow whose first packet was seen, else -1. */
static inline int64_t
age(const struct marllb_balancer *b, const struct marllb_flow *flow)
{
	return flow->flags & MARLLB_FLOW_TIMED ? (int64_t)(b->now - flow->start) : -1;
}

/* The server by a flow's hash alone; -1 when none takes new flows. */
static int
fallback(const struct marllb_balancer *b, uint64_t hash)
{
	for (uint64_t i = 0; i < FALLBACK_PROBES; i++) {
		int server = marllb_maglev_lookup(&b->fallback, hash % MARLLB_MAGLEV_SLOTS + i);

		if (server >= 0 && b->target[server].active)
			return server;
	}
	if (b->chooser.eligibles == 0)
		return -1;
	return b->chooser.eligible[marllb_below(hash, b->chooser.eligibles)];
}

/* The server for a new flow, by the rule; -1 when none is eligible. */
static inline int
pick(struct marllb_balancer *b, uint64_t hash)
{
	int server = marllb_choose(&b->chooser, hash, &b->words);

	/* Maglev's table lags behind the pool while it is being built. */
	if (UNLIKELY(server < 0 || !b->chooser.candidate[server]))
		return b->chooser.eligibles == 0 ? -1 : fallback(b, hash);
	return server;
}

/* The first packet of a flow that is not in the table. Returns its server, or -1. */
static __attribute__((noinline)) int
admit(struct marllb_balancer *b, const struct work *w, const uint8_t *data)
{
	const struct marllb_vip *vip = &b->vip[w->vip];
	bool tcp = w->proto == MARLLB_PROTO_TCP;
	bool opens = !tcp || (w->tcp_flags & (TCP_CONTROL | MARLLB_TCP_ACK)) == MARLLB_TCP_SYN;
	uint64_t hash = w->hash;
	struct marllb_flow *flow;
	uint32_t index;
	int server;

	if (vip->mode == MARLLB_NAT)
		marllb_balancer_meet(b, vip->address.family, (const uint8_t *)w->name.source,
				     data + 6);
	if (tcp && (w->tcp_flags & (MARLLB_TCP_RST | MARLLB_TCP_FIN)) != 0)
		return fallback(b, hash); /* nothing worth remembering comes after it */
	index = b->embryonic < b->embryonic_most ? marllb_flow_insert(&b->table, hash, &w->name)
						 : MARLLB_NO_FLOW;
	if (UNLIKELY(index == MARLLB_NO_FLOW)) {
		server = fallback(b, hash);
		b->counts.fallbacks += opens && server >= 0;
		return server;
	}
	/* A flow that began elsewhere, or without an entry, is where the hash says, if anywhere. */
	server = opens ? pick(b, hash) : fallback(b, hash);
	if (UNLIKELY(server < 0)) {
		marllb_flow_remove(&b->table, index);
		return -1;
	}
	flow = marllb_flow_at(&b->table, index);
	flow->server = (uint8_t)server;
	flow->generation = b->target[server].generation;
	flow->state = MARLLB_FLOW_EMBRYONIC;
	flow->flags = opens ? MARLLB_FLOW_TIMED : 0;
	flow->start = b->now;
	*marllb_flow_expires(&b->table, index) = b->tick + b->embryonic_ticks;
	b->embryonic++;
	marllb_balancer_integrate(b, (uint32_t)server);
	marllb_chooser_started(&b->chooser, (uint32_t)server);
	b->counts.server[server].started++;
	return server;
}

/* A packet of a flow whose server is dead or gone. Returns its new server, or -1. */
static __attribute__((noinline)) int
repick(struct marllb_balancer *b, const struct work *w, const uint8_t *data, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;

	if (open) {
		end_flow(b, flow, w->hash, MARLLB_OUTCOME_ABORTED, -1);
		b->counts.repicked++;
	} else if ((w->tcp_flags & TCP_CONTROL) != MARLLB_TCP_SYN) {
		return -1; /* the last packets of a flow that had ended */
	}
	marllb_flow_remove(&b->table, index);
	return admit(b, w, data);
}

static void
refresh(struct marllb_balancer *b, uint32_t index, const struct marllb_flow *flow)
{
	uint32_t ticks = flow->state == MARLLB_FLOW_ESTABLISHED ? b->established_ticks
			 : flow->state == MARLLB_FLOW_EMBRYONIC ? b->embryonic_ticks
								: b->closing_ticks;

	*marllb_flow_expires(&b->table, index) = b->tick + ticks;
}

static inline void
establish(struct marllb_balancer *b, struct marllb_flow *flow)
{
	b->embryonic -= flow->state == MARLLB_FLOW_EMBRYONIC;
	flow->state = MARLLB_FLOW_ESTABLISHED;
}

/* One side reset an open flow. */
static void
reset(struct marllb_balancer *b, struct marllb_flow *flow, uint64_t hash, bool by_server)
{
	bool answered = flow->state == MARLLB_FLOW_ESTABLISHED;
	bool closing = (flow->flags & (MARLLB_FLOW_CLIENT_FIN | MARLLB_FLOW_SERVER_FIN)) != 0;

	end_flow(b, flow, hash,
		 closing		   ? MARLLB_OUTCOME_COMPLETED
		 : by_server && !answered ? MARLLB_OUTCOME_REJECTED
					   : MARLLB_OUTCOME_ABORTED,
		 answered ? age(b, flow) : -1);
}

/* A packet from the client that may change the state of its flow. Returns the server, or -1. */
static __attribute__((noinline)) int
from_client(struct marllb_balancer *b, const struct work *w, const uint8_t *data, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;
	uint8_t flags = w->tcp_flags;

	if (flags & MARLLB_TCP_RST) {
		if (open)
			reset(b, flow, w->hash, false);
	} else if ((flags & (MARLLB_TCP_SYN | MARLLB_TCP_ACK)) == MARLLB_TCP_SYN) {
		if (!open) { /* the client uses its port again */
			marllb_flow_remove(&b->table, index);
			return admit(b, w, data);
		}
	} else if (open) {
		establish(b, flow);
		if (flags & MARLLB_TCP_FIN) {
			/* Only NAT on one core sees the server's end; elsewhere this is all there is. */
			bool both = b->vip[flow->vip].mode != MARLLB_NAT || b->one_way ||
				    (flow->flags & MARLLB_FLOW_SERVER_FIN) != 0;

			flow->flags |= MARLLB_FLOW_CLIENT_FIN;
			if (both)
				end_flow(b, flow, w->hash, MARLLB_OUTCOME_COMPLETED, age(b, flow));
		}
	}
	refresh(b, index, flow);
	return flow->server;
}

/* A packet from the server that may change the state of its flow. */
static __attribute__((noinline)) void
from_server(struct marllb_balancer *b, const struct work *w, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;

	if (open && (w->tcp_flags & MARLLB_TCP_RST) != 0) {
		reset(b, flow, w->hash, true);
	} else if (open && (w->tcp_flags & MARLLB_TCP_FIN) != 0) {
		establish(b, flow);
		flow->flags |= MARLLB_FLOW_SERVER_FIN;
		if (flow->flags & MARLLB_FLOW_CLIENT_FIN)
			end_flow(b, flow, w->hash, MARLLB_OUTCOME_COMPLETED, age(b, flow));
	} else if (open && w->proto == MARLLB_PROTO_UDP) {
		establish(b, flow);
	}
	refresh(b, index, flow);
}

/* Time ran out for a flow. */
static void
expire(struct marllb_balancer *b, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	const struct marllb_vip *vip = &b->vip[flow->vip];
	bool established = flow->state == MARLLB_FLOW_ESTABLISHED;
	bool closing = (flow->flags & (MARLLB_FLOW_CLIENT_FIN | MARLLB_FLOW_SERVER_FIN)) != 0;
	struct marllb_key key = { .sport = flow->port, .dport = vip->port, .proto = vip->proto };
	int64_t fct = -1;

	if (flow->state != MARLLB_FLOW_CLOSING) {
		memcpy(key.src, flow->source, 16);
		memcpy(key.dst, vip->address.bytes, 16);
		key.family = vip->address.family;
		if (vip->proto == MARLLB_PROTO_UDP && established) {
			/* UDP has no end but silence: it ended with its last packet. */
			uint32_t idle = b->tick + b->established_ticks -
					*marllb_flow_expires(&b->table, index);

			fct = age(b, flow) - ((int64_t)idle << MARLLB_TICK_SHIFT);
			fct = fct < 0 ? -1 : fct;
		}
		end_flow(b, flow, marllb_hash(&b->hash_seed, &key),
			 vip->proto == MARLLB_PROTO_UDP || closing ? MARLLB_OUTCOME_COMPLETED
								   : MARLLB_OUTCOME_ABORTED,
			 fct);
	}
	marllb_flow_remove(&b->table, index);
}

/* Ages some buckets: so many that the whole table has its turn in MARLLB_SWEEP_NANOS. */
static void
age_flows(struct marllb_balancer *b)
{
	uint32_t expired[MARLLB_WAYS];
	uint64_t elapsed = b->now - b->swept_at, due;
	uint32_t left;

	if (elapsed > MARLLB_SWEEP_NANOS)
		elapsed = MARLLB_SWEEP_NANOS;
	b->swept_at = b->now;
	b->sweep_credit += elapsed * (b->table.mask + 1);
	due = b->sweep_credit / MARLLB_SWEEP_NANOS;
	left = due < MARLLB_SWEEP_MOST ? (uint32_t)due : MARLLB_SWEEP_MOST;
	b->sweep_credit -= due * MARLLB_SWEEP_NANOS; /* what is beyond the most is forgiven */
	while (left > 0) {
		uint32_t count = marllb_flow_sweep(&b->table, b->tick, &left, expired);

		for (uint32_t i = 0; i < count; i++)
			expire(b, expired[i]);
	}
}

/* ---- where packets go ---- */

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

/* A pure acknowledgement shows that the server still sends: how old is the flow? */
static inline void
sample_age(struct marllb_balancer *b, const struct marllb_flow *flow)
{
	if (flow->flags & MARLLB_FLOW_TIMED)
		marllb_reservoir_add(&b->durations[flow->server],
				     (double)(int64_t)(b->now - flow->start) * 1e-9, b->now,
				     marllb_words_next(&b->reservoir_words));
}

/* Follows the flow of a packet to a VIP, whatever its state. Returns its server, or -1. */
static __attribute__((noinline)) int
follow_any(struct marllb_balancer *b, const struct work *w, const uint8_t *data)
{
	uint32_t index = marllb_flow_find(&b->table, w->hash, &w->name);
	struct marllb_flow *flow;

	if (index == MARLLB_NO_FLOW)
		return admit(b, w, data);
	flow = marllb_flow_at(&b->table, index);
	if (flow->generation != b->target[flow->server].accepts)
		return repick(b, w, data, index);
	if (flow->state == MARLLB_FLOW_ESTABLISHED && w->acknowledges)
		sample_age(b, flow);
	return from_client(b, w, data, index);
}

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

/* Follows the flow of a packet from a server through NAT. */
static inline void
follow_back(struct marllb_balancer *b, const struct work *w)
{
	uint32_t index = marllb_flow_find(&b->table, w->hash, &w->name);
	struct marllb_flow *flow;

	if (UNLIKELY(index == MARLLB_NO_FLOW))
		return;
	flow = marllb_flow_at(&b->table, index);
	if (UNLIKELY(flow->server != w->server ||
		     flow->generation != b->target[w->server].generation))
		return; /* it has moved on */
	if (UNLIKELY((w->tcp_flags & TCP_CONTROL) != 0 || flow->state != MARLLB_FLOW_ESTABLISHED))
		from_server(b, w, index);
	else
		*marllb_flow_expires(&b->table, index) = b->tick + b->established_ticks;
}

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

/* ---- bursts ---- */

/* Whatever is not a packet of an established flow to its server. */
static __attribute__((noinline)) void
decide(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
       const struct work *w, struct tally *tally)
{
	int server;

	switch (w->route) {
	case TO_SERVER:
		server = follow_any(b, w, f->data);
		if (server < 0)
			refuse(b, f, MARLLB_DROP_NO_SERVER, tally);
		else if (w->plain && b->target[server].has_mac)
			deliver_plain(b, f, w, (uint32_t)server, tally);
		else if (w->plain)
			turn_away(b, f, w->vip, (uint32_t)server, MARLLB_DROP_NO_NEIGHBOUR, tally);
		else
			deliver_any(b, f, p, w->vip, (uint32_t)server, tally);
		break;
	case TO_CLIENT:
		follow_back(b, w);
		if (w->plain)
			give_back_plain(b, f, w, tally);
		else
			give_back_any(b, f, p, w->vip, tally);
		break;
	case OTHER:
		other(b, f, p, tally);
		break;
	default:
		refuse(b, f, w->server, tally);
		break;
	}
}

/* Finds what seems to be the flow of a packet in the bucket at hand, and touches it; false if none. */
static inline bool
look(struct work *w)
{
	uint32_t ways = marllb_bucket_tagged(w->bucket, marllb_flow_tag(w->hash));
	uint32_t way;

	if (ways == 0)
		return false;
	way = (uint32_t)__builtin_ctz(ways);
	__builtin_prefetch(&w->bucket->flow[way], 1);
	w->way = (uint8_t)way;
	if (w->quick)
		w->flow = &w->bucket->flow[way];
	return true;
}

/* Takes the other bucket of a packet's flow in hand, and touches it. */
static inline void
look_elsewhere(const struct marllb_balancer *b, struct work *w)
{
	uint32_t first = marllb_flow_bucket(&b->table, w->hash);

	w->bucket = &b->table.bucket[marllb_flow_other(&b->table, first, marllb_flow_tag(w->hash))];
	__builtin_prefetch(w->bucket, 1);
}

static void
work_on(struct marllb_balancer *b, struct marllb_frame *frames, unsigned count, struct tally *tally)
{
	struct marllb_packet packet[MARLLB_BURST];
	struct work work[MARLLB_BURST];
	uint8_t elsewhere[MARLLB_BURST]; /* packets whose flow is not in its first bucket */
	unsigned elsewheres = 0;
	uint64_t rx_bytes = 0;
	uint32_t expires = b->tick + b->established_ticks;

	for (unsigned i = 0; i < count; i++)
		__builtin_prefetch(frames[i].data);
	for (unsigned i = 0; i < count; i++) {
		struct work *w = &work[i];
		uint8_t *data = frames[i].data;
		uint32_t length = frames[i].length;
		struct marllb_plain plain;
		int reason;

		rx_bytes += length;
		w->flow = &nobody;
		if (LIKELY(marllb_parse_plain(data, length, &plain))) {
			classify_plain(b, &plain, w);
			continue;
		}
		reason = marllb_parse_any(data, length, &packet[i]);
		if (reason != 0)
			refused(w, MARLLB_REASON(reason));
		else if (packet[i].kind == MARLLB_TCP || packet[i].kind == MARLLB_UDP)
			classify(b, &packet[i], w);
		else {
			w->route = OTHER;
			w->name.rest = 0;
		}
	}
	tally->rx_bytes += rx_bytes;
	for (unsigned i = 0; i < count; i++) {
		struct work *w = &work[i];

		if (UNLIKELY(w->route > TO_CLIENT))
			continue;
		if (UNLIKELY(!look(w))) {
			look_elsewhere(b, w);
			elsewhere[elsewheres++] = (uint8_t)i;
		}
	}
	for (unsigned i = 0; i < elsewheres; i++)
		look(&work[elsewhere[i]]);
	for (unsigned i = 0; i < count; i++) {
		const struct work *w = &work[i];
		const struct marllb_flow *flow = w->flow;
		uint32_t server = flow->server;

		if (UNLIKELY(!marllb_flow_established(flow, &w->name) ||
			     flow->generation != b->target[server].reaches)) {
			decide(b, &frames[i], &packet[i], w, tally);
			continue;
		}
		if (w->route == TO_CLIENT) {
			if (LIKELY(server == w->server))
				w->bucket->expires[w->way] = expires;
			give_back_plain(b, &frames[i], w, tally);
			continue;
		}
		w->bucket->expires[w->way] = expires;
		if (w->acknowledges)
			sample_age(b, flow);
		deliver_plain(b, &frames[i], w, server, tally);
	}
}

static unsigned
burst(struct marllb_balancer *b, struct marllb_frame *frames, unsigned count, uint64_t now_nanos)
{
	struct tally tally = { 0 };

	b->now = now_nanos;
	b->tick = marllb_tick(now_nanos);
	if (UNLIKELY(marllb_pool_moved(b->pool, b->pool_version)))
		marllb_balancer_refresh(b);
	for (unsigned done = 0; done < count; done += MARLLB_BURST) {
		unsigned left = count - done;

		work_on(b, frames + done, left < MARLLB_BURST ? left : MARLLB_BURST, &tally);
	}
	b->counts.rx_packets += count;
	b->counts.rx_bytes += tally.rx_bytes;
	b->counts.tx_packets += count - tally.dropped;
	b->counts.tx_bytes += tally.rx_bytes - tally.dropped_bytes + tally.grown;
	b->counts.answered += tally.answered;
	age_flows(b);
	if (UNLIKELY(b->fallback.filling != NULL))
		marllb_maglev_step(&b->fallback, MARLLB_MAGLEV_PROBES);
	if (UNLIKELY(b->maglev.filling != NULL))
		marllb_maglev_step(&b->maglev, MARLLB_MAGLEV_PROBES);
	if (UNLIKELY(atomic_load_explicit(&b->asked, memory_order_acquire) !=
		     atomic_load_explicit(&b->answered, memory_order_relaxed)))
		marllb_balancer_reply(b);
	return (unsigned)(count - tally.dropped);
}

static int
choose(const struct marllb_chooser *c, uint64_t hash, struct marllb_words *words)
{
	return marllb_choose(c, hash, words);
}

#define VARIANT_NAMED(level) marllb_isa_##level
#define VARIANT(level) VARIANT_NAMED(level)

const struct marllb_isa VARIANT(MARLLB_VARIANT);
const struct marllb_isa VARIANT(MARLLB_VARIANT) = {
	.name = MARLLB_VARIANT_NAME,
	.level = MARLLB_VARIANT_LEVEL,
	.burst = burst,
	.choose = choose,
};
