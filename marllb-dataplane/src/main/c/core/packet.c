/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include <stdbool.h>

#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define MAX_TAGS 2

#define ARP_LENGTH 28

/* More extension headers than RFC 8200 recommends at once, and an end to the walk. */
#define MAX_EXTENSIONS 8
#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_FRAGMENT 44
#define EXT_AUTHENTICATION 51
#define EXT_DESTINATION 60

/* The offsets of a packet are 16 bits wide. */
#define MAX_FRAME 65535

/* What stands before the upper layer: the result of walking over IPv6 extension headers. */
struct walk {
	uint32_t at; /* of the upper layer, or of what a later fragment continues with */
	uint8_t proto;
	bool fragment; /* one of several */
	uint16_t offset; /* in units of 8 bytes */
	bool more;
	uint32_t id;
};

/* Offset and flags of a fragment; its data is the bytes [at, end). */
static int
check_fragment(const struct walk *w, uint32_t end)
{
	uint32_t size = end - w->at;

	if (size == 0 || (w->more && size % 8 != 0) || w->offset * 8u + size > 65535)
		return MARLLB_REFUSED(MARLLB_DROP_FRAGMENT);
	return 0;
}

/*
 * From the header of type w->proto at w->at to the upper layer; bytes from end on don't belong to
 * the packet. The inner packet of an ICMP error may end anywhere.
 */
static int
walk_extensions(const uint8_t *data, uint32_t end, bool inner, struct walk *w)
{
	bool seen_fragment = false;

	for (unsigned i = 0; i <= MAX_EXTENSIONS; i++) {
		const int too_short = MARLLB_REFUSED(inner	    ? MARLLB_DROP_TRUNCATED
						     : w->fragment ? MARLLB_DROP_FRAGMENT
								   : MARLLB_DROP_MALFORMED);
		uint32_t left = end - w->at, size;
		uint8_t type = w->proto;
		int refused;

		if (type != EXT_HOP_BY_HOP && type != EXT_ROUTING && type != EXT_FRAGMENT &&
		    type != EXT_AUTHENTICATION && type != EXT_DESTINATION)
			return 0;
		if (left < 8)
			return too_short;
		w->proto = data[w->at];
		size = type == EXT_FRAGMENT	   ? 8
		       : type == EXT_AUTHENTICATION ? (data[w->at + 1] + 2u) * 4
						   : (data[w->at + 1] + 1u) * 8;
		if (size > left)
			return too_short;
		if (type == EXT_HOP_BY_HOP && i != 0)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		/* Segments left: the address at the end of the list is the destination, not ours. */
		if (type == EXT_ROUTING && data[w->at + 3] != 0)
			return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
		if (type != EXT_FRAGMENT) {
			w->at += size;
			continue;
		}
		if (seen_fragment)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		seen_fragment = true;
		w->offset = marllb_get16(data + w->at + 2) >> 3;
		w->more = data[w->at + 3] & 1;
		w->id = marllb_get32(data + w->at + 4);
		w->at += size;
		w->fragment = w->offset != 0 || w->more;
		/* RFC 6946: a fragment that is all there is isn't one. */
		if (!w->fragment)
			continue;
		refused = inner ? 0 : check_fragment(w, end);
		if (refused || w->offset != 0)
			return refused;
	}
	return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
}

/* The packet that an ICMP error is about, at p->payload; end is that of the outer packet. */
static int
parse_inner(struct marllb_packet *p, uint32_t end)
{
	const uint8_t *ip = p->data + p->payload;
	uint32_t left = end - p->payload;
	const int cut = MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	struct walk w = {.at = p->payload};
	struct marllb_key key = {.family = p->family};
	uint32_t size;
	int refused;

	if (p->family == 4) {
		if (left < MARLLB_IPV4_HEADER)
			return cut;
		size = (ip[0] & 15u) * 4;
		if (ip[0] >> 4 != 4 || size < MARLLB_IPV4_HEADER)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		if (left < size)
			return cut;
		memcpy(key.src, ip + 16, 4);
		memcpy(key.dst, ip + 12, 4);
		w.at += size;
		w.proto = ip[9];
		w.offset = marllb_get16(ip + 6) & MARLLB_IPV4_OFFSET;
	} else {
		if (left < MARLLB_IPV6_HEADER)
			return cut;
		if (ip[0] >> 4 != 6)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		memcpy(key.src, ip + 24, 16);
		memcpy(key.dst, ip + 8, 16);
		w.at += MARLLB_IPV6_HEADER;
		w.proto = ip[6];
		refused = walk_extensions(p->data, end, true, &w);
		if (refused)
			return refused;
	}
	key.proto = w.proto;
	if (w.proto != MARLLB_PROTO_TCP && w.proto != MARLLB_PROTO_UDP) {
		p->kind = MARLLB_OTHER;
		return 0;
	}
	if (w.offset != 0) /* ports were in another fragment */
		return MARLLB_REFUSED(MARLLB_DROP_FRAGMENT);
	/* The error goes to who sent the inner packet. */
	if (memcmp(key.dst, p->key.dst, sizeof(key.dst)) != 0)
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	if (end - w.at < 8) /* RFC 792: so much is always there */
		return cut;
	memcpy(&key.sport, p->data + w.at + 2, 2);
	memcpy(&key.dport, p->data + w.at, 2);
	p->key = key;
	p->inner_l4 = (uint16_t)w.at;
	p->kind = MARLLB_ICMP_ERROR;
	return 0;
}

static int
parse_icmp(struct marllb_packet *p, uint32_t end)
{
	const uint8_t *icmp = p->data + p->l4;

	if (end - p->l4 < MARLLB_ICMP_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	p->payload = (uint16_t)(p->l4 + MARLLB_ICMP_HEADER);
	switch (icmp[0]) {
	case 3:	 /* destination unreachable */
	case 11: /* time exceeded */
	case 12: /* parameter problem */
		return parse_inner(p, end);
	case 8:
		p->kind = icmp[1] == 0 ? MARLLB_ICMP_ECHO : MARLLB_OTHER;
		return 0;
	default:
		p->kind = MARLLB_OTHER;
		return 0;
	}
}

static int
parse_icmpv6(struct marllb_packet *p, uint32_t end)
{
	const uint8_t *icmp = p->data + p->l4;

	if (end - p->l4 < MARLLB_ICMP_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	p->payload = (uint16_t)(p->l4 + MARLLB_ICMP_HEADER);
	switch (icmp[0]) {
	case 1: /* destination unreachable */
	case 2: /* packet too big */
	case 3: /* time exceeded */
	case 4: /* parameter problem */
		return parse_inner(p, end);
	case 128:
		p->kind = icmp[1] == 0 ? MARLLB_ICMP_ECHO : MARLLB_OTHER;
		return 0;
	case 135: /* neighbour solicitation */
	case 136: /* neighbour advertisement */
		/* RFC 4861, 7.1: from this link only, and the target address is there. */
		if (p->data[p->l3 + 7] != 255 || icmp[1] != 0 || end - p->l4 < 24)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		p->kind = MARLLB_ND;
		return 0;
	default:
		p->kind = MARLLB_OTHER;
		return 0;
	}
}

/* TCP or UDP header of a whole packet or of its first fragment. */
static int
parse_ports(struct marllb_packet *p, uint32_t end)
{
	const uint8_t *l4 = p->data + p->l4;
	const int short_header = p->first_fragment ? MARLLB_REFUSED(MARLLB_DROP_FRAGMENT)
						   : MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	uint32_t left = end - p->l4, size;

	if (p->proto == MARLLB_PROTO_TCP) {
		if (left < MARLLB_TCP_HEADER)
			return short_header;
		size = (l4[12] >> 4) * 4u;
		if (size < MARLLB_TCP_HEADER)
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		if (size > left)
			return short_header;
		p->tcp_flags = l4[13];
		p->kind = MARLLB_TCP;
	} else {
		if (left < MARLLB_UDP_HEADER)
			return short_header;
		size = marllb_get16(l4 + 4);
		if (size < MARLLB_UDP_HEADER || (size > left && !p->first_fragment))
			return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
		size = MARLLB_UDP_HEADER;
		p->kind = MARLLB_UDP;
	}
	p->payload = (uint16_t)(p->l4 + size);
	memcpy(&p->key.sport, l4, 2);
	memcpy(&p->key.dport, l4 + 2, 2);
	if (p->first_fragment)
		p->kind = MARLLB_FRAGMENT;
	return 0;
}

static bool
is_extension(uint8_t proto)
{
	return proto == EXT_HOP_BY_HOP || proto == EXT_ROUTING || proto == EXT_AUTHENTICATION ||
	       proto == EXT_DESTINATION;
}

static int
parse_upper(struct marllb_packet *p, const struct walk *w)
{
	uint32_t end = (uint32_t)p->l3 + p->l3_total;
	bool ports = w->proto == MARLLB_PROTO_TCP || w->proto == MARLLB_PROTO_UDP;

	p->l4 = (uint16_t)w->at;
	p->payload = p->l4;
	p->proto = w->proto;
	p->key.proto = w->proto;
	p->key.family = p->family;
	p->fragment_id = w->fragment ? w->id : 0;
	p->first_fragment = w->fragment && w->offset == 0;
	p->more_fragments = w->fragment && w->more;
	if (w->fragment && w->offset != 0) {
		/* RFC 3128: TCP's flags would be in a later fragment, where no filter looks. */
		if (w->proto == MARLLB_PROTO_TCP && w->offset == 1)
			return MARLLB_REFUSED(MARLLB_DROP_FRAGMENT);
		/* IPv6: the protocol may stand behind extension headers of the first fragment. */
		p->kind = ports || (p->family == 6 && is_extension(w->proto)) ? MARLLB_FRAGMENT
									      : MARLLB_OTHER;
		return 0;
	}
	if (ports)
		return parse_ports(p, end);
	if (!w->fragment && p->family == 4 && w->proto == MARLLB_PROTO_ICMP)
		return parse_icmp(p, end);
	if (!w->fragment && p->family == 6 && w->proto == MARLLB_PROTO_ICMPV6)
		return parse_icmpv6(p, end);
	p->kind = MARLLB_OTHER;
	return 0;
}

static int
parse_ipv4(struct marllb_packet *p)
{
	const uint8_t *ip = p->data + p->l3;
	uint32_t left = p->length - p->l3, header, total;
	struct walk w = {0};
	uint16_t fragment;
	int refused;

	if (left < MARLLB_IPV4_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	header = (ip[0] & 15u) * 4;
	total = marllb_get16(ip + 2);
	if (ip[0] >> 4 != 4 || header < MARLLB_IPV4_HEADER || total < header)
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	if (total > left)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	p->family = 4;
	p->l3_total = (uint16_t)total;
	memcpy(p->key.src, ip + 12, 4);
	memcpy(p->key.dst, ip + 16, 4);
	fragment = marllb_get16(ip + 6);
	w.at = p->l3 + header;
	w.proto = ip[9];
	w.offset = fragment & MARLLB_IPV4_OFFSET;
	w.more = (fragment & MARLLB_IPV4_MF) != 0;
	w.fragment = w.more || w.offset != 0;
	w.id = marllb_get16(ip + 4);
	if (w.fragment) {
		refused = check_fragment(&w, p->l3 + total);
		if (refused)
			return refused;
	}
	return parse_upper(p, &w);
}

static int
parse_ipv6(struct marllb_packet *p)
{
	const uint8_t *ip = p->data + p->l3;
	uint32_t left = p->length - p->l3, total;
	struct walk w = {0};
	int refused;

	if (left < MARLLB_IPV6_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	if (ip[0] >> 4 != 6)
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	total = MARLLB_IPV6_HEADER + (uint32_t)marllb_get16(ip + 4);
	if (total > left)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	p->family = 6;
	p->l3_total = (uint16_t)total;
	memcpy(p->key.src, ip + 8, 16);
	memcpy(p->key.dst, ip + 24, 16);
	w.at = p->l3 + MARLLB_IPV6_HEADER;
	w.proto = ip[6];
	refused = walk_extensions(p->data, p->l3 + total, false, &w);
	if (refused)
		return refused;
	return parse_upper(p, &w);
}

/* RFC 826, for IPv4 over Ethernet. */
static int
parse_arp(struct marllb_packet *p)
{
	const uint8_t *arp = p->data + p->l3;
	uint16_t operation;

	if (p->length - p->l3 < ARP_LENGTH)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	operation = marllb_get16(arp + 6);
	if (marllb_get16(arp) != 1 || marllb_get16(arp + 2) != MARLLB_ETHERTYPE_IPV4 ||
	    arp[4] != 6 || arp[5] != 4 || (operation != 1 && operation != 2))
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	p->l3_total = ARP_LENGTH;
	p->l4 = (uint16_t)(p->l3 + ARP_LENGTH);
	p->payload = p->l4;
	p->kind = MARLLB_ARP;
	memcpy(p->key.src, arp + 14, 4);
	memcpy(p->key.dst, arp + 24, 4);
	return 0;
}

int
marllb_parse_any(uint8_t *data, uint32_t length, struct marllb_packet *p)
{
	uint32_t at = MARLLB_ETHER_HEADER;
	uint16_t type;

	if (length < MARLLB_ETHER_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
	if (length > MAX_FRAME)
		return MARLLB_REFUSED(MARLLB_DROP_TOO_LONG);
	memset(p, 0, sizeof(*p));
	p->data = data;
	p->length = length;
	type = marllb_get16(data + 12);
	for (unsigned i = 0; i < MAX_TAGS && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); i++) {
		if (length - at < MARLLB_VLAN_TAG)
			return MARLLB_REFUSED(MARLLB_DROP_TRUNCATED);
		type = marllb_get16(data + at + 2);
		at += MARLLB_VLAN_TAG;
	}
	p->l3 = (uint16_t)at;
	switch (type) {
	case MARLLB_ETHERTYPE_IPV4:
		return parse_ipv4(p);
	case MARLLB_ETHERTYPE_IPV6:
		return parse_ipv6(p);
	case MARLLB_ETHERTYPE_ARP:
		return parse_arp(p);
	default:
		return MARLLB_REFUSED(MARLLB_DROP_NOT_IP);
	}
}
