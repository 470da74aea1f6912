/* SPDX-License-Identifier: Apache-2.0 */
#include "fragment.h"

#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define WAYS 4 /* packets that share a set: 4 lines are looked at */

/* Names a packet; proto is 0 for IPv6, family 0 where there is none. */
struct name {
	uint8_t src[16], dst[16];
	uint32_t id;
	uint8_t proto, family;
	uint16_t pad;
};

struct entry {
	struct name name;
	uint32_t value;
	uint32_t reserved;
	uint64_t since_nanos;
	uint64_t pad;
};

_Static_assert(sizeof(struct entry) == 64, "an entry is a cache line");

struct marllb_fragments {
	uint64_t timeout_nanos, seed;
	uint32_t mask; /* of sets */
	struct entry *entries;
};

struct marllb_fragments *
marllb_fragments_create(uint32_t packets, uint64_t timeout_nanos, uint64_t seed)
{
	struct marllb_fragments *f = malloc(sizeof(*f));

	if (f == NULL)
		return NULL;
	f->timeout_nanos = timeout_nanos;
	f->seed = seed;
	f->mask = packets / WAYS - 1;
	f->entries = aligned_alloc(64, (size_t)packets * sizeof(struct entry));
	if (f->entries == NULL) {
		free(f);
		return NULL;
	}
	memset(f->entries, 0, (size_t)packets * sizeof(struct entry));
	return f;
}

void
marllb_fragments_destroy(struct marllb_fragments *f)
{
	if (f == NULL)
		return;
	free(f->entries);
	free(f);
}

/* The set of a packet, by a seeded hash, so that nobody outside can aim at one. */
static struct entry *
find_set(const struct marllb_fragments *f, const struct marllb_packet *p, struct name *name)
{
	uint8_t bytes[sizeof(*name)];
	uint64_t hash = f->seed;

	memset(name, 0, sizeof(*name));
	memcpy(name->src, p->key.src, 16);
	memcpy(name->dst, p->key.dst, 16);
	name->id = p->fragment_id;
	name->proto = p->family == 4 ? p->key.proto : 0;
	name->family = p->family;
	memcpy(bytes, name, sizeof(bytes));
	for (unsigned i = 0; i < sizeof(bytes); i += 4) {
		hash = (hash ^ marllb_raw32(bytes + i)) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	return f->entries + (size_t)(hash & f->mask) * WAYS;
}

void
marllb_fragments_learn(struct marllb_fragments *f, const struct marllb_packet *p, uint32_t value,
		       uint64_t now_nanos)
{
	struct name name;
	struct entry *set = find_set(f, p, &name), *e = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].name, &name, sizeof(name)) == 0) {
			e = &set[i];
			break;
		}
		/* Empty ones are the oldest. */
		if (set[i].since_nanos < e->since_nanos)
			e = &set[i];
	}
	e->name = name;
	e->value = value;
	e->since_nanos = now_nanos;
}

bool
marllb_fragments_find(struct marllb_fragments *f, const struct marllb_packet *p,
		      uint64_t now_nanos, uint32_t *value)
{
	struct name name;
	const struct entry *set = find_set(f, p, &name);

	for (unsigned i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].name, &name, sizeof(name)) == 0) {
			*value = set[i].value;
			return now_nanos - set[i].since_nanos <= f->timeout_nanos;
		}
	}
	return false;
}
