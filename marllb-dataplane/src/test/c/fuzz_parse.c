/* SPDX-License-Identifier: Apache-2.0 */
/* An input is a frame. Parsed, answered and learnt from, in memory of exactly its size. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "packet.h"

/* An abort is a finding, with or without sanitizers. */
#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct marllb_self SELF = {
	.mac = {2, 0, 0, 0, 0, 2},
	.count = 2,
	.address = {{4, {10, 0, 0, 100}}, {6, {0xfd, [14] = 1}}}};

static void
look_at(const struct marllb_packet *p)
{
	uint32_t end = (uint32_t)p->l3 + p->l3_total;

	require(p->l3 >= 14 && p->l3 <= 22 && end <= p->length);
	require(p->l3 < p->l4 && p->l4 <= p->payload && p->payload <= end);
	require(p->kind <= MARLLB_OTHER);
	require((p->family == 0) == (p->kind == MARLLB_ARP));
	if (p->kind == MARLLB_TCP)
		require(p->payload - p->l4 >= MARLLB_TCP_HEADER);
	if (p->kind == MARLLB_UDP)
		require(p->payload - p->l4 == MARLLB_UDP_HEADER);
	if (p->kind == MARLLB_ICMP_ERROR)
		require(p->inner_l4 > p->payload && p->inner_l4 + 8u <= end);
	else
		require(p->inner_l4 == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size + 8);
	struct marllb_packet fast, slow;
	struct marllb_neighbour n;
	int result;

	require(frame != NULL);
	/* Answers may use 8 bytes behind the frame, parsing must not: end and allocation coincide. */
	memcpy(frame + 8, data, size);
	result = marllb_parse(frame + 8, (uint32_t)size, &fast);
	require(result == marllb_parse_any(frame + 8, (uint32_t)size, &slow));
	require(result == 0 || MARLLB_REASON(result) <= MARLLB_DROP_UNSUPPORTED_PROTOCOL);
	if (result == 0) {
		require(memcmp(&fast, &slow, sizeof(fast)) == 0);
		look_at(&fast);
		marllb_learn_neighbour(&fast, &n);
		memmove(frame, frame + 8, size);
		fast.data = frame;
		if (marllb_answer(&fast, &SELF, 8) == 0) {
			require(fast.data == frame && fast.length <= size + 8);
			require(marllb_parse(frame, fast.length, &slow) == 0);
		} else {
			require(memcmp(frame, data, size) == 0);
		}
	}
	free(frame);
	return 0;
}
