/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_REWRITE_H
#define MARLLB_REWRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "checksum.h"
#include "packet.h"

/*
 * The ways to a server. Each takes a packet as marllb_parse left it, and after it only p->data and
 * p->length hold. Addresses are 16 bytes, IPv4 in the first four; ports are in network byte order.
 * Functions that may refuse return 0 or MARLLB_REFUSED(reason), and then the frame is as it was.
 */

enum marllb_mode { MARLLB_DSR, MARLLB_NAT, MARLLB_IPIP, MARLLB_GRE };

/* Direct server return is this alone: the frame goes to another station, the packet is untouched. */
static inline void
marllb_rewrite_link(uint8_t *data, const uint8_t own[6], const uint8_t next[6])
{
	memcpy(data, next, 6);
	memcpy(data + 6, own, 6);
}

/* As the two functions below, for all that may be translated. */
int marllb_nat_any(struct marllb_packet *p, bool to_server, const uint8_t address[16],
		   uint16_t port);

/* TCP or UDP over IPv4, whole; the caller has looked. */
static inline int
marllb_nat_ipv4(struct marllb_packet *p, bool to_server, const uint8_t address[16], uint16_t port)
{
	uint8_t *ip = p->data + p->l3;
	uint8_t *l4 = p->data + p->l4;
	uint8_t *place = ip + (to_server ? 16 : 12);
	uint8_t *port_place = l4 + (to_server ? 2 : 0);
	uint16_t old_port = marllb_raw16(port_place);
	uint16_t lower = marllb_word((uint8_t)(ip[8] - 1), ip[9]);
	uint64_t difference;

	if (ip[8] <= 1)
		return MARLLB_REFUSED(MARLLB_DROP_TTL);
	if (port == 0)
		port = old_port;
	difference = marllb_difference32(marllb_raw32(place), marllb_raw32(address));
	marllb_correct(ip + 10,
		       difference + marllb_difference16(marllb_raw16(ip + 8), lower));
	difference += marllb_difference16(old_port, port);
	if (p->kind == MARLLB_TCP)
		marllb_correct(l4 + 16, difference);
	else
		marllb_correct_udp(l4 + 6, difference);
	ip[8]--;
	memcpy(place, address, 4);
	memcpy(port_place, &port, 2);
	return 0;
}

/*
 * Network address translation towards a server: the destination becomes its address and port (0:
 * as it was), TTL or hop limit falls by one, and all checksums follow by difference. ICMP errors
 * are translated within too, fragments as far as they have headers.
 */
static inline int
marllb_nat_to_server(struct marllb_packet *p, const uint8_t server[16], uint16_t port)
{
	if (p->family == 4 && (p->kind == MARLLB_TCP || p->kind == MARLLB_UDP))
		return marllb_nat_ipv4(p, true, server, port);
	return marllb_nat_any(p, true, server, port);
}

/*
 * The way back: the source, a server, becomes the VIP. An ICMP error that a router on the server's
 * side sent keeps that router's address.
 */
static inline int
marllb_nat_to_client(struct marllb_packet *p, const uint8_t vip[16], uint16_t port)
{
	if (p->family == 4 && (p->kind == MARLLB_TCP || p->kind == MARLLB_UDP))
		return marllb_nat_ipv4(p, false, vip, port);
	return marllb_nat_any(p, false, vip, port);
}

/*
 * The same translation for all plain packets (marllb_parse_plain) between one VIP and one server,
 * prepared: what the checksums' sums gain does not differ from packet to packet.
 */
struct marllb_translation {
	uint8_t address[4]; /* new destination, or source on the way back */
	uint16_t port;
	uint16_t ip_gain, l4_gain; /* in ones' complement, TTL included in that of IP */
};

static inline void
marllb_translation_prepare(struct marllb_translation *t, const uint8_t old[4], uint16_t old_port,
			   const uint8_t new[4], uint16_t new_port)
{
	uint64_t address = marllb_difference32(marllb_raw32(old), marllb_raw32(new));
	/* TTL is the first byte of its word, and falls by one. */
	const uint8_t two[2] = {2, 0}, one[2] = {1, 0};
	uint64_t ttl = marllb_difference16(marllb_raw16(two), marllb_raw16(one));

	memcpy(t->address, new, 4);
	t->port = new_port;
	t->ip_gain = marllb_fold(address + ttl);
	t->l4_gain = marllb_fold(address + marllb_difference16(old_port, new_port));
}

static inline void
marllb_gain(uint8_t *checksum, uint16_t gain)
{
	uint32_t sum = (uint16_t)~marllb_raw16(checksum) + (uint32_t)gain;
	uint16_t word = (uint16_t)~((sum & 0xffff) + (sum >> 16));

	memcpy(checksum, &word, sizeof(word));
}

/* Translates a plain packet. False if its TTL does not allow it; then the frame is as it was. */
static inline bool
marllb_translate_plain(uint8_t *data, const struct marllb_translation *t, bool to_server, bool tcp)
{
	uint8_t *ip = data + MARLLB_ETHER_HEADER, *l4 = ip + MARLLB_IPV4_HEADER;

	if (ip[8] <= 1)
		return false;
	ip[8]--;
	marllb_gain(ip + 10, t->ip_gain);
	if (tcp)
		marllb_gain(l4 + 16, t->l4_gain);
	else
		marllb_correct_udp(l4 + 6, t->l4_gain);
	memcpy(ip + (to_server ? 16 : 12), t->address, 4);
	memcpy(l4 + (to_server ? 2 : 0), &t->port, 2);
	return true;
}

/* The longest outer header: IPv6 and GRE. */
#define MARLLB_TUNNEL_HEADER 44

/* An outer header, all but what differs from packet to packet. */
struct marllb_tunnel {
	uint8_t header[MARLLB_TUNNEL_HEADER];
	uint8_t length; /* of the header: 20, 24, 40 or 44 */
	uint8_t family; /* of the outer addresses */
	bool gre;
	uint16_t mtu; /* longest outer packet, bytes from its IP header on */
	uint64_t sum; /* of an IPv4 header as it stands, for its checksum */
};

/* Prepares a tunnel from src to dst of this family: GRE (RFC 2784), or IP in IP (RFC 2003, 2473). */
void marllb_tunnel_prepare(struct marllb_tunnel *t, uint8_t family, bool gre,
			   const uint8_t src[16], const uint8_t dst[16], uint16_t mtu);

/*
 * Puts the packet into the tunnel: the frame begins t->length earlier, in its headroom, and padding
 * behind the packet is cut off. The inner TTL or hop limit falls by one (RFC 2003, 3.1), the outer
 * one is fresh, DSCP and ECN are copied out, and the outer packet is never fragmented: one that is
 * longer than the MTU is refused as TOO_LONG, as is a frame without the headroom.
 */
int marllb_encapsulate(struct marllb_packet *p, const struct marllb_tunnel *t, uint32_t headroom);

#endif
