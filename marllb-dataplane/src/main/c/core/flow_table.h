/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_FLOW_TABLE_H
#define MARLLB_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/*
 * Which server a flow is at: the table of one core, of a fixed size, without pointers or locks.
 *
 * A flow lies in one of two buckets of eight. A bucket's first line has the tags (31 bits of the
 * hash, never 0; 0 = free) and the times when flows run out, so a look-up reads that line and one
 * entry's, and ageing reads only the first. A tag that matches is verified against the whole name.
 *
 *      0        32         64        96        128              320
 *      | tag x 8 | expires x 8 | flow 0 | flow 1 | ... flow 7 |
 *
 * Times are ticks of 2^20 ns that wrap after 52 days: a timeout must be shorter than half of that.
 */

#define MARLLB_WAYS 8	    /* flows of a bucket: their tags and times fill a cache line */
#define MARLLB_TICK_SHIFT 20 /* a tick is about a millisecond */
#define MARLLB_NO_FLOW UINT32_MAX

/* A bucket that is this full shares new flows with the other one; below, the other stays cold. */
#define MARLLB_SHARE_FROM 5

enum marllb_flow_state {
	MARLLB_FLOW_FREE,
	MARLLB_FLOW_EMBRYONIC,	 /* one packet seen, as a flood makes them */
	MARLLB_FLOW_ESTABLISHED, /* the client has answered */
	MARLLB_FLOW_CLOSING,	 /* ended and counted; the last packets still find their server */
};

/* What a flow is called here. A VIP stands for its address, port and protocol. */
struct marllb_flow_name {
	uint64_t source[2]; /* the client's address, IPv4 in the first four bytes, the rest 0 */
	uint64_t rest;	    /* as the entry of an established flow: port, VIP, and state */
};

/* Bits of a flow's second half, from its port on: its name, and its state. */
#define MARLLB_FLOW_NAMED UINT64_C(0xffffff)
#define MARLLB_FLOW_STATED (UINT64_C(0xff) << 48)

/* Of a VIP; its flows' names are this and their port. */
static inline uint64_t
marllb_flow_rest(uint32_t vip)
{
	return (uint64_t)vip << 16 | (uint64_t)MARLLB_FLOW_ESTABLISHED << 48;
}

struct marllb_flow {
	uint64_t source[2];
	uint16_t port;
	uint8_t vip;
	uint8_t server;
	uint16_t generation; /* of the server's slot: another one means that the server is gone */
	uint8_t state;	     /* enum marllb_flow_state */
	uint8_t flags;	     /* the balancer's */
	uint64_t start;	     /* nanoseconds */
};

struct marllb_bucket {
	_Alignas(64) uint32_t tag[MARLLB_WAYS];
	uint32_t expires[MARLLB_WAYS];
	struct marllb_flow flow[MARLLB_WAYS];
};

_Static_assert(sizeof(struct marllb_flow) == 32, "two entries to a cache line");
_Static_assert(offsetof(struct marllb_flow, vip) == offsetof(struct marllb_flow, port) + 2 &&
		       offsetof(struct marllb_flow, state) == offsetof(struct marllb_flow, port) + 6,
	       "names are compared in words");
_Static_assert(sizeof(struct marllb_bucket) == 320, "a line of tags and times, four of entries");

struct marllb_flow_table {
	struct marllb_bucket *bucket;
	uint32_t mask;	/* buckets - 1 */
	uint32_t flows; /* entries in use */
	uint32_t swept; /* bucket that ageing looks at next */
};

/* Bytes for a table of so many slots, a power of two; some 9 in 10 fill before flows find no room. */
size_t marllb_flow_table_bytes(uint32_t flows);

/* An empty table in so much zeroed memory, aligned to 64. */
void marllb_flow_table_init(struct marllb_flow_table *t, void *memory, uint32_t flows);

static inline uint32_t
marllb_flow_slots(const struct marllb_flow_table *t)
{
	return (t->mask + 1) * MARLLB_WAYS;
}

static inline uint32_t
marllb_tick(uint64_t nanos)
{
	return (uint32_t)(nanos >> MARLLB_TICK_SHIFT);
}

static inline uint32_t
marllb_flow_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static inline uint32_t
marllb_flow_bucket(const struct marllb_flow_table *t, uint64_t hash)
{
	return (uint32_t)hash & t->mask;
}

/* The other bucket of a flow with this tag; never the same where there are two. */
static inline uint32_t
marllb_flow_other(const struct marllb_flow_table *t, uint32_t bucket, uint32_t tag)
{
	return (bucket ^ (tag * 0x9e3779b1u | 1)) & t->mask;
}

static inline struct marllb_flow *
marllb_flow_at(const struct marllb_flow_table *t, uint32_t index)
{
	return &t->bucket[index / MARLLB_WAYS].flow[index % MARLLB_WAYS];
}

static inline uint32_t *
marllb_flow_expires(const struct marllb_flow_table *t, uint32_t index)
{
	return &t->bucket[index / MARLLB_WAYS].expires[index % MARLLB_WAYS];
}

/* A bit for each way of a bucket with this tag. */
static inline uint32_t
marllb_bucket_tagged(const struct marllb_bucket *b, uint32_t tag)
{
#if defined(__AVX2__)
	__m256i tags = _mm256_load_si256((const __m256i *)b->tag);
	__m256i equal = _mm256_cmpeq_epi32(tags, _mm256_set1_epi32((int)tag));

	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
#else
	uint32_t ways = 0;

	for (uint32_t i = 0; i < MARLLB_WAYS; i++)
		ways |= (uint32_t)(b->tag[i] == tag) << i;
	return ways;
#endif
}

/* A bit for each way of a bucket whose flow has run out. */
static inline uint32_t
marllb_bucket_expired(const struct marllb_bucket *b, uint32_t tick)
{
	uint32_t ways = 0;

	for (uint32_t i = 0; i < MARLLB_WAYS; i++)
		ways |= (uint32_t)(b->tag[i] != 0 && (int32_t)(tick - b->expires[i]) >= 0) << i;
	return ways;
}

static inline bool
marllb_flow_is(const struct marllb_flow *f, const struct marllb_flow_name *name)
{
	uint64_t differs = (marllb_load64(&f->port) ^ name->rest) & MARLLB_FLOW_NAMED;

	return ((f->source[0] ^ name->source[0]) | (f->source[1] ^ name->source[1]) | differs) == 0;
}

/*
 * Whether an entry is that of an established flow of this name, for IPv4, where half a source is 0
 * and a VIP is of one family: two words to compare, as nearly all packets come here.
 */
static inline bool
marllb_flow_established(const struct marllb_flow *f, const struct marllb_flow_name *name)
{
	uint64_t differs = (marllb_load64(&f->port) ^ name->rest) &
			   (MARLLB_FLOW_NAMED | MARLLB_FLOW_STATED);

	return ((f->source[0] ^ name->source[0]) | differs) == 0;
}

/* Looks for a flow in one bucket. */
static inline uint32_t
marllb_flow_find_in(const struct marllb_flow_table *t, uint32_t bucket, uint32_t tag,
		    const struct marllb_flow_name *name)
{
	const struct marllb_bucket *b = &t->bucket[bucket];

	for (uint32_t ways = marllb_bucket_tagged(b, tag); ways != 0; ways &= ways - 1) {
		uint32_t way = (uint32_t)__builtin_ctz(ways);

		if (marllb_flow_is(&b->flow[way], name))
			return bucket * MARLLB_WAYS + way;
	}
	return MARLLB_NO_FLOW;
}

/* The flow's index, or MARLLB_NO_FLOW. */
static inline uint32_t
marllb_flow_find(const struct marllb_flow_table *t, uint64_t hash,
		 const struct marllb_flow_name *name)
{
	uint32_t bucket = marllb_flow_bucket(t, hash);
	uint32_t tag = marllb_flow_tag(hash);
	uint32_t index = marllb_flow_find_in(t, bucket, tag, name);

	if (index != MARLLB_NO_FLOW)
		return index;
	return marllb_flow_find_in(t, marllb_flow_other(t, bucket, tag), tag, name);
}

static inline void
marllb_flow_remove(struct marllb_flow_table *t, uint32_t index)
{
	t->bucket[index / MARLLB_WAYS].tag[index % MARLLB_WAYS] = 0;
	t->bucket[index / MARLLB_WAYS].flow[index % MARLLB_WAYS].state = MARLLB_FLOW_FREE;
	t->flows--;
}

static inline uint32_t
marllb_bucket_used(const struct marllb_bucket *b)
{
	return MARLLB_WAYS - (uint32_t)__builtin_popcount(marllb_bucket_tagged(b, 0));
}

/* A way whose flow is closing, freed; or MARLLB_WAYS. */
static inline uint32_t
marllb_bucket_evict(struct marllb_flow_table *t, uint32_t bucket)
{
	for (uint32_t way = 0; way < MARLLB_WAYS; way++) {
		if (t->bucket[bucket].flow[way].state == MARLLB_FLOW_CLOSING) {
			marllb_flow_remove(t, bucket * MARLLB_WAYS + way);
			return way;
		}
	}
	return MARLLB_WAYS;
}

/*
 * Room for a flow that is not there, named and tagged; the caller fills in the rest. Where both
 * buckets are full, a flow that is closing makes room. MARLLB_NO_FLOW if none is.
 */
static inline uint32_t
marllb_flow_insert(struct marllb_flow_table *t, uint64_t hash, const struct marllb_flow_name *name)
{
	uint32_t tag = marllb_flow_tag(hash);
	uint32_t bucket = marllb_flow_bucket(t, hash);
	uint32_t other = marllb_flow_other(t, bucket, tag);
	uint32_t here = marllb_bucket_used(&t->bucket[bucket]);
	uint32_t way;
	struct marllb_flow *flow;

	if (here >= MARLLB_SHARE_FROM && marllb_bucket_used(&t->bucket[other]) < here)
		bucket = other;
	if (marllb_bucket_used(&t->bucket[bucket]) < MARLLB_WAYS) {
		way = (uint32_t)__builtin_ctz(marllb_bucket_tagged(&t->bucket[bucket], 0));
	} else {
		way = marllb_bucket_evict(t, bucket);
		if (way == MARLLB_WAYS) {
			bucket = bucket ^ marllb_flow_bucket(t, hash) ^ other;
			way = marllb_bucket_evict(t, bucket);
		}
		if (way == MARLLB_WAYS)
			return MARLLB_NO_FLOW;
	}
	t->flows++;
	t->bucket[bucket].tag[way] = tag;
	flow = &t->bucket[bucket].flow[way];
	flow->source[0] = name->source[0];
	flow->source[1] = name->source[1];
	flow->port = (uint16_t)name->rest;
	flow->vip = (uint8_t)(name->rest >> 16);
	return bucket * MARLLB_WAYS + way;
}

/*
 * Goes on with ageing through so many buckets at most, and stops at the first one with flows that
 * have run out at this tick. Returns their number, and their indices; the caller removes them.
 */
static inline uint32_t
marllb_flow_sweep(struct marllb_flow_table *t, uint32_t tick, uint32_t *buckets,
		  uint32_t expired[MARLLB_WAYS])
{
	uint32_t count = 0;

	while (*buckets > 0 && count == 0) {
		uint32_t ways = marllb_bucket_expired(&t->bucket[t->swept], tick);

		for (; ways != 0; ways &= ways - 1)
			expired[count++] =
				t->swept * MARLLB_WAYS + (uint32_t)__builtin_ctz(ways);
		t->swept = (t->swept + 1) & t->mask;
		--*buckets;
	}
	return count;
}

#endif
