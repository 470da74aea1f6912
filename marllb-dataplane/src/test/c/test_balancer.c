/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "check.h"

#define FLOWS 100000

static uint16_t server_of[FLOWS];

static void
open_flows(struct bed *b, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		int server = bed_tcp(b, i, SYN);

		check(server >= 0, "flow %u was not placed", i);
		server_of[i] = (uint16_t)server;
		assert_int_equal(bed_tcp(b, i, ACK), server);
	}
}

static void
change_weights(struct bed *b, uint64_t *random)
{
	for (uint32_t j = 0; j < b->state.servers; j++)
		b->state.server[j].weight = below(random, 5) == 0 ? 0 : 1 + below(random, 100) * 0.1;
	b->state.policy.rule = below(random, MARLLB_RULE_COUNT);
}

/*
 * 100,000 flows, weights and rule that change all the time, a server that drains, is removed once it
 * is empty, and another one that comes into its slot.
 */
static void
established_flows_stay_where_they_are(void **unused)
{
	const uint32_t drained = 3, added = 7;
	struct bed *b = bed_plan(8, 262144, MARLLB_DSR);
	uint64_t random = 11;
	uint32_t opened = 0, to_added = 0;

	(void)unused;
	b->state.server[added].state = MARLLB_SERVER_STATE_ABSENT;
	bed_make(b);
	open_flows(b, 0, FLOWS);
	for (int round = 0; round < 40; round++) {
		change_weights(b, &random);
		if (round == 10)
			b->state.server[drained].state = MARLLB_SERVER_STATE_DRAINING;
		if (round == 15) {
			b->state.server[added].state = MARLLB_SERVER_STATE_ACTIVE;
			b->state.server[added].generation++;
			b->state.server[added].weight = 1;
		}
		bed_publish(b);
		for (uint32_t i = 0; i < 5000; i++) {
			uint32_t flow = below(&random, FLOWS);
			int server = bed_tcp(b, flow, ACK);

			check(server == server_of[flow], "flow %u went from %u to %d", flow,
			      server_of[flow], server);
		}
		for (uint32_t i = 0; i < 500; i++) {
			int server = bed_tcp(b, FLOWS + opened++, SYN);

			check(round < 10 || server != (int)drained, "a new flow at a draining server");
			to_added += server == (int)added;
		}
		bed_wait(b, 50 * BED_MILLISECOND);
	}
	assert_true(to_added > 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		assert_int_equal(bed_tcp(b, i, ACK), server_of[i]);
	assert_int_equal(bed_counts(b)->repicked, 0);
	assert_int_equal(bed_counts(b)->fallbacks, 0);
	assert_int_equal(bed_drops(b), 0);
	bed_free(b);
}

static void
a_server_in_a_used_slot_gets_none_of_the_old_flows(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_DSR);
	const struct marllb_counts *c;

	(void)unused;
	b->state.server[1].state = MARLLB_SERVER_STATE_ABSENT;
	bed_make(b);
	assert_int_equal(bed_tcp(b, 1, SYN), 0);
	assert_int_equal(bed_tcp(b, 1, ACK), 0);
	assert_int_equal(bed_tcp(b, 2, SYN), 0);
	assert_int_equal(bed_tcp(b, 2, FIN), 0);
	/* The server goes, another one comes, in one step of this core's. */
	b->state.server[0].generation++;
	b->state.server[1].state = MARLLB_SERVER_STATE_ACTIVE;
	b->state.server[0].weight = 0;
	bed_publish(b);

	assert_int_equal(bed_counts(b)->server[0].in_flight, 0);
	/* Placed anew, as any packet without a flow: by the hash. */
	assert_true(bed_tcp(b, 1, ACK) >= 0);
	assert_int_equal(bed_tcp(b, 2, ACK), -1); /* the last packets of a flow that had ended */
	assert_int_equal(b->out.drop, MARLLB_DROP_NO_SERVER);
	assert_int_equal(bed_tcp(b, 2, SYN), 1);
	c = bed_counts(b);
	assert_int_equal(c->repicked, 1);
	assert_int_equal(c->server[0].started + c->server[1].started, 2);
	assert_int_equal(c->server[0].aborted + c->server[0].completed, 0);
	bed_free(b);
}

static void
flows_of_a_dead_server_are_placed_again_and_counted(void **unused)
{
	struct bed *b = bed_plan(4, 65536, MARLLB_DSR);
	const struct marllb_counts *c;
	uint32_t moved = 0;

	(void)unused;
	bed_make(b);
	open_flows(b, 0, 10000);
	b->state.server[2].state = MARLLB_SERVER_STATE_DEAD;
	bed_publish(b);
	for (uint32_t i = 0; i < 10000; i++) {
		int server = bed_tcp(b, i, ACK);

		assert_int_not_equal(server, 2);
		assert_int_not_equal(server, -1);
		if (server_of[i] == 2)
			moved++;
		else
			assert_int_equal(server, server_of[i]);
		assert_int_equal(bed_tcp(b, i, ACK), server); /* and stay there */
	}
	c = bed_counts(b);
	assert_int_equal(c->repicked, moved);
	assert_int_equal(c->server[2].aborted, moved);
	assert_int_equal(c->server[2].in_flight, 0);
	assert_int_equal(c->server[0].in_flight + c->server[1].in_flight + c->server[3].in_flight,
			 10000);
	bed_free(b);
}

static void
a_repeated_syn_finds_its_flow(void **unused)
{
	struct bed *b = bed_plan(8, 4096, MARLLB_DSR);

	(void)unused;
	bed_make(b);
	for (uint32_t i = 0; i < 100; i++) {
		int server = bed_tcp(b, i, SYN);

		for (int k = 0; k < 5; k++)
			assert_int_equal(bed_tcp(b, i, SYN), server);
		assert_int_equal(bed_tcp(b, i, ACK), server);
		assert_int_equal(bed_tcp(b, i, SYN), server);
	}
	assert_int_equal(bed_counts(b)->flows, 100);
	for (uint32_t j = 0, started = 0; j < 8; j++) {
		started += (uint32_t)bed_counts(b)->server[j].started;
		assert_true(j < 7 || started == 100);
	}
	bed_free(b);
}

static void
a_syn_after_the_end_begins_a_new_flow(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_DSR);
	const struct marllb_counts *c;

	(void)unused;
	b->state.server[1].weight = 0;
	bed_make(b);
	assert_int_equal(bed_tcp(b, 1, SYN), 0);
	assert_int_equal(bed_tcp(b, 1, ACK), 0);
	assert_int_equal(bed_tcp(b, 1, FIN), 0);
	b->state.server[0].weight = 0;
	b->state.server[1].weight = 1;
	bed_publish(b);
	assert_int_equal(bed_tcp(b, 1, ACK), 0); /* the end still finds its way */
	assert_int_equal(bed_tcp(b, 1, SYN), 1);
	assert_int_equal(bed_tcp(b, 1, ACK), 1);
	c = bed_counts(b);
	assert_int_equal(c->server[0].completed, 1);
	assert_int_equal(c->server[1].started, 1);
	assert_int_equal(c->server[1].in_flight, 1);
	assert_int_equal(c->flows, 1);
	bed_free(b);
}

static double
chi_square(const uint64_t *counts, const double *weights, uint32_t n)
{
	double sum = 0, all = 0, chi = 0;

	for (uint32_t j = 0; j < n; j++) {
		all += (double)counts[j];
		sum += weights[j];
	}
	for (uint32_t j = 0; j < n; j++) {
		double expected = all * weights[j] / sum;

		if (expected > 0)
			chi += (counts[j] - expected) * (counts[j] - expected) / expected;
		else
			check(counts[j] == 0, "server %u of weight 0 got flows", j);
	}
	return chi;
}

/* 7 servers with a weight: chi-square of 6 degrees of freedom exceeds 38.3 once in 10^6. */
static void
weights_are_honoured(void **unused)
{
	const double weights[] = { 1, 2, 3, 0, 5, 0.5, 10, 4 };
	uint64_t counts[8];

	(void)unused;
	for (int rule = 0; rule < MARLLB_RULE_COUNT; rule++) {
		struct bed *b = bed_plan(8, 262144, MARLLB_DSR);
		double bound = 38.3;

		for (int j = 0; j < 8; j++)
			b->state.server[j].weight = weights[j];
		b->state.policy.rule = (uint32_t)rule;
		bed_make(b);
		for (uint32_t i = 0; i < 60000; i++)
			bed_tcp(b, i, SYN);
		for (int j = 0; j < 8; j++)
			counts[j] = bed_counts(b)->server[j].started;
		/* SED levels (q + 1) / w, so it is far closer than chance; the others mind no weights. */
		if (rule == MARLLB_RULE_SED)
			bound = 0.1;
		if (rule == MARLLB_RULE_LEAST_FLOWS || rule == MARLLB_RULE_TWO_CHOICES)
			assert_int_equal(counts[3], 0);
		else
			check(chi_square(counts, weights, 8) < bound, "rule %d: chi-square %f", rule,
			      chi_square(counts, weights, 8));
		bed_free(b);
	}
}

static void
active_servers_share_flows_if_none_has_a_weight(void **unused)
{
	struct bed *b = bed_plan(4, 65536, MARLLB_DSR);
	const double weights[] = { 1, 1, 0, 1 };
	uint64_t counts[4];

	(void)unused;
	for (int j = 0; j < 4; j++)
		b->state.server[j].weight = 0;
	b->state.server[2].state = MARLLB_SERVER_STATE_DRAINING;
	b->state.server[2].weight = 1;
	bed_make(b);
	for (uint32_t i = 0; i < 10000; i++)
		bed_tcp(b, i, SYN);
	for (int j = 0; j < 4; j++)
		counts[j] = bed_counts(b)->server[j].started;
	assert_true(chi_square(counts, weights, 4) < 27.6); /* 2 degrees of freedom, 10^-6 */
	bed_free(b);
}

static void
without_a_server_packets_are_dropped_with_that_reason(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_DSR);

	(void)unused;
	b->state.server[0].state = MARLLB_SERVER_STATE_DEAD;
	b->state.server[1].state = MARLLB_SERVER_STATE_DRAINING;
	bed_make(b);
	assert_int_equal(bed_tcp(b, 1, SYN), -1);
	assert_int_equal(b->out.verdict, MARLLB_DROP);
	assert_int_equal(b->out.drop, MARLLB_DROP_NO_SERVER);
	assert_int_equal(bed_tcp(b, 1, ACK), -1);
	assert_int_equal(bed_counts(b)->flows, 0);
	assert_int_equal(bed_counts(b)->drops[MARLLB_DROP_NO_SERVER], 2);
	bed_free(b);
}

static void
a_flood_of_syns_takes_a_part_of_the_table_and_legitimate_flows_pass(void **unused)
{
	struct bed *b = bed_plan(8, 16384, MARLLB_DSR);
	const struct marllb_counts *c;

	(void)unused;
	bed_make(b);
	open_flows(b, 0, 1000);
	for (uint32_t i = 1; i <= 50000; i++)
		assert_true(bed_tcp(b, i << 8 | 1u << 31, SYN) >= 0);
	c = bed_counts(b);
	assert_int_equal(c->flows, 1000 + 16384 / MARLLB_EMBRYONIC_SHARE);
	assert_int_equal(c->fallbacks, 50000 - 16384 / MARLLB_EMBRYONIC_SHARE);
	/* Known flows do not notice, new ones are served without an entry, always by the same server. */
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(bed_tcp(b, i, ACK), server_of[i]);
	for (uint32_t i = 1000; i < 1100; i++) {
		int server = bed_tcp(b, i, SYN);

		assert_true(server >= 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(bed_tcp(b, i, ACK), server);
		server_of[i] = (uint16_t)server;
	}
	/* The flood's flows run out, and those get their entries, at the same server. */
	bed_wait(b, 8 * BED_SECOND);
	assert_int_equal(bed_counts(b)->flows, 1000);
	for (uint32_t i = 1000; i < 1100; i++)
		for (int k = 0; k < 4; k++)
			assert_int_equal(bed_tcp(b, i, ACK), server_of[i]);
	assert_int_equal(bed_counts(b)->flows, 1100);
	assert_int_equal(b->balancer->embryonic, 0);
	bed_free(b);
}

static void
flows_without_an_entry_stay_on_their_server_while_weights_change(void **unused)
{
	struct bed *b = bed_plan(8, 16, MARLLB_DSR);
	uint64_t random = 4;

	(void)unused;
	bed_make(b);
	for (uint32_t i = 0; i < 1000; i++) {
		bed_tcp(b, i, SYN);
		server_of[i] = (uint16_t)bed_tcp(b, i, ACK);
	}
	for (int round = 0; round < 10; round++) {
		change_weights(b, &random);
		bed_publish(b);
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(bed_tcp(b, i, ACK), server_of[i]);
	}
	assert_true(bed_counts(b)->fallbacks > 900);
	assert_int_equal(bed_drops(b), 0);
	bed_free(b);
}

static void
the_fallback_follows_static_weights_and_moves_few_flows_when_a_server_goes(void **unused)
{
	struct bed *b = bed_plan(8, 16, MARLLB_DSR);
	const double weights[] = { 1, 2, 1, 2, 1, 2, 1, 2 };
	uint64_t counts[8] = { 0 };
	uint32_t moved = 0;

	(void)unused;
	for (int j = 0; j < 8; j++)
		b->state.server[j].static_weight = weights[j];
	bed_make(b);
	for (uint32_t i = 0; i < 30000; i++) {
		server_of[i] = (uint16_t)bed_tcp(b, i, ACK);
		counts[server_of[i]]++;
	}
	/* 7 degrees of freedom, 10^-6, and the table itself is off by less than 1 %. */
	assert_true(chi_square(counts, weights, 8) < 45);
	b->state.server[1].state = MARLLB_SERVER_STATE_DEAD;
	bed_publish(b);
	for (uint32_t i = 0; i < 30000; i++) {
		int server = bed_tcp(b, i, ACK);

		assert_int_not_equal(server, 1);
		moved += server_of[i] != 1 && server != server_of[i];
	}
	check(moved < 30000 / 20, "%u of 30000 flows moved without need", moved);
	bed_free(b);
}

static uint64_t
in_flight(struct bed *b)
{
	const struct marllb_counts *c = bed_counts(b);
	uint64_t sum = 0;

	for (uint32_t j = 0; j < c->servers; j++) {
		const struct marllb_server_counts *s = &c->server[j];

		assert_int_equal(s->started, s->completed + s->rejected + s->aborted + s->in_flight);
		sum += s->in_flight;
	}
	return sum;
}

static void
counts_return_to_zero_whatever_flows_do(void **unused)
{
	const uint8_t flags[] = { SYN, ACK, ACK, FIN, RST, ACK | SYN, RST | ACK, 0, 0x3f };

	(void)unused;
	for (int mode = MARLLB_DSR; mode <= MARLLB_NAT; mode++) {
		struct bed *b = bed_plan(8, 4096, mode);
		uint64_t random = 5;

		bed_make(b);
		for (int i = 0; i < 200000; i++) {
			uint32_t client = below(&random, 3000);

			if (below(&random, 20000) == 0) {
				uint32_t j = below(&random, 8);
				struct marllb_pool_server *s = &b->state.server[j];

				s->state = (uint8_t)below(&random, MARLLB_SERVER_STATE_COUNT);
				s->generation += below(&random, 2);
				bed_publish(b);
			}
			if (mode == MARLLB_NAT && below(&random, 3) == 0)
				bed_back(b, client, below(&random, 8), flags[below(&random, sizeof(flags))]);
			else
				bed_tcp(b, client, flags[below(&random, sizeof(flags))]);
			if (below(&random, 100) == 0)
				bed_wait(b, below(&random, 50) * BED_MILLISECOND);
		}
		assert_true(in_flight(b) > 0);
		bed_wait(b, 305 * BED_SECOND);
		assert_int_equal(in_flight(b), 0);
		assert_int_equal(bed_counts(b)->flows, 0);
		assert_int_equal(b->balancer->embryonic, 0);
		bed_free(b);
	}
}

static void
idle_flows_run_out_each_in_its_own_time(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);
	const struct marllb_counts *c;

	(void)unused;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	bed_tcp(b, 2, SYN);
	bed_tcp(b, 2, ACK);
	bed_tcp(b, 3, SYN);
	bed_tcp(b, 3, ACK);
	bed_tcp(b, 3, FIN);
	assert_int_equal(bed_counts(b)->flows, 3);
	bed_wait(b, 4900 * BED_MILLISECOND);
	assert_int_equal(bed_counts(b)->flows, 3);
	bed_wait(b, 2 * BED_SECOND);
	assert_int_equal(bed_counts(b)->flows, 2);
	bed_wait(b, 5 * BED_SECOND);
	assert_int_equal(bed_counts(b)->flows, 1);
	bed_wait(b, 280 * BED_SECOND);
	bed_tcp(b, 2, ACK); /* it lives */
	bed_wait(b, 299 * BED_SECOND);
	assert_int_equal(bed_counts(b)->flows, 1);
	bed_wait(b, 3 * BED_SECOND);
	c = bed_counts(b);
	assert_int_equal(c->flows, 0);
	assert_int_equal(c->server[0].aborted, 2);
	assert_int_equal(c->server[0].completed, 1);
	bed_free(b);
}

/* Neither a repeated SYN nor packets of a server that the flow is not at. */
static void
nothing_keeps_a_flow_longer_than_it_should(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_NAT);

	(void)unused;
	b->state.server[1].weight = 0;
	bed_make(b);
	assert_int_equal(bed_tcp(b, 1, SYN), 0);
	bed_tcp(b, 1, SYN);
	bed_tcp(b, 2, SYN);
	bed_tcp(b, 2, ACK);
	bed_wait(b, 7 * BED_SECOND);
	assert_int_equal(bed_counts(b)->flows, 1);
	for (int i = 0; i < 10; i++) {
		bed_back(b, 2, 1, ACK);
		bed_back(b, 2, 1, RST);
		bed_wait(b, 30 * BED_SECOND);
	}
	assert_int_equal(bed_counts(b)->flows, 0);
	bed_tcp(b, 3, SYN);
	bed_tcp(b, 3, ACK);
	for (int i = 0; i < 12; i++) {
		bed_back(b, 3, 0, ACK); /* its own server may */
		bed_wait(b, 30 * BED_SECOND);
	}
	assert_int_equal(bed_counts(b)->flows, 1);
	bed_free(b);
}

static void
time_with_flows_and_flows_over_time_are_integrated_exactly(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);
	const struct marllb_server_counts *s;

	(void)unused;
	bed_make(b);
	b->now += 1000;
	bed_tcp(b, 1, SYN);
	b->now += 500;
	bed_tcp(b, 2, SYN);
	bed_tcp(b, 1, ACK);
	b->now += 250;
	bed_tcp(b, 1, FIN);
	b->now += 100;
	bed_tcp(b, 2, RST);
	b->now += 10000;
	bed_tcp(b, 3, SYN);
	b->now += 7;
	s = &bed_counts(b)->server[0];
	assert_int_equal(s->busy_nanos, 500 + 250 + 100 + 7);
	assert_int_equal(s->in_flight_nanos, 500 + 2 * 250 + 100 + 7);
	bed_free(b);
}

static const struct marllb_samples *
samples(struct bed *b, uint32_t server)
{
	marllb_balancer_ask_samples(b->balancer, &server, 1);
	marllb_balancer_burst(b->balancer, NULL, 0, b->now);
	return marllb_balancer_samples(b->balancer);
}

/* A burst copies the samples of one server at most, and there is no answer before all are there. */
static void
samples_of_several_servers_come_one_a_burst(void **unused)
{
	const uint32_t servers[] = { 2, 0, 1 };
	struct bed *b = bed_plan(3, 4096, MARLLB_DSR);
	const struct marllb_samples *s;
	uint32_t ended[3] = { 0 };

	(void)unused;
	bed_make(b);
	for (uint32_t i = 1; i <= 20; i++) {
		int server = bed_tcp(b, i, SYN);

		assert_in_range(server, 0, 2);
		b->now += 1000;
		bed_tcp(b, i, ACK);
		bed_tcp(b, i, FIN);
		ended[server]++;
	}
	marllb_balancer_ask_samples(b->balancer, servers, 3);
	for (int i = 0; i < 3; i++) {
		assert_null(marllb_balancer_samples(b->balancer));
		marllb_balancer_burst(b->balancer, NULL, 0, b->now);
	}
	s = marllb_balancer_samples(b->balancer);
	assert_non_null(s);
	for (int i = 0; i < 3; i++) {
		assert_true(ended[servers[i]] > 0);
		assert_int_equal(s[i].completions, ended[servers[i]]);
	}
	bed_free(b);
}

static void
completion_times_and_ages_are_sampled_as_the_packets_tell(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);
	const struct marllb_samples *s;
	struct recipe r;

	(void)unused;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	b->now += 1000;
	bed_tcp(b, 1, ACK); /* of the handshake: says nothing of the server's work */
	b->now += 2000;
	r = bed_packet(b, 1, ACK);
	r.payload_length = 100; /* a request */
	bed_send(b, &r);
	b->now += 3000000;
	bed_tcp(b, 1, ACK);
	b->now += 4000000;
	bed_tcp(b, 1, FIN);
	bed_tcp(b, 1, ACK); /* after the end */
	s = samples(b, 0);
	assert_int_equal(s->completions, 1);
	assert_true(s->completion[0].value == 7003000 * 1e-9);
	assert_true(s->completion[0].nanos == (double)b->now);
	assert_int_equal(s->durations, 2);
	assert_true(s->duration[0].value == 3003000 * 1e-9);
	assert_true(s->duration[1].value == 7003000 * 1e-9);
	/* A flow that began elsewhere has no age. */
	bed_tcp(b, 2, ACK);
	bed_tcp(b, 2, ACK);
	bed_tcp(b, 2, ACK);
	bed_tcp(b, 2, FIN);
	assert_int_equal(samples(b, 0)->durations, 2);
	assert_int_equal(bed_counts(b)->server[0].completed, 2);
	bed_free(b);
}

/* Wherever it lies: in its first bucket, which is the quick way, or in its second. */
static void
each_flow_is_sampled_once_for_each_acknowledgement(void **unused)
{
	struct bed *b = bed_plan(1, 1024, MARLLB_DSR);
	uint32_t others = 0;

	(void)unused;
	bed_make(b);
	for (uint32_t i = 0; i < 600; i++) {
		uint32_t before;

		bed_tcp(b, i, SYN);
		bed_tcp(b, i, ACK);
		b->balancer->durations[0].size = 0;
		before = b->balancer->durations[0].size;
		bed_tcp(b, i, ACK);
		assert_int_equal(b->balancer->durations[0].size, before + 1);
	}
	for (uint32_t k = 0; k <= b->balancer->table.mask; k++)
		others += marllb_bucket_used(&b->balancer->table.bucket[k]) > MARLLB_SHARE_FROM;
	assert_true(others > 0); /* else the second way was not tried */
	bed_free(b);
}

static void
without_features_nothing_is_sampled(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);

	(void)unused;
	b->options.features = false;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	bed_tcp(b, 1, ACK);
	bed_tcp(b, 1, ACK);
	bed_tcp(b, 1, FIN);
	assert_int_equal(samples(b, 0)->durations, 0);
	assert_int_equal(bed_counts(b)->server[0].completed, 1);
	bed_free(b);
}

static struct marllb_note
flow_end(struct bed *b)
{
	struct marllb_note note = { .kind = UINT32_MAX };

	while (marllb_balancer_note(b->balancer, &note) && note.kind != MARLLB_NOTE_FLOW_END)
		;
	return note;
}

static void
nat_knows_both_ends_of_a_flow(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_NAT);
	const struct marllb_counts *c;

	(void)unused;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	bed_back(b, 1, 0, SYN | ACK);
	bed_tcp(b, 1, ACK);
	b->now += 1000;
	bed_tcp(b, 1, FIN); /* the client has said all; the answer is still to come */
	assert_int_equal(bed_counts(b)->server[0].in_flight, 1);
	b->now += 5000;
	bed_back(b, 1, 0, FIN);
	assert_int_equal(bed_counts(b)->server[0].completed, 1);
	assert_int_equal(flow_end(b).flow.fct_nanos, 6000);

	bed_tcp(b, 2, SYN);
	bed_back(b, 2, 0, RST | ACK); /* refused */
	bed_tcp(b, 3, SYN);
	bed_tcp(b, 3, ACK);
	bed_back(b, 3, 0, RST);
	bed_tcp(b, 4, SYN);
	bed_tcp(b, 4, ACK);
	bed_back(b, 4, 0, FIN);
	bed_tcp(b, 4, RST); /* many clients end so, once they have their answer */
	c = bed_counts(b);
	assert_int_equal(c->server[0].completed, 2);
	assert_int_equal(c->server[0].rejected, 1);
	assert_int_equal(c->server[0].aborted, 1);
	assert_int_equal(c->server[0].in_flight, 0);
	bed_free(b);
}

/* What servers send comes to other cores, so their FIN is never seen. */
static void
nat_on_several_cores_ends_a_flow_with_its_client(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_NAT);

	(void)unused;
	b->options.one_way = true;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	bed_tcp(b, 1, ACK);
	bed_tcp(b, 1, FIN);
	assert_int_equal(bed_counts(b)->server[0].completed, 1);
	assert_int_equal(bed_counts(b)->server[0].in_flight, 0);
	assert_int_equal(bed_tcp(b, 1, ACK), 0); /* its last packets still find the server */
	bed_free(b);
}

static void
udp_flows_end_with_silence(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);
	struct recipe r;
	double fct;

	(void)unused;
	b->config.vip[0].proto = MARLLB_PROTO_UDP;
	bed_make(b);
	r = bed_packet(b, 1, 0);
	r.proto = MARLLB_PROTO_UDP;
	bed_send(b, &r);
	b->now += 20 * BED_MILLISECOND;
	bed_send(b, &r);
	b->now += 30 * BED_MILLISECOND;
	bed_send(b, &r);
	r.sport++;
	bed_send(b, &r); /* one packet is no flow that could be timed */
	bed_wait(b, 303 * BED_SECOND);
	assert_int_equal(bed_counts(b)->server[0].completed, 2);
	assert_int_equal(samples(b, 0)->completions, 1);
	fct = samples(b, 0)->completion[0].value;
	check(fabs(fct - 0.05) < 0.002, "%f s", fct);
	bed_free(b);
}

static void
assert_accounted(struct bed *b, uint64_t rx)
{
	const struct marllb_counts *c = bed_counts(b);
	uint64_t drops = bed_drops(b);

	c = bed_counts(b);
	assert_int_equal(c->rx_packets, rx);
	assert_int_equal(c->rx_packets, c->tx_packets + drops);
}

/* A frame of any kind, whole or broken. */
static uint32_t
any_frame(struct bed *b, uint64_t *random, struct frame *f)
{
	struct recipe r = random_recipe(random);
	const struct marllb_config_vip *v = &b->config.vip[below(random, b->config.vips)];

	if (r.family == v->address.family && below(random, 4) != 0) {
		memcpy(r.dst, v->address.bytes, 16);
		r.dport = ntohs(v->port);
		r.proto = v->proto;
	} else if (r.family == 4 && below(random, 3) == 0) {
		memcpy(r.src, b->state.server[below(random, b->state.servers)].address.bytes, 4);
		r.sport = ntohs(v->port);
	}
	if (below(random, 3) == 0) {
		r.fragment_offset = below(random, 2) ? (uint16_t)below(random, 100) : 0;
		r.more_fragments = below(random, 2);
		r.fragment_header = true;
	}
	r.src[15] = r.family == 6 ? (uint8_t)below(random, 4) : 0;
	r.sport = below(random, 4) == 0 ? r.sport : (uint16_t)below(random, 50);
	r.ttl = (uint8_t)below(random, 65);
	r.id = below(random, 20);
	if (below(random, 8) == 0) {
		r.proto = r.family == 4 ? MARLLB_PROTO_ICMP : MARLLB_PROTO_ICMPV6;
		r.icmp_type = r.family == 4 ? 8 : 128; /* echo */
	}
	if (below(random, 8) == 0)
		build_error(f, &r, 28 + below(random, 600));
	else
		build(f, &r);
	for (uint32_t n = below(random, 4) == 0 ? below(random, 6) : 0; n > 0; n--)
		f->data[below(random, f->length)] ^= (uint8_t)(1 << below(random, 8));
	if (below(random, 10) == 0)
		f->length = below(random, f->length + 1);
	return f->length;
}

static void
plan_everything(struct bed *b)
{
	struct marllb_config *c = &b->config;

	for (int mode = MARLLB_DSR; mode <= MARLLB_GRE; mode++) {
		for (int six = 0; six < 2; six++) {
			if (six && mode == MARLLB_NAT)
				continue;
			c->vip[c->vips++] = (struct marllb_config_vip){
				.address = { six ? 6 : 4, { six ? 0xfd : 10, [15] = six ? 100 : 0 } },
				.port = htons((uint16_t)(81 + mode)),
				.proto = mode % 2 ? MARLLB_PROTO_TCP : MARLLB_PROTO_UDP,
				.mode = mode,
			};
			if (!six)
				memcpy(c->vip[c->vips - 1].address.bytes, c->vip[0].address.bytes, 4);
		}
	}
}

static void
every_packet_is_forwarded_answered_or_dropped_for_a_reason(void **unused)
{
	struct bed *b = bed_plan(8, 2048, MARLLB_DSR);
	static struct frame frames[MARLLB_BURST + 8];
	struct marllb_frame out[MARLLB_BURST + 8];
	uint64_t random = 6, rx = 0, bytes = 0, by_verdict[3] = { 0 }, tx_bytes = 0, tx = 0;
	const struct marllb_counts *c;

	(void)unused;
	plan_everything(b);
	b->config.mtu = 1000;
	b->state.server[5].has_mac = false;
	b->state.has_gateway[0] = false;
	bed_make(b);
	for (int round = 0; round < 20000; round++) {
		unsigned count = below(&random, MARLLB_BURST + 8);

		for (unsigned i = 0; i < count; i++) {
			bytes += any_frame(b, &random, &frames[i]);
			out[i] = (struct marllb_frame){ .data = frames[i].data,
							.length = frames[i].length,
							.headroom = HEADROOM,
							.tailroom = TAILROOM };
		}
		rx += count;
		b->now += below(&random, 10000000);
		if (below(&random, 500) == 0) {
			for (int j = 0; j < 8; j++)
				b->state.server[j].state =
					(uint8_t)below(&random, MARLLB_SERVER_STATE_COUNT);
			b->state.server[below(&random, 8)].generation++;
			bed_publish(b);
		}
		tx += marllb_balancer_burst(b->balancer, out, count, b->now);
		for (unsigned i = 0; i < count; i++) {
			by_verdict[out[i].verdict]++;
			tx_bytes += out[i].verdict == MARLLB_DROP ? 0 : out[i].length;
			if (out[i].verdict != MARLLB_DROP) {
				assert_true(out[i].data >= frames[i].room);
				assert_true(out[i].data + out[i].length <=
					    frames[i].room + sizeof(frames[i].room));
				assert_ptr_equal(out[i].data - out[i].headroom, frames[i].data - HEADROOM);
			}
		}
		/* Now and then the device does not take one. */
		if (count > 0 && out[0].verdict != MARLLB_DROP && below(&random, 10) == 0) {
			marllb_balancer_undelivered(b->balancer, &out[0]);
			by_verdict[out[0].verdict]--;
			by_verdict[MARLLB_DROP]++;
			tx_bytes -= out[0].length;
			tx--;
		}
	}
	assert_accounted(b, rx);
	c = bed_counts(b);
	assert_int_equal(c->rx_bytes, bytes);
	assert_int_equal(c->tx_bytes, tx_bytes);
	assert_int_equal(c->tx_packets, tx);
	assert_int_equal(c->answered, by_verdict[MARLLB_ANSWER]);
	assert_int_equal(c->tx_packets - c->answered, by_verdict[MARLLB_FORWARD]);
	assert_int_equal(bed_drops(b), by_verdict[MARLLB_DROP]);
	for (int v = 0; v < 3; v++)
		check(by_verdict[v] > 1000, "verdict %d was given %u times", v, (unsigned)by_verdict[v]);
	for (int reason = 0; reason < MARLLB_DROP_COUNT; reason++)
		check(c->drops[reason] > 0 || reason == MARLLB_DROP_TABLE_FULL,
		      "nothing was dropped for reason %d", reason);
	bed_free(b);
}

static void
packets_and_bytes_are_counted_at_their_server(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_DSR);
	struct recipe r;

	(void)unused;
	b->state.server[1].weight = 0;
	bed_make(b);
	bed_tcp(b, 1, SYN);
	r = bed_packet(b, 1, ACK);
	r.payload_length = 100;
	bed_send(b, &r);
	assert_int_equal(bed_counts(b)->server[0].packets, 2);
	assert_int_equal(bed_counts(b)->server[0].bytes, 54 + 154);
	assert_int_equal(bed_counts(b)->server[1].packets, 0);
	bed_free(b);
}

/* Each instruction set makes the same of the same packets, byte by byte. */
static void
variants_agree(void **unused)
{
	static struct frame frames[2][MARLLB_BURST];
	struct bed *beds[2];
	uint64_t random = 9;

	(void)unused;
	for (unsigned level = 3; level <= 4; level++) {
		if (marllb_isa_at(level) == NULL)
			continue;
		for (int k = 0; k < 2; k++) {
			beds[k] = bed_plan(8, 2048, MARLLB_DSR);
			plan_everything(beds[k]);
			beds[k]->options.isa = k == 0 ? 2 : level;
			bed_make(beds[k]);
			assert_int_equal(beds[k]->balancer->isa->level, k == 0 ? 2 : level);
		}
		for (int round = 0; round < 5000; round++) {
			struct marllb_frame out[2][MARLLB_BURST];
			unsigned count = below(&random, MARLLB_BURST + 1);

			if (round % 100 == 0) {
				change_weights(beds[0], &random);
				memcpy(&beds[1]->state, &beds[0]->state, sizeof(beds[0]->state));
				bed_publish(beds[0]);
				bed_publish(beds[1]);
			}
			for (unsigned i = 0; i < count; i++) {
				any_frame(beds[0], &random, &frames[0][i]);
				memcpy(frames[1][i].room, frames[0][i].room, sizeof(frames[0][i].room));
				frames[1][i].data = frames[1][i].room + HEADROOM;
				for (int k = 0; k < 2; k++)
					out[k][i] = (struct marllb_frame){ .data = frames[k][i].data,
									   .length = frames[0][i].length,
									   .headroom = HEADROOM,
									   .tailroom = TAILROOM };
			}
			for (int k = 0; k < 2; k++) {
				beds[k]->now += 5000000;
				marllb_balancer_burst(beds[k]->balancer, out[k], count, beds[k]->now);
			}
			for (unsigned i = 0; i < count; i++) {
				assert_int_equal(out[0][i].verdict, out[1][i].verdict);
				assert_int_equal(out[0][i].drop, out[1][i].drop);
				assert_int_equal(out[0][i].server, out[1][i].server);
				assert_int_equal(out[0][i].length, out[1][i].length);
				assert_memory_equal(frames[0][i].room, frames[1][i].room,
						    sizeof(frames[0][i].room));
			}
		}
		assert_memory_equal(bed_counts(beds[0]), bed_counts(beds[1]),
				    sizeof(struct marllb_counts));
		bed_free(beds[0]);
		bed_free(beds[1]);
	}
}

static void
dsr_changes_the_link_addresses_and_nothing_else(void **unused)
{
	struct bed *b = bed_plan(4, 4096, MARLLB_DSR);
	struct frame sent;

	(void)unused;
	for (int family = 4; family <= 6; family += 2) {
		struct recipe r;
		int server;

		if (family == 6) {
			bed_free(b);
			b = bed_plan(4, 4096, MARLLB_DSR);
			b->config.vip[0].address = (struct marllb_address){ 6, { 0xfd, [15] = 100 } };
		}
		bed_make(b);
		r = plain(family, MARLLB_PROTO_TCP);
		memcpy(r.dst, b->config.vip[0].address.bytes, 16);
		r.tcp_flags = SYN;
		server = bed_send(b, &r);
		assert_true(server >= 0);
		build(&sent, &r);
		assert_memory_equal(b->out.data, b->state.server[server].mac, 6);
		assert_memory_equal(b->out.data + 6, b->config.mac, 6);
		assert_int_equal(b->out.length, sent.length);
		assert_memory_equal(b->out.data + 12, sent.data + 12, sent.length - 12);
		r.tcp_flags = ACK;
		assert_int_equal(bed_send(b, &r), server);
		assert_int_equal(bed_send(b, &r), server);
	}
	bed_free(b);
}

static void
nat_translates_both_ways(void **unused)
{
	struct bed *b = bed_plan(4, 4096, MARLLB_NAT);
	uint64_t random = 2;

	(void)unused;
	b->state.server[1].port = htons(8080);
	b->state.server[2].port = htons(8081);
	bed_make(b);
	for (uint32_t i = 0; i < 2000; i++) {
		struct recipe r = bed_packet(b, i % 500, i < 500 ? SYN : ACK);
		struct recipe back;
		uint8_t *ip;
		int server;

		r.payload_length = below(&random, 100);
		r.padding = (int)below(&random, 7);
		server = bed_send(b, &r);
		assert_true(server >= 0);
		ip = b->out.data + 14;
		assert_null(wrong_checksum(b->out.data, b->out.length));
		assert_int_equal(ip[8], 63);
		assert_memory_equal(ip + 16, b->state.server[server].address.bytes, 4);
		assert_memory_equal(ip + 12, r.src, 4);
		assert_int_equal(marllb_get16(ip + 22), server == 1 ? 8080 : server == 2 ? 8081 : 80);

		back = r;
		memcpy(back.src, b->state.server[server].address.bytes, 4);
		memcpy(back.dst, r.src, 4);
		back.sport = marllb_get16(ip + 22);
		back.dport = r.sport;
		back.tcp_flags = i < 500 ? SYN | ACK : ACK;
		assert_int_equal(bed_send(b, &back), -1);
		assert_int_equal(b->out.verdict, MARLLB_FORWARD);
		ip = b->out.data + 14;
		assert_null(wrong_checksum(b->out.data, b->out.length));
		assert_memory_equal(ip + 12, r.dst, 4);
		assert_memory_equal(ip + 16, r.src, 4);
		assert_int_equal(marllb_get16(ip + 20), 80);
		assert_memory_equal(b->out.data, b->state.gateway[0], 6);
		assert_memory_equal(b->out.data + 6, b->config.mac, 6);
	}
	bed_free(b);
}

/* The prepared translation is the general one, in every bit. */
static void
prepared_translation_equals_the_general_one(void **unused)
{
	uint64_t random = 3;

	(void)unused;
	for (int i = 0; i < 200000; i++) {
		struct recipe r = random_recipe(&random);
		struct frame a, b;
		struct marllb_plain plain;
		struct marllb_packet p;
		struct marllb_translation t;
		uint8_t new[16] = { 0 };
		uint16_t port = (uint16_t)next_word(&random);
		bool to_server = below(&random, 2);

		r.tags = 0;
		r.options = 0;
		r.ttl = (uint8_t)below(&random, 256);
		r.payload_length %= 20;
		build(&a, &r);
		if (!marllb_parse_plain(a.data, a.length, &plain))
			continue;
		/* Also for checksums that are wrong, and corner cases. */
		if (below(&random, 4) == 0)
			a.data[14 + 10] = a.data[14 + 11] = below(&random, 2) ? 0 : 0xff;
		if (below(&random, 4) == 0)
			memset(a.data + 34 + (r.proto == 6 ? 16 : 6), below(&random, 2) ? 0 : 0xff, 2);
		for (int k = 0; k < 4; k++)
			new[k] = (uint8_t)(below(&random, 4) == 0 ? 255 : below(&random, 256));
		load(&b, a.data, a.length);
		assert_int_equal(marllb_parse(b.data, b.length, &p), 0);
		marllb_translation_prepare(&t, to_server ? p.key.dst : p.key.src,
					   to_server ? p.key.dport : p.key.sport, new, port);
		assert_int_equal(
			marllb_translate_plain(a.data, &t, to_server, p.kind == MARLLB_TCP),
			marllb_nat_any(&p, to_server, new, port == 0 ? 0 : port) == 0);
		if (port != 0)
			assert_memory_equal(a.data, b.data, a.length);
	}
}

static void
vips_that_share_servers_by_nat_get_their_own_packets_back(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_NAT);
	uint32_t seen[2] = { 0 };

	(void)unused;
	b->config.vip[1] = b->config.vip[0];
	b->config.vip[1].address.bytes[3] = 101;
	b->config.vips = 2;
	for (int j = 0; j < 2; j++)
		b->state.server[j].port = htons(8080);
	bed_make(b);
	for (uint32_t i = 0; i < 400; i++) {
		struct recipe r = bed_packet(b, i, SYN);
		int server;

		r.dst[3] = (uint8_t)(100 + i % 2);
		server = bed_send(b, &r);
		assert_true(server >= 0);
		bed_back(b, i, (uint32_t)server, SYN | ACK);
		assert_int_equal(b->out.verdict, MARLLB_FORWARD);
		assert_int_equal(b->out.data[14 + 15], 100 + i % 2);
		seen[i % 2]++;
	}
	assert_int_equal(seen[0], 200);
	bed_free(b);
}

static void
what_comes_from_nobody_we_know_is_dropped(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_NAT);
	struct recipe r;

	(void)unused;
	bed_make(b);
	r = bed_packet(b, 1, ACK);
	r.dport = 81;
	assert_int_equal(bed_send(b, &r), -1);
	assert_int_equal(b->out.drop, MARLLB_DROP_NOT_VIP);
	r.dport = 80;
	r.proto = MARLLB_PROTO_UDP;
	assert_int_equal(bed_send(b, &r), -1);
	assert_int_equal(b->out.drop, MARLLB_DROP_NOT_VIP);
	bed_free(b);
}

static void
tunnels_carry_the_packet_and_long_ones_are_answered(void **unused)
{
	(void)unused;
	for (int mode = MARLLB_IPIP; mode <= MARLLB_GRE; mode++) {
		struct bed *b = bed_plan(4, 4096, mode);
		uint32_t grows = mode == MARLLB_GRE ? 24 : 20;
		struct recipe r;
		int server;

		bed_make(b);
		r = bed_packet(b, 1, SYN);
		server = bed_send(b, &r);
		assert_true(server >= 0);
		assert_int_equal(b->out.length, b->frame.length + grows);
		assert_int_equal(b->out.headroom, HEADROOM - grows);
		assert_int_equal(b->out.data[14 + 9], mode == MARLLB_GRE ? 47 : 4);
		assert_memory_equal(b->out.data + 14 + 16, b->state.server[server].address.bytes, 4);
		assert_memory_equal(b->out.data + 14 + 12, b->config.ipv4.address.bytes, 4);
		assert_null(wrong_checksum(b->out.data, b->out.length));
		assert_memory_equal(b->out.data, b->state.server[server].mac, 6);
		r.tcp_flags = ACK;
		r.df = true;
		r.payload_length = 1460;
		assert_int_equal(bed_send(b, &r), -1);
		assert_int_equal(b->out.verdict, MARLLB_ANSWER);
		assert_int_equal(b->out.data[14 + 9], 1);
		assert_int_equal(marllb_get16(b->out.data + 14 + 20 + 6), 1500 - grows);
		r.df = false;
		assert_int_equal(bed_send(b, &r), -1);
		assert_int_equal(b->out.drop, MARLLB_DROP_TOO_LONG);
		assert_int_equal(bed_counts(b)->server[server].drops, 2);
		bed_free(b);
	}
}

static void
icmp_errors_follow_the_flow_they_are_about(void **unused)
{
	(void)unused;
	for (int mode = MARLLB_DSR; mode <= MARLLB_NAT; mode++) {
		struct bed *b = bed_plan(8, 4096, mode);

		bed_make(b);
		for (uint32_t i = 0; i < 200; i++) {
			struct recipe r = bed_packet(b, i, SYN), about;
			int server = bed_send(b, &r);

			/* What the client got: from the VIP. */
			about = r;
			memcpy(about.src, r.dst, 4);
			memcpy(about.dst, r.src, 4);
			about.sport = r.dport;
			about.dport = r.sport;
			build_error(&b->frame, &about, 28);
			memcpy(b->frame.data + 14 + 16, r.dst, 4);
			b->out = (struct marllb_frame){ .data = b->frame.data,
							.length = b->frame.length,
							.headroom = HEADROOM };
			marllb_balancer_burst(b->balancer, &b->out, 1, b->now);
			assert_int_equal(b->out.verdict, MARLLB_FORWARD);
			assert_int_equal(b->out.server, server);
		}
		assert_int_equal(bed_counts(b)->flows, 200);
		bed_free(b);
	}
}

static void
fragments_follow_their_first_one(void **unused)
{
	struct bed *b = bed_plan(8, 4096, MARLLB_NAT);

	(void)unused;
	bed_make(b);
	for (uint32_t i = 0; i < 200; i++) {
		struct recipe r = bed_packet(b, i, SYN);
		int server = bed_send(b, &r);
		struct recipe later;

		r.tcp_flags = ACK;
		r.id = 1000 + i;
		r.payload_length = 1004; /* with the header 128 x 8 */
		r.more_fragments = true;
		later = r;
		later.fragment_offset = 128;
		later.more_fragments = false;
		assert_int_equal(bed_send(b, &later), -1);
		assert_int_equal(b->out.drop, MARLLB_DROP_FRAGMENT);
		assert_int_equal(bed_send(b, &r), server);
		assert_int_equal(bed_send(b, &later), server);
		assert_memory_equal(b->out.data + 14 + 16, b->state.server[server].address.bytes, 4);
	}
	/* One of a packet that has a server which has died since. */
	for (int j = 0; j < 8; j++)
		b->state.server[j].state = MARLLB_SERVER_STATE_DEAD;
	bed_publish(b);
	{
		struct recipe r = bed_packet(b, 199, ACK);

		r.id = 1199;
		r.fragment_offset = 10;
		assert_int_equal(bed_send(b, &r), -1);
		assert_int_equal(b->out.drop, MARLLB_DROP_NO_SERVER);
	}
	bed_free(b);
}

static void
it_answers_for_its_addresses(void **unused)
{
	struct bed *b = bed_plan(2, 4096, MARLLB_DSR);
	const struct marllb_address client = { 4, { 10, 1, 0, 9 } };
	const struct marllb_address *asked[] = { &b->config.vip[0].address, &b->config.ipv4.address };
	struct recipe echo = plain(4, MARLLB_PROTO_ICMP);

	(void)unused;
	bed_make(b);
	for (int i = 0; i < 2; i++) {
		b->frame.data = b->frame.room + HEADROOM;
		b->frame.length = marllb_ask(b->frame.data, (const uint8_t *)"\x02\x22\x22\x22\x22\x22",
					     &client, asked[i]);
		b->out = (struct marllb_frame){ .data = b->frame.data, .length = b->frame.length };
		marllb_balancer_burst(b->balancer, &b->out, 1, b->now);
		assert_int_equal(b->out.verdict, MARLLB_ANSWER);
		assert_memory_equal(b->out.data + 14 + 8, b->config.mac, 6);
	}
	echo.icmp_type = 8;
	memcpy(echo.dst, b->config.vip[0].address.bytes, 4);
	assert_int_equal(bed_send(b, &echo), -1);
	assert_int_equal(b->out.verdict, MARLLB_ANSWER);
	echo.dst[3]++;
	assert_int_equal(bed_send(b, &echo), -1);
	assert_int_equal(b->out.drop, MARLLB_DROP_NOT_VIP);
	assert_int_equal(bed_counts(b)->answered, 3);
	bed_free(b);
}

static void
clients_on_the_link_are_remembered_and_unknown_ones_asked_for(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_NAT);
	struct marllb_note note;
	struct recipe r;

	(void)unused;
	bed_make(b);
	r = bed_packet(b, 1, SYN);
	memcpy(r.src, "\x0a\x01\x00\x09", 4);
	assert_int_equal(bed_send(b, &r), 0);
	assert_true(marllb_balancer_note(b->balancer, &note));
	assert_int_equal(note.kind, MARLLB_NOTE_NEIGHBOUR);
	assert_memory_equal(note.neighbour.address.bytes, r.src, 4);
	assert_false(marllb_balancer_note(b->balancer, &note));

	memcpy(r.dst, r.src, 4);
	memcpy(r.src, b->state.server[0].address.bytes, 4);
	r.dport = r.sport;
	r.sport = 80;
	bed_send(b, &r);
	assert_int_equal(b->out.verdict, MARLLB_FORWARD);
	assert_memory_equal(b->out.data, note.neighbour.mac, 6);

	r.dst[3] = 10; /* nobody has seen that one */
	bed_send(b, &r);
	assert_int_equal(b->out.drop, MARLLB_DROP_NO_NEIGHBOUR);
	assert_true(marllb_balancer_note(b->balancer, &note));
	assert_int_equal(note.kind, MARLLB_NOTE_WANTED);
	assert_memory_equal(note.neighbour.address.bytes, r.dst, 4);
	bed_free(b);
}

static void
a_server_without_a_mac_address_keeps_its_flows(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);

	(void)unused;
	b->state.server[0].has_mac = false;
	bed_make(b);
	assert_int_equal(bed_tcp(b, 1, SYN), -1);
	assert_int_equal(b->out.drop, MARLLB_DROP_NO_NEIGHBOUR);
	assert_int_equal(bed_tcp(b, 1, ACK), -1);
	assert_int_equal(bed_counts(b)->server[0].in_flight, 1);
	assert_int_equal(bed_counts(b)->server[0].drops, 2);
	b->state.server[0].has_mac = true;
	bed_publish(b);
	assert_int_equal(bed_tcp(b, 1, ACK), 0);
	assert_int_equal(bed_counts(b)->server[0].started, 1);
	bed_free(b);
}

static void
an_instruction_set_that_is_not_there_is_refused_with_a_reason(void **unused)
{
	struct bed *b = bed_plan(1, 4096, MARLLB_DSR);
	const char *reason = NULL;
	void *memory = aligned_alloc(64, (marllb_balancer_bytes(&b->config) + 63) & ~(size_t)63);

	(void)unused;
	b->options.isa = 9;
	memset(memory, 0, marllb_balancer_bytes(&b->config));
	assert_null(marllb_balancer_create(memory, &b->config, &b->pool, &b->options, &reason));
	assert_non_null(strstr(reason, "instruction set"));
	free(memory);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(established_flows_stay_where_they_are),
		cmocka_unit_test(a_server_in_a_used_slot_gets_none_of_the_old_flows),
		cmocka_unit_test(flows_of_a_dead_server_are_placed_again_and_counted),
		cmocka_unit_test(a_repeated_syn_finds_its_flow),
		cmocka_unit_test(a_syn_after_the_end_begins_a_new_flow),
		cmocka_unit_test(weights_are_honoured),
		cmocka_unit_test(active_servers_share_flows_if_none_has_a_weight),
		cmocka_unit_test(without_a_server_packets_are_dropped_with_that_reason),
		cmocka_unit_test(a_flood_of_syns_takes_a_part_of_the_table_and_legitimate_flows_pass),
		cmocka_unit_test(flows_without_an_entry_stay_on_their_server_while_weights_change),
		cmocka_unit_test(
			the_fallback_follows_static_weights_and_moves_few_flows_when_a_server_goes),
		cmocka_unit_test(counts_return_to_zero_whatever_flows_do),
		cmocka_unit_test(idle_flows_run_out_each_in_its_own_time),
		cmocka_unit_test(nothing_keeps_a_flow_longer_than_it_should),
		cmocka_unit_test(time_with_flows_and_flows_over_time_are_integrated_exactly),
		cmocka_unit_test(samples_of_several_servers_come_one_a_burst),
		cmocka_unit_test(completion_times_and_ages_are_sampled_as_the_packets_tell),
		cmocka_unit_test(each_flow_is_sampled_once_for_each_acknowledgement),
		cmocka_unit_test(without_features_nothing_is_sampled),
		cmocka_unit_test(nat_knows_both_ends_of_a_flow),
		cmocka_unit_test(nat_on_several_cores_ends_a_flow_with_its_client),
		cmocka_unit_test(udp_flows_end_with_silence),
		cmocka_unit_test(every_packet_is_forwarded_answered_or_dropped_for_a_reason),
		cmocka_unit_test(packets_and_bytes_are_counted_at_their_server),
		cmocka_unit_test(variants_agree),
		cmocka_unit_test(dsr_changes_the_link_addresses_and_nothing_else),
		cmocka_unit_test(nat_translates_both_ways),
		cmocka_unit_test(prepared_translation_equals_the_general_one),
		cmocka_unit_test(vips_that_share_servers_by_nat_get_their_own_packets_back),
		cmocka_unit_test(what_comes_from_nobody_we_know_is_dropped),
		cmocka_unit_test(tunnels_carry_the_packet_and_long_ones_are_answered),
		cmocka_unit_test(icmp_errors_follow_the_flow_they_are_about),
		cmocka_unit_test(fragments_follow_their_first_one),
		cmocka_unit_test(it_answers_for_its_addresses),
		cmocka_unit_test(clients_on_the_link_are_remembered_and_unknown_ones_asked_for),
		cmocka_unit_test(a_server_without_a_mac_address_keeps_its_flows),
		cmocka_unit_test(an_instruction_set_that_is_not_there_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
