/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_table.h"

/* A bucket that is this full shares new flows with the other one; below, the other stays cold. */
#define SHARE_FROM (MARLLB_WAYS / 2)

static uint32_t
buckets_for(uint32_t flows)
{
	uint32_t buckets = 2;

	while (buckets < flows / MARLLB_WAYS)
		buckets *= 2;
	return buckets;
}

size_t
marllb_flow_table_bytes(uint32_t flows)
{
	return (size_t)buckets_for(flows) * sizeof(struct marllb_bucket);
}

void
marllb_flow_table_init(struct marllb_flow_table *t, void *memory, uint32_t flows)
{
	t->bucket = memory;
	t->mask = buckets_for(flows) - 1;
	t->flows = 0;
	t->swept = 0;
}

static uint32_t
used(const struct marllb_bucket *b)
{
	return MARLLB_WAYS - (uint32_t)__builtin_popcount(marllb_bucket_tagged(b, 0));
}

/* A way whose flow is closing, freed; or MARLLB_WAYS. */
static uint32_t
evict(struct marllb_flow_table *t, uint32_t bucket)
{
	for (uint32_t way = 0; way < MARLLB_WAYS; way++) {
		if (t->bucket[bucket].flow[way].state == MARLLB_FLOW_CLOSING) {
			marllb_flow_remove(t, bucket * MARLLB_WAYS + way);
			return way;
		}
	}
	return MARLLB_WAYS;
}

uint32_t
marllb_flow_insert(struct marllb_flow_table *t, uint64_t hash, const struct marllb_flow_name *name)
{
	uint32_t tag = marllb_flow_tag(hash);
	uint32_t bucket = marllb_flow_bucket(t, hash);
	uint32_t other = marllb_flow_other(t, bucket, tag);
	uint32_t here = used(&t->bucket[bucket]);
	uint32_t way;
	struct marllb_flow *flow;

	if (here >= SHARE_FROM && used(&t->bucket[other]) < here)
		bucket = other;
	if (used(&t->bucket[bucket]) < MARLLB_WAYS) {
		way = (uint32_t)__builtin_ctz(marllb_bucket_tagged(&t->bucket[bucket], 0));
	} else {
		way = evict(t, bucket);
		if (way == MARLLB_WAYS) {
			bucket = bucket ^ marllb_flow_bucket(t, hash) ^ other;
			way = evict(t, bucket);
		}
		if (way == MARLLB_WAYS)
			return MARLLB_NO_FLOW;
	}
	t->flows++;
	t->bucket[bucket].tag[way] = tag;
	flow = &t->bucket[bucket].flow[way];
	memcpy(flow->source, name->source, sizeof(flow->source));
	flow->port = name->port;
	flow->vip = name->vip;
	return bucket * MARLLB_WAYS + way;
}

uint32_t
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
