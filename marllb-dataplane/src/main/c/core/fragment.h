/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_FRAGMENT_H
#define MARLLB_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

/*
 * Where the later fragments of a packet go, which have no ports: a bounded table from what names the
 * packet (IPv4: addresses, identification, protocol; IPv6: addresses and identification) to what was
 * learnt from its first fragment. A full set forgets its oldest packet. One thread each.
 */
struct marllb_fragments;

/* Room for so many packets, a power of two >= 4; NULL if there is no memory for it. */
struct marllb_fragments *marllb_fragments_create(uint32_t packets, uint64_t timeout_nanos,
						 uint64_t seed);

void marllb_fragments_destroy(struct marllb_fragments *f);

/* The other fragments of first fragment p go by this value until the timeout. */
void marllb_fragments_learn(struct marllb_fragments *f, const struct marllb_packet *p,
			    uint32_t value, uint64_t now_nanos);

/* What was learnt for p, of kind MARLLB_FRAGMENT; false if that is nothing, or too long ago. */
bool marllb_fragments_find(struct marllb_fragments *f, const struct marllb_packet *p,
			   uint64_t now_nanos, uint32_t *value);

#endif
