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
