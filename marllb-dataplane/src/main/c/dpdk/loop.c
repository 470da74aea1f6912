// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <time.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "loop.h"

/*
 * Without packets a core first polls on, then sleeps: on processors that it shares, polling takes the time from the very programs whose packets it
 * waits for. So long is not noticed by them, and two of them are less than a client waits for a connection.
 */
#define EMPTY_POLLS 64
#define NAP_NANOS 20000
#define OUTGOING_EVERY 64 /* polls between looks at what the control wants to send */

static uint64_t
monotonic_nanos(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
send_outgoing(const struct marllb_loop *loop)
{
	struct rte_mbuf *m;

	while (rte_ring_sc_dequeue(loop->outgoing, (void **)&m) == 0) {
		if (rte_eth_tx_burst(loop->port, loop->queue, &m, 1) == 0)
			rte_pktmbuf_free(m);
	}
}

/* One longer than a buffer comes in several; without the others it is truncated, and refused as that. */
static void
cut(struct rte_mbuf *m)
{
	rte_pktmbuf_free(m->next);
	m->next = NULL;
	m->nb_segs = 1;
	m->pkt_len = m->data_len;
}

static void
to_frame(struct marllb_frame *f, struct rte_mbuf *m)
{
	if (unlikely(m->nb_segs > 1))
		cut(m);
	f->data = rte_pktmbuf_mtod(m, uint8_t *);
	f->length = rte_pktmbuf_data_len(m);
	f->headroom = rte_pktmbuf_headroom(m);
	f->tailroom = rte_pktmbuf_tailroom(m);
}

static void
from_frame(struct rte_mbuf *m, const struct marllb_frame *f)
{
	m->data_off = (uint16_t)(f->data - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)f->length;
	m->pkt_len = f->length;
}

static void
work_on(const struct marllb_loop *loop, struct rte_mbuf **packets, uint16_t count, uint64_t now)
{
	struct marllb_frame frames[MARLLB_BURST];
	struct rte_mbuf *out[MARLLB_BURST];
	uint16_t origin[MARLLB_BURST]; /* frame of each that goes out */
	uint16_t going = 0;
	uint16_t sent;

	for (uint16_t i = 0; i < count; i++)
		to_frame(&frames[i], packets[i]);
	marllb_balancer_burst(loop->balancer, frames, count, now);
	for (uint16_t i = 0; i < count; i++) {
		if (frames[i].verdict == MARLLB_DROP) {
			rte_pktmbuf_free(packets[i]);
		} else {
			from_frame(packets[i], &frames[i]);
			origin[going] = i;
			out[going++] = packets[i];
		}
	}
	sent = rte_eth_tx_burst(loop->port, loop->queue, out, going);
	for (uint16_t i = sent; i < going; i++) {
		marllb_balancer_undelivered(loop->balancer, &frames[origin[i]]);
		rte_pktmbuf_free(out[i]);
	}
}

int
marllb_loop_run(void *loops)
{
	const struct marllb_loop *loop = &((const struct marllb_loop *)loops)[rte_lcore_id()];
	const struct timespec nap = { 0, NAP_NANOS };
	struct rte_mbuf *packets[MARLLB_BURST];
	uint32_t empty = 0;
	uint32_t polls = 0;

	/* The kernel would else round a nap up by 50 us. */
	prctl(PR_SET_TIMERSLACK, 1);
	while (!atomic_load_explicit(loop->stop, memory_order_relaxed)) {
		uint16_t count = rte_eth_rx_burst(loop->port, loop->queue, packets, MARLLB_BURST);

		work_on(loop, packets, count, monotonic_nanos());
		if (loop->outgoing != NULL && ++polls % OUTGOING_EVERY == 0)
			send_outgoing(loop);
		empty = count == 0 ? empty + 1 : 0;
		if (empty > EMPTY_POLLS && loop->sleeps) {
			if (loop->outgoing != NULL)
				send_outgoing(loop);
			nanosleep(&nap, NULL);
		}
	}
	return 0;
}
