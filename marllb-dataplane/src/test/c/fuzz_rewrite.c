/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input is a byte that says what to do, and a frame. What a rewritten checksum lacks must be what it lacked
 * before: right ones stay right, wrong ones wrong; a refused frame must be as it was.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "checksum.h"
#include "fragment.h"
#include "rewrite.h"

#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t SERVER4[16] = {10, 0, 0, 11}, SERVER6[16] = {0xfd, [15] = 0x11};
static const uint8_t OWN4[16] = {10, 0, 0, 2}, OWN6[16] = {0xfd, [15] = 2};
static const struct marllb_self SELF = {.mac = {2, 0, 0, 0, 0, 2}};

/* 0 and ffff are the same to a checksum. */
static uint16_t
reduced(uint64_t sum)
{
	uint16_t word = marllb_fold(sum);

	return word == 0xffff ? 0 : word;
}

/* What the checksum of the IPv4 header lacks. */
static uint16_t
ip_lack(const struct marllb_packet *p)
{
	const uint8_t *ip = p->data + p->l3;

	return p->family == 4 ? reduced(marllb_sum(ip, (ip[0] & 15u) * 4, 0)) : 0;
}

/* What the checksum of the upper layer lacks; of a fragment it is that of the packet less the rest. */
static uint16_t
l4_lack(const struct marllb_packet *p)
{
	uint32_t length = (uint32_t)p->l3 + p->l3_total - p->l4;
	uint64_t sum = 0;

	if (p->proto != MARLLB_PROTO_ICMP)
		sum = marllb_pseudo_sum(p->data + p->l3, p->family, p->proto, length);
	return reduced(marllb_sum(p->data + p->l4, length, sum));
}

static bool
has_checksum(const struct marllb_packet *p)
{
	if (p->kind == MARLLB_FRAGMENT && !p->first_fragment)
		return false;
	return p->proto != MARLLB_PROTO_UDP || marllb_get16(p->data + p->l4 + 6) != 0;
}

/* The prepared translation of a plain packet, made in a copy, is the one that was made. */
static void
compare_prepared(const uint8_t *before, const struct marllb_packet *after, bool to_server,
		 uint16_t port, int result)
{
	unsigned at = to_server ? 30 : 26, port_at = to_server ? 36 : 34;
	struct marllb_translation t;
	struct marllb_plain q;
	uint8_t *copy;

	if (!marllb_parse_plain(before, after->length, &q))
		return;
	copy = malloc(after->length);
	require(copy != NULL);
	memcpy(copy, before, after->length);
	marllb_translation_prepare(&t, before + at, marllb_raw16(before + port_at), SERVER4,
				   port != 0 ? port : marllb_raw16(before + port_at));
	require(marllb_translate_plain(copy, &t, to_server, q.proto == MARLLB_PROTO_TCP) == (result == 0));
	require(memcmp(copy, after->data, after->length) == 0);
	free(copy);
}

static void
translate(struct marllb_packet *p, bool to_server, uint16_t port)
{
	const uint8_t *address = p->family == 4 ? SERVER4 : SERVER6;
	uint16_t ip = ip_lack(p), l4 = l4_lack(p);
	uint8_t ttl = p->data[p->l3 + (p->family == 4 ? 8 : 7)];
	uint8_t *copy = malloc(p->length);
	bool checksum = has_checksum(p);
	struct marllb_packet q;
	int result;

	require(copy != NULL);
	memcpy(copy, p->data, p->length);
	result = to_server ? marllb_nat_to_server(p, address, port)
			   : marllb_nat_to_client(p, address, port);
	compare_prepared(copy, p, to_server, port, result);
	if (result != 0) {
		require(memcmp(copy, p->data, p->length) == 0);
	} else {
		require(marllb_parse(p->data, p->length, &q) == 0);
		require(p->data[p->l3 + (p->family == 4 ? 8 : 7)] == ttl - 1);
		require(ip_lack(p) == ip);
		require(!checksum || l4_lack(p) == l4);
		require(has_checksum(p) == checksum);
	}
	free(copy);
}

static void
wrap(struct marllb_packet *p, const uint8_t *frame, size_t size, unsigned what, uint32_t headroom)
{
	bool outer6 = what & 1, gre = what & 2;
	uint16_t ip = ip_lack(p), total = p->l3_total, l3 = p->l3;
	struct marllb_tunnel t;
	struct marllb_packet q;
	uint8_t *before = p->data;

	marllb_tunnel_prepare(&t, outer6 ? 6 : 4, gre, outer6 ? OWN6 : OWN4, outer6 ? SERVER6 : SERVER4,
			      1500);
	if (marllb_encapsulate(p, &t, headroom) != 0) {
		require(p->data == before && memcmp(p->data, frame, size) == 0);
		return;
	}
	require(p->data == before - t.length && t.length <= headroom);
	require(marllb_parse(p->data, p->length, &q) == 0 && q.kind == MARLLB_OTHER);
	require(q.l3 == l3 && q.l3_total == total + t.length && ip_lack(&q) == 0);
	p->data = before; /* the packet within */
	require(ip_lack(p) == ip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct marllb_fragments *fragments;
	uint32_t headroom;
	struct marllb_packet p;
	uint8_t *room, what;
	uint32_t value;

	if (size < 1)
		return 0;
	what = data[0];
	data++;
	size--;
	headroom = (what >> 3) * 2u; /* 0 to 62: too little for some */
	room = malloc(headroom + size + (headroom + size == 0));
	require(room != NULL);
	memcpy(room + headroom, data, size);
	if (marllb_parse(room + headroom, (uint32_t)size, &p) == 0 && p.family != 0) {
		switch (what & 7) {
		case 0:
		case 1:
			translate(&p, what & 1, htons((uint16_t)(what >> 3 & 1 ? 8080 : 0)));
			break;
		case 2:
			if (marllb_answer_too_long(&p, &SELF, 1480, headroom) == 0)
				require(p.data >= room && p.data + p.length <= room + headroom + size &&
					marllb_parse(p.data, p.length, &p) == 0);
			break;
		case 3:
			if (fragments == NULL)
				fragments = marllb_fragments_create(64, 1000, 1);
			require(fragments != NULL);
			if (p.kind != MARLLB_FRAGMENT)
				break;
			marllb_fragments_learn(fragments, &p, what, what);
			require(marllb_fragments_find(fragments, &p, what, &value) && value == what);
			break;
		default:
			wrap(&p, data, size, what, headroom);
			break;
		}
	}
	free(room);
	return 0;
}
