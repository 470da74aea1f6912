/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include <arpa/inet.h>
#include <string.h>

#include "checksum.h"
#include "rewrite.h"

static const uint8_t MAC[6] = {2, 0, 0, 0, 0, 2}, NEXT[6] = {2, 0, 0, 0, 0, 0x11};
static const uint8_t VIP4[16] = {10, 0, 0, 100}, VIP6[16] = {0xfd, [14] = 1};
static const uint8_t OWN4[16] = {10, 0, 0, 2}, OWN6[16] = {0xfd, [15] = 2};
static const uint8_t SERVER4[16] = {10, 0, 0, 11}, SERVER6[16] = {0xfd, [15] = 0x11};

/* From the client to the VIP. */
static bool
build_client(struct frame *f, int family, unsigned n)
{
	static const uint8_t mss[4] = {2, 4, 5, 0xb4};
	struct recipe r = plain(family, 6);
	struct recipe lost;
	uint8_t from[16];

	r.id = 1000 + n;
	r.df = true;
	switch (n) {
	case 0: /* SYN with an option */
		r.tcp_flags = 0x02;
		r.tcp_options = 4;
		r.payload_length = 0;
		build(f, &r);
		memcpy(f->data + f->length - 4, mss, 4);
		marllb_fill_l4(f->data + 14, (uint8_t)family, 6, f->data + f->length - 24, 24);
		return true;
	case 1: /* ACK, padded to the shortest frame */
		r.tcp_flags = 0x10;
		r.payload_length = 0;
		r.padding = family == 4 ? 6 : 0;
		break;
	case 2: /* data of odd length */
		r.payload_length = 333;
		break;
	case 3:
		r.tcp_flags = 0x11;
		r.payload_length = 0;
		break;
	case 4:
		r.tcp_flags = 0x04;
		r.payload_length = 0;
		break;
	case 5: /* full, with ECN and a class */
		r.tos = 0xb9;
		r.payload_length = family == 4 ? 1416 : 1396;
		break;
	case 6:
		r.tags = 1;
		break;
	case 7:
		r.tags = 2;
		break;
	case 8:
		r.options = 8;
		r.hop_by_hop = r.destination = true;
		break;
	case 9: /* at the end of its hops */
		r.ttl = 1;
		break;
	case 10:
		r.proto = 17;
		r.dport = 53;
		break;
	case 11: /* IPv4: without a checksum */
		r.proto = 17;
		r.dport = 53;
		r.no_checksum = family == 4;
		break;
	case 12: /* a packet in two fragments, checksum of the whole */
	case 13:
		r.proto = 17;
		r.id = 4242;
		r.df = false;
		r.payload_length = 56;
		build(f, &r);
		memcpy(from, f->data + f->length - 64, 8); /* UDP header */
		r.fragment_header = true;
		r.fragment_offset = n == 12 ? 0 : 4;
		r.more_fragments = n == 12;
		r.payload_length = 24;
		build(f, &r);
		if (n == 12)
			memcpy(f->data + f->length - 32, from, 8);
		for (unsigned i = 0; i < (n == 12 ? 24 : 32); i++)
			f->data[f->length - (n == 12 ? 24 : 32) + i] = (uint8_t)(n == 12 ? i : 24 + i);
		return true;
	case 14: /* about a packet of the server, which went out with the VIP as its source */
	case 15:
		lost = plain(family, n == 14 ? 6 : 17);
		memcpy(from, lost.src, 16);
		memcpy(lost.src, lost.dst, 16);
		memcpy(lost.dst, from, 16);
		lost.sport = 80;
		lost.dport = 40000;
		build_error(f, &lost, n == 14 ? (family == 4 ? 28 : 1200) : 1200);
		return true;
	default:
		return false;
	}
	build(f, &r);
	return true;
}

/* From a server to the client, as mode nat gets it. */
static bool
build_server(struct frame *f, int family, unsigned n)
{
	struct recipe r = plain(family, 6), lost;
	uint8_t client[16];

	memcpy(client, r.src, 16);
	memcpy(r.src, family == 4 ? SERVER4 : SERVER6, 16);
	memcpy(r.dst, client, 16);
	r.sport = 8080;
	r.dport = 40000;
	r.id = 2000 + n;
	r.df = true;
	switch (n) {
	case 0:
		r.tcp_flags = 0x12;
		r.payload_length = 0;
		break;
	case 1:
		r.payload_length = family == 4 ? 1460 : 1440;
		break;
	case 2:
		r.tcp_flags = 0x11;
		r.payload_length = 1;
		break;
	case 3:
		r.proto = 17;
		break;
	case 4: /* a router before the server, about the client's packet */
		lost = plain(family, 17);
		memcpy(lost.dst, family == 4 ? SERVER4 : SERVER6, 16);
		lost.dport = 8080;
		build_error(f, &lost, 1200);
		return true;
	default:
		return false;
	}
	build(f, &r);
	return true;
}

static bool
client4(struct frame *f, unsigned n)
{
	return build_client(f, 4, n);
}

static bool
client6(struct frame *f, unsigned n)
{
	return build_client(f, 6, n);
}

static bool
server4(struct frame *f, unsigned n)
{
	return build_server(f, 4, n);
}

static bool
server6(struct frame *f, unsigned n)
{
	return build_server(f, 6, n);
}

const struct golden_input GOLDEN_INPUTS[] = {
	{"client4", client4}, {"client6", client6}, {"server4", server4}, {"server6", server6}};
const unsigned GOLDEN_INPUT_COUNT = sizeof(GOLDEN_INPUTS) / sizeof(GOLDEN_INPUTS[0]);

/* All go to the same station: what they do there is their own. */
static int
send_on(struct marllb_packet *p, int result)
{
	if (result == 0)
		marllb_rewrite_link(p->data, MAC, NEXT);
	return result;
}

static int
dsr(struct marllb_packet *p)
{
	return send_on(p, 0);
}

static int
nat(struct marllb_packet *p)
{
	return send_on(p, marllb_nat_to_server(p, p->family == 4 ? SERVER4 : SERVER6, htons(8080)));
}

static int
back(struct marllb_packet *p)
{
	return send_on(p, marllb_nat_to_client(p, p->family == 4 ? VIP4 : VIP6, htons(80)));
}

static int
tunnel(struct marllb_packet *p, uint8_t outer, bool gre)
{
	struct marllb_tunnel t;

	marllb_tunnel_prepare(&t, outer, gre, outer == 4 ? OWN4 : OWN6, outer == 4 ? SERVER4 : SERVER6,
			      1500);
	return send_on(p, marllb_encapsulate(p, &t, HEADROOM));
}

static int
ipip4(struct marllb_packet *p)
{
	return tunnel(p, 4, false);
}

static int
ipip6(struct marllb_packet *p)
{
	return tunnel(p, 6, false);
}

static int
gre4(struct marllb_packet *p)
{
	return tunnel(p, 4, true);
}

static int
gre6(struct marllb_packet *p)
{
	return tunnel(p, 6, true);
}

const struct golden_output GOLDEN_OUTPUTS[] = {
	{"dsr4", "client4", dsr},	      {"dsr6", "client6", dsr},
	{"nat4", "client4", nat},	      {"nat6", "client6", nat},
	{"nat4-back", "server4", back},       {"nat6-back", "server6", back},
	{"ipip4-in-4", "client4", ipip4},     {"ipip4-in-6", "client4", ipip6},
	{"ipip6-in-6", "client6", ipip6},     {"gre4-in-4", "client4", gre4},
	{"gre4-in-6", "client4", gre6},	      {"gre6-in-6", "client6", gre6}};
const unsigned GOLDEN_OUTPUT_COUNT = sizeof(GOLDEN_OUTPUTS) / sizeof(GOLDEN_OUTPUTS[0]);
