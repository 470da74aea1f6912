/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "check.h"
#include "control.h"
#include "shm.h"

#define SERVERS 4
#define MANY (MARLLB_SAMPLES_ASKED + 4) /* more than are asked about together */
#define INTERVAL (250 * BED_MILLISECOND) /* control interval */

/* A balancer, its control, and a controller that is this test. */
struct site {
	struct bed *bed;
	struct marllb_control *control;
	struct marllb_shm dataplane, controller;
	struct marllb_msg_in in;
	struct marllb_msg_out out;
	unsigned asked;
	struct marllb_address last_asked;
};

static void
on_send(void *context, const uint8_t *frame, uint32_t length)
{
	struct site *s = context;

	assert_int_equal(length, 60);
	s->asked++;
	s->last_asked.family = 4;
	memcpy(s->last_asked.bytes, frame + 38, 4);
}

static struct site *
site_make_of(unsigned servers, enum marllb_mode mode, bool macs)
{
	struct site *s = calloc(1, sizeof(*s));
	struct bed *b = bed_plan(servers, 65536, mode);
	struct marllb_shm_spec spec = { servers, 1, 1, INTERVAL };
	char error[MARLLB_SHM_ERROR_SIZE];
	struct marllb_control_setup setup = { .config = &b->config,
					      .shm = &s->dataplane,
					      .pool = &b->pool,
					      .cores = 1,
					      .interval_nanos = INTERVAL,
					      .send = on_send,
					      .context = s };

	s->bed = b;
	b->config.servers = servers - 1; /* the last slot is absent */
	for (unsigned j = 0; j < servers - 1; j++) {
		b->config.server[j] = (struct marllb_config_server){
			.address = b->state.server[j].address, .has_mac = macs, .weight = 1 + j
		};
		memcpy(b->config.server[j].mac, b->state.server[j].mac, 6);
	}
	b->config.ipv4.gateway = (struct marllb_address){ 4, { 10, 1, 0, 254 } };
	check(marllb_shm_in_memory(&s->dataplane, &s->controller, &spec, error) == 0, "%s", error);
	/* The bed's own pool is that of the control, so it is published before the bed is made. */
	bed_make(b);
	b->pool.version = 0;
	b->balancer->pool_version = 0;
	setup.balancers = &b->balancer;
	s->control = marllb_control_create(&setup, b->now);
	assert_non_null(s->control);
	s->in = (struct marllb_msg_in){ .rule = MARLLB_RULE_SED, .choices = 2, .bias_scale = 1,
					.bias_offset = 1, .exponent = 1, .servers = servers };
	for (unsigned j = 0; j < servers; j++) {
		s->in.weight[j] = 1;
		s->in.generation[j] = 1;
		s->in.state[j] = j < servers - 1 ? MARLLB_SERVER_STATE_ACTIVE
						 : MARLLB_SERVER_STATE_ABSENT;
	}
	s->in.weight[servers - 1] = 0;
	return s;
}

static struct site *
site_make(enum marllb_mode mode, bool macs)
{
	return site_make_of(SERVERS, mode, macs);
}

static void
site_free(struct site *s)
{
	marllb_control_destroy(s->control);
	marllb_shm_close(&s->controller);
	marllb_shm_close(&s->dataplane);
	bed_free(s->bed);
	free(s);
}

/* Control and core work for so long, a millisecond at a time. */
static void
pass(struct site *s, uint64_t nanos)
{
	for (uint64_t until = s->bed->now + nanos; s->bed->now < until;) {
		s->bed->now += BED_MILLISECOND;
		for (int k = 0; k < 12; k++) { /* a record takes some calls */
			marllb_control_tick(s->control, s->bed->now);
			marllb_balancer_burst(s->bed->balancer, NULL, 0, s->bed->now);
		}
	}
}

static void
publish(struct site *s)
{
	double weight[SERVERS] = { 0 };

	for (unsigned j = 0; j < SERVERS; j++)
		weight[j] = s->in.state[j] == MARLLB_SERVER_STATE_ACTIVE ? s->in.weight[j] : 0;
	marllb_alias_build(SERVERS, weight, s->in.cells);
	s->in.time_nanos = s->bed->now;
	marllb_shm_publish_in(&s->controller, &s->in);
}

static const struct marllb_msg_out *
newest(struct site *s)
{
	while (marllb_shm_read_out(&s->controller, &s->out) == MARLLB_READING_FRESH)
		;
	return &s->out;
}

static uint32_t
command(struct site *s, struct marllb_command c)
{
	uint64_t sequence = marllb_shm_write_command(&s->controller, &c);
	struct marllb_event event;

	assert_true(sequence != 0);
	pass(s, 10 * BED_MILLISECOND);
	while (marllb_shm_take_event(&s->controller, &event) == MARLLB_READING_FRESH)
		if (event.kind == MARLLB_EVENT_KIND_COMMAND_DONE && event.value == sequence)
			return event.detail;
	fail_msg("the command was not answered");
	return UINT32_MAX;
}

static struct marllb_command
add_command(unsigned slot)
{
	return (struct marllb_command){ .kind = MARLLB_COMMAND_KIND_ADD,
					.server = slot,
					.family = 4,
					.address = { 10, 1, 0, 77 },
					.has_mac = 1,
					.mac = { 2, 7, 7, 7, 7, 7 },
					.port = 8080,
					.static_weight = 2 };
}

/* Shares of new flows, from some thousand of them. */
static void
shares(struct site *s, double share[SERVERS])
{
	static uint32_t client = 1000000;
	const uint32_t flows = 6000;
	double counts[SERVERS] = { 0 };

	for (uint32_t i = 0; i < flows; i++, client++) {
		int server = bed_tcp(s->bed, client, SYN);

		assert_true(server >= 0);
		counts[server]++;
		bed_tcp(s->bed, client, RST);
	}
	for (unsigned j = 0; j < SERVERS; j++)
		share[j] = counts[j] / flows;
}

static void
assert_shares(struct site *s, double a, double b, double c, double d)
{
	const double wanted[SERVERS] = { a, b, c, d };
	double share[SERVERS];

	shares(s, share);
	for (unsigned j = 0; j < SERVERS; j++)
		check(fabs(share[j] - wanted[j]) < 0.04, "server %u has %f of the flows, not %f", j,
		      share[j], wanted[j]);
}

static void
the_ladder_is_climbed_down_step_by_step_and_up_at_once(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	pass(s, 100 * BED_MILLISECOND);
	assert_int_equal(newest(s)->stage, 2);
	assert_int_equal(s->out.msg_in_applied, 0);
	for (int round = 0; round < 2; round++) {
		s->in.weight[0] = 3;
		s->in.weight[1] = 0;
		publish(s);
		pass(s, 100 * BED_MILLISECOND);
		assert_int_equal(newest(s)->stage, 0);
		assert_int_equal(s->out.msg_in_applied, round + 1);
		assert_shares(s, 0.75, 0, 0.25, 0);
		pass(s, 4 * INTERVAL);
		assert_int_equal(marllb_control_stage(s->control), 0);
		pass(s, 2 * INTERVAL);
		assert_int_equal(newest(s)->stage, 1);
		assert_shares(s, 0.75, 0, 0.25, 0);
		pass(s, 33 * INTERVAL);
		assert_int_equal(newest(s)->stage, 1);
		pass(s, 2 * INTERVAL);
		assert_int_equal(newest(s)->stage, 2);
		assert_int_equal(s->out.msg_in_applied, 0);
			/* SED on static weights 1, 2, 3: with nothing in flight the heaviest is best. */
		assert_shares(s, 0, 0, 1, 0);
	}
	site_free(s);
}

static void
flows_and_states_outlive_the_controller(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	static uint16_t server_of[2000];

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	publish(s);
	pass(s, 10 * BED_MILLISECOND);
	for (uint32_t i = 0; i < 2000; i++) {
		server_of[i] = (uint16_t)bed_tcp(s->bed, i, SYN);
		bed_tcp(s->bed, i, ACK);
	}
	s->in.state[1] = MARLLB_SERVER_STATE_DRAINING;
	publish(s);
	for (int round = 0; round < 3; round++) {
		pass(s, 42 * INTERVAL); /* it dies ... */
		assert_int_equal(newest(s)->stage, 2);
		assert_int_equal(s->out.server[1].state, MARLLB_SERVER_STATE_DRAINING);
		for (uint32_t i = 0; i < 2000; i++)
			assert_int_equal(bed_tcp(s->bed, i, ACK), server_of[i]);
		for (uint32_t i = 0; i < 300; i++)
			assert_int_not_equal(bed_tcp(s->bed, 100000u * (uint32_t)(round + 1) + i, SYN), 1);
		publish(s); /* ... and returns */
		pass(s, 10 * BED_MILLISECOND);
		assert_int_equal(marllb_control_stage(s->control), 0);
		for (uint32_t i = 0; i < 2000; i++)
			assert_int_equal(bed_tcp(s->bed, i, ACK), server_of[i]);
	}
	assert_int_equal(newest(s)->repicked, 0);
	site_free(s);
}

static void
what_a_record_says_of_another_generation_is_ignored(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	s->in.generation[0] = 2;
	s->in.state[0] = MARLLB_SERVER_STATE_DEAD;
	s->in.state[2] = MARLLB_SERVER_STATE_ABSENT; /* only a command removes a server */
	publish(s);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->server[0].state, MARLLB_SERVER_STATE_ACTIVE);
	assert_int_equal(s->out.server[2].state, MARLLB_SERVER_STATE_ACTIVE);
	assert_shares(s, 0, 0.5, 0.5, 0);
	site_free(s);
}

static void
published_cells_are_used_while_they_are_those_of_the_states(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	struct marllb_command down = { .kind = MARLLB_COMMAND_KIND_DOWN, .server = 2, .generation = 1 };

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	s->in.weight[2] = 2;
	s->in.time_nanos = s->bed->now;
	/* Cells that can be told from those that would be built here: all flows go to server 1. */
	for (unsigned j = 0; j < SERVERS; j++)
		s->in.cells[j] = (struct marllb_cell){ .threshold = 0, .alias = 1 };
	marllb_shm_publish_in(&s->controller, &s->in);
	pass(s, 10 * BED_MILLISECOND);
	assert_shares(s, 0, 1, 0, 0);
	/* A state that they do not know: now they are built here. */
	assert_int_equal(command(s, down), MARLLB_COMMAND_RESULT_OK);
	assert_shares(s, 0.5, 0.5, 0, 0);
	site_free(s);
}

static void
records_that_cannot_be_followed_are_refused_and_counted(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	publish(s);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->msg_in_refused, 0);
	s->in.exponent = 0.5; /* valid, but not for C */
	publish(s);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->msg_in_refused, 1);
	s->in.exponent = 1;
	s->in.weight[0] = NAN; /* not valid */
	publish(s);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->msg_in_refused, 2);
	assert_int_equal(s->out.msg_in_applied, 1);
	assert_int_equal(s->out.stage, 0);
	assert_shares(s, 0.333, 0.333, 0.333, 0);
	site_free(s);
}

static void
commands_change_servers_and_are_answered(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	struct marllb_command c = { .kind = MARLLB_COMMAND_KIND_DRAIN, .server = 0, .generation = 1 };

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	publish(s);
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_OK);
	assert_shares(s, 0, 0.5, 0.5, 0);
	c.kind = MARLLB_COMMAND_KIND_UP;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_OK);
	c.kind = MARLLB_COMMAND_KIND_DOWN;
	c.server = 1;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_OK);
	assert_shares(s, 0.5, 0, 0.5, 0);
	c.generation = 7;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_BAD_STATE);
	c.generation = 1;
	c.server = SERVERS;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_BAD_SLOT);
	c.server = SERVERS - 1;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_BAD_STATE);
	c.kind = MARLLB_COMMAND_KIND_REMOVE;
	c.server = 1;
	assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_OK);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->server[1].state, MARLLB_SERVER_STATE_ABSENT);
	site_free(s);
}

static void
an_added_server_waits_for_a_record_that_knows_it(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	const unsigned slot = SERVERS - 1;

	(void)unused;
	s->in.rule = MARLLB_RULE_WEIGHTED_RANDOM;
	publish(s);
	assert_int_equal(command(s, add_command(slot)), MARLLB_COMMAND_RESULT_OK);
	assert_int_equal(command(s, add_command(slot)), MARLLB_COMMAND_RESULT_BAD_STATE);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->server[slot].state, MARLLB_SERVER_STATE_ACTIVE);
	assert_int_equal(s->out.server[slot].generation, 1);
	assert_true(s->out.server[slot].static_weight == 2);
	assert_shares(s, 0.333, 0.333, 0.333, 0);
	s->in.state[slot] = MARLLB_SERVER_STATE_ACTIVE;
	s->in.weight[slot] = 3;
	publish(s);
	pass(s, 10 * BED_MILLISECOND);
	assert_shares(s, 0.167, 0.167, 0.167, 0.5);
	/* Without a controller it has its static weight. */
	pass(s, 42 * INTERVAL);
	assert_int_equal(marllb_control_stage(s->control), 2);
	assert_true(s->bed->balancer->chooser.weight[slot] == 2);
	site_free(s);
}

static void
a_slot_is_used_again_with_the_next_generation(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	struct marllb_command gone = { .kind = MARLLB_COMMAND_KIND_REMOVE, .server = 0, .generation = 1 };

	(void)unused;
	publish(s);
	pass(s, 10 * BED_MILLISECOND);
	for (uint32_t i = 0; i < 90; i++) {
		bed_tcp(s->bed, i, SYN);
		bed_tcp(s->bed, i, ACK);
	}
	assert_int_equal(command(s, gone), MARLLB_COMMAND_RESULT_OK);
	assert_int_equal(command(s, add_command(0)), MARLLB_COMMAND_RESULT_OK);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->server[0].generation, 2);
	assert_int_equal(s->out.server[0].in_flight, 0);
	assert_int_equal(s->out.server[0].started, 0);
	for (uint32_t i = 0; i < 90; i++)
		assert_true(bed_tcp(s->bed, i, ACK) >= 0);
	pass(s, 60 * BED_MILLISECOND);
	assert_int_equal(newest(s)->repicked, 30);
	site_free(s);
}

static void
addresses_that_no_server_can_have_are_refused(void **unused)
{
	static const struct marllb_address bad[] = {
		{ 4, { 0, 0, 0, 0 } },	 { 4, { 224, 0, 0, 1 } },  { 4, { 10, 0, 0, 100 } },
		{ 4, { 10, 1, 0, 250 } }, { 5, { 10, 1, 0, 77 } }, { 6, { 0xfd, 1, [15] = 7 } },
	};
	struct site *s = site_make(MARLLB_NAT, true);

	(void)unused;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct marllb_command c = add_command(SERVERS - 1);

		c.family = bad[i].family;
		memcpy(c.address, bad[i].bytes, 16);
		check(command(s, c) == MARLLB_COMMAND_RESULT_BAD_ADDRESS, "address %u was taken", i);
	}
	{
		struct marllb_command c = add_command(SERVERS - 1);

		c.static_weight = NAN;
		assert_int_equal(command(s, c), MARLLB_COMMAND_RESULT_BAD_ADDRESS);
	}
	site_free(s);
}

static void
records_say_what_the_core_counted_and_sampled(void **unused)
{
	struct site *s = site_make_of(MANY, MARLLB_DSR, true);
	struct bed *b = s->bed;
	struct marllb_reducer *reducer = marllb_reducer_create(MARLLB_RESERVOIR_SLOTS);
	struct marllb_event event;
	uint64_t ends = 0, drops = 0;

	(void)unused;
	publish(s);
	pass(s, 10 * BED_MILLISECOND);
	for (uint32_t i = 0; i < 600; i++) {
		struct recipe other = bed_packet(b, i, SYN);

		bed_tcp(b, i, SYN);
		b->now += 100000;
		bed_tcp(b, i, ACK);
		bed_tcp(b, i, ACK);
		if (i % 2)
			bed_tcp(b, i, FIN);
		other.dport = 81;
		bed_send(b, &other);
	}
	pass(s, 120 * BED_MILLISECOND);
	newest(s);
	assert_int_equal(s->out.servers, MANY);
	for (int i = 0; i < MARLLB_DROPS; i++)
		drops += s->out.drops[i];
	assert_int_equal(drops, 600);
	assert_int_equal(s->out.rx_packets, 600 * 4 + 300);
	assert_int_equal(s->out.rx_packets, s->out.tx_packets + drops);
	assert_int_equal(s->out.flows, 600);
	assert_int_equal(s->out.flow_slots, 65536);
	for (unsigned j = 0; j < MANY - 1; j++) {
		const struct marllb_server_out *out = &s->out.server[j];
		const struct marllb_reservoir *r = &b->balancer->completions[j];
		const struct marllb_server_counts *counts = &bed_counts(b)->server[j];
		double wanted[MARLLB_STATISTICS];

		assert_int_equal(out->started, counts->started);
		assert_int_equal(out->completed, counts->completed);
		assert_int_equal(out->in_flight, counts->in_flight);
		assert_int_equal(out->started, out->completed + (uint64_t)out->in_flight);
		assert_int_equal(out->packets, counts->packets);
		/* The integrals are those of the record's time. */
		assert_int_equal(out->in_flight_nanos +
					 (uint64_t)out->in_flight * (b->now - s->out.time_nanos),
				 counts->in_flight_nanos);
		assert_int_equal(out->busy_nanos + (b->now - s->out.time_nanos), counts->busy_nanos);
		marllb_reducer_clear(reducer);
		marllb_reducer_load(reducer, r->sample, r->size);
		marllb_reducer_all(reducer, wanted);
		assert_memory_equal(out->fct, wanted, sizeof(wanted));
		r = &b->balancer->durations[j];
		marllb_reducer_clear(reducer);
		marllb_reducer_load(reducer, r->sample, r->size);
		marllb_reducer_all(reducer, wanted);
		assert_memory_equal(out->duration, wanted, sizeof(wanted));
		assert_true(out->duration[0] > 0);
	}
	assert_int_equal(s->out.server[MANY - 1].state, MARLLB_SERVER_STATE_ABSENT);
	assert_true(isnan(s->out.server[MANY - 1].fct[0]));
	while (marllb_shm_take_event(&s->controller, &event) == MARLLB_READING_FRESH)
		if (event.kind == MARLLB_EVENT_KIND_FLOW_END) {
			assert_int_equal(event.value, 100000);
			assert_int_equal(event.detail, MARLLB_OUTCOME_COMPLETED);
			ends++;
		}
	assert_int_equal(ends, 300);
	marllb_reducer_destroy(reducer);
	site_free(s);
}

static void
records_come_each_interval(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, true);
	uint64_t first;

	(void)unused;
	pass(s, 500 * BED_MILLISECOND);
	first = newest(s)->sequence;
	pass(s, 1000 * BED_MILLISECOND);
	assert_int_equal(newest(s)->sequence, first + 20); /* of 50 ms */
	assert_true(s->bed->now - marllb_shm_peer_beat(&s->controller) < 10 * BED_MILLISECOND);
	site_free(s);
}

static void
mac_addresses_are_asked_for_and_learnt(void **unused)
{
	struct site *s = site_make(MARLLB_DSR, false);
	struct bed *b = s->bed;

	(void)unused;
	pass(s, 2 * BED_MILLISECOND);
	assert_int_equal(s->asked, SERVERS - 1 + 1); /* servers and the gateway */
	assert_int_equal(bed_tcp(b, 1, SYN), -1);
	assert_int_equal(b->out.drop, MARLLB_DROP_NO_NEIGHBOUR);
	for (unsigned j = 0; j < SERVERS - 1; j++) {
		/* Its request tells where it is, too. */
		b->frame.data = b->frame.room + HEADROOM;
		b->frame.length = marllb_ask(b->frame.data, b->config.server[j].mac,
					     &b->config.server[j].address, &b->config.ipv4.address);
		b->out = (struct marllb_frame){ .data = b->frame.data, .length = b->frame.length };
		marllb_balancer_burst(b->balancer, &b->out, 1, b->now);
	}
	pass(s, 2 * BED_MILLISECOND);
	for (uint32_t i = 2; i < 20; i++) {
		int server = bed_tcp(b, i, SYN);

		assert_true(server >= 0);
		assert_memory_equal(b->out.data, b->config.server[server].mac, 6);
	}
	s->asked = 0;
	pass(s, 10 * BED_SECOND);
	assert_true(s->asked > 30); /* the gateway keeps silent */
	assert_memory_equal(s->last_asked.bytes, b->config.ipv4.gateway.bytes, 4);
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ladder_is_climbed_down_step_by_step_and_up_at_once),
		cmocka_unit_test(flows_and_states_outlive_the_controller),
		cmocka_unit_test(what_a_record_says_of_another_generation_is_ignored),
		cmocka_unit_test(published_cells_are_used_while_they_are_those_of_the_states),
		cmocka_unit_test(records_that_cannot_be_followed_are_refused_and_counted),
		cmocka_unit_test(commands_change_servers_and_are_answered),
		cmocka_unit_test(an_added_server_waits_for_a_record_that_knows_it),
		cmocka_unit_test(a_slot_is_used_again_with_the_next_generation),
		cmocka_unit_test(addresses_that_no_server_can_have_are_refused),
		cmocka_unit_test(records_say_what_the_core_counted_and_sampled),
		cmocka_unit_test(records_come_each_interval),
		cmocka_unit_test(mac_addresses_are_asked_for_and_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
