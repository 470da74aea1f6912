/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a packet costs in the core, without any device: bench_core [ROUNDS [BURSTS [LEVEL [VARIANT [FLOWS]]]]].
 *
 * Bursts of 32 TCP packets of 60 bytes are written before the clock starts, so what is timed is
 * marllb_balancer_burst alone. Variants take turns within each round; per variant the median over the
 * bursts of a round is taken, and of these the least and the median over rounds are printed, in
 * cycles of the time stamp counter per packet. Percentiles of a whole burst are over all rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "balancer.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#error "bench_core counts cycles with rdtsc"
#endif

#define SERVERS 64
#define FRAME 60
#define ROOM 128
#define STEP_NANOS 1000 /* between bursts: 32 Mpps */

enum traffic {
	STICKY, /* data of known flows */
	CHURN,	/* each flow is SYN, ACK, 5 data packets, FIN, and then a new one */
	OPEN,	/* each packet opens a flow, and flows end outside of the timed part */
};

struct variant {
	const char *name;
	enum marllb_mode mode;
	bool features, back; /* back: packets of the servers */
	uint32_t flows;
	enum traffic traffic;
	enum marllb_rule rule;
	/* state */
	struct marllb_config config;
	struct marllb_pool *pool;
	struct marllb_balancer *balancer;
	uint8_t *stage; /* [flows], of CHURN */
	uint16_t *turn; /* [flows], distinguishes its successors */
	uint64_t random, now;
	uint32_t *cycles; /* [rounds * bursts] of a burst */
	double *medians;  /* [rounds], cycles per packet */
};

#define STICKY_OF(text, mode_, features_, flows_)                                                  \
	{ .name = text, .mode = mode_, .features = features_, .flows = flows_ }

static struct variant variants[] = {
	STICKY_OF("dsr", MARLLB_DSR, false, 10000),
	STICKY_OF("dsr + features", MARLLB_DSR, true, 10000),
	STICKY_OF("nat", MARLLB_NAT, false, 10000),
	STICKY_OF("nat + features", MARLLB_NAT, true, 10000),
	{ .name = "nat, way back", .mode = MARLLB_NAT, .features = true, .flows = 10000, .back = true },
	STICKY_OF("ipip + features", MARLLB_IPIP, true, 10000),
	STICKY_OF("gre + features", MARLLB_GRE, true, 10000),
	STICKY_OF("dsr", MARLLB_DSR, false, 1000000),
	STICKY_OF("dsr + features", MARLLB_DSR, true, 1000000),
	STICKY_OF("nat", MARLLB_NAT, false, 1000000),
	STICKY_OF("nat + features", MARLLB_NAT, true, 1000000),
	{ .name = "churn, alias", .features = true, .flows = 10000, .traffic = CHURN },
	{ .name = "churn, two choices", .features = true, .flows = 10000, .traffic = CHURN,
	  .rule = MARLLB_RULE_TWO_CHOICES },
	{ .name = "churn, sed", .features = true, .flows = 10000, .traffic = CHURN,
	  .rule = MARLLB_RULE_SED },
	{ .name = "churn, alias", .features = true, .flows = 1000000, .traffic = CHURN },
	{ .name = "churn, sed", .features = true, .flows = 1000000, .traffic = CHURN,
	  .rule = MARLLB_RULE_SED },
	{ .name = "new flow, alias", .features = true, .flows = 10000, .traffic = OPEN },
	{ .name = "new flow, two choices", .features = true, .flows = 10000, .traffic = OPEN,
	  .rule = MARLLB_RULE_TWO_CHOICES },
	{ .name = "new flow, sed", .features = true, .flows = 10000, .traffic = OPEN,
	  .rule = MARLLB_RULE_SED },
	{ .name = "new flow, least flows", .features = true, .flows = 10000, .traffic = OPEN,
	  .rule = MARLLB_RULE_LEAST_FLOWS },
	{ .name = "new flow, maglev", .features = true, .flows = 10000, .traffic = OPEN,
	  .rule = MARLLB_RULE_MAGLEV },
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static uint8_t frame_room[MARLLB_BURST][ROOM + 64] __attribute__((aligned(64)));
static bool huge = true;

static uint32_t
draw(struct variant *v, uint32_t bound)
{
	v->random = v->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(((v->random >> 32) * bound) >> 32);
}

static void *
memory(size_t bytes)
{
	const size_t page = 2 << 20;
	void *at;

	bytes = (bytes + page - 1) & ~(page - 1);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (at == MAP_FAILED) {
		huge = false;
		at = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at == MAP_FAILED) {
			fprintf(stderr, "bench_core: no memory for %zu bytes\n", bytes);
			exit(1);
		}
		at = (void *)(((uintptr_t)at + page - 1) & ~(uintptr_t)(page - 1));
		madvise(at, bytes, MADV_HUGEPAGE);
		memset(at, 0, bytes);
	}
	return at;
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A packet of flow i in its turn; to the VIP, or from its server. */
static void
write_packet(struct marllb_frame *f, uint8_t *room, uint32_t i, uint32_t turn, uint8_t flags,
	     int from_server)
{
	uint8_t *d = room + 64, *ip = d + 14, *tcp = ip + 20;

	memset(d, 0, FRAME);
	d[1] = 1;
	d[7] = 2;
	d[12] = 8;
	ip[0] = 0x45;
	put16(ip + 2, 40);
	ip[8] = 64;
	ip[9] = 6;
	ip[12] = 172;
	ip[13] = (uint8_t)(16 + (turn >> 8));
	put16(ip + 14, i >> 8);
	put16(tcp, (i << 8 | (turn & 0xff)) & 0xffff);
	ip[16] = 10;
	ip[19] = 100;
	put16(tcp + 2, 80);
	if (from_server >= 0) {
		memcpy(ip + 16, ip + 12, 4);
		memcpy(tcp + 2, tcp, 2);
		ip[12] = 10;
		ip[13] = 1;
		ip[14] = 0;
		ip[15] = (uint8_t)(1 + from_server);
		put16(tcp, 80);
	}
	tcp[12] = 0x50;
	tcp[13] = flags;
	*f = (struct marllb_frame){ .data = d, .length = FRAME, .headroom = 64, .tailroom = ROOM - FRAME };
}

static void
set_up(struct variant *v, unsigned isa, unsigned rounds, unsigned bursts)
{
	static struct marllb_pool_state state;
	struct marllb_balancer_options options = {
		.isa = isa, .seed = 1, .hash_seed = 2, .features = v->features
	};
	struct marllb_config *c = &v->config;
	const char *reason = NULL;
	uint32_t slots = 16384;

	while (slots < 2 * v->flows)
		slots *= 2;
	c->vips = 1;
	c->vip[0] = (struct marllb_config_vip){
		.address = { 4, { 10, 0, 0, 100 } }, .port = (uint16_t)(80 << 8), .proto = 6, .mode = v->mode
	};
	c->ipv4 = (struct marllb_config_network){ .address = { 4, { 10, 2, 0, 1 } }, .prefix = 24 };
	c->mtu = 1500;
	c->flows = slots;
	c->slots = SERVERS;
	c->established_nanos = 3600000000000;
	c->embryonic_nanos = 100000000000;
	c->closing_nanos = 1;
	memset(&state, 0, sizeof(state));
	state.servers = SERVERS;
	state.has_gateway[0] = true;
	state.policy = (struct marllb_policy){ .rule = v->rule, .choices = 2, .scale = 1, .offset = 1 };
	for (unsigned j = 0; j < SERVERS; j++) {
		state.server[j] = (struct marllb_pool_server){
			.address = { 4, { 10, 1, 0, (uint8_t)(1 + j) } },
			.mac = { 2, 0, 0, 0, 0, (uint8_t)j }, .has_mac = true,
			.state = MARLLB_SERVER_STATE_ACTIVE, .generation = 1,
			.weight = 1 + j % 4, .static_weight = 1 + j % 4,
		};
	}
	v->pool = aligned_alloc(64, (sizeof(*v->pool) + 63) & ~(size_t)63);
	memset(v->pool, 0, sizeof(*v->pool));
	marllb_pool_publish(v->pool, &state);
	v->balancer = marllb_balancer_create(memory(marllb_balancer_bytes(c)), c, v->pool, &options,
					     &reason);
	if (v->balancer == NULL) {
		fprintf(stderr, "bench_core: %s\n", reason);
		exit(77);
	}
	v->random = 12345;
	v->now = 1000000000;
	v->stage = calloc(v->flows, 1);
	v->turn = calloc(v->flows, sizeof(*v->turn));
	v->cycles = calloc((size_t)rounds * bursts, sizeof(*v->cycles));
	v->medians = calloc(rounds, sizeof(*v->medians));
}

static uint64_t
timed(struct variant *v, struct marllb_frame *frames, unsigned count)
{
	uint64_t from, to;
	unsigned aux;

	v->now += STEP_NANOS;
	_mm_lfence();
	from = __rdtsc();
	marllb_balancer_burst(v->balancer, frames, count, v->now);
	to = __rdtscp(&aux);
	_mm_lfence();
	return to - from;
}

/* Opens all flows, so that they are there when the clock starts. */
static void
warm_up(struct variant *v)
{
	struct marllb_frame frames[MARLLB_BURST];

	/* Maglev's tables are built in the background. */
	for (unsigned i = 0; i < 40000; i++)
		timed(v, frames, 0);
	if (v->traffic != STICKY)
		return;
	for (uint32_t i = 0; i < v->flows; i += MARLLB_BURST) {
		unsigned n = v->flows - i < MARLLB_BURST ? v->flows - i : MARLLB_BURST;

		for (unsigned k = 0; k < n; k++)
			write_packet(&frames[k], frame_room[k], i + k, 0, MARLLB_TCP_SYN, -1);
		timed(v, frames, n);
		for (unsigned k = 0; k < n; k++)
			write_packet(&frames[k], frame_room[k], i + k, 0, MARLLB_TCP_ACK, -1);
		timed(v, frames, n);
		if (!v->back)
			continue;
		for (unsigned k = 0; k < n; k++)
			v->turn[i + k] = frames[k].server;
	}
}

static uint8_t
next_flags(struct variant *v, uint32_t i)
{
	uint8_t at = v->stage[i]++;

	if (at == 0)
		return MARLLB_TCP_SYN;
	if (at < 7)
		return MARLLB_TCP_ACK;
	v->stage[i] = 0;
	return MARLLB_TCP_ACK | MARLLB_TCP_FIN;
}

static uint64_t
one_burst(struct variant *v)
{
	struct marllb_frame frames[MARLLB_BURST];
	uint32_t flow[MARLLB_BURST];
	uint64_t cycles;

	for (unsigned k = 0; k < MARLLB_BURST; k++) {
		uint32_t i = draw(v, v->flows);
		uint8_t flags = MARLLB_TCP_ACK;
		uint32_t turn = v->traffic == STICKY ? 0 : v->turn[i];

		flow[k] = i;
		if (v->traffic == CHURN)
			flags = next_flags(v, i);
		else if (v->traffic == OPEN)
			flags = MARLLB_TCP_SYN;
		write_packet(&frames[k], frame_room[k], i, turn, flags, v->back ? v->turn[i] : -1);
		if (v->traffic == CHURN && flags & MARLLB_TCP_FIN)
			v->turn[i] = (v->turn[i] + 1) & 0xfff;
	}
	cycles = timed(v, frames, MARLLB_BURST);
	if (v->traffic == OPEN) {
		for (unsigned k = 0; k < MARLLB_BURST; k++) {
			write_packet(&frames[k], frame_room[k], flow[k], v->turn[flow[k]],
				     MARLLB_TCP_RST, -1);
			v->turn[flow[k]] = (v->turn[flow[k]] + 1) & 0xfff;
		}
		timed(v, frames, MARLLB_BURST);
		v->now += 30000000; /* and they are swept out */
		for (unsigned k = 0; k < 2; k++)
			timed(v, frames, 0);
	}
	return cycles;
}

static int
by_cycles(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 9;
	unsigned bursts = argc > 2 ? (unsigned)atoi(argv[2]) : 4000;
	unsigned isa = argc > 3 ? (unsigned)atoi(argv[3]) : MARLLB_ISA_BEST;
	const char *only = argc > 4 ? argv[4] : "";
	uint32_t *sorted;

	if (rounds < 1 || bursts < 1) {
		fprintf(stderr, "usage: bench_core [ROUNDS [BURSTS [LEVEL [VARIANT [FLOWS]]]]]\n");
		return 2;
	}
	sorted = calloc((size_t)rounds * bursts, sizeof(*sorted));
	for (unsigned i = 0; i < VARIANTS; i++) {
		if (strncmp(variants[i].name, only, strlen(only)) != 0 ||
		    (argc > 5 && variants[i].flows != (uint32_t)atoi(argv[5])))
			continue;
		set_up(&variants[i], isa, rounds, bursts);
		warm_up(&variants[i]);
	}
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < VARIANTS; i++) {
			struct variant *v = &variants[i];
			uint32_t *cycles = v->cycles + (size_t)r * bursts;

			if (v->balancer == NULL)
				continue;
			for (unsigned k = 0; k < bursts / 4; k++)
				one_burst(v); /* its data is in the caches again */
			for (unsigned k = 0; k < bursts; k++)
				cycles[k] = (uint32_t)one_burst(v);
			memcpy(sorted, cycles, bursts * sizeof(*sorted));
			qsort(sorted, bursts, sizeof(*sorted), by_cycles);
			v->medians[r] = sorted[bursts / 2] / (double)MARLLB_BURST;
		}
	}
	printf("%u servers, %u rounds of %u bursts, %s pages\n", SERVERS, rounds, bursts,
	       huge ? "2 MB" : "4 KB or transparent");
	printf("%-24s %8s | %6s %6s | %8s %8s %8s\n", "cycles", "flows", "best", "median",
	       "burst p50", "p99", "p99.9");
	for (unsigned i = 0; i < VARIANTS; i++) {
		struct variant *v = &variants[i];
		size_t n = (size_t)rounds * bursts;

		if (v->balancer == NULL)
			continue;
		qsort(v->medians, rounds, sizeof(double), by_value);
		memcpy(sorted, v->cycles, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), by_cycles);
		printf("%-24s %8u | %6.1f %6.1f | %8u %8u %8u\n", v->name, v->flows, v->medians[0],
		       v->medians[rounds / 2], sorted[n / 2], sorted[n * 99 / 100],
		       sorted[n * 999 / 1000]);
	}
	return 0;
}
