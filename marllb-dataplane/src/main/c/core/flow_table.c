/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_table.h"

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
