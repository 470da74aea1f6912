/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <string.h>

#define TWO_32 0x1.0p32
#define OVERFLOW_UNIT 0x1.0p-64 /* brings weights whose sum is no double into range */

static void
keep(struct marllb_cell *cells, uint32_t own)
{
	cells[own] = (struct marllb_cell){ .threshold = (uint64_t)1 << 32, .alias = own };
}

bool
marllb_alias_build(uint32_t servers, const double *weights, struct marllb_cell *cells)
{
	double scaled[MARLLB_SERVERS];
	uint32_t stack[MARLLB_SERVERS]; /* small from the left, large from the right */
	uint32_t small = 0, large = servers, heaviest = 0;
	double sum = 0, unit = 1;

	for (uint32_t i = 0; i < servers; i++)
		sum += weights[i];
	if (!(sum > 0))
		return false;
	if (sum == INFINITY) {
		unit = OVERFLOW_UNIT;
		sum = 0;
		for (uint32_t i = 0; i < servers; i++)
			sum += weights[i] * unit;
	}
	for (uint32_t i = 0; i < servers; i++) {
		scaled[i] = weights[i] * unit / sum * servers;
		if (scaled[i] < 1)
			stack[small++] = i;
		else
			stack[--large] = i;
		heaviest = weights[i] > weights[heaviest] ? i : heaviest;
	}
	while (small > 0 && large < servers) {
		uint32_t s = stack[--small];
		uint32_t l = stack[large];

		cells[s] = (struct marllb_cell){ (uint64_t)(scaled[s] * TWO_32), l, 0 };
		scaled[l] -= 1 - scaled[s];
		if (scaled[l] < 1) {
			large++;
			stack[small++] = l;
		}
	}
	while (large < servers)
		keep(cells, stack[large++]);
	/* Rounding can leave a small cell without a partner: its mass is 1 but for rounding, unless
	 * its weight is 0. */
	while (small > 0) {
		uint32_t s = stack[--small];

		if (weights[s] > 0)
			keep(cells, s);
		else
			cells[s] = (struct marllb_cell){ 0, heaviest, 0 };
	}
	return true;
}

void
marllb_chooser_init(struct marllb_chooser *c, const struct marllb_maglev *maglev)
{
	memset(c, 0, sizeof(*c));
	c->maglev = maglev;
	for (uint32_t j = 0; j < MARLLB_SERVERS; j++)
		c->key[j] = INFINITY;
}

void
marllb_chooser_set(struct marllb_chooser *c, const struct marllb_policy *policy, uint32_t servers,
		   const double *weights, const double *static_weights, const uint8_t *active,
		   const struct marllb_cell *cells)
{
	bool any = false;

	c->rule = policy->rule;
	c->choices = policy->choices < MARLLB_CHOICES ? policy->choices : MARLLB_CHOICES;
	c->vpp_ties = policy->vpp_ties;
	c->scale = policy->rule == MARLLB_RULE_LEAST_FLOWS ? 1 : policy->scale;
	c->offset = policy->rule == MARLLB_RULE_LEAST_FLOWS ? 0 : policy->offset;
	c->servers = servers;
	for (uint32_t j = 0; j < servers; j++)
		any |= active[j] && weights[j] > 0;
	c->eligibles = 0;
	for (uint32_t j = 0; j < servers; j++) {
		uint32_t p = j;

		c->candidate[j] = active[j] && (!any || weights[j] > 0);
		c->weight[j] = !c->candidate[j] ? 0 : any ? weights[j] : 1;
		c->divisor[j] = policy->rule == MARLLB_RULE_LEAST_FLOWS ? 1 : c->weight[j];
		if (c->candidate[j])
			c->eligible[c->eligibles++] = (uint8_t)j;
		/* Insertion sort: stable, and the order hardly ever changes. */
		for (; p > 0 && static_weights[c->order[p - 1]] < static_weights[j]; p--)
			c->order[p] = c->order[p - 1];
		c->order[p] = (uint8_t)j;
	}
	if (cells != NULL)
		memcpy(c->cell, cells, servers * sizeof(*cells));
	else
		marllb_alias_build(servers, c->weight, c->cell);
	for (uint32_t j = 0; j < servers; j++)
		marllb_chooser_update(c, j);
	for (uint32_t j = servers; j < MARLLB_SERVERS; j++)
		c->key[j] = INFINITY;
}
