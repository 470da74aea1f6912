/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_PACKET_H
#define MARLLB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "shm_layout.h"

/*
 * What a frame holds, found with every read checked against its length. The common case (no tag,
 * IPv4 without options, whole TCP or UDP packet) is decided in line, everything else in packet.c.
 */

/* Lengths in bytes, and numbers on the wire that several files need. */
#define MARLLB_ETHER_HEADER 14
#define MARLLB_VLAN_TAG 4
#define MARLLB_IPV4_HEADER 20 /* without options */
#define MARLLB_IPV6_HEADER 40 /* without extension headers */
#define MARLLB_TCP_HEADER 20  /* without options */
#define MARLLB_UDP_HEADER 8
#define MARLLB_ICMP_HEADER 8

#define MARLLB_ETHERTYPE_IPV4 0x0800
#define MARLLB_ETHERTYPE_ARP 0x0806
#define MARLLB_ETHERTYPE_IPV6 0x86dd

#define MARLLB_PROTO_ICMP 1
#define MARLLB_PROTO_IPIP 4
#define MARLLB_PROTO_TCP 6
#define MARLLB_PROTO_UDP 17
#define MARLLB_PROTO_IPV6 41
#define MARLLB_PROTO_GRE 47
#define MARLLB_PROTO_ICMPV6 58

#define MARLLB_IPV4_DF 0x4000
#define MARLLB_IPV4_MF 0x2000
#define MARLLB_IPV4_OFFSET 0x1fff /* in units of 8 bytes */

enum marllb_kind {
	MARLLB_TCP,
	MARLLB_UDP,
	MARLLB_ICMP_ERROR, /* ICMP or ICMPv6 error about a TCP or UDP packet */
	MARLLB_ICMP_ECHO,  /* echo request */
	MARLLB_FRAGMENT,   /* of any protocol; the first one has its ports in the key */
	MARLLB_ARP,	   /* request or reply, IPv4 over Ethernet */
	MARLLB_ND,	   /* neighbour solicitation or advertisement */
	MARLLB_OTHER,	   /* well-formed IP, nothing above: the key has addresses and protocol */
};

/* Of a flow; zero padded, compares with memcmp. IPv4 addresses lie in the first 4 bytes. */
struct marllb_key {
	uint8_t src[16], dst[16]; /* client, VIP (or server, client on the way back of NAT) */
	uint16_t sport, dport;	  /* network byte order; 0 where the protocol has none */
	uint8_t proto, family;	  /* IP protocol number; 4, 6, or 0 where the frame is ARP */
	uint16_t pad;
};

_Static_assert(sizeof(struct marllb_key) == 40, "the flow table compares 40 bytes");

struct marllb_packet {
	uint8_t *data;		  /* frame */
	uint32_t length;	  /* bytes of the frame from data on */
	uint16_t l3, l4, payload; /* offsets from data; ICMP error: payload is the inner packet */
	uint16_t l3_total;	  /* bytes from l3 on by the IP header; the frame may be padded */
	uint8_t kind, tcp_flags;
	uint8_t family, proto;		/* 4, 6 or 0 (ARP); outer protocol behind all headers */
	uint8_t first_fragment;		/* offset 0 of several: the l4 header is there */
	uint8_t more_fragments;
	uint16_t inner_l4;		/* ICMP error: offset of the inner ports */
	uint32_t fragment_id;		/* as on the wire, IPv4: the low 16 bits */
	struct marllb_key key;		/* MARLLB_ICMP_ERROR: of the inner packet, turned round */
};

#define MARLLB_TCP_FIN 0x01
#define MARLLB_TCP_SYN 0x02
#define MARLLB_TCP_RST 0x04
#define MARLLB_TCP_ACK 0x10

/* The result of a function that refused a packet for this enum marllb_drop. */
#define MARLLB_REFUSED(drop) (-(1 + (int)(drop)))
/* The enum marllb_drop of such a result. */
#define MARLLB_REASON(result) ((unsigned)(-(result) - 1))

/* Loads and stores in network byte order at any alignment. */
static inline uint16_t
marllb_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t
marllb_get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void
marllb_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void
marllb_put32(uint8_t *at, uint32_t value)
{
	marllb_put16(at, (uint16_t)(value >> 16));
	marllb_put16(at + 2, (uint16_t)value);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are compared as words");

/* Loads in the order of memory, little-endian as shared memory is. */
static inline uint32_t
marllb_load32(const void *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint64_t
marllb_load64(const void *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* The common case: no tag, IPv4 without options, a whole TCP or UDP packet. */
struct marllb_plain {
	uint64_t ends;		/* source, then destination, as they lie in the frame */
	uint32_t ports;		/* the same */
	uint32_t header, total; /* bytes of the TCP or UDP header; by the IP header, from it on */
	uint8_t proto, tcp_flags;
};

/* Whether a frame of so many bytes is that; if not, q must not be read. */
static inline bool
marllb_parse_plain(const uint8_t *data, uint32_t length, struct marllb_plain *q)
{
	const uint8_t *ip = data + MARLLB_ETHER_HEADER;
	const uint8_t *l4 = ip + MARLLB_IPV4_HEADER;
	uint32_t begin, middle; /* Ethertype, version, header length; fragment, TTL, protocol */

	/* 54: so much is read below, and each Ethernet frame has it, short ones by padding. */
	if (length < MARLLB_ETHER_HEADER + MARLLB_IPV4_HEADER + MARLLB_TCP_HEADER)
		return false;
	begin = marllb_load32(ip - 2) & 0xffffff;
	middle = marllb_load32(ip + 6);
	if (begin != 0x450008 || (middle & 0xff3f) != 0)
		return false;
	q->total = marllb_get16(ip + 2);
	q->proto = (uint8_t)(middle >> 24);
	if (q->proto == MARLLB_PROTO_TCP) {
		uint32_t end = marllb_load32(l4 + 12); /* header length, flags, window */

		q->header = end >> 2 & 0x3c;
		q->tcp_flags = (uint8_t)(end >> 8);
		if (q->header < MARLLB_TCP_HEADER)
			return false;
	} else if (q->proto == MARLLB_PROTO_UDP) {
		q->header = MARLLB_UDP_HEADER;
		q->tcp_flags = 0;
		if (marllb_get16(l4 + 4) < MARLLB_UDP_HEADER ||
		    (uint32_t)MARLLB_IPV4_HEADER + marllb_get16(l4 + 4) > q->total)
			return false;
	} else {
		return false;
	}
	q->ends = marllb_load64(ip + 12);
	q->ports = marllb_load32(l4);
	return q->total <= length - MARLLB_ETHER_HEADER &&
	       q->total >= MARLLB_IPV4_HEADER + q->header;
}

/* As marllb_parse, for every frame there is. */
int marllb_parse_any(uint8_t *data, uint32_t length, struct marllb_packet *p);

/*
 * Finds the headers of a frame of so many bytes, which p then points into. Returns 0, or
 * MARLLB_REFUSED(reason), after which p must not be read. IP header checksums are not verified: who
 * forwards updates them by difference, so a wrong one stays wrong for the receiver to see.
 */
static inline int
marllb_parse(uint8_t *data, uint32_t length, struct marllb_packet *p)
{
	struct marllb_plain q;
	uint64_t wide;

	if (!marllb_parse_plain(data, length, &q))
		return marllb_parse_any(data, length, p);
	p->data = data;
	p->length = length;
	p->l3 = MARLLB_ETHER_HEADER;
	p->l4 = MARLLB_ETHER_HEADER + MARLLB_IPV4_HEADER;
	p->payload = (uint16_t)(p->l4 + q.header);
	p->l3_total = (uint16_t)q.total;
	p->kind = q.proto == MARLLB_PROTO_TCP ? MARLLB_TCP : MARLLB_UDP;
	p->tcp_flags = q.tcp_flags;
	p->family = 4;
	p->proto = q.proto;
	p->first_fragment = 0;
	p->more_fragments = 0;
	p->inner_l4 = 0;
	p->fragment_id = 0;
	/* By stores as wide as the loads to come: a hash that loads 8 bytes waits for narrower ones. */
	wide = (uint32_t)q.ends;
	memcpy(p->key.src, &wide, 8);
	memset(p->key.src + 8, 0, 8);
	wide = q.ends >> 32;
	memcpy(p->key.dst, &wide, 8);
	memset(p->key.dst + 8, 0, 8);
	wide = q.ports | (uint64_t)q.proto << 32 | (uint64_t)4 << 40; /* ports, proto, family */
	memcpy((uint8_t *)&p->key + offsetof(struct marllb_key, sport), &wide, 8);
	return 0;
}

#endif
