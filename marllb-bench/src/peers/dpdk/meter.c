// SPDX-License-Identifier: Apache-2.0
/*
 * Measures any DPDK program from inside, without changing it: preloaded (LD_PRELOAD), it counts the packets that port 0 received and the CPU time
 * that the process used between two moments, prints both, and ends the program as Ctrl-C would.
 *
 * Virtual devices have neither checksum offloads nor RSS, and some of DPDK's examples ask for both; so requests for them are dropped.
 *
 * Environment: METER_WARMUP_MS before the first moment (default 1000), METER_MS between both (default 2000).
 * Prints one line on stderr: meter received=N sent=N cpu_ns=N wall_ns=N
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>

struct moment {
	uint64_t received;
	uint64_t sent;
	uint64_t cpu;
	uint64_t wall;
};

static uint64_t
nanos(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
pause_ms(const char *name, long fallback)
{
	const char *text = getenv(name);
	long ms = text != NULL ? strtol(text, NULL, 10) : fallback;
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) != 0)
		continue;
}

static struct moment
now(void)
{
	struct moment m = { 0 };
	struct rte_eth_stats stats;
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port) {
		if (rte_eth_stats_get(port, &stats) == 0) {
			m.received += stats.ipackets;
			m.sent += stats.opackets;
		}
	}
	m.cpu = nanos(CLOCK_PROCESS_CPUTIME_ID);
	m.wall = nanos(CLOCK_MONOTONIC);
	return m;
}

static void *
measure(void *unused)
{
	struct moment a;
	struct moment b;

	(void)unused;
	pause_ms("METER_WARMUP_MS", 1000);
	a = now();
	pause_ms("METER_MS", 2000);
	b = now();
	fprintf(stderr, "meter received=%" PRIu64 " sent=%" PRIu64 " cpu_ns=%" PRIu64 " wall_ns=%" PRIu64 "\n",
		b.received - a.received, b.sent - a.sent, b.cpu - a.cpu, b.wall - a.wall);
	fflush(stderr);
	kill(getpid(), SIGINT);
	return NULL;
}

/* The first port that starts starts the measurement too: then the program is about to forward. */
int
rte_eth_dev_start(uint16_t port)
{
	static int started;
	int (*real)(uint16_t) = (int (*)(uint16_t))dlsym(RTLD_NEXT, "rte_eth_dev_start");
	int rc = real(port);
	pthread_t thread;

	if (rc == 0 && !started) {
		started = 1;
		pthread_create(&thread, NULL, measure, NULL);
		pthread_detach(thread);
	}
	return rc;
}

int
rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf)
{
	int (*real)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *) =
		(int (*)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *))dlsym(RTLD_NEXT,
			"rte_eth_dev_configure");
	struct rte_eth_conf plain = *conf;

	plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	plain.rxmode.offloads = 0;
	plain.txmode.offloads = 0;
	plain.rx_adv_conf.rss_conf.rss_hf = 0;
	return real(port, rx, tx, &plain);
}

int
rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t slots, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	int (*real)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_rxconf *,
		struct rte_mempool *) =
		(int (*)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_rxconf *,
			struct rte_mempool *))dlsym(RTLD_NEXT, "rte_eth_rx_queue_setup");
	struct rte_eth_rxconf plain;

	if (conf == NULL)
		return real(port, queue, slots, socket, NULL, pool);
	plain = *conf;
	plain.offloads = 0;
	return real(port, queue, slots, socket, &plain, pool);
}
