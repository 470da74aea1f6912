/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that runs per packet. Compiled once for each instruction set, by burst_v2.c and its siblings,
 * which define MARLLB_VARIANT; so everything here is static but the variant.
 *
 * A burst is four passes: touch the headers; parse, hash and touch the flow's bucket; find its tag
 * and touch its entry; decide, count and rewrite, in order. So each miss of the cache overlaps with
 * those of the other packets.
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
	uint32_t index; /* where its flow seems to be, or MARLLB_NO_FLOW */
	uint8_t route;	/* enum route */
	uint8_t vip;
	uint16_t server; /* TO_CLIENT: who sent it; REFUSED: why */
};

/* What a burst adds to the counts. */
struct tally {
	uint64_t rx_bytes, tx_packets, tx_bytes, answered;
};

static void
refuse(struct marllb_balancer *b, struct marllb_frame *f, unsigned reason)
{
	f->verdict = MARLLB_DROP;
	f->drop = (uint8_t)reason;
	f->server = MARLLB_NO_SERVER;
	b->counts.drops[reason]++;
}

static inline void
send(struct marllb_frame *f, const struct marllb_packet *p, enum marllb_verdict verdict,
     uint32_t server, struct tally *tally)
{
	f->headroom -= (uint32_t)(f->data - p->data);
	f->data = p->data;
	f->length = p->length;
	f->verdict = (uint8_t)verdict;
	f->drop = 0;
	f->server = (uint16_t)server;
	tally->tx_packets++;
	tally->tx_bytes += p->length;
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
	if (flow->generation != (uint16_t)b->target[server].generation)
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
	note.flow.generation = b->target[server].generation;
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
admit(struct marllb_balancer *b, const struct marllb_packet *p, uint64_t hash,
      const struct marllb_flow_name *name)
{
	bool tcp = p->proto == MARLLB_PROTO_TCP;
	bool opens = !tcp || (p->tcp_flags & (TCP_CONTROL | MARLLB_TCP_ACK)) == MARLLB_TCP_SYN;
	struct marllb_flow *flow;
	uint32_t index;
	int server;

	if (b->vip[name->vip].mode == MARLLB_NAT)
		marllb_balancer_meet(b, p);
	if (tcp && (p->tcp_flags & (MARLLB_TCP_RST | MARLLB_TCP_FIN)) != 0)
		return fallback(b, hash); /* nothing worth remembering comes after it */
	index = b->embryonic < b->embryonic_most ? marllb_flow_insert(&b->table, hash, name)
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
	flow->generation = (uint16_t)b->target[server].generation;
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
repick(struct marllb_balancer *b, const struct marllb_packet *p, uint64_t hash,
       const struct marllb_flow_name *name, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;

	if (open) {
		end_flow(b, flow, hash, MARLLB_OUTCOME_ABORTED, -1);
		b->counts.repicked++;
	} else if ((p->tcp_flags & TCP_CONTROL) != MARLLB_TCP_SYN) {
		return -1; /* the last packets of a flow that had ended */
	}
	marllb_flow_remove(&b->table, index);
	return admit(b, p, hash, name);
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
from_client(struct marllb_balancer *b, const struct marllb_packet *p, uint64_t hash,
	    const struct marllb_flow_name *name, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;
	uint8_t flags = p->tcp_flags;

	if (flags & MARLLB_TCP_RST) {
		if (open)
			reset(b, flow, hash, false);
	} else if ((flags & (MARLLB_TCP_SYN | MARLLB_TCP_ACK)) == MARLLB_TCP_SYN) {
		if (!open) { /* the client uses its port again */
			marllb_flow_remove(&b->table, index);
			return admit(b, p, hash, name);
		}
	} else if (open) {
		establish(b, flow);
		if (flags & MARLLB_TCP_FIN) {
			/* Only NAT sees the server's end; elsewhere this is all there is. */
			bool both = b->vip[name->vip].mode != MARLLB_NAT ||
				    (flow->flags & MARLLB_FLOW_SERVER_FIN) != 0;

			flow->flags |= MARLLB_FLOW_CLIENT_FIN;
			if (both)
				end_flow(b, flow, hash, MARLLB_OUTCOME_COMPLETED, age(b, flow));
		}
	}
	refresh(b, index, flow);
	return flow->server;
}

/* A packet from the server that may change the state of its flow. */
static __attribute__((noinline)) void
from_server(struct marllb_balancer *b, const struct marllb_packet *p, uint64_t hash, uint32_t index)
{
	struct marllb_flow *flow = marllb_flow_at(&b->table, index);
	bool open = flow->state != MARLLB_FLOW_CLOSING;

	if (open && (p->tcp_flags & MARLLB_TCP_RST) != 0) {
		reset(b, flow, hash, true);
	} else if (open && (p->tcp_flags & MARLLB_TCP_FIN) != 0) {
		establish(b, flow);
		flow->flags |= MARLLB_FLOW_SERVER_FIN;
		if (flow->flags & MARLLB_FLOW_CLIENT_FIN)
			end_flow(b, flow, hash, MARLLB_OUTCOME_COMPLETED, age(b, flow));
	} else if (open && p->proto == MARLLB_PROTO_UDP) {
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

/* Which server has this address and port; -1 if none. */
static inline int
find_server(const struct marllb_balancer *b, const struct marllb_key *key, uint16_t port)
{
	uint32_t at = marllb_endpoint_place(key->src, port);

	for (; b->endpoint[at] != MARLLB_NO_SERVER; at = (at + 1) % (2 * MARLLB_SERVERS)) {
		const struct marllb_target *t = &b->target[b->endpoint[at]];

		if (t->port == port && memcmp(t->address, key->src, 16) == 0)
			return b->endpoint[at];
	}
	return -1;
}

static inline void
touch_bucket(struct marllb_balancer *b, struct work *w)
{
	__builtin_prefetch(&b->table.bucket[marllb_flow_bucket(&b->table, w->hash)], 1);
}

/* A packet that may come from a server through NAT: of which VIP is its flow? */
static __attribute__((noinline)) void
classify_return(struct marllb_balancer *b, const struct marllb_packet *p, struct work *w)
{
	int server = find_server(b, &p->key, p->key.sport);
	bool found = false;

	if (server < 0)
		server = find_server(b, &p->key, 0);
	w->route = REFUSED;
	w->server = MARLLB_DROP_NOT_VIP;
	if (server < 0)
		return;
	/* Several VIPs may share a server's port: then it is the one that has the flow. */
	for (uint32_t v = 0; v < b->vips && !found; v++) {
		const struct marllb_vip *vip = &b->vip[v];
		struct marllb_flow_name name = { .port = p->key.dport, .vip = (uint8_t)v };
		struct marllb_key key = { .sport = p->key.dport, .dport = vip->port };
		uint64_t hash;

		if (vip->mode != MARLLB_NAT || vip->proto != p->key.proto ||
		    vip->address.family != p->key.family ||
		    (b->target[server].port == 0 && vip->port != p->key.sport))
			continue;
		memcpy(key.src, p->key.dst, 16);
		memcpy(key.dst, vip->address.bytes, 16);
		key.proto = p->key.proto;
		key.family = p->key.family;
		memcpy(name.source, p->key.dst, 16);
		hash = marllb_hash(&b->hash_seed, &key);
		found = b->nat_vips == 1 ||
			marllb_flow_find(&b->table, hash, &name) != MARLLB_NO_FLOW;
		if (found || w->route == REFUSED) {
			w->route = TO_CLIENT;
			w->server = (uint16_t)server;
			w->vip = (uint8_t)v;
			w->hash = hash;
		}
	}
}

static inline void
classify(struct marllb_balancer *b, const struct marllb_packet *p, struct work *w)
{
	int vip = find_vip(b, &p->key);

	if (LIKELY(vip >= 0)) {
		w->route = TO_SERVER;
		w->vip = (uint8_t)vip;
		w->hash = marllb_hash(&b->hash_seed, &p->key);
	} else if (b->nat_vips != 0) {
		classify_return(b, p, w);
	} else {
		w->route = REFUSED;
		w->server = MARLLB_DROP_NOT_VIP;
	}
}

static inline struct marllb_flow_name
name_of(const struct marllb_packet *p, const struct work *w)
{
	bool back = w->route == TO_CLIENT;
	struct marllb_flow_name name = {
		.port = back ? p->key.dport : p->key.sport,
		.vip = w->vip,
	};

	memcpy(name.source, back ? p->key.dst : p->key.src, 16);
	return name;
}

/* Where the flow is, whatever the burst did since its tag was found. */
static inline uint32_t
locate(const struct marllb_balancer *b, const struct work *w, const struct marllb_flow_name *name)
{
	const struct marllb_flow_table *t = &b->table;
	uint32_t i = w->index;

	if (LIKELY(i != MARLLB_NO_FLOW &&
		   t->bucket[i / MARLLB_WAYS].tag[i % MARLLB_WAYS] == marllb_flow_tag(w->hash) &&
		   marllb_flow_is(marllb_flow_at(t, i), name)))
		return i;
	return marllb_flow_find(t, w->hash, name);
}

/* The server of a packet to a VIP, its flow followed; -1 if there is none. */
static inline int
follow(struct marllb_balancer *b, const struct marllb_packet *p, const struct work *w)
{
	struct marllb_flow_name name = name_of(p, w);
	uint32_t index = locate(b, w, &name);
	struct marllb_flow *flow;
	uint32_t server;

	if (UNLIKELY(index == MARLLB_NO_FLOW))
		return admit(b, p, w->hash, &name);
	flow = marllb_flow_at(&b->table, index);
	server = flow->server;
	if (UNLIKELY(flow->generation != b->target[server].accepts))
		return repick(b, p, w->hash, &name, index);
	if (UNLIKELY((p->tcp_flags & TCP_CONTROL) != 0 || flow->state != MARLLB_FLOW_ESTABLISHED))
		return from_client(b, p, w->hash, &name, index);
	*marllb_flow_expires(&b->table, index) = b->tick + b->established_ticks;
	/* A pure acknowledgement shows that the server still sends: how old is the flow? */
	if (p->tcp_flags == MARLLB_TCP_ACK && p->payload == p->l3 + p->l3_total && b->features &&
	    (flow->flags & MARLLB_FLOW_TIMED) != 0)
		marllb_reservoir_add(&b->durations[server], (double)(b->now - flow->start) * 1e-9,
				     b->now, marllb_words_next(&b->reservoir_words));
	return (int)server;
}

/* A packet that does not get to its server, although that is known. */
static __attribute__((noinline)) void
turn_away(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	  uint32_t server, uint8_t mode, unsigned reason, struct tally *tally)
{
	const struct marllb_tunnel *tunnel = &b->tunnel[mode == MARLLB_GRE][server];

	b->counts.server[server].drops++;
	if (reason == MARLLB_DROP_TOO_LONG &&
	    marllb_answer_too_long(p, &b->self, (uint16_t)(tunnel->mtu - tunnel->length),
				   f->headroom) == 0)
		answer(f, p, tally);
	else
		refuse(b, f, reason);
}

/* Sends a packet to its server in the way of its VIP. */
static inline void
deliver(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p, uint8_t vip,
	uint32_t server, struct tally *tally)
{
	struct marllb_target *t = &b->target[server];
	uint8_t mode = b->vip[vip].mode;
	uint32_t length = f->length;
	int refused = 0;

	if (UNLIKELY(!t->has_mac))
		refused = MARLLB_REFUSED(MARLLB_DROP_NO_NEIGHBOUR);
	else if (mode == MARLLB_NAT)
		refused = marllb_nat_to_server(p, t->address, t->port);
	else if (mode != MARLLB_DSR)
		refused = marllb_encapsulate(p, &b->tunnel[mode == MARLLB_GRE][server],
					     f->headroom);
	if (UNLIKELY(refused != 0)) {
		turn_away(b, f, p, server, mode, MARLLB_REASON(refused), tally);
		return;
	}
	memcpy(p->data, t->link, sizeof(t->link));
	t->packets++;
	t->bytes += length;
	send(f, p, MARLLB_FORWARD, server, tally);
}

/* Sends a packet from a server to its client. */
static __attribute__((noinline)) void
give_back(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p, uint8_t vip,
	  struct tally *tally)
{
	const uint8_t *mac = marllb_balancer_next_hop(b, p->family, p->key.dst);
	int refused = MARLLB_REFUSED(MARLLB_DROP_NO_NEIGHBOUR);

	if (mac != NULL)
		refused = marllb_nat_to_client(p, b->vip[vip].address.bytes, b->vip[vip].port);
	if (UNLIKELY(refused != 0)) {
		refuse(b, f, MARLLB_REASON(refused));
		return;
	}
	marllb_rewrite_link(p->data, b->self.mac, mac);
	send(f, p, MARLLB_FORWARD, MARLLB_NO_SERVER, tally);
}

/* A packet from a server through NAT, its flow followed. */
static inline void
to_client(struct marllb_balancer *b, const struct marllb_packet *p, const struct work *w)
{
	struct marllb_flow_name name = name_of(p, w);
	uint32_t index = locate(b, w, &name);
	struct marllb_flow *flow;

	if (UNLIKELY(index == MARLLB_NO_FLOW))
		return;
	flow = marllb_flow_at(&b->table, index);
	if (UNLIKELY(flow->server != w->server ||
		     flow->generation != (uint16_t)b->target[w->server].generation))
		return; /* it has moved on */
	if (UNLIKELY((p->tcp_flags & TCP_CONTROL) != 0 || flow->state != MARLLB_FLOW_ESTABLISHED))
		from_server(b, p, w->hash, index);
	else
		*marllb_flow_expires(&b->table, index) = b->tick + b->established_ticks;
}

/* Where the later fragments of a packet go, in 32 bits, and back. */
static inline uint32_t
fragment_value(const struct work *w, uint32_t server, uint32_t generation)
{
	return (w->route == TO_CLIENT ? 1u << 31 : 0) | (uint32_t)w->vip << 24 |
	       (generation & 0xffff) << 8 | server;
}

static void
fragment(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	 struct tally *tally)
{
	struct work w = { .index = MARLLB_NO_FLOW };
	uint32_t value, server;

	if (p->first_fragment && (p->proto == MARLLB_PROTO_TCP || p->proto == MARLLB_PROTO_UDP)) {
		int found;

		classify(b, p, &w);
		if (w.route == REFUSED) {
			refuse(b, f, w.server);
			return;
		}
		if (w.route == TO_CLIENT) {
			to_client(b, p, &w);
			found = w.server;
		} else {
			found = follow(b, p, &w);
		}
		if (found < 0) {
			refuse(b, f, MARLLB_DROP_NO_SERVER);
			return;
		}
		value = fragment_value(&w, (uint32_t)found, b->target[found].generation);
		marllb_fragments_learn(b->fragments, p, value, b->now);
	} else if (!marllb_fragments_find(b->fragments, p, b->now, &value)) {
		refuse(b, f, MARLLB_DROP_FRAGMENT);
		return;
	}
	server = value & 0xff;
	if (value >> 31)
		give_back(b, f, p, value >> 24 & 0x7f, tally);
	else if ((value >> 8 & 0xffff) != b->target[server].accepts)
		refuse(b, f, MARLLB_DROP_NO_SERVER);
	else
		deliver(b, f, p, value >> 24 & 0x7f, server, tally);
}

/* An ICMP error goes where the packet went that it is about. */
static void
icmp_error(struct marllb_balancer *b, struct marllb_frame *f, struct marllb_packet *p,
	   struct tally *tally)
{
	struct work w = { .index = MARLLB_NO_FLOW };
	struct marllb_flow_name name;
	uint32_t index;
	int server;

	classify(b, p, &w);
	if (w.route == REFUSED) {
		refuse(b, f, w.server);
		return;
	}
	if (w.route == TO_CLIENT) {
		give_back(b, f, p, w.vip, tally);
		return;
	}
	name = name_of(p, &w);
	index = marllb_flow_find(&b->table, w.hash, &name);
	server = index == MARLLB_NO_FLOW ? fallback(b, w.hash)
					 : marllb_flow_at(&b->table, index)->server;
	if (server < 0 || b->target[server].accepts == MARLLB_NO_GENERATION ||
	    (index != MARLLB_NO_FLOW && marllb_flow_at(&b->table, index)->generation !=
						b->target[server].accepts))
		refuse(b, f, MARLLB_DROP_NO_SERVER);
	else
		deliver(b, f, p, w.vip, (uint32_t)server, tally);
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
		refuse(b, f, MARLLB_REASON(refused));
	else
		answer(f, p, tally);
}

/* ---- bursts ---- */

static void
work_on(struct marllb_balancer *b, struct marllb_frame *frames, unsigned count, struct tally *tally)
{
	struct marllb_packet packet[MARLLB_BURST];
	struct work work[MARLLB_BURST];

	for (unsigned i = 0; i < count; i++)
		__builtin_prefetch(frames[i].data);
	for (unsigned i = 0; i < count; i++) {
		struct work *w = &work[i];
		int refused = marllb_parse(frames[i].data, frames[i].length, &packet[i]);

		if (UNLIKELY(refused != 0)) {
			w->route = REFUSED;
			w->server = (uint16_t)MARLLB_REASON(refused);
		} else if (UNLIKELY(packet[i].kind > MARLLB_UDP)) {
			w->route = OTHER;
		} else {
			classify(b, &packet[i], w);
			touch_bucket(b, w);
		}
		tally->rx_bytes += frames[i].length;
	}
	for (unsigned i = 0; i < count; i++) {
		struct work *w = &work[i];
		uint32_t bucket, tag, ways;

		if (UNLIKELY(w->route > TO_CLIENT))
			continue;
		bucket = marllb_flow_bucket(&b->table, w->hash);
		tag = marllb_flow_tag(w->hash);
		ways = marllb_bucket_tagged(&b->table.bucket[bucket], tag);
		if (LIKELY(ways != 0)) {
			w->index = bucket * MARLLB_WAYS + (uint32_t)__builtin_ctz(ways);
			__builtin_prefetch(marllb_flow_at(&b->table, w->index), 1);
		} else {
			w->index = MARLLB_NO_FLOW;
			bucket = marllb_flow_other(&b->table, bucket, tag);
			__builtin_prefetch(&b->table.bucket[bucket], 1);
		}
	}
	for (unsigned i = 0; i < count; i++) {
		const struct work *w = &work[i];
		int server;

		switch (w->route) {
		case TO_SERVER:
			server = follow(b, &packet[i], w);
			if (LIKELY(server >= 0))
				deliver(b, &frames[i], &packet[i], w->vip, (uint32_t)server, tally);
			else
				refuse(b, &frames[i], MARLLB_DROP_NO_SERVER);
			break;
		case TO_CLIENT:
			to_client(b, &packet[i], w);
			give_back(b, &frames[i], &packet[i], w->vip, tally);
			break;
		case OTHER:
			other(b, &frames[i], &packet[i], tally);
			break;
		default:
			refuse(b, &frames[i], w->server);
			break;
		}
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
	b->counts.tx_packets += tally.tx_packets;
	b->counts.tx_bytes += tally.tx_bytes;
	b->counts.answered += tally.answered;
	age_flows(b);
	if (UNLIKELY(b->fallback.filling != NULL))
		marllb_maglev_step(&b->fallback, MARLLB_MAGLEV_PROBES);
	if (UNLIKELY(b->maglev.filling != NULL))
		marllb_maglev_step(&b->maglev, MARLLB_MAGLEV_PROBES);
	if (UNLIKELY(atomic_load_explicit(&b->asked, memory_order_acquire) !=
		     atomic_load_explicit(&b->answered, memory_order_relaxed)))
		marllb_balancer_reply(b);
	return (unsigned)tally.tx_packets;
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
