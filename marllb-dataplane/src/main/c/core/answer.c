/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <string.h>

#include "checksum.h"

#define ANSWER_TTL 64	  /* of echo replies and errors */
#define ND_HOP_LIMIT 255 /* RFC 4861: proof that it came from this link */
#define ND_LENGTH 32	  /* message, target address, and one option with a MAC address */

#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
#define ICMP_TOO_LONG 4 /* code: fragmentation needed and DF set */
#define ICMPV6_TOO_LONG 2
#define ICMPV6_ECHO_REPLY 129
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_SOURCE_MAC 1
#define ND_TARGET_MAC 2

#define ND_SOLICITED 0x40
#define ND_OVERRIDE 0x20

/* RFC 1812, 4.3.2.3: an error with its IP header is at most so long; RFC 4443, 2.4 for IPv6. */
#define MAX_ERROR_IPV4 576
#define MAX_ERROR_IPV6 1280

static const uint8_t UNSPECIFIED[16];

static unsigned
address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

bool
marllb_is_self(const struct marllb_self *self, uint8_t family, const uint8_t address[16])
{
	for (unsigned i = 0; i < self->count; i++) {
		const struct marllb_address *a = &self->address[i];

		if (a->family == family && memcmp(a->bytes, address, address_size(family)) == 0)
			return true;
	}
	return false;
}

static bool
is_group_mac(const uint8_t *mac)
{
	return (mac[0] & 1) != 0;
}

/* An address that a single host can have, so that an answer to it reaches one at most. */
static bool
is_unicast(uint8_t family, const uint8_t *address)
{
	if (family == 4)
		return address[0] != 0 && address[0] != 127 && address[0] < 224;
	return address[0] != 0xff && memcmp(address, UNSPECIFIED, 15) != 0;
}

/* Sends the frame back, to this MAC address. */
static void
turn_link(struct marllb_packet *p, const struct marllb_self *self, const uint8_t *to)
{
	memmove(p->data, to, 6);
	memcpy(p->data + 6, self->mac, 6);
}

static int
answer_arp(struct marllb_packet *p, const struct marllb_self *self)
{
	uint8_t *arp = p->data + p->l3;
	uint8_t wanted[4];

	if (marllb_get16(arp + 6) != 1)
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	if (!marllb_is_self(self, 4, p->key.dst))
		return MARLLB_REFUSED(MARLLB_DROP_NOT_VIP);
	if (is_group_mac(arp + 8) || is_group_mac(p->data + 6))
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	turn_link(p, self, arp + 8);
	memcpy(wanted, arp + 24, 4);
	marllb_put16(arp + 6, 2);
	memcpy(arp + 18, arp + 8, 10);
	memcpy(arp + 8, self->mac, 6);
	memcpy(arp + 14, wanted, 4);
	return 0;
}

static int
answer_echo(struct marllb_packet *p, const struct marllb_self *self)
{
	uint8_t *ip = p->data + p->l3;
	uint8_t *icmp = p->data + p->l4;
	uint8_t old[2] = {icmp[0], icmp[1]};
	unsigned size = address_size(p->family), at = p->family == 4 ? 12 : 8;
	uint8_t from[16], mac[6];

	if (!marllb_is_self(self, p->family, p->key.dst))
		return MARLLB_REFUSED(MARLLB_DROP_NOT_VIP);
	if (is_group_mac(p->data + 6) || !is_unicast(p->family, p->key.src))
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	/* A source route would have to be turned round (RFC 1122, 3.2.2.6); nobody needs options. */
	if (p->l4 != p->l3 + (p->family == 4 ? MARLLB_IPV4_HEADER : MARLLB_IPV6_HEADER))
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	memcpy(mac, p->data + 6, 6);
	turn_link(p, self, mac);
	memcpy(from, ip + at, size);
	memcpy(ip + at, ip + at + size, size);
	memcpy(ip + at + size, from, size);
	if (p->family == 4) {
		ip[8] = ANSWER_TTL;
		marllb_fill_ipv4(ip);
		icmp[0] = ICMP_ECHO_REPLY;
	} else {
		ip[7] = ANSWER_TTL;
		icmp[0] = ICMPV6_ECHO_REPLY;
	}
	marllb_correct(icmp + 2, marllb_difference16(marllb_raw16(old), marllb_raw16(icmp)));
	return 0;
}

/*
 * The MAC address in the option of this type of a neighbour discovery message; NULL if it has none,
 * or is malformed.
 */
static const uint8_t *
find_mac(const struct marllb_packet *p, uint8_t type, bool *malformed)
{
	uint32_t at = p->l4 + 24u, end = (uint32_t)p->l3 + p->l3_total;
	const uint8_t *mac = NULL;

	while (at < end) {
		const uint8_t *option = p->data + at;
		uint32_t size;

		if (end - at < 8 || option[1] == 0 || option[1] * 8u > end - at) {
			*malformed = true;
			return NULL;
		}
		size = option[1] * 8u;
		if (option[0] == type && size == 8 && mac == NULL)
			mac = option + 2;
		at += size;
	}
	*malformed = mac != NULL && is_group_mac(mac);
	return *malformed ? NULL : mac;
}

static bool
checksum_is_right(const struct marllb_packet *p)
{
	uint32_t size = (uint32_t)p->l3 + p->l3_total - p->l4;
	uint64_t sum = marllb_pseudo_sum(p->data + p->l3, 6, MARLLB_PROTO_ICMPV6, size);

	return marllb_fold(marllb_sum(p->data + p->l4, size, sum)) == 0xffff;
}

/* The group that all who have an address of the same last 24 bits listen to (RFC 4291, 2.7.1). */
static void
solicited_node(const uint8_t *address, uint8_t group[16])
{
	static const uint8_t prefix[13] = {0xff, 2, [11] = 1, 0xff};

	memcpy(group, prefix, 13);
	memcpy(group + 13, address + 13, 3);
}

static int
answer_nd(struct marllb_packet *p, const struct marllb_self *self, uint32_t tailroom)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	uint8_t *ip = p->data + p->l3;
	uint8_t *icmp = p->data + p->l4;
	uint8_t group[16], target[16], mac[6];
	uint32_t length = p->l4 + (uint32_t)ND_LENGTH;
	bool malformed, probe = memcmp(ip + 8, UNSPECIFIED, 16) == 0;
	const uint8_t *source_mac;

	if (icmp[0] != ND_SOLICITATION)
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	memcpy(target, icmp + 8, 16);
	if (!marllb_is_self(self, 6, target))
		return MARLLB_REFUSED(MARLLB_DROP_NOT_VIP);
	/* RFC 4861, 7.1.1, and a source that is one host or nobody yet. */
	solicited_node(target, group);
	source_mac = find_mac(p, ND_SOURCE_MAC, &malformed);
	if (malformed || !checksum_is_right(p) || is_group_mac(p->data + 6) ||
	    (probe ? source_mac != NULL || memcmp(ip + 24, group, 16) != 0
		   : !is_unicast(6, ip + 8) || (memcmp(ip + 24, group, 16) != 0 &&
						 memcmp(ip + 24, target, 16) != 0)))
		return MARLLB_REFUSED(MARLLB_DROP_MALFORMED);
	/* Extension headers before it have no meaning that an answer could keep. */
	if (p->l4 != p->l3 + MARLLB_IPV6_HEADER)
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	if (length > p->length && length - p->length > tailroom)
		return MARLLB_REFUSED(MARLLB_DROP_TOO_LONG);

	if (probe)
		memcpy(mac, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, 6);
	else
		memcpy(mac, source_mac != NULL ? source_mac : p->data + 6, 6);
	turn_link(p, self, mac);
	if (probe)
		memcpy(ip + 24, all_nodes, 16);
	else
		memcpy(ip + 24, ip + 8, 16);
	memcpy(ip + 8, target, 16);
	marllb_put16(ip + 4, ND_LENGTH);
	icmp[0] = ND_ADVERTISEMENT;
	marllb_put32(icmp + 4, 0);
	icmp[4] = probe ? ND_OVERRIDE : ND_SOLICITED | ND_OVERRIDE;
	icmp[24] = ND_TARGET_MAC;
	icmp[25] = 1;
	memcpy(icmp + 26, self->mac, 6);
	marllb_fill_l4(ip, 6, MARLLB_PROTO_ICMPV6, icmp, ND_LENGTH);
	p->length = length;
	return 0;
}

int
marllb_answer(struct marllb_packet *p, const struct marllb_self *self, uint32_t tailroom)
{
	switch (p->kind) {
	case MARLLB_ARP:
		return answer_arp(p, self);
	case MARLLB_ND:
		return answer_nd(p, self, tailroom);
	case MARLLB_ICMP_ECHO:
		return answer_echo(p, self);
	default:
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	}
}

int
marllb_answer_too_long(struct marllb_packet *p, const struct marllb_self *self, uint16_t mtu,
		       uint32_t headroom)
{
	uint8_t *inner = p->data + p->l3;
	uint8_t link[MARLLB_ETHER_HEADER + 2 * MARLLB_VLAN_TAG], mac[6];
	unsigned header = p->family == 4 ? MARLLB_IPV4_HEADER : MARLLB_IPV6_HEADER;
	uint32_t added = header + MARLLB_ICMP_HEADER, size, max;
	uint8_t *ip, *icmp;

	if ((p->kind != MARLLB_TCP && p->kind != MARLLB_UDP &&
	     !(p->kind == MARLLB_FRAGMENT && p->first_fragment)) ||
	    (p->family == 4 && (marllb_get16(inner + 6) & MARLLB_IPV4_DF) == 0) ||
	    is_group_mac(p->data) || is_group_mac(p->data + 6) ||
	    !is_unicast(p->family, p->key.src) || headroom < added)
		return MARLLB_REFUSED(MARLLB_DROP_TOO_LONG);
	max = (p->family == 4 ? MAX_ERROR_IPV4 : MAX_ERROR_IPV6) - added;
	size = p->l3_total < max ? p->l3_total : max;
	memcpy(link, p->data, sizeof(link));
	memcpy(mac, p->data + 6, 6);
	p->data -= added;
	p->length = p->l3 + added + size;
	memcpy(p->data, link, sizeof(link));
	turn_link(p, self, mac);
	ip = p->data + p->l3;
	icmp = ip + header;
	memset(ip, 0, added);
	if (p->family == 4) {
		ip[0] = 0x45;
		marllb_put16(ip + 2, (uint16_t)(added + size));
		ip[8] = ANSWER_TTL;
		ip[9] = MARLLB_PROTO_ICMP;
		memcpy(ip + 12, p->key.dst, 4);
		memcpy(ip + 16, p->key.src, 4);
		marllb_fill_ipv4(ip);
		icmp[0] = ICMP_UNREACHABLE;
		icmp[1] = ICMP_TOO_LONG;
		marllb_put16(icmp + 6, mtu);
		marllb_fill_l4(ip, 4, MARLLB_PROTO_ICMP, icmp, MARLLB_ICMP_HEADER + size);
	} else {
		ip[0] = 0x60;
		marllb_put16(ip + 4, (uint16_t)(MARLLB_ICMP_HEADER + size));
		ip[6] = MARLLB_PROTO_ICMPV6;
		ip[7] = ANSWER_TTL;
		memcpy(ip + 8, p->key.dst, 16);
		memcpy(ip + 24, p->key.src, 16);
		icmp[0] = ICMPV6_TOO_LONG;
		marllb_put32(icmp + 4, mtu);
		marllb_fill_l4(ip, 6, MARLLB_PROTO_ICMPV6, icmp, MARLLB_ICMP_HEADER + size);
	}
	return 0;
}

bool
marllb_learn_neighbour(const struct marllb_packet *p, struct marllb_neighbour *n)
{
	const uint8_t *ip = p->data + p->l3;
	const uint8_t *icmp = p->data + p->l4;
	const uint8_t *mac;
	bool malformed;

	memset(n, 0, sizeof(*n));
	if (p->kind == MARLLB_ARP) {
		n->address.family = 4;
		memcpy(n->address.bytes, ip + 14, 4);
		memcpy(n->mac, ip + 8, 6);
		return is_unicast(4, ip + 14) && !is_group_mac(ip + 8);
	}
	if (p->kind != MARLLB_ND || !checksum_is_right(p))
		return false;
	n->address.family = 6;
	if (icmp[0] == ND_SOLICITATION) {
		memcpy(n->address.bytes, ip + 8, 16);
		mac = find_mac(p, ND_SOURCE_MAC, &malformed);
	} else {
		memcpy(n->address.bytes, icmp + 8, 16);
		mac = find_mac(p, ND_TARGET_MAC, &malformed);
	}
	if (malformed || mac == NULL || !is_unicast(6, n->address.bytes))
		return false;
	memcpy(n->mac, mac, 6);
	return true;
}

uint32_t
marllb_ask(uint8_t *frame, const uint8_t mac[6], const struct marllb_address *own,
	   const struct marllb_address *wanted)
{
	uint8_t *l3 = frame + MARLLB_ETHER_HEADER;
	uint8_t *icmp = l3 + MARLLB_IPV6_HEADER;

	memset(frame, 0, MARLLB_ASK_FRAME);
	memcpy(frame + 6, mac, 6);
	if (wanted->family == 4) {
		memset(frame, 0xff, 6);
		marllb_put16(frame + 12, MARLLB_ETHERTYPE_ARP);
		marllb_put16(l3, 1);
		marllb_put16(l3 + 2, MARLLB_ETHERTYPE_IPV4);
		l3[4] = 6;
		l3[5] = 4;
		marllb_put16(l3 + 6, 1);
		memcpy(l3 + 8, mac, 6);
		memcpy(l3 + 14, own->bytes, 4);
		memcpy(l3 + 24, wanted->bytes, 4);
		return 60; /* the shortest frame of Ethernet, without its check sequence */
	}
	marllb_put16(frame + 12, MARLLB_ETHERTYPE_IPV6);
	l3[0] = 0x60;
	marllb_put16(l3 + 4, ND_LENGTH);
	l3[6] = MARLLB_PROTO_ICMPV6;
	l3[7] = ND_HOP_LIMIT;
	memcpy(l3 + 8, own->bytes, 16);
	solicited_node(wanted->bytes, l3 + 24);
	memcpy(frame, (const uint8_t[]){0x33, 0x33}, 2);
	memcpy(frame + 2, l3 + 36, 4);
	icmp[0] = ND_SOLICITATION;
	memcpy(icmp + 8, wanted->bytes, 16);
	icmp[24] = ND_SOURCE_MAC;
	icmp[25] = 1;
	memcpy(icmp + 26, mac, 6);
	marllb_fill_l4(l3, 6, MARLLB_PROTO_ICMPV6, icmp, ND_LENGTH);
	return MARLLB_ASK_FRAME;
}
