/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

/* Of an outer header: what hosts start with. */
#define OUTER_TTL 64

/* The longest link header, with two tags. */
#define MAX_LINK (MARLLB_ETHER_HEADER + 2 * MARLLB_VLAN_TAG)

/* Takes one hop off an IPv4 header; also corrects for another difference in it. */
static inline void
lower_ttl(uint8_t *ip, uint64_t difference)
{
	uint16_t lower = marllb_word((uint8_t)(ip[8] - 1), ip[9]);

	marllb_correct(ip + 10, difference + marllb_difference16(marllb_raw16(ip + 8), lower));
	ip[8]--;
}

/* Replaces n bytes, n even, and returns what that adds to a checksum over them. */
static uint64_t
replace(uint8_t *at, const void *new, unsigned n)
{
	const uint8_t *from = new;
	uint64_t difference = 0;

	for (unsigned i = 0; i < n; i += 2)
		difference += marllb_difference16(marllb_raw16(at + i), marllb_raw16(from + i));
	memcpy(at, new, n);
	return difference;
}

/* Corrects a checksum that other checksums cover, and returns what that adds to them. */
static uint64_t
correct_covered(uint8_t *checksum, bool udp, uint64_t difference)
{
	uint16_t old = marllb_raw16(checksum);

	if (udp)
		marllb_correct_udp(checksum, difference);
	else
		marllb_correct(checksum, difference);
	return marllb_difference16(old, marllb_raw16(checksum));
}

/* Translates the copy of the packet that an ICMP error brings back; returns the difference it makes. */
static uint64_t
translate_inner(struct marllb_packet *p, bool to_server, const uint8_t address[16], uint16_t port)
{
	uint8_t *ip = p->data + p->payload;
	uint8_t *l4 = p->data + p->inner_l4;
	uint32_t left = (uint32_t)p->l3 + p->l3_total - p->inner_l4;
	/* Towards a server that one has sent it, so it is the source. */
	unsigned at = p->family == 4 ? (to_server ? 12 : 16) : (to_server ? 8 : 24);
	uint64_t addresses = replace(ip + at, address, p->family == 4 ? 4 : 16);
	uint64_t ports = 0, all = addresses;

	if (p->family == 4)
		all += correct_covered(ip + 10, false, addresses);
	if (port != 0)
		ports = replace(l4 + (to_server ? 0 : 2), &port, 2);
	all += ports;
	if (p->key.proto == MARLLB_PROTO_UDP)
		all += correct_covered(l4 + 6, true, addresses + ports);
	else if (left >= 18)
		all += correct_covered(l4 + 16, false, addresses + ports);
	return all;
}

int
marllb_nat_any(struct marllb_packet *p, bool to_server, const uint8_t address[16], uint16_t port)
{
	uint8_t *ip = p->data + p->l3;
	uint8_t *l4 = p->data + p->l4;
	uint8_t *ttl = ip + (p->family == 4 ? 8 : 7);
	unsigned size = p->family == 4 ? 4 : 16;
	unsigned at = p->family == 4 ? (to_server ? 16 : 12) : (to_server ? 24 : 8);
	bool whole = p->kind == MARLLB_TCP || p->kind == MARLLB_UDP;
	uint64_t addresses = 0, inner = 0, ports = 0;

	if (!whole && p->kind != MARLLB_FRAGMENT && p->kind != MARLLB_ICMP_ERROR)
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	if (*ttl <= 1)
		return MARLLB_REFUSED(MARLLB_DROP_TTL);
	if (to_server || p->kind != MARLLB_ICMP_ERROR || memcmp(ip + at, p->key.src, size) == 0)
		addresses = replace(ip + at, address, size);
	if (p->family == 4)
		lower_ttl(ip, addresses);
	else
		(*ttl)--;
	if (p->kind == MARLLB_ICMP_ERROR) {
		inner = translate_inner(p, to_server, address, port);
		/* ICMPv6's checksum covers the outer addresses as well. */
		marllb_correct(l4 + 2, p->family == 6 ? inner + addresses : inner);
		return 0;
	}
	if (p->kind == MARLLB_FRAGMENT && !p->first_fragment)
		return 0;
	if (port != 0)
		ports = replace(l4 + (to_server ? 2 : 0), &port, 2);
	if (p->proto == MARLLB_PROTO_UDP)
		marllb_correct_udp(l4 + 6, addresses + ports);
	else
		marllb_correct(l4 + 16, addresses + ports);
	return 0;
}

void
marllb_tunnel_prepare(struct marllb_tunnel *t, uint8_t family, bool gre, const uint8_t src[16],
		      const uint8_t dst[16], uint16_t mtu)
{
	uint8_t *ip = t->header;

	memset(t, 0, sizeof(*t));
	t->family = family;
	t->gre = gre;
	t->mtu = mtu;
	if (family == 4) {
		ip[0] = 0x45;
		marllb_put16(ip + 6, MARLLB_IPV4_DF); /* and no identification: RFC 6864, 4.1 */
		ip[8] = OUTER_TTL;
		memcpy(ip + 12, src, 4);
		memcpy(ip + 16, dst, 4);
		t->length = MARLLB_IPV4_HEADER;
		t->sum = marllb_sum(ip, MARLLB_IPV4_HEADER, 0);
	} else {
		ip[0] = 0x60;
		ip[7] = OUTER_TTL;
		memcpy(ip + 8, src, 16);
		memcpy(ip + 24, dst, 16);
		t->length = MARLLB_IPV6_HEADER;
	}
	if (gre)
		t->length += 4; /* no checksum, no key: flags and version 0, then the type */
}

int
marllb_encapsulate(struct marllb_packet *p, const struct marllb_tunnel *t, uint32_t headroom)
{
	uint8_t *data = p->data, *inner = data + p->l3, *outer;
	uint32_t total = (uint32_t)p->l3_total + t->length;
	uint64_t link[3];
	uint8_t class, proto;
	uint16_t type, word;

	if (p->family == 0)
		return MARLLB_REFUSED(MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	if (total > t->mtu || headroom < t->length)
		return MARLLB_REFUSED(MARLLB_DROP_TOO_LONG);
	if (p->family == 4) {
		if (inner[8] <= 1)
			return MARLLB_REFUSED(MARLLB_DROP_TTL);
		lower_ttl(inner, 0);
		class = inner[1];
		proto = MARLLB_PROTO_IPIP;
		type = MARLLB_ETHERTYPE_IPV4;
	} else {
		if (inner[7] <= 1)
			return MARLLB_REFUSED(MARLLB_DROP_TTL);
		inner[7]--;
		class = (uint8_t)(inner[0] << 4 | inner[1] >> 4);
		proto = MARLLB_PROTO_IPV6;
		type = MARLLB_ETHERTYPE_IPV6;
	}
	if (t->gre)
		proto = MARLLB_PROTO_GRE;

	/* 22 bytes, tags or not: what is too much lies where the outer header comes. */
	memcpy(&link[0], data, 8);
	memcpy(&link[1], data + 8, 8);
	memcpy(&link[2], data + MAX_LINK - 8, 8);
	data -= t->length;
	memcpy(data, &link[0], 8);
	memcpy(data + 8, &link[1], 8);
	memcpy(data + MAX_LINK - 8, &link[2], 8);
	outer = data + p->l3;
	p->data = data;
	p->length = p->l3 + total;
	memcpy(outer, t->header, MARLLB_IPV4_HEADER);
	if (t->family == 4) {
		marllb_put16(outer - 2, MARLLB_ETHERTYPE_IPV4);
		outer[1] = class;
		marllb_put16(outer + 2, (uint16_t)total);
		outer[9] = proto;
		word = (uint16_t)~marllb_fold(t->sum + marllb_word(0, class) +
					      marllb_word((uint8_t)(total >> 8), (uint8_t)total) +
					      marllb_word(0, proto));
		memcpy(outer + 10, &word, sizeof(word));
	} else {
		marllb_put16(outer - 2, MARLLB_ETHERTYPE_IPV6);
		memcpy(outer + MARLLB_IPV4_HEADER, t->header + MARLLB_IPV4_HEADER, 20);
		outer[0] = (uint8_t)(0x60 | class >> 4);
		outer[1] = (uint8_t)(class << 4);
		marllb_put16(outer + 4, (uint16_t)(total - MARLLB_IPV6_HEADER));
		outer[6] = proto;
	}
	if (t->gre) {
		marllb_put16(outer + t->length - 4, 0);
		marllb_put16(outer + t->length - 2, type);
	}
	return 0;
}
