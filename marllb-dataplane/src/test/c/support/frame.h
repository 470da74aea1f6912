/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_TEST_FRAME_H
#define MARLLB_TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames to order, and an independent, slow look at what is in one. */

/* Room in front of and behind a frame under test. */
#define HEADROOM 64
#define TAILROOM 16
#define FRAME_MAX 2048

struct frame {
	uint8_t room[HEADROOM + FRAME_MAX + TAILROOM];
	uint8_t *data;
	uint32_t length;
};

/* What to build; zero is the plainest there is. */
struct recipe {
	int family; /* 4 or 6 */
	int tags;
	int options;		     /* bytes of IPv4 options, a multiple of 4 */
	bool hop_by_hop, routing, destination, authentication; /* IPv6 extension headers */
	bool fragment_header;	     /* IPv6; written also where the next two are 0 */
	uint16_t fragment_offset;    /* in units of 8 bytes */
	bool more_fragments;
	uint32_t id;
	bool df;
	uint8_t ttl, tos;
	uint8_t proto;
	uint8_t src[16], dst[16];
	uint16_t sport, dport; /* host byte order */
	uint8_t tcp_flags;
	int tcp_options; /* bytes, a multiple of 4 */
	bool no_checksum; /* UDP */
	uint8_t icmp_type, icmp_code;
	uint32_t icmp_rest;
	const uint8_t *payload; /* NULL: bytes 0, 1, 2, ... */
	uint32_t payload_length;
	int padding; /* bytes behind the IP packet */
};

/* Splitmix64: the stream of a test is its seed. */
uint64_t next_word(uint64_t *state);

/* Less than bound, evenly enough for tests. */
uint32_t below(uint64_t *state, uint32_t bound);

/* A packet from 192.0.2.1:40000 to 10.0.0.100:80, or 2001:db8::1 to fd00::100, TTL 64. */
struct recipe plain(int family, uint8_t proto);

/* Builds the frame with right checksums (of the whole packet it says it is). */
void build(struct frame *f, const struct recipe *r);

/* The bytes of a frame. */
void load(struct frame *f, const uint8_t *bytes, uint32_t length);

/* RFC 1071 as it is written: 16 bits at a time, in network byte order. */
uint16_t slow_checksum(const uint8_t *bytes, uint32_t length, uint32_t sum);

/*
 * What is wrong with the checksums of a well-formed frame, looking into tunnels and ICMP errors;
 * NULL: nothing. Fragments are looked at no deeper than their IP header.
 */
const char *wrong_checksum(const uint8_t *frame, uint32_t length);

/* Where the IP header of a frame begins. */
uint32_t ip_offset(const uint8_t *frame);

/* A recipe drawn at random: all headers, kinds and sizes that the balancer forwards. */
struct recipe random_recipe(uint64_t *state);

/*
 * An ICMP error, built into f, from a router on the way, about the packet that `about` builds, of
 * which so many bytes are brought back.
 */
void build_error(struct frame *f, const struct recipe *about, uint32_t bytes);

#endif
