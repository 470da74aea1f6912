/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that runs per packet. Compiled once for each instruction set, by burst_v2.c and its siblings,
 * which define MARLLB_VARIANT; so everything here is static but the variant.
 *
 * A burst is four passes: touch the headers; parse, hash and touch the flow's bucket; find its tag,
 * there or in its other bucket, and touch its entry; decide, count and rewrite, in order. So each
 * miss of the cache overlaps with those of the other packets.
 */
#include "burst_others.h"

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
