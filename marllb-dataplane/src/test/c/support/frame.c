/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

#define TCP 6
#define UDP 17
#define ICMP 1
#define ICMPV6 58

uint64_t
next_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t
below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)((next_word(state) >> 32) * bound >> 32);
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

uint16_t
slow_checksum(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		while (sum > 0xffff)
			sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* Sum of the pseudo header, not complemented. */
static uint32_t
pseudo(const uint8_t *ip, int family, uint8_t proto, uint32_t length)
{
	uint16_t checksum = family == 4 ? slow_checksum(ip + 12, 8, 0) : slow_checksum(ip + 8, 32, 0);

	return (uint32_t)(uint16_t)~checksum + proto + (length >> 16) + (length & 0xffff);
}

struct recipe
plain(int family, uint8_t proto)
{
	static const uint8_t client[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static const uint8_t vip[16] = {0xfd, [14] = 1, 0};
	struct recipe r = {.family = family,
			   .proto = proto,
			   .ttl = 64,
			   .sport = 40000,
			   .dport = 80,
			   .tcp_flags = 0x18,
			   .payload_length = 32};

	if (family == 4) {
		memcpy(r.src, (const uint8_t[]){192, 0, 2, 1}, 4);
		memcpy(r.dst, (const uint8_t[]){10, 0, 0, 100}, 4);
	} else {
		memcpy(r.src, client, 16);
		memcpy(r.dst, vip, 16);
	}
	return r;
}

void
load(struct frame *f, const uint8_t *bytes, uint32_t length)
{
	memset(f->room, 0xee, sizeof(f->room));
	f->data = f->room + HEADROOM;
	f->length = length;
	memcpy(f->data, bytes, length);
}

/* The upper layer, with its checksum; returns its bytes. */
static uint32_t
build_upper(uint8_t *l4, const uint8_t *ip, const struct recipe *r)
{
	uint32_t header = r->proto == TCP			       ? 20u + (uint32_t)r->tcp_options
			  : r->proto == UDP || r->proto == ICMP || r->proto == ICMPV6 ? 8
									       : 0;
	uint32_t length = header + r->payload_length;
	uint16_t checksum;

	memset(l4, 0, header);
	for (uint32_t i = 0; i < r->payload_length; i++)
		l4[header + i] = r->payload != NULL ? r->payload[i] : (uint8_t)i;
	if (r->proto == TCP || r->proto == UDP) {
		put16(l4, r->sport);
		put16(l4 + 2, r->dport);
	}
	if (r->proto == TCP) {
		memcpy(l4 + 4, (const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
		l4[12] = (uint8_t)(header / 4 << 4);
		l4[13] = r->tcp_flags;
		put16(l4 + 14, 0xfaf0);
		memset(l4 + 20, 1, header - 20); /* no operation */
		put16(l4 + 16, slow_checksum(l4, length, pseudo(ip, r->family, TCP, length)));
	} else if (r->proto == UDP) {
		put16(l4 + 4, length);
		checksum = slow_checksum(l4, length, pseudo(ip, r->family, UDP, length));
		if (!r->no_checksum)
			put16(l4 + 6, checksum == 0 ? 0xffff : checksum);
	} else if (r->proto == ICMP || r->proto == ICMPV6) {
		l4[0] = r->icmp_type;
		l4[1] = r->icmp_code;
		put16(l4 + 4, r->icmp_rest >> 16);
		put16(l4 + 6, r->icmp_rest);
		put16(l4 + 2, slow_checksum(l4, length,
					    r->proto == ICMP ? 0
							     : pseudo(ip, 6, ICMPV6, length)));
	}
	return length;
}

/* Adds an extension header and makes the one before it point there. */
static uint8_t *
extend(uint8_t *at, uint8_t **next, uint8_t type, uint32_t size)
{
	memset(at, 0, size);
	at[1] = (uint8_t)(type == 51 ? size / 4 - 2 : size / 8 - 1);
	**next = type;
	*next = at;
	return at + size;
}

void
build(struct frame *f, const struct recipe *r)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	uint8_t *ip, *at, *next;
	uint32_t upper;

	memset(f->room, 0xee, sizeof(f->room));
	f->data = f->room + HEADROOM;
	memcpy(f->data, macs, sizeof(macs));
	at = f->data + 12;
	for (int i = 0; i < r->tags; i++, at += 4) {
		put16(at, i == 0 && r->tags == 2 ? 0x88a8 : 0x8100);
		put16(at + 2, 100 + (uint32_t)i);
	}
	put16(at, r->family == 4 ? 0x0800 : 0x86dd);
	ip = at + 2;
	if (r->family == 4) {
		uint32_t header = 20 + (uint32_t)r->options;

		memset(ip, 0, 20);
		memset(ip + 20, 1, (uint32_t)r->options);
		ip[0] = (uint8_t)(0x40 | header / 4);
		ip[1] = r->tos;
		put16(ip + 4, r->id);
		put16(ip + 6, (uint32_t)r->df << 14 | (uint32_t)r->more_fragments << 13 |
				      r->fragment_offset);
		ip[8] = r->ttl;
		ip[9] = r->proto;
		memcpy(ip + 12, r->src, 4);
		memcpy(ip + 16, r->dst, 4);
		upper = build_upper(ip + header, ip, r);
		put16(ip + 2, header + upper);
		put16(ip + 10, slow_checksum(ip, header, 0));
		at = ip + header + upper;
	} else {
		memset(ip, 0, 40);
		ip[0] = (uint8_t)(0x60 | r->tos >> 4);
		ip[1] = (uint8_t)(r->tos << 4);
		ip[7] = r->ttl;
		memcpy(ip + 8, r->src, 16);
		memcpy(ip + 24, r->dst, 16);
		at = ip + 40;
		next = ip + 6;
		if (r->hop_by_hop)
			at = extend(at, &next, 0, 8);
		if (r->routing)
			at = extend(at, &next, 43, 24);
		if (r->fragment_header) {
			at = extend(at, &next, 44, 8);
			next[1] = 0;
			put16(next + 2, (uint32_t)r->fragment_offset << 3 | r->more_fragments);
			put16(next + 4, r->id >> 16);
			put16(next + 6, r->id);
		}
		if (r->authentication)
			at = extend(at, &next, 51, 24);
		if (r->destination)
			at = extend(at, &next, 60, 16);
		*next = r->proto;
		at += build_upper(at, ip, r);
		put16(ip + 4, (uint32_t)(at - ip) - 40);
	}
	memset(at, 0xaa, (size_t)r->padding);
	f->length = (uint32_t)(at - f->data) + (uint32_t)r->padding;
}

void
build_error(struct frame *f, const struct recipe *about, uint32_t bytes)
{
	static const uint8_t router4[4] = {198, 51, 100, 7};
	static const uint8_t router6[16] = {0x20, 1, 0x0d, 0xb8, 0xff, [15] = 7};
	struct recipe r = plain(about->family, about->family == 4 ? ICMP : ICMPV6);
	struct frame inner;
	uint32_t at;

	build(&inner, about);
	at = ip_offset(inner.data);
	memcpy(r.src, about->family == 4 ? router4 : router6, about->family == 4 ? 4 : 16);
	memcpy(r.dst, about->src, 16);
	r.icmp_type = about->family == 4 ? 3 : 2;
	r.icmp_code = about->family == 4 ? 4 : 0;
	r.icmp_rest = 1400;
	r.payload = inner.data + at;
	r.payload_length = bytes < inner.length - at ? bytes : inner.length - at;
	build(f, &r);
}

uint32_t
ip_offset(const uint8_t *frame)
{
	uint32_t at = 12;

	while (get16(frame + at) == 0x8100 || get16(frame + at) == 0x88a8)
		at += 4;
	return at + 2;
}

static const char *wrong_ip(const uint8_t *ip, uint32_t length);

/* The upper layer of a whole packet; cut: only a part of it is there. */
static const char *
wrong_upper(const uint8_t *ip, int family, uint8_t proto, const uint8_t *l4, uint32_t length, bool cut)
{
	switch (proto) {
	case TCP:
		if (!cut && slow_checksum(l4, length, pseudo(ip, family, TCP, length)) != 0)
			return "TCP";
		return NULL;
	case UDP:
		if (get16(l4 + 6) != 0 && !cut &&
		    slow_checksum(l4, length, pseudo(ip, family, UDP, length)) != 0)
			return "UDP";
		return NULL;
	case ICMP:
	case ICMPV6:
		if (!cut && slow_checksum(l4, length,
					  proto == ICMP ? 0 : pseudo(ip, 6, ICMPV6, length)) != 0)
			return "ICMP";
		if (proto == ICMP ? l4[0] == 3 || l4[0] == 11 || l4[0] == 12 : l4[0] >= 1 && l4[0] <= 4)
			return wrong_ip(l4 + 8, length - 8);
		return NULL;
	case 4:
	case 41:
		return wrong_ip(l4, length);
	case 47:
		return wrong_ip(l4 + 4, length - 4);
	default:
		return NULL;
	}
}

static const char *
wrong_ip(const uint8_t *ip, uint32_t length)
{
	uint32_t at, total;
	uint8_t proto;

	if (ip[0] >> 4 == 4) {
		at = (ip[0] & 15u) * 4;
		total = get16(ip + 2);
		if (slow_checksum(ip, at, 0) != 0)
			return "IPv4";
		if ((get16(ip + 6) & 0x3fff) != 0)
			return NULL;
		proto = ip[9];
	} else {
		at = 40;
		total = 40 + get16(ip + 4);
		proto = ip[6];
		while (proto == 0 || proto == 43 || proto == 44 || proto == 51 || proto == 60) {
			if (proto == 44 && (get16(ip + at + 2) & 0xfff9) != 0)
				return NULL;
			uint32_t size = proto == 51 ? (ip[at + 1] + 2u) * 4 : (ip[at + 1] + 1u) * 8;

			proto = ip[at];
			at += size;
		}
	}
	return wrong_upper(ip, ip[0] >> 4, proto, ip + at, (total < length ? total : length) - at,
			   total > length);
}

const char *
wrong_checksum(const uint8_t *frame, uint32_t length)
{
	uint32_t at = ip_offset(frame);

	return wrong_ip(frame + at, length - at);
}

struct recipe
random_recipe(uint64_t *state)
{
	struct recipe r = plain(below(state, 2) == 0 ? 4 : 6, below(state, 2) == 0 ? TCP : UDP);

	r.tags = (int)below(state, 3);
	r.ttl = (uint8_t)(2 + below(state, 254));
	r.tos = (uint8_t)below(state, 256);
	r.id = (uint32_t)next_word(state);
	for (int i = r.family == 4 ? 1 : 4; i < (r.family == 4 ? 4 : 16); i++)
		r.src[i] = (uint8_t)below(state, 256);
	r.sport = (uint16_t)below(state, 65536);
	r.dport = (uint16_t)(1 + below(state, 65535));
	r.tcp_flags = (uint8_t)below(state, 64);
	r.tcp_options = (int)below(state, 11) * 4;
	r.payload_length = below(state, 1200);
	r.padding = (int)below(state, 7);
	if (below(state, 2) == 0)
		return r;
	r.options = (int)below(state, 11) * 4;
	r.hop_by_hop = below(state, 2) == 0;
	r.routing = below(state, 2) == 0;
	r.destination = below(state, 2) == 0;
	r.authentication = below(state, 2) == 0;
	r.no_checksum = r.family == 4 && below(state, 2) == 0;
	r.df = below(state, 2) == 0;
	return r;
}
