/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_CHECKSUM_H
#define MARLLB_CHECKSUM_H

#include <stdint.h>
#include <string.h>

#include "packet.h"

/*
 * Internet checksums: RFC 1071 in full, RFC 1624 (equation 3) by difference. Sums are kept over words
 * as they lie in memory, which ones' complement addition allows (RFC 1071, 2.B), so nothing is swapped.
 * Since 2^16 = 1 modulo 2^16 - 1, wider words may be added to the same sum.
 */

static inline uint16_t
marllb_raw16(const uint8_t *at)
{
	uint16_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/*
 * The word of two bytes, in this order in memory. Made in registers: a load of what was just stored byte
 * by byte waits for the stores.
 */
static inline uint16_t
marllb_word(uint8_t first, uint8_t second)
{
	return (uint16_t)(first | second << 8);
}

static inline uint32_t
marllb_raw32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* A sum reduced to 16 bits; 0 only if all that was added is 0. */
static inline uint16_t
marllb_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/* What a checksum's sum gains when a word of the packet is replaced. Differences may be added up. */
static inline uint64_t
marllb_difference16(uint16_t old, uint16_t new)
{
	return (uint64_t)(uint16_t)~old + new;
}

static inline uint64_t
marllb_difference32(uint32_t old, uint32_t new)
{
	return (uint64_t)(uint32_t)~old + new;
}

/* Corrects the checksum at this place for a difference. */
static inline void
marllb_correct(uint8_t *checksum, uint64_t difference)
{
	uint16_t word = marllb_raw16(checksum);

	word = (uint16_t)~marllb_fold((uint16_t)~word + difference);
	memcpy(checksum, &word, sizeof(word));
}

/* The same for UDP, where 0 says that there is none (RFC 768): it stays so, and no sum becomes it. */
static inline void
marllb_correct_udp(uint8_t *checksum, uint64_t difference)
{
	uint16_t word = marllb_raw16(checksum);

	if (word == 0)
		return;
	word = (uint16_t)~marllb_fold((uint16_t)~word + difference);
	if (word == 0)
		word = 0xffff;
	memcpy(checksum, &word, sizeof(word));
}

/* Adds up bytes; an odd last one counts as if a zero followed, so only the last part may be odd. */
static inline uint64_t
marllb_sum(const uint8_t *data, uint32_t length, uint64_t sum)
{
	uint8_t last[2] = {0, 0};

	for (; length >= 4; length -= 4, data += 4)
		sum += marllb_raw32(data);
	if (length >= 2) {
		sum += marllb_raw16(data);
		data += 2;
		length -= 2;
	}
	if (length != 0) {
		last[0] = *data;
		sum += marllb_raw16(last);
	}
	return sum;
}

/* Of the pseudo header of TCP, UDP and ICMPv6 above the IP header at ip, for so many bytes. */
static inline uint64_t
marllb_pseudo_sum(const uint8_t *ip, uint8_t family, uint8_t proto, uint32_t length)
{
	uint8_t tail[8] = {0};
	uint64_t sum = family == 4 ? marllb_sum(ip + 12, 8, 0) : marllb_sum(ip + 8, 32, 0);

	marllb_put32(tail, length);
	tail[7] = proto;
	return marllb_sum(tail, sizeof(tail), sum);
}

/* Stores the checksum of an IPv4 header, computed in full. */
static inline void
marllb_fill_ipv4(uint8_t *ip)
{
	uint16_t word = 0;

	memcpy(ip + 10, &word, sizeof(word));
	word = (uint16_t)~marllb_fold(marllb_sum(ip, (ip[0] & 15u) * 4, 0));
	memcpy(ip + 10, &word, sizeof(word));
}

/* The same for TCP, UDP, ICMP or ICMPv6 of so many bytes at l4, above the IP header at ip. */
static inline void
marllb_fill_l4(const uint8_t *ip, uint8_t family, uint8_t proto, uint8_t *l4, uint32_t length)
{
	uint8_t *checksum = l4 + (proto == MARLLB_PROTO_TCP   ? 16
				  : proto == MARLLB_PROTO_UDP ? 6
							      : 2);
	uint64_t sum = proto == MARLLB_PROTO_ICMP ? 0 : marllb_pseudo_sum(ip, family, proto, length);
	uint16_t word = 0;

	memcpy(checksum, &word, sizeof(word));
	word = (uint16_t)~marllb_fold(marllb_sum(l4, length, sum));
	if (word == 0 && proto == MARLLB_PROTO_UDP)
		word = 0xffff;
	memcpy(checksum, &word, sizeof(word));
}

#endif
