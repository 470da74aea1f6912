/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_ANSWER_H
#define MARLLB_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

/*
 * What the data plane says itself: who has its addresses (ARP, neighbour discovery), echo replies,
 * and that a packet was too long. Addresses are 16 bytes, IPv4 in the first four.
 */

struct marllb_address {
	uint8_t family; /* 4 or 6 */
	uint8_t bytes[16];
};

/* VIPs and own addresses: 16 VIPs and one own address of each family. */
#define MARLLB_SELF_ADDRESSES 18

/* For whom it answers, and with which MAC address. */
struct marllb_self {
	uint8_t mac[6];
	uint16_t count;
	struct marllb_address address[MARLLB_SELF_ADDRESSES];
};

/* Whether an address is one of its own. */
bool marllb_is_self(const struct marllb_self *self, uint8_t family, const uint8_t address[16]);

/*
 * Turns an ARP request, neighbour solicitation or echo request into its answer, in place; the
 * caller sends p->data, p->length to where it came from. A solicitation may grow by the room behind
 * the frame, at most 8 bytes. Returns 0, or MARLLB_REFUSED(NOT_VIP) for one that is not for us,
 * MALFORMED for one that must be ignored, UNSUPPORTED_PROTOCOL for all else, and then the frame is as
 * it was.
 */
int marllb_answer(struct marllb_packet *p, const struct marllb_self *self, uint32_t tailroom);

/* The longest frame that marllb_answer_too_long makes. */
#define MARLLB_TOO_LONG_FRAME (MARLLB_ETHER_HEADER + 2 * MARLLB_VLAN_TAG + 1280)

/*
 * Turns a packet that is longer than the path to its server into the ICMP error that tells its
 * sender so (RFC 1191, RFC 8201), from the address it was sent to; mtu is the longest packet that
 * gets through. Needs 48 bytes of headroom. Returns 0, or MARLLB_REFUSED(TOO_LONG) where none may be
 * sent: fragments but the first, other protocols than TCP and UDP, IPv4 without DF, no headroom.
 */
int marllb_answer_too_long(struct marllb_packet *p, const struct marllb_self *self, uint16_t mtu,
			   uint32_t headroom);

/* Who has which MAC address, as ARP and neighbour discovery say it. */
struct marllb_neighbour {
	struct marllb_address address;
	uint8_t mac[6];
};

/* What a packet of kind MARLLB_ARP or MARLLB_ND, not yet answered, says of its sender; or false. */
bool marllb_learn_neighbour(const struct marllb_packet *p, struct marllb_neighbour *n);

/* The longest frame that marllb_ask makes. */
#define MARLLB_ASK_FRAME 86

/*
 * Makes the ARP request or neighbour solicitation for an address, from own of the same family, in
 * MARLLB_ASK_FRAME bytes at frame. Returns its length.
 */
uint32_t marllb_ask(uint8_t *frame, const uint8_t mac[6], const struct marllb_address *own,
		    const struct marllb_address *wanted);

#endif
