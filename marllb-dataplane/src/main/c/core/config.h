/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_CONFIG_H
#define MARLLB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "rewrite.h"
#include "shm_layout.h"

/*
 * The configuration file of a packet-path program: sections of `key = value` lines, # begins a
 * comment. Strict: an unknown section or key, a doubled or missing one, and a value outside its range
 * are errors, and all of them are reported at once. Addresses are numeric; no name is ever resolved.
 * dpdk/example.conf shows every key.
 */

#define MARLLB_CONFIG_VIPS 16
#define MARLLB_CONFIG_SERVERS 256 /* server slots of a segment */
#define MARLLB_CONFIG_ERRORS 20
#define MARLLB_CONFIG_PATH 256

enum marllb_idle {
	MARLLB_IDLE_AUTO, /* sleep on virtual devices, poll on others */
	MARLLB_IDLE_POLL,
	MARLLB_IDLE_SLEEP,
};

struct marllb_config_vip {
	struct marllb_address address;
	uint16_t port; /* network byte order, as everywhere here */
	uint8_t proto; /* MARLLB_PROTO_TCP or MARLLB_PROTO_UDP */
	enum marllb_mode mode;
	unsigned line; /* of the file, for messages */
};

struct marllb_config_server {
	struct marllb_address address;
	uint16_t port; /* NAT: of the server; 0 = the VIP's */
	bool has_mac;  /* if not, it is asked for */
	uint8_t mac[6];
	double weight; /* static, > 0 */
	unsigned line;
};

/* An own address and its network; family 0 = not configured. */
struct marllb_config_network {
	struct marllb_address address;
	uint8_t prefix; /* bits */
	struct marllb_address gateway; /* family 0 = none */
};

struct marllb_config {
	struct marllb_config_vip vip[MARLLB_CONFIG_VIPS];
	unsigned vips;
	struct marllb_config_server server[MARLLB_CONFIG_SERVERS];
	unsigned servers;

	/* [port] */
	struct marllb_config_network ipv4, ipv6;
	bool has_mac; /* if not, the device's is taken */
	uint8_t mac[6];
	uint16_t mtu; /* bytes from the IP header on */
	enum marllb_idle idle;

	/* [flows] */
	uint32_t flows; /* room for flows per core, a power of two */
	uint64_t established_nanos, embryonic_nanos, closing_nanos;
	uint64_t hash_seed; /* a secret, the same on all balancers of these servers */

	/* [control] */
	char segment[MARLLB_CONFIG_PATH];
	uint64_t interval_nanos;
	uint32_t slots; /* server slots, so room for servers that are added while it runs */
	uint32_t balancers;
	enum marllb_rule fallback; /* used while no controller is there */
};

/* What is wrong with a file, a line each: FILE:LINE: found, rule, and what to do. */
struct marllb_config_errors {
	unsigned count; /* of text; when it is full, the rest of the file is not looked at */
	char text[MARLLB_CONFIG_ERRORS][320];
};

/* Reads text of so many bytes, named so in messages. Returns whether it has no error. */
bool marllb_config_parse(const char *name, const char *text, size_t size, struct marllb_config *c,
			 struct marllb_config_errors *errors);

/* The same for a file. */
bool marllb_config_read(const char *path, struct marllb_config *c,
			struct marllb_config_errors *errors);

/* Where frames for this address go on the link: to itself, or to the gateway; NULL: no way known. */
const struct marllb_address *marllb_config_next_hop(const struct marllb_config *c,
						    const struct marllb_address *address);

#endif
