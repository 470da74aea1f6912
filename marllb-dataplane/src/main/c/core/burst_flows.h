/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_BURST_FLOWS_H
#define MARLLB_BURST_FLOWS_H

/* The life of flows: a server for a new one, what packets say of it, its end, its age. */
#include "burst_work.h"

#define FALLBACK_PROBES 64 /* slots looked at while a table still names a server that is gone */

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

#endif
