/* SPDX-License-Identifier: Apache-2.0 */
#include "bed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
zeroed(size_t bytes)
{
	size_t rounded = (bytes + 63) & ~(size_t)63;
	void *at = aligned_alloc(64, rounded);

	if (at == NULL) {
		fprintf(stderr, "no memory for %zu bytes\n", rounded);
		exit(1);
	}
	memset(at, 0, rounded);
	return at;
}

struct bed *
bed_plan(uint32_t servers, uint32_t slots, enum marllb_mode mode)
{
	struct bed *b = zeroed(sizeof(*b));
	struct marllb_config *c = &b->config;

	b->now = 1000 * BED_SECOND;
	c->vips = 1;
	c->vip[0] = (struct marllb_config_vip){
		.address = { 4, { 10, 0, 0, 100 } },
		.port = htons(80),
		.proto = MARLLB_PROTO_TCP,
		.mode = mode,
	};
	c->ipv4 = (struct marllb_config_network){ .address = { 4, { 10, 1, 0, 250 } }, .prefix = 24 };
	c->ipv6 = (struct marllb_config_network){
		.address = { 6, { 0xfd, 1, [15] = 250 } }, .prefix = 64
	};
	memcpy(c->mac, "\x02\x01\x01\x01\x01\x01", 6);
	c->mtu = 1500;
	c->flows = slots;
	c->slots = servers;
	c->balancers = 1;
	c->interval_nanos = 50 * BED_MILLISECOND;
	c->established_nanos = 300 * BED_SECOND;
	c->embryonic_nanos = 5 * BED_SECOND;
	c->closing_nanos = 10 * BED_SECOND;
	c->fallback = MARLLB_RULE_SED;
	b->options = (struct marllb_balancer_options){ .seed = 7, .hash_seed = 8, .features = true };
	b->state.servers = servers;
	b->state.policy = (struct marllb_policy){
		.rule = MARLLB_RULE_WEIGHTED_RANDOM, .choices = 2, .scale = 1, .offset = 1
	};
	for (uint32_t j = 0; j < servers; j++) {
		b->state.server[j] = (struct marllb_pool_server){
			.address = { 4, { 10, 1, 0, (uint8_t)(1 + j) } },
			.mac = { 2, 0, 0, 0, 0, (uint8_t)j },
			.has_mac = true,
			.state = MARLLB_SERVER_STATE_ACTIVE,
			.generation = 1,
			.weight = 1,
			.static_weight = 1,
		};
	}
	b->state.has_gateway[0] = b->state.has_gateway[1] = true;
	memcpy(b->state.gateway[0], "\x02\xee\xee\xee\xee\x04", 6);
	memcpy(b->state.gateway[1], "\x02\xee\xee\xee\xee\x06", 6);
	return b;
}

void
bed_make(struct bed *b)
{
	const char *reason = NULL;

	b->balancer = marllb_balancer_create(zeroed(marllb_balancer_bytes(&b->config)), &b->config,
					     &b->pool, &b->options, &reason);
	if (b->balancer == NULL) {
		fprintf(stderr, "%s\n", reason);
		exit(1);
	}
	bed_publish(b);
}

void
bed_free(struct bed *b)
{
	marllb_balancer_destroy(b->balancer);
	free(b->balancer);
	free(b);
}

void
bed_publish(struct bed *b)
{
	marllb_pool_publish(&b->pool, &b->state);
	/* Maglev's tables are built a little with each burst. */
	for (int i = 0; i < 100000; i++) {
		marllb_balancer_burst(b->balancer, NULL, 0, b->now);
		if (b->balancer->fallback.filling == NULL && b->balancer->maglev.filling == NULL)
			return;
	}
}

int
bed_send(struct bed *b, const struct recipe *r)
{
	build(&b->frame, r);
	b->out = (struct marllb_frame){
		.data = b->frame.data,
		.length = b->frame.length,
		.headroom = HEADROOM,
		.tailroom = TAILROOM,
	};
	marllb_balancer_burst(b->balancer, &b->out, 1, b->now);
	return b->out.verdict == MARLLB_FORWARD && b->out.server != MARLLB_NO_SERVER ? b->out.server : -1;
}

struct recipe
bed_packet(const struct bed *b, uint32_t client, uint8_t flags)
{
	struct recipe r = plain(4, MARLLB_PROTO_TCP);

	memcpy(r.dst, b->config.vip[0].address.bytes, 16);
	r.dport = ntohs(b->config.vip[0].port);
	r.src[0] = 172;
	r.src[1] = 16;
	r.src[2] = (uint8_t)(client >> 24);
	r.src[3] = (uint8_t)(client >> 16);
	r.sport = (uint16_t)client;
	r.tcp_flags = flags;
	r.payload_length = 0;
	return r;
}

int
bed_tcp(struct bed *b, uint32_t client, uint8_t flags)
{
	struct recipe r = bed_packet(b, client, flags);

	return bed_send(b, &r);
}

int
bed_back(struct bed *b, uint32_t client, uint32_t server, uint8_t flags)
{
	struct recipe r = bed_packet(b, client, flags);

	memcpy(r.dst, r.src, 4);
	memcpy(r.src, b->state.server[server].address.bytes, 4);
	r.dport = r.sport;
	r.sport = b->state.server[server].port != 0 ? ntohs(b->state.server[server].port)
						    : ntohs(b->config.vip[0].port);
	return bed_send(b, &r);
}

void
bed_wait(struct bed *b, uint64_t nanos)
{
	uint64_t until = b->now + nanos;

	/* 64 buckets may be aged with each burst. */
	while (b->now < until) {
		uint64_t step = until - b->now;

		b->now += step < BED_MILLISECOND ? step : BED_MILLISECOND;
		for (int i = 0; i < 4; i++)
			marllb_balancer_burst(b->balancer, NULL, 0, b->now);
	}
}

const struct marllb_counts *
bed_counts(struct bed *b)
{
	marllb_balancer_ask_counts(b->balancer);
	marllb_balancer_burst(b->balancer, NULL, 0, b->now);
	return marllb_balancer_counts(b->balancer);
}

uint64_t
bed_drops(struct bed *b)
{
	const struct marllb_counts *c = bed_counts(b);
	uint64_t sum = 0;

	for (int i = 0; i < MARLLB_DROPS; i++)
		sum += c->drops[i];
	return sum;
}
