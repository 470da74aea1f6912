/* SPDX-License-Identifier: Apache-2.0 */
#include "maglev.h"

#include <string.h>

#include "words.h"

void
marllb_maglev_init(struct marllb_maglev *m)
{
	m->serving = NULL;
	m->filling = NULL;
}

void
marllb_maglev_begin(struct marllb_maglev *m, uint32_t servers, const double *weights)
{
	double max = 0;

	for (uint32_t i = 0; i < servers; i++)
		max = weights[i] > max ? weights[i] : max;
	if (max == 0) {
		marllb_maglev_init(m);
		return;
	}
	for (uint32_t i = 0; i < servers; i++) {
		uint64_t name = marllb_mix(i + 1); /* as if its index were its name */

		m->position[i] = (uint32_t)(name % MARLLB_MAGLEV_SLOTS);
		m->skip[i] = 1 + (uint32_t)(marllb_mix(name) % (MARLLB_MAGLEV_SLOTS - 1));
		m->share[i] = weights[i] / max;
		m->credit[i] = 0;
	}
	m->filling = m->table[m->serving == m->table[0]];
	m->servers = servers;
	m->filled = 0;
	m->turn = 0;
	m->probing = false;
	memset(m->taken, 0, sizeof(m->taken));
}

static bool
taken(const struct marllb_maglev *m, uint32_t slot)
{
	return m->taken[slot / 64] >> (slot % 64) & 1;
}

bool
marllb_maglev_step(struct marllb_maglev *m, uint64_t budget)
{
	if (m->filling == NULL)
		return true;
	for (; budget > 0 && m->filled < MARLLB_MAGLEV_SLOTS; budget--) {
		uint32_t i = m->turn;
		uint32_t p = m->position[i];

		if (!m->probing) {
			m->credit[i] += m->share[i];
			m->probing = m->credit[i] >= 1;
		} else {
			m->position[i] = p + m->skip[i];
			if (m->position[i] >= MARLLB_MAGLEV_SLOTS)
				m->position[i] -= MARLLB_MAGLEV_SLOTS;
			if (taken(m, p))
				continue;
			m->taken[p / 64] |= (uint64_t)1 << (p % 64);
			m->filling[p] = (uint8_t)i;
			m->filled++;
			m->credit[i] -= 1;
			m->probing = false;
		}
		if (!m->probing)
			m->turn = i + 1 == m->servers ? 0 : i + 1;
	}
	if (m->filled < MARLLB_MAGLEV_SLOTS)
		return false;
	m->serving = m->filling;
	m->filling = NULL;
	return true;
}
