/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two cores, the control and a controller, each in a thread of its own: what they share is shared
 * properly (under ThreadSanitizer), and each record that comes out is consistent.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "check.h"
#include "control.h"
#include "shm.h"

#define CORES 2
#define SERVERS 16
#define RECORDS 60

static _Atomic bool stop;
static _Atomic uint64_t clock_nanos = 1000 * BED_SECOND;

struct core {
	struct marllb_balancer *balancer;
	pthread_t thread;
	uint64_t sent;
};

static uint64_t
later(uint64_t nanos)
{
	return atomic_fetch_add_explicit(&clock_nanos, nanos, memory_order_relaxed) + nanos;
}

static void *
run_core(void *argument)
{
	static const uint8_t flags[] = { SYN, ACK, ACK, ACK, FIN, RST };
	struct core *core = argument;
	struct bed *recipes = bed_plan(SERVERS, 16, MARLLB_DSR);
	static struct frame frames[CORES][MARLLB_BURST];
	struct frame *mine = frames[core->sent];
	uint64_t random = core->sent, now = 0;

	core->sent = 0;
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		struct marllb_frame out[MARLLB_BURST];

		for (unsigned i = 0; i < MARLLB_BURST; i++) {
			struct recipe r = bed_packet(recipes, below(&random, 5000),
						     flags[below(&random, sizeof(flags))]);

			r.dport = below(&random, 50) == 0 ? 81 : 80;
			build(&mine[i], &r);
			out[i] = (struct marllb_frame){ .data = mine[i].data, .length = mine[i].length };
		}
		/* The clock of one core never goes back. */
		now = later(1000) > now ? atomic_load_explicit(&clock_nanos, memory_order_relaxed) : now;
		marllb_balancer_burst(core->balancer, out, MARLLB_BURST, now);
		core->sent += MARLLB_BURST;
	}
	free(recipes);
	return NULL;
}

static void *
run_control(void *control)
{
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		marllb_control_tick(control, later(100000));
		sched_yield();
	}
	return NULL;
}

static void
nothing(void *context, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)frame;
	(void)length;
}

static void
assert_consistent(const struct marllb_msg_out *out)
{
	uint64_t drops = 0;

	for (int i = 0; i < MARLLB_DROPS; i++)
		drops += out->drops[i];
	assert_int_equal(out->rx_packets, out->tx_packets + drops);
	for (unsigned j = 0; j < SERVERS; j++) {
		const struct marllb_server_out *s = &out->server[j];

		assert_int_equal(s->started, s->completed + s->rejected + s->aborted +
						     (uint64_t)s->in_flight);
		assert_true(s->in_flight >= 0);
	}
}

/* New weights, states and servers, as fast as they are taken. */
static void
disturb(struct marllb_shm *controller, struct marllb_msg_in *in, const struct marllb_msg_out *out,
	uint64_t *random)
{
	struct marllb_command c = { .server = below(random, SERVERS), .family = 4,
				    .address = { 10, 1, 0, 99 }, .has_mac = 1, .static_weight = 1 };

	in->rule = below(random, MARLLB_RULE_COUNT);
	for (unsigned j = 0; j < SERVERS; j++) {
		in->weight[j] = below(random, 10);
		in->generation[j] = out->server[j].generation;
		in->state[j] = 1 + below(random, 3);
	}
	marllb_shm_publish_in(controller, in);
	c.generation = out->server[c.server].generation;
	c.kind = out->server[c.server].state == MARLLB_SERVER_STATE_ABSENT
			 ? MARLLB_COMMAND_KIND_ADD
			 : below(random, 4) == 0 ? MARLLB_COMMAND_KIND_REMOVE
						 : MARLLB_COMMAND_KIND_DRAIN + below(random, 3);
	marllb_shm_write_command(controller, &c);
}

static void
all_of_it_at_once(void **unused)
{
	static struct marllb_shm dataplane, controller;
	static struct marllb_msg_out out;
	static struct marllb_msg_in in = { .choices = 2, .bias_scale = 1, .bias_offset = 1, .exponent = 1 };
	struct bed *bed = bed_plan(SERVERS, 8192, MARLLB_DSR);
	struct marllb_shm_spec spec = { SERVERS, CORES, 1, 250 * BED_MILLISECOND };
	struct marllb_control_setup setup = { .config = &bed->config,
					      .shm = &dataplane,
					      .pool = &bed->pool,
					      .cores = CORES,
					      .interval_nanos = 250 * BED_MILLISECOND,
					      .send = nothing };
	struct marllb_balancer *balancers[CORES];
	struct core cores[CORES];
	struct marllb_control *control;
	char error[MARLLB_SHM_ERROR_SIZE];
	const char *reason = NULL;
	pthread_t thread;
	uint64_t random = 1, records = 0, sequence = 0, sent = 0;

	(void)unused;
	bed->config.established_nanos = BED_SECOND;
	bed->config.embryonic_nanos = 100 * BED_MILLISECOND;
	bed->config.interval_nanos = 10 * BED_MILLISECOND;
	bed->config.servers = SERVERS;
	for (unsigned j = 0; j < SERVERS; j++)
		bed->config.server[j] = (struct marllb_config_server){
			.address = bed->state.server[j].address, .has_mac = true, .weight = 1
		};
	check(marllb_shm_in_memory(&dataplane, &controller, &spec, error) == 0, "%s", error);
	for (unsigned k = 0; k < CORES; k++) {
		size_t bytes = (marllb_balancer_bytes(&bed->config) + 63) & ~(size_t)63;
		void *memory = aligned_alloc(64, bytes);

		memset(memory, 0, bytes);
		bed->options.seed = k;
		balancers[k] = marllb_balancer_create(memory, &bed->config, &bed->pool, &bed->options,
						      &reason);
		assert_non_null(balancers[k]);
		cores[k] = (struct core){ .balancer = balancers[k], .sent = k };
	}
	setup.balancers = balancers;
	control = marllb_control_create(&setup, atomic_load(&clock_nanos));
	assert_non_null(control);
	for (unsigned k = 0; k < CORES; k++)
		assert_int_equal(pthread_create(&cores[k].thread, NULL, run_core, &cores[k]), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_control, control), 0);

	/* Bounded by records, which only come if all threads go on. */
	while (records < RECORDS) {
		enum marllb_reading reading = marllb_shm_read_out(&controller, &out);

		if (reading != MARLLB_READING_FRESH) {
			sched_yield();
			continue;
		}
		assert_true(out.sequence > sequence);
		sequence = out.sequence;
		assert_consistent(&out);
		disturb(&controller, &in, &out, &random);
		records++;
	}
	atomic_store(&stop, true);
	for (unsigned k = 0; k < CORES; k++) {
		pthread_join(cores[k].thread, NULL);
		sent += cores[k].sent;
	}
	pthread_join(thread, NULL);
	assert_true(out.rx_packets > 0 && out.rx_packets <= sent);
	assert_int_equal(out.msg_in_refused, 0);
	assert_true(out.repicked > 0);
	marllb_control_destroy(control);
	for (unsigned k = 0; k < CORES; k++) {
		marllb_balancer_destroy(balancers[k]);
		free(balancers[k]);
	}
	marllb_shm_close(&controller);
	marllb_shm_close(&dataplane);
	free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
