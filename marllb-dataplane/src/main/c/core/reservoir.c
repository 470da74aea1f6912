/* SPDX-License-Identifier: Apache-2.0 */
#include "reservoir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decay_steps.h"

/*
 * Every sum below is in the order of Reducer.java, and this file must not be compiled with fused
 * multiply-add or reassociation: the bits are compared with Java's.
 */

#define PROBES 16
#define TAIL 0.1	 /* share of the weight above the 90th percentile */
#define ROUNDING 1e-12	 /* smaller relative differences are taken for rounding */
#define SAFETY (1 + 1e-9) /* a sum in another order must still cross the tail */
#define SHELL_FROM 8	 /* a gap pays when it leaves at least so many per chain */

static const uint32_t PROBE_RANKS[] = { 3, 7 }; /* of the largest: the upper 23 % and 47 % */
static const uint32_t GAPS[] = { 1, 4, 10, 23, 57, 132, 301, 701, 1577, 3548, 7983, 17961, 40412 };

enum { MEAN, P90, STD, DISCOUNTED_MEAN, DISCOUNTED_P90 };

struct marllb_reducer {
	double *values, *times, *weights; /* [room] */
	double *top_values, *top_weights; /* [room], by descending value */
	double probes[PROBES];
	double weight_sum;
	uint32_t n, room;
};

struct marllb_reducer *
marllb_reducer_create(uint32_t samples)
{
	struct marllb_reducer *r = malloc(sizeof(*r) + 5 * (size_t)samples * sizeof(double));

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->room = samples;
	r->values = (double *)(r + 1);
	r->times = r->values + samples;
	r->weights = r->times + samples;
	r->top_values = r->weights + samples;
	r->top_weights = r->top_values + samples;
	return r;
}

void
marllb_reducer_destroy(struct marllb_reducer *r)
{
	free(r);
}

void
marllb_reducer_clear(struct marllb_reducer *r)
{
	r->n = 0;
}

void
marllb_reducer_load(struct marllb_reducer *r, const struct marllb_sample *samples, uint32_t count)
{
	if (count > r->room - r->n)
		count = r->room - r->n;
	for (uint32_t i = 0; i < count; i++) {
		r->values[r->n + i] = samples[i].value;
		r->times[r->n + i] = samples[i].nanos;
	}
	r->n += count;
}

/* 0.9^(age in seconds), by a table of 256 steps per halving and a polynomial between them. */
static double
weight_at(double age)
{
	static const double steps_per_nano = 0x1.4e42226662d03p-25; /* -log2(0.9) x 256 x 1e-9 */
	static const double c1 = -0x1.62e42fefa39efp-9;		    /* -log(2) / 256 */
	const double c2 = c1 * c1 / 2;
	const double c3 = c1 * c1 * c1 / 6;
	const double c4 = c1 * c1 * c1 * c1 / 24;
	double steps = age * steps_per_nano;
	double r, fraction, step, halved;
	uint64_t bits;
	int nearest;

	if (!(age > 0))
		return 1;
	if (!(steps + 0.5 < 1023 * 256)) /* below 2^-1022 */
		return 0;
	nearest = (int)(steps + 0.5);
	r = steps - nearest;
	fraction = 1 + r * (c1 + r * (c2 + r * (c3 + r * c4)));
	bits = (uint64_t)(1023 - (nearest >> 8)) << 52;
	memcpy(&halved, &bits, sizeof(halved));
	memcpy(&step, &MARLLB_DECAY_STEPS[nearest & 255], sizeof(step));
	return step * fraction * halved;
}

/* In four interleaved partial sums. */
static double
sum(const double *x, uint32_t n)
{
	double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
	uint32_t i = 0;

	for (; i + 3 < n; i += 4) {
		s0 += x[i];
		s1 += x[i + 1];
		s2 += x[i + 2];
		s3 += x[i + 3];
	}
	for (; i < n; i++)
		s0 += x[i];
	return (s0 + s1) + (s2 + s3);
}

static double
deviation(const double *x, uint32_t n, double mean)
{
	double s0 = 0, s1 = 0;
	uint32_t i = 0;

	for (; i + 1 < n; i += 2) {
		double a = x[i] - mean;
		double b = x[i + 1] - mean;

		s0 += a * a;
		s1 += b * b;
	}
	if (i < n) {
		double a = x[i] - mean;

		s0 += a * a;
	}
	return sqrt((s0 + s1) / n);
}

/* Weighs every sample by its age when the newest one was taken. */
static void
weigh(struct marllb_reducer *r)
{
	double newest = r->times[0];

	for (uint32_t i = 0; i < r->n; i++)
		newest = r->times[i] > newest ? r->times[i] : newest;
	for (uint32_t i = 0; i < r->n; i++)
		r->weights[i] = weight_at(newest - r->times[i]);
	r->weight_sum = sum(r->weights, r->n);
}

static double
weighted_mean(const struct marllb_reducer *r)
{
	double s0 = 0, s1 = 0;
	uint32_t i = 0;

	for (; i + 1 < r->n; i += 2) {
		s0 += r->weights[i] * r->values[i];
		s1 += r->weights[i + 1] * r->values[i + 1];
	}
	if (i < r->n)
		s0 += r->weights[i] * r->values[i];
	return (s0 + s1) / r->weight_sum;
}

/* Shell sort, largest first, moving companions along (where there are any). */
static void
sort_descending(double *keys, double *companions, uint32_t count)
{
	int g = 0;

	while (g + 1 < (int)(sizeof(GAPS) / sizeof(GAPS[0])) && GAPS[g + 1] < count / SHELL_FROM)
		g++;
	for (; g >= 0; g--) {
		uint32_t gap = GAPS[g];

		for (uint32_t i = gap; i < count; i++) {
			double key = keys[i];
			double companion = companions[i];
			uint32_t j = i;

			while (j >= gap && keys[j - gap] < key) {
				keys[j] = keys[j - gap];
				companions[j] = companions[j - gap];
				j -= gap;
			}
			keys[j] = key;
			companions[j] = companion;
		}
	}
}

/* The p-th threshold to try: each keeps more than the one before, the last one all. */
static double
threshold(struct marllb_reducer *r, uint32_t p)
{
	double unused[PROBES] = { 0 };

	if (r->n <= 2 * PROBES || p >= sizeof(PROBE_RANKS) / sizeof(PROBE_RANKS[0]))
		return -INFINITY;
	if (p == 0) {
		for (uint32_t i = 0; i < PROBES; i++)
			r->probes[i] = r->values[(uint64_t)i * r->n / PROBES];
		sort_descending(r->probes, unused, PROBES);
	}
	return r->probes[PROBE_RANKS[p]];
}

/*
 * Sorts the largest values with their weights to the top: at least so many, of more than so much
 * weight. Returns how many.
 */
static uint32_t
keep_top(struct marllb_reducer *r, uint32_t at_least, double weight_above)
{
	uint32_t kept = 0;
	double weight = 0;

	for (uint32_t p = 0; kept < at_least || (kept < r->n && weight <= weight_above * SAFETY);
	     p++) {
		double from = threshold(r, p);

		kept = 0;
		weight = 0;
		for (uint32_t i = 0; i < r->n; i++) {
			if (r->values[i] >= from) {
				r->top_values[kept] = r->values[i];
				r->top_weights[kept] = r->weights[i];
				weight += r->weights[i];
				kept++;
			}
		}
	}
	sort_descending(r->top_values, r->top_weights, kept);
	return kept;
}

/* Linear interpolation at rank 0.9 (n - 1), as NumPy's default, and the smallest value with at least
 * 90 % of the weight at or below it, as its inverted_cdf. */
static void
both_p90(struct marllb_reducer *r, double *plain, double *discounted)
{
	uint32_t top = r->n - 9 * (r->n - 1) / 10;
	uint32_t tenths = 9 * (r->n - 1) % 10;
	double limit = TAIL * (1 + ROUNDING) * r->weight_sum;
	uint32_t kept = keep_top(r, top, limit);
	double low = r->top_values[top - 1];
	double above = r->top_weights[0];
	uint32_t i = 0;

	*plain = tenths == 0 ? low : low + tenths / 10.0 * (r->top_values[top - 2] - low);
	while (above <= limit && i + 1 < kept) {
		i++;
		above += r->top_weights[i];
	}
	*discounted = r->top_values[i];
}

void
marllb_reducer_all(struct marllb_reducer *r, double out[MARLLB_STATISTICS])
{
	if (r->n == 0) {
		for (int i = 0; i < MARLLB_STATISTICS; i++)
			out[i] = NAN;
		return;
	}
	out[MEAN] = sum(r->values, r->n) / r->n;
	out[STD] = deviation(r->values, r->n, out[MEAN]);
	weigh(r);
	out[DISCOUNTED_MEAN] = weighted_mean(r);
	both_p90(r, &out[P90], &out[DISCOUNTED_P90]);
}
