/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_SHM_WORDS_H
#define MARLLB_SHM_WORDS_H

/* How shm*.c read and write the words of a segment that the other side reads and writes too. */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "shm.h"

#define WORD sizeof(uint64_t)

_Static_assert(sizeof(_Atomic uint64_t) == WORD && sizeof(_Atomic uint32_t) == sizeof(uint32_t),
	       "atomics are the plain words of the layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	       "a lock inside this process would not hold the other one");

static inline uint64_t
load(const uint64_t *word, memory_order order)
{
	return atomic_load_explicit((const _Atomic uint64_t *)word, order);
}

static inline void
store(uint64_t *word, uint64_t value, memory_order order)
{
	atomic_store_explicit((_Atomic uint64_t *)word, value, order);
}

static inline void
store32(uint32_t *word, uint32_t value)
{
	atomic_store_explicit((_Atomic uint32_t *)word, value, memory_order_release);
}

/*
 * Word by word, each a release: whoever sees one sees the sequence that was cleared before. Costs
 * nothing over plain stores on x86-64, and says what a fence would say in terms that race detectors
 * understand.
 */
static inline void
copy_in(void *shared, const void *private, size_t bytes)
{
	uint64_t *to = shared;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word;

		memcpy(&word, (const char *)private + i * WORD, WORD);
		store(&to[i], word, memory_order_release);
	}
}

/* Word by word, each an acquire: a sequence read afterwards is at least as new as what was copied.
 */
static inline void
copy_out(void *private, const void *shared, size_t bytes)
{
	const uint64_t *from = shared;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word = load(&from[i], memory_order_acquire);

		memcpy((char *)private + i * WORD, &word, WORD);
	}
}

static inline bool
is_refusal(enum marllb_reading reading)
{
	return reading >= MARLLB_READING_SEQUENCE;
}

#endif
