/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data plane that only talks: the C side of the shared memory's tests and measurements.
 *
 *   shm_peer MODE FILE SERVERS COUNT
 *
 *   write      publishes COUNT records at full speed
 *   tear       the same until the reader leaves, but announces each before its body is there
 *   read       reads records until number COUNT and looks at every field
 *   peek       reads slot 0 as it is, without versions, until COUNT reads were torn
 *   ping-beat, ping-entry, ping-record
 *              COUNT round trips: a word, an event and a command, msg_out and msg_in
 *   live       publishes, reads, and answers commands, until its input ends
 *
 * Says "ready" when the segment is there, and its results as name=value at the end. Every field of
 * a record follows from its sequence, as in Content.java.
 */
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shm.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)
#define STEP_INVERSE UINT64_C(0xf1de83e19937733d) /* STEP * STEP_INVERSE = 1 modulo 2^64 */
#define FIELD UINT64_C(0xbf58476d1ce4e5b9)
#define HEAD_FIELDS 64
#define SERVER_FIELDS 32
/* Seconds that the other side may take to come and to go. */
#define PATIENCE_NANOS UINT64_C(60000000000)
#define LOOKS_BETWEEN_CHECKS (1 << 16)

static struct marllb_shm shm;
static struct marllb_shm scratch, unused;
static struct marllb_msg_out out;
static struct marllb_msg_in in, expected;
static uint32_t servers;
static pid_t parent;

static uint64_t
now_nanos(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
die(const char *message)
{
	fprintf(stderr, "shm_peer: %s\n", message);
	marllb_shm_close(&shm);
	exit(1);
}

/* Nobody is left to talk to. */
static void
live_with_parent(void)
{
	if (getppid() != parent)
		die("the parent is gone");
}

static uint64_t
value(uint64_t sequence, uint64_t field)
{
	return sequence * STEP + field * FIELD;
}

static double
small(uint64_t word)
{
	return (double)(word >> 40);
}

/* Leaves out what tells about the other side: msg_in_applied, fallbacks, msg_in_refused. */
static void
fill_out(struct marllb_msg_out *m, uint64_t s)
{
	m->time_nanos = value(s, 0);
	m->rx_packets = value(s, 1);
	m->rx_bytes = value(s, 2);
	m->tx_packets = value(s, 3);
	m->tx_bytes = value(s, 4);
	for (uint64_t i = 0; i < MARLLB_DROPS; i++)
		m->drops[i] = value(s, 5 + i);
	m->answered = value(s, 21);
	m->flows = value(s, 22);
	m->flow_slots = value(s, 23);
	m->events_lost = value(s, 24);
	m->repicked = value(s, 25);
	m->stage = (uint32_t)(s % 3);
	for (uint64_t j = 0; j < servers; j++) {
		struct marllb_server_out *server = &m->server[j];
		uint64_t field = HEAD_FIELDS + j * SERVER_FIELDS;

		server->state = (uint32_t)((s + j) % MARLLB_SERVER_STATE_COUNT);
		server->generation = (uint32_t)value(s, field);
		server->in_flight = (int32_t)value(s, field + 1);
		server->started = value(s, field + 2);
		server->completed = value(s, field + 3);
		server->rejected = value(s, field + 4);
		server->aborted = value(s, field + 5);
		server->busy_nanos = value(s, field + 6);
		server->in_flight_nanos = value(s, field + 7);
		server->packets = value(s, field + 8);
		server->bytes = value(s, field + 9);
		server->drops = value(s, field + 10);
		server->static_weight = small(value(s, field + 11));
		for (uint64_t k = 0; k < 5; k++) {
			server->fct[k] = (double)((s + j * 16 + k) & 0xffffff);
			server->duration[k] = (double)((s + j * 16 + 8 + k) & 0xffffff);
		}
	}
}

static void
fill_in(struct marllb_msg_in *m, uint64_t s)
{
	m->time_nanos = value(s, 0);
	m->answers = value(s, 1);
	m->rule = (uint32_t)(s % MARLLB_RULE_COUNT);
	m->choices = (uint32_t)(1 + s % servers);
	m->bias_scale = small(value(s, 2));
	m->bias_offset = small(value(s, 3));
	m->exponent = small(value(s, 4));
	m->vpp_ties = (uint32_t)(s & 1);
	m->servers = servers;
	for (uint64_t j = 0; j < servers; j++) {
		uint64_t field = HEAD_FIELDS + j * SERVER_FIELDS;

		m->weight[j] = small(value(s, field));
		m->state[j] = (uint32_t)((s + j) % MARLLB_SERVER_STATE_COUNT);
		m->generation[j] = (uint32_t)value(s, field + 1);
		m->cells[j].threshold = value(s, field + 2) >> 32;
		m->cells[j].alias = (uint32_t)((s + j) % servers);
		m->cells[j].reserved = 0;
	}
}

static bool
is_in(const struct marllb_msg_in *m, uint64_t s)
{
	struct marllb_msg_in *e = &expected;

	fill_in(e, s);
	return memcmp(&m->time_nanos, &e->time_nanos,
		      offsetof(struct marllb_msg_in, checksum) -
			      offsetof(struct marllb_msg_in, time_nanos)) == 0 &&
	       memcmp(m->weight, e->weight, servers * sizeof(m->weight[0])) == 0 &&
	       memcmp(m->state, e->state, servers * sizeof(m->state[0])) == 0 &&
	       memcmp(m->generation, e->generation, servers * sizeof(m->generation[0])) == 0 &&
	       memcmp(m->cells, e->cells, servers * sizeof(m->cells[0])) == 0;
}

static uint32_t
controller(void)
{
	return atomic_load_explicit((const _Atomic uint32_t *)&shm.segment->header.controller_pid,
				    memory_order_acquire);
}

static void
await_controller(bool there)
{
	uint64_t end = now_nanos() + PATIENCE_NANOS;

	while ((controller() != 0) != there) {
		live_with_parent();
		if (now_nanos() > end)
			die(there ? "no controller came" : "the controller does not leave");
		sched_yield();
	}
}

static void
write_records(uint64_t count)
{
	for (uint64_t s = 1; s <= count; s++) {
		fill_out(&out, s);
		marllb_shm_publish_out(&shm, &out);
		if (s % LOOKS_BETWEEN_CHECKS == 0)
			live_with_parent();
	}
	printf("published=%" PRIu64 "\n", count);
}

/*
 * What must not be done: the sequence says that the record is there while it is being written. Goes
 * on until the reader has seen enough and leaves.
 */
static void
write_torn(void)
{
	const size_t words = (offsetof(struct marllb_msg_out, server) +
			      servers * sizeof(struct marllb_server_out)) /
				     sizeof(uint64_t) -
			     1;
	uint64_t s;

	for (s = 1; controller() != 0; s++) {
		struct marllb_msg_out *slot = &shm.segment->msg_out[s % MARLLB_RING];
		volatile uint64_t *to = &slot->time_nanos;

		fill_out(&out, s);
		marllb_shm_publish_out(&scratch, &out); /* for the checksum */
		atomic_store((_Atomic uint64_t *)&slot->sequence, s);
		atomic_store((_Atomic uint64_t *)&shm.segment->dataplane_beat.latest_msg_out, s);
		for (size_t i = 0; i < words; i++) {
			uint64_t word;

			memcpy(&word, (const char *)&out.time_nanos + i * sizeof(word),
			       sizeof(word));
			to[i] = word;
		}
		if (s % LOOKS_BETWEEN_CHECKS == 0)
			live_with_parent();
	}
	printf("published=%" PRIu64 "\n", s - 1);
}

static void
read_records(uint64_t count)
{
	uint64_t good = 0, torn = 0, backwards = 0, last = 0;

	for (uint64_t looks = 1; last < count; looks++) {
		if (marllb_shm_read_in(&shm, &in) == MARLLB_READING_FRESH) {
			good++;
			backwards += in.sequence <= last;
			torn += !is_in(&in, in.sequence);
			last = in.sequence;
		}
		if (looks % LOOKS_BETWEEN_CHECKS != 0)
			continue;
		live_with_parent();
		/* The last record was not good: it will not come any more. */
		if (controller() == 0 && shm.refused >= count)
			break;
	}
	printf("good=%" PRIu64 " torn=%" PRIu64 " backwards=%" PRIu64 " refused=%" PRIu64 "\n",
	       good, torn, backwards, marllb_shm_refusals(&shm));
}

/* A record without versions can only be recognised by what is in it. */
static void
peek_records(uint64_t count)
{
	const volatile uint64_t *slot = &shm.segment->msg_in[0].sequence;
	uint64_t good = 0, torn = 0;

	for (uint64_t looks = 1; torn < count; looks++) {
		for (size_t i = 0; i < sizeof(in) / sizeof(uint64_t); i++) {
			uint64_t word = slot[i];

			memcpy((char *)&in + i * sizeof(word), &word, sizeof(word));
		}
		if (looks % LOOKS_BETWEEN_CHECKS == 0)
			live_with_parent();
		if (in.time_nanos == 0)
			continue; /* not written yet */
		if (is_in(&in, in.time_nanos * STEP_INVERSE))
			good++;
		else
			torn++;
	}
	printf("good=%" PRIu64 " torn=%" PRIu64 "\n", good, torn);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
round_trip(const char *kind, uint64_t i)
{
	uint64_t looks = 0;

	if (strcmp(kind, "ping-beat") == 0) {
		marllb_shm_beat(&shm, i);
		while (marllb_shm_peer_beat(&shm) != i) {
			if (++looks % LOOKS_BETWEEN_CHECKS == 0)
				live_with_parent();
		}
	} else if (strcmp(kind, "ping-entry") == 0) {
		struct marllb_event event = { .kind = MARLLB_EVENT_KIND_FLOW_END, .value = i };
		struct marllb_command command;

		if (marllb_shm_write_event(&shm, &event) == 0)
			die("no room for an event");
		while (marllb_shm_take_command(&shm, &command) != MARLLB_READING_FRESH) {
			if (++looks % LOOKS_BETWEEN_CHECKS == 0)
				live_with_parent();
		}
	} else {
		marllb_shm_publish_out(&shm, &out);
		while (marllb_shm_read_in(&shm, &in) != MARLLB_READING_FRESH) {
			if (++looks % LOOKS_BETWEEN_CHECKS == 0)
				live_with_parent();
		}
		if (in.answers != i)
			die("an answer to another record");
	}
}

/* The first fifth lets the other side's compiler warm up. */
static void
ping(const char *kind, uint64_t count)
{
	uint64_t warm_up = count / 5, measured = 0;
	uint64_t *nanos = calloc(count, sizeof(*nanos));

	if (nanos == NULL)
		die("no memory");
	fill_out(&out, 1);
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t start = now_nanos();

		round_trip(kind, i);
		if (i > warm_up)
			nanos[measured++] = now_nanos() - start;
	}
	qsort(nanos, measured, sizeof(*nanos), compare);
	printf("min=%.1f p50=%.1f p99=%.1f p999=%.1f\n", (double)nanos[0] / 2,
	       (double)nanos[measured / 2] / 2, (double)nanos[measured * 99 / 100] / 2,
	       (double)nanos[measured * 999 / 1000] / 2);
	free(nanos);
}

static bool
input_ended(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&input, 1, 0) != 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

/* fallbacks tells how many records were accepted and are not what their sequence says. */
static void
live(void)
{
	uint64_t bad = 0, accepted = 0, last = 0, rounds = 0;

	while (rounds++ % 64 != 0 || !input_ended()) {
		struct marllb_command command;

		marllb_shm_beat(&shm, now_nanos());
		if (marllb_shm_read_in(&shm, &in) == MARLLB_READING_FRESH) {
			accepted++;
			bad += !is_in(&in, in.sequence) || in.sequence <= last;
			last = in.sequence;
		}
		while (marllb_shm_take_command(&shm, &command) == MARLLB_READING_FRESH) {
			struct marllb_event event = { .kind = MARLLB_EVENT_KIND_COMMAND_DONE,
						      .value = command.sequence };

			bad += command.kind != MARLLB_COMMAND_KIND_UP || command.server >= servers;
			marllb_shm_write_event(&shm, &event);
		}
		fill_out(&out, shm.written + 1);
		out.msg_in_applied = last;
		out.msg_in_refused = marllb_shm_refusals(&shm) + shm.entries_refused;
		out.fallbacks = bad;
		marllb_shm_publish_out(&shm, &out);
		sched_yield();
	}
	printf("published=%" PRIu64 " accepted=%" PRIu64 " bad=%" PRIu64 " refused=%" PRIu64 "\n",
	       shm.written, accepted, bad, marllb_shm_refusals(&shm) + shm.entries_refused);
}

int
main(int argc, char **argv)
{
	struct marllb_shm_spec spec = { .cores = 1, .balancers = 1, .interval_nanos = 250000000 };
	char error[MARLLB_SHM_ERROR_SIZE];
	const char *mode;
	uint64_t count;

	if (argc != 5)
		die("MODE FILE SERVERS COUNT");
	mode = argv[1];
	servers = spec.servers = (uint32_t)strtoul(argv[3], NULL, 10);
	count = strtoull(argv[4], NULL, 10);
	parent = getppid();
	if (marllb_shm_create(&shm, argv[2], &spec, error) != 0 ||
	    marllb_shm_in_memory(&scratch, &unused, &spec, error) != 0)
		die(error);
	printf("ready\n");
	fflush(stdout);
	if (strcmp(mode, "live") != 0)
		await_controller(true);
	if (strcmp(mode, "write") == 0)
		write_records(count);
	else if (strcmp(mode, "tear") == 0)
		write_torn();
	else if (strcmp(mode, "read") == 0)
		read_records(count);
	else if (strcmp(mode, "peek") == 0)
		peek_records(count);
	else if (strncmp(mode, "ping-", 5) == 0)
		ping(mode, count);
	else if (strcmp(mode, "live") == 0)
		live();
	else
		die("no such mode");
	fflush(stdout);
	if (strcmp(mode, "live") != 0)
		await_controller(false);
	marllb_shm_close(&shm);
	return 0;
}
