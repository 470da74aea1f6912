/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (1 << 20) /* far beyond 256 servers */
#define MAX_NAME 32	   /* longer names are nobody's slip */

struct reader {
	const char *name;
	struct marllb_config *config;
	struct marllb_config_errors *errors;
	unsigned line;
};

__attribute__((format(printf, 3, 4))) static void
error_at(struct reader *r, unsigned line, const char *format, ...)
{
	va_list args;
	char *text;
	int used;

	if (r->errors->count == MARLLB_CONFIG_ERRORS)
		return;
	text = r->errors->text[r->errors->count++];
	used = line == 0 ? snprintf(text, sizeof(r->errors->text[0]), "%.100s: ", r->name)
			 : snprintf(text, sizeof(r->errors->text[0]), "%.100s:%u: ", r->name, line);
	va_start(args, format);
	vsnprintf(text + used, sizeof(r->errors->text[0]) - (size_t)used, format, args);
	va_end(args);
}

#define error(r, ...) error_at(r, (r)->line, __VA_ARGS__)

/* Edits between names, the swap of neighbours being one; both at most MAX_NAME long, case ignored. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned d[MAX_NAME + 1][MAX_NAME + 1];
	unsigned n = (unsigned)strlen(a), m = (unsigned)strlen(b);

	for (unsigned i = 0; i <= n; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= m; j++)
		d[0][j] = j;
	for (unsigned i = 1; i <= n; i++) {
		for (unsigned j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);
			unsigned best = d[i - 1][j - 1] + (x != y);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

/* "; did you mean 'NEAREST'?" or, if none is near, "; valid are A, B", in out. */
static const char *
hint(const char *word, const char *(*name_of)(const void *, unsigned), const void *names, char *out,
     size_t size)
{
	unsigned length = (unsigned)strlen(word), limit = length / 3 < 1 ? 1 : length / 3;
	const char *nearest = NULL, *name;
	size_t used = 0;

	for (unsigned i = 0; length <= MAX_NAME && (name = name_of(names, i)) != NULL; i++) {
		unsigned edits = distance(word, name);

		if (edits < limit + (nearest == NULL)) {
			nearest = name;
			limit = edits;
		}
	}
	if (nearest != NULL) {
		snprintf(out, size, "; did you mean '%s'?", nearest);
		return out;
	}
	for (unsigned i = 0; (name = name_of(names, i)) != NULL && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, i == 0 ? "; valid are %s" : ", %s",
					 name);
	return out;
}

/* A value as messages show it: printable, and cut. */
static const char *
shown(const char *value, char out[48])
{
	unsigned i = 0;

	for (; value[i] != 0 && i < 40; i++)
		out[i] = isprint((unsigned char)value[i]) ? value[i] : '?';
	strcpy(out + i, value[i] != 0 ? "..." : "");
	return out;
}

#define SHOWN(value) shown(value, (char[48]){0})

/* Values. Each parser reports what is wrong itself, and then leaves the field as it was. */

static void
parse_address(struct reader *r, const char *key, const char *value, void *field)
{
	struct marllb_address *a = field, read = {0};

	if (inet_pton(AF_INET, value, read.bytes) == 1)
		read.family = 4;
	else if (inet_pton(AF_INET6, value, read.bytes) == 1)
		read.family = 6;
	if (read.family == 0) {
		error(r, "%s is '%s', but must be a numeric IPv4 or IPv6 address; names are not resolved",
		      key, SHOWN(value));
		return;
	}
	if (read.family == 4 ? read.bytes[0] == 0 || read.bytes[0] == 127 || read.bytes[0] >= 224
			     : read.bytes[0] == 0xff || (read.bytes[0] == 0 && read.bytes[1] == 0)) {
		error(r, "%s is '%s', but must be an address of one host on a network", key,
		      SHOWN(value));
		return;
	}
	*a = read;
}

/* ADDRESS/BITS. */
static void
parse_network(struct reader *r, const char *key, const char *value, uint8_t family,
	      struct marllb_config_network *network)
{
	const char *slash = strchr(value, '/');
	unsigned max = family == 4 ? 32 : 128, bits = 0;
	char text[INET6_ADDRSTRLEN], *end = NULL;
	struct marllb_address address = {0};

	if (slash != NULL && (size_t)(slash - value) < sizeof(text) && isdigit((unsigned char)slash[1])) {
		memcpy(text, value, (size_t)(slash - value));
		text[slash - value] = 0;
		bits = (unsigned)strtoul(slash + 1, &end, 10);
	}
	if (end == NULL || *end != 0 || strlen(slash + 1) > 3 || bits < 1 || bits > max) {
		error(r, "%s is '%s', but must be ADDRESS/BITS with 1 to %u bits, such as %s", key,
		      SHOWN(value), max, family == 4 ? "10.0.0.2/24" : "fd00::2/64");
		return;
	}
	parse_address(r, key, text, &address);
	if (address.family == 0)
		return;
	if (address.family != family) {
		error(r, "%s is '%s', but must be IPv%u; %s is the key for the other family", key,
		      SHOWN(value), family, family == 4 ? "address6" : "address");
		return;
	}
	network->address = address;
	network->prefix = (uint8_t)bits;
}

static void
parse_network4(struct reader *r, const char *key, const char *value, void *field)
{
	parse_network(r, key, value, 4, field);
}

static void
parse_network6(struct reader *r, const char *key, const char *value, void *field)
{
	parse_network(r, key, value, 6, field);
}

static void
parse_gateway(struct reader *r, const char *key, const char *value, uint8_t family,
	      struct marllb_config_network *network)
{
	struct marllb_address address = {0};

	parse_address(r, key, value, &address);
	if (address.family != 0 && address.family != family)
		error(r, "%s is '%s', but must be IPv%u; %s is the key for the other family", key,
		      SHOWN(value), family, family == 4 ? "gateway6" : "gateway");
	else if (address.family != 0)
		network->gateway = address;
}

static void
parse_gateway4(struct reader *r, const char *key, const char *value, void *field)
{
	parse_gateway(r, key, value, 4, field);
}

static void
parse_gateway6(struct reader *r, const char *key, const char *value, void *field)
{
	parse_gateway(r, key, value, 6, field);
}

/* A whole number within bounds; *ok says whether it is one. */
static uint64_t
parse_number(struct reader *r, const char *key, const char *value, uint64_t min, uint64_t max, bool *ok)
{
	unsigned long long number = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)value[0]))
		number = strtoull(value, &end, 10);
	*ok = end != NULL && *end == 0 && errno == 0 && number >= min && number <= max;
	if (!*ok)
		error(r, "%s is '%s', but must be a whole number from %llu to %llu", key, SHOWN(value),
		      (unsigned long long)min, (unsigned long long)max);
	return number;
}

static void
parse_port(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	uint16_t port = (uint16_t)parse_number(r, key, value, 1, 65535, &ok);

	if (ok)
		*(uint16_t *)field = htons(port);
}

static void
parse_mtu(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	/* 576: what every IPv4 host takes; 9000: jumbo frames as switches have them, with some room. */
	uint16_t mtu = (uint16_t)parse_number(r, key, value, 576, 9216, &ok);

	if (ok)
		*(uint16_t *)field = mtu;
}

static void
parse_slots(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	uint32_t slots = (uint32_t)parse_number(r, key, value, 1, MARLLB_CONFIG_SERVERS, &ok);

	if (ok)
		*(uint32_t *)field = slots;
}

static void
parse_balancers(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	uint32_t balancers = (uint32_t)parse_number(r, key, value, 1, 65536, &ok);

	if (ok)
		*(uint32_t *)field = balancers;
}

static void
parse_flows(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	uint32_t flows = (uint32_t)parse_number(r, key, value, 1024, 1u << 28, &ok), next = 1024;

	if (ok && (flows & (flows - 1)) != 0) {
		while (next < flows)
			next *= 2;
		error(r, "%s is '%s', but must be a power of two; the next is %u", key, SHOWN(value),
		      next);
	} else if (ok) {
		*(uint32_t *)field = flows;
	}
}

static void
parse_seed(struct reader *r, const char *key, const char *value, void *field)
{
	bool ok;
	uint64_t seed = parse_number(r, key, value, 1, UINT64_MAX, &ok);

	if (ok)
		*(uint64_t *)field = seed;
}

static void
parse_weight(struct reader *r, const char *key, const char *value, void *field)
{
	char *end = NULL;
	double weight = 0;

	/* Only digits, point and exponent: strtod also takes nan, inf and hexadecimal. */
	if (isdigit((unsigned char)value[0]) && strspn(value, "0123456789.eE+-") == strlen(value))
		weight = strtod(value, &end);
	if (end == NULL || *end != 0 || !(weight > 0 && weight < HUGE_VAL))
		error(r, "%s is '%s', but must be a number > 0; leave the server out to give it nothing",
		      key, SHOWN(value));
	else
		*(double *)field = weight;
}

static void
parse_mac(struct reader *r, const char *key, const char *value, uint8_t mac[6], bool *has_mac)
{
	uint8_t read[6];
	bool ok = strlen(value) == 17;

	for (unsigned i = 0; ok && i < 6; i++) {
		const char *at = value + 3 * i;

		ok = isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1]) &&
		     (i == 5 || at[2] == ':');
		if (ok)
			read[i] = (uint8_t)strtoul((const char[]){at[0], at[1], 0}, NULL, 16);
	}
	if (!ok || (read[0] & 1) != 0 || memcmp(read, (uint8_t[6]){0}, 6) == 0) {
		error(r, "%s is '%s', but must be the MAC address of one station, such as "
			 "02:00:00:00:00:01",
		      key, SHOWN(value));
		return;
	}
	memcpy(mac, read, 6);
	*has_mac = true;
}

static void
parse_own_mac(struct reader *r, const char *key, const char *value, void *field)
{
	struct marllb_config *c = field;

	parse_mac(r, key, value, c->mac, &c->has_mac);
}

static void
parse_server_mac(struct reader *r, const char *key, const char *value, void *field)
{
	struct marllb_config_server *s = field;

	parse_mac(r, key, value, s->mac, &s->has_mac);
}

/* A whole number and a unit, from 1 us to a day. */
static void
parse_duration(struct reader *r, const char *key, const char *value, void *field)
{
	static const struct {
		const char *unit;
		uint64_t nanos;
	} units[] = {{"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}};
	const uint64_t day = 86400000000000;
	char *end = NULL;
	unsigned long long number = 0;

	errno = 0;
	if (isdigit((unsigned char)value[0]))
		number = strtoull(value, &end, 10);
	for (unsigned i = 0; end != NULL && errno == 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0 && number >= 1 && number <= day / units[i].nanos) {
			*(uint64_t *)field = number * units[i].nanos;
			return;
		}
	}
	error(r, "%s is '%s', but must be a whole number with a unit us, ms, s or min, up to a day, "
		 "such as 50ms",
	      key, SHOWN(value));
}

static void
parse_segment(struct reader *r, const char *key, const char *value, void *field)
{
	if (value[0] != '/' || strlen(value) >= MARLLB_CONFIG_PATH)
		error(r, "%s is '%s', but must be an absolute path of at most %d bytes, such as "
			 "/dev/shm/marllb-lb0",
		      key, SHOWN(value), MARLLB_CONFIG_PATH - 1);
	else
		strcpy(field, value);
}

struct choice {
	const char *name;
	int value;
};

static const char *
choice_name(const void *choices, unsigned i)
{
	return ((const struct choice *)choices)[i].name;
}

static bool
parse_choice(struct reader *r, const char *key, const char *value, const struct choice *choices,
	     int *chosen)
{
	char text[160];

	for (const struct choice *c = choices; c->name != NULL; c++) {
		if (strcmp(c->name, value) == 0) {
			*chosen = c->value;
			return true;
		}
	}
	error(r, "%s is '%s', which is none of its values%s", key, SHOWN(value),
	      hint(value, choice_name, choices, text, sizeof(text)));
	return false;
}

static void
parse_protocol(struct reader *r, const char *key, const char *value, void *field)
{
	static const struct choice choices[] = {
		{"tcp", MARLLB_PROTO_TCP}, {"udp", MARLLB_PROTO_UDP}, {NULL, 0}};
	int chosen = 0;

	if (parse_choice(r, key, value, choices, &chosen))
		*(uint8_t *)field = (uint8_t)chosen;
}

static void
parse_mode(struct reader *r, const char *key, const char *value, void *field)
{
	static const struct choice choices[] = {{"dsr", MARLLB_DSR},
						{"nat", MARLLB_NAT},
						{"ipip", MARLLB_IPIP},
						{"gre", MARLLB_GRE},
						{NULL, 0}};
	int chosen = 0;

	if (parse_choice(r, key, value, choices, &chosen))
		*(enum marllb_mode *)field = (enum marllb_mode)chosen;
}

static void
parse_idle(struct reader *r, const char *key, const char *value, void *field)
{
	static const struct choice choices[] = {{"auto", MARLLB_IDLE_AUTO},
						{"poll", MARLLB_IDLE_POLL},
						{"sleep", MARLLB_IDLE_SLEEP},
						{NULL, 0}};
	int chosen = 0;

	if (parse_choice(r, key, value, choices, &chosen))
		*(enum marllb_idle *)field = (enum marllb_idle)chosen;
}

static void
parse_rule(struct reader *r, const char *key, const char *value, void *field)
{
	static const struct choice choices[] = {
		{"weighted-random", MARLLB_RULE_WEIGHTED_RANDOM},
		{"two-choices", MARLLB_RULE_TWO_CHOICES},
		{"sed", MARLLB_RULE_SED},
		{"least-flows", MARLLB_RULE_LEAST_FLOWS},
		{"maglev", MARLLB_RULE_MAGLEV},
		{NULL, 0}};
	int chosen = 0;

	if (parse_choice(r, key, value, choices, &chosen))
		*(enum marllb_rule *)field = (enum marllb_rule)chosen;
}

struct key {
	const char *name;
	bool required;
	size_t offset; /* of the field in the section's structure */
	void (*parse)(struct reader *r, const char *key, const char *value, void *field);
};

#define VIP(field) offsetof(struct marllb_config_vip, field)
#define SERVER(field) offsetof(struct marllb_config_server, field)
#define CONFIG(field) offsetof(struct marllb_config, field)

static const struct key VIP_KEYS[] = {{"address", true, VIP(address), parse_address},
				      {"port", true, VIP(port), parse_port},
				      {"protocol", true, VIP(proto), parse_protocol},
				      {"mode", true, VIP(mode), parse_mode},
				      {0}};

static const struct key SERVER_KEYS[] = {{"address", true, SERVER(address), parse_address},
					 {"port", false, SERVER(port), parse_port},
					 {"mac", false, 0, parse_server_mac},
					 {"weight", false, SERVER(weight), parse_weight},
					 {0}};

static const struct key PORT_KEYS[] = {{"address", false, CONFIG(ipv4), parse_network4},
				       {"gateway", false, CONFIG(ipv4), parse_gateway4},
				       {"address6", false, CONFIG(ipv6), parse_network6},
				       {"gateway6", false, CONFIG(ipv6), parse_gateway6},
				       {"mac", false, 0, parse_own_mac},
				       {"mtu", false, CONFIG(mtu), parse_mtu},
				       {"idle", false, CONFIG(idle), parse_idle},
				       {0}};

static const struct key FLOW_KEYS[] = {
	{"size", false, CONFIG(flows), parse_flows},
	{"established-timeout", false, CONFIG(established_nanos), parse_duration},
	{"embryonic-timeout", false, CONFIG(embryonic_nanos), parse_duration},
	{"closing-timeout", false, CONFIG(closing_nanos), parse_duration},
	{"hash-seed", false, CONFIG(hash_seed), parse_seed},
	{0}};

static const struct key CONTROL_KEYS[] = {
	{"segment", true, CONFIG(segment), parse_segment},
	{"interval", false, CONFIG(interval_nanos), parse_duration},
	{"slots", false, CONFIG(slots), parse_slots},
	{"balancers", false, CONFIG(balancers), parse_balancers},
	{"fallback-rule", false, CONFIG(fallback), parse_rule},
	{0}};

enum { SECTION_VIP, SECTION_SERVER, SECTION_PORT, SECTION_FLOWS, SECTION_CONTROL, SECTIONS };

static const struct section {
	const char *name;
	const struct key *keys;
} SECTION[SECTIONS + 1] = {[SECTION_VIP] = {"vip", VIP_KEYS},
			   [SECTION_SERVER] = {"server", SERVER_KEYS},
			   [SECTION_PORT] = {"port", PORT_KEYS},
			   [SECTION_FLOWS] = {"flows", FLOW_KEYS},
			   [SECTION_CONTROL] = {"control", CONTROL_KEYS}};

static const char *
key_name(const void *keys, unsigned i)
{
	return ((const struct key *)keys)[i].name;
}

static const char *
section_name(const void *sections, unsigned i)
{
	return ((const struct section *)sections)[i].name;
}

/* The section that lines belong to. */
struct open_section {
	int index;		/* -1: none yet, or one that is unknown */
	unsigned line;		/* of its head */
	void *fields;		/* the structure that its keys fill; NULL: they are only checked */
	unsigned key_line[8];	/* where each key stood; 0 = not yet */
};

/* Keys that the section must have had, if it wasn't one too many. */
static void
close_section(struct reader *r, const struct open_section *s)
{
	const struct key *keys = s->fields == NULL ? NULL : SECTION[s->index].keys;

	for (unsigned i = 0; keys != NULL && keys[i].name != NULL; i++) {
		if (keys[i].required && s->key_line[i] == 0)
			error_at(r, s->line, "[%s] has no %s, which it needs; add a line '%s = ...'",
				 SECTION[s->index].name, keys[i].name, keys[i].name);
	}
}

static void
open_vip(struct reader *r, struct open_section *s)
{
	struct marllb_config *c = r->config;

	if (c->vips == MARLLB_CONFIG_VIPS) {
		error(r, "one [vip] more than %d, which is the most", MARLLB_CONFIG_VIPS);
		return;
	}
	c->vip[c->vips].line = r->line;
	s->fields = &c->vip[c->vips++];
}

static void
open_server(struct reader *r, struct open_section *s)
{
	struct marllb_config *c = r->config;

	if (c->servers == MARLLB_CONFIG_SERVERS) {
		error(r, "one [server] more than %d, which is the most", MARLLB_CONFIG_SERVERS);
		return;
	}
	c->server[c->servers].line = r->line;
	c->server[c->servers].weight = 1;
	s->fields = &c->server[c->servers++];
}

/* A line [NAME]. */
static void
open_section(struct reader *r, char *line, struct open_section *s, unsigned first[SECTIONS])
{
	size_t length = strlen(line);
	char text[160];

	close_section(r, s);
	memset(s, 0, sizeof(*s));
	s->index = -1;
	s->line = r->line;
	if (line[length - 1] != ']') {
		error(r, "'%s' has no ] at its end; a section is a line such as [vip]", SHOWN(line));
		return;
	}
	line[length - 1] = 0;
	for (int i = 0; i < SECTIONS; i++) {
		if (strcmp(SECTION[i].name, line + 1) == 0)
			s->index = i;
	}
	if (s->index < 0) {
		error(r, "[%s] is no section%s", SHOWN(line + 1),
		      hint(line + 1, section_name, SECTION, text, sizeof(text)));
		return;
	}
	if (s->index == SECTION_VIP) {
		open_vip(r, s);
	} else if (s->index == SECTION_SERVER) {
		open_server(r, s);
	} else if (first[s->index] != 0) {
		error(r, "[%s] stands here again, after line %u; put all its keys into one",
		      SECTION[s->index].name, first[s->index]);
	} else {
		s->fields = r->config;
	}
	if (first[s->index] == 0)
		first[s->index] = r->line;
}

/* Cuts blanks off both ends. */
static char *
trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	text[length] = 0;
	return text;
}

/* A line KEY = VALUE. */
static void
parse_entry(struct reader *r, char *line, struct open_section *s)
{
	union {
		struct marllb_config_vip vip;
		struct marllb_config_server server;
		struct marllb_config config;
	} *unused = NULL;
	char *equals = strchr(line, '='), *key, *value, text[160];
	const struct key *keys;
	unsigned i = 0;

	if (equals == NULL) {
		error(r, "'%s' is neither [SECTION] nor KEY = VALUE; put = between key and value",
		      SHOWN(line));
		return;
	}
	*equals = 0;
	key = trim(line);
	value = trim(equals + 1);
	if (s->index < 0) {
		/* Within an unknown section its name was the error. */
		if (s->line == 0)
			error(r, "'%s' stands before the first section; begin with a line such as [vip]",
			      SHOWN(key));
		return;
	}
	keys = SECTION[s->index].keys;
	while (keys[i].name != NULL && strcmp(keys[i].name, key) != 0)
		i++;
	if (keys[i].name == NULL) {
		error(r, "'%s' is no key of [%s]%s", SHOWN(key), SECTION[s->index].name,
		      hint(key, key_name, keys, text, sizeof(text)));
		return;
	}
	if (s->key_line[i] != 0) {
		error(r, "%s stands here again, after line %u; keep one", key, s->key_line[i]);
		return;
	}
	s->key_line[i] = r->line;
	if (value[0] == 0) {
		error(r, "%s has no value; write one behind =", key);
		return;
	}
	if (s->fields != NULL) {
		keys[i].parse(r, key, value, (char *)s->fields + keys[i].offset);
		return;
	}
	/* One section too many: its values are still looked at. */
	unused = calloc(1, sizeof(*unused));
	if (unused != NULL)
		keys[i].parse(r, key, value, (char *)unused + keys[i].offset);
	free(unused);
}

static bool
same_address(const struct marllb_address *a, const struct marllb_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool
on_link(const struct marllb_config_network *n, const struct marllb_address *a)
{
	if (n->address.family == 0)
		return false;
	for (unsigned bit = 0; bit < n->prefix; bit++) {
		if (((n->address.bytes[bit / 8] ^ a->bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0)
			return false;
	}
	return true;
}

const struct marllb_address *
marllb_config_next_hop(const struct marllb_config *c, const struct marllb_address *address)
{
	const struct marllb_config_network *n = address->family == 4 ? &c->ipv4 : &c->ipv6;

	if (on_link(n, address))
		return address;
	return n->gateway.family != 0 ? &n->gateway : NULL;
}

static const char *
mode_name(enum marllb_mode mode)
{
	static const char *const names[] = {"dsr", "nat", "ipip", "gre"};

	return names[mode];
}

/* What a VIP in this mode asks of a server. */
static void
check_server(struct reader *r, const struct marllb_config_vip *v, const struct marllb_config_server *s)
{
	const struct marllb_config *c = r->config;
	const struct marllb_config_network *own = s->address.family == 4 ? &c->ipv4 : &c->ipv6;
	const char *key = s->address.family == 4 ? "address" : "address6";

	if (v->mode == MARLLB_NAT && v->address.family != s->address.family)
		error_at(r, s->line,
			 "this server has an IPv%u address, but the VIP of line %u has IPv%u and mode nat, "
			 "which translates within one family; use ipip or gre",
			 s->address.family, v->line, v->address.family);
	else if ((v->mode == MARLLB_IPIP || v->mode == MARLLB_GRE) && own->address.family == 0)
		error_at(r, s->line,
			 "the tunnel to this server (mode %s of line %u) has no outer source; add %s to "
			 "[port]",
			 mode_name(v->mode), v->line, key);
	else if (!s->has_mac && own->address.family == 0)
		error_at(r, s->line,
			 "this server has no mac, and without %s in [port] nobody can ask for it; add one",
			 key);
	else if (!s->has_mac && v->mode == MARLLB_DSR && !on_link(own, &s->address))
		error_at(r, s->line,
			 "this server is not in the network of %s in [port], but mode dsr of line %u reaches "
			 "only the own link; give its mac if it is there, or use ipip or gre",
			 key, v->line);
	else if (!s->has_mac && marllb_config_next_hop(c, &s->address) == NULL)
		error_at(r, s->line, "this server is not in the network of %s in [port]; add a gateway%s",
			 key, s->address.family == 4 ? "" : "6");
}

/* What a server may not be, whatever the VIPs' modes. */
static void
check_address(struct reader *r, const struct marllb_config_server *s)
{
	const struct marllb_config *c = r->config;
	bool nat = false;

	if (same_address(&s->address, &c->ipv4.address) || same_address(&s->address, &c->ipv6.address))
		error_at(r, s->line, "this server has the address of [port], which is the balancer's own");
	for (unsigned i = 0; i < c->vips; i++) {
		nat |= c->vip[i].mode == MARLLB_NAT;
		if (same_address(&s->address, &c->vip[i].address))
			error_at(r, s->line,
				 "this server has the address of the VIP in line %u; give the server's own",
				 c->vip[i].line);
	}
	if (s->port != 0 && !nat)
		error_at(r, s->line,
			 "this server has a port, but no VIP has mode nat, and the other modes keep the "
			 "VIP's; remove it");
}

/* What sections ask of each other. */
static void
check_together(struct reader *r, const unsigned first[SECTIONS])
{
	static const int needed[] = {SECTION_VIP, SECTION_SERVER, SECTION_CONTROL};
	const struct marllb_config_network *networks[2] = {&r->config->ipv4, &r->config->ipv6};
	struct marllb_config *c = r->config;

	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (first[needed[i]] == 0)
			error_at(r, 0, "there is no [%s], and one is needed; example.conf shows it",
				 SECTION[needed[i]].name);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct marllb_config_network *n = networks[i];

		if (n->gateway.family != 0 && !on_link(n, &n->gateway))
			error_at(r, first[SECTION_PORT],
				 "the gateway%s is not in the network of address%s, so it can't be reached",
				 i == 0 ? "" : "6", i == 0 ? "" : "6");
	}
	for (unsigned i = 0; i < c->vips; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (same_address(&c->vip[i].address, &c->vip[j].address) &&
			    c->vip[i].port == c->vip[j].port && c->vip[i].proto == c->vip[j].proto)
				error_at(r, c->vip[i].line,
					 "this VIP has address, port and protocol of the one in line %u; "
					 "keep one",
					 c->vip[j].line);
		}
	}
	for (unsigned i = 0; i < c->servers; i++) {
		unsigned before = r->errors->count;

		for (unsigned j = 0; j < i; j++) {
			if (same_address(&c->server[i].address, &c->server[j].address) &&
			    c->server[i].port == c->server[j].port)
				error_at(r, c->server[i].line,
					 "this server has address and port of the one in line %u; keep one",
					 c->server[j].line);
		}
		check_address(r, &c->server[i]);
		/* One complaint a server. */
		for (unsigned j = 0; j < c->vips && r->errors->count == before; j++)
			check_server(r, &c->vip[j], &c->server[i]);
	}
	if (c->slots < c->servers)
		error_at(r, first[SECTION_CONTROL],
			 "slots is %u, but there are %u servers; slots must be at least that", c->slots,
			 c->servers);
}

static void
set_defaults(struct marllb_config *c)
{
	memset(c, 0, sizeof(*c));
	c->mtu = 1500;
	c->idle = MARLLB_IDLE_AUTO;
	c->flows = 1 << 20;
	c->established_nanos = 300000000000;
	c->embryonic_nanos = 5000000000;
	c->closing_nanos = 10000000000;
	c->hash_seed = 1;
	c->interval_nanos = 50000000;
	c->slots = 64;
	c->balancers = 1;
	c->fallback = MARLLB_RULE_SED;
}

bool
marllb_config_parse(const char *name, const char *text, size_t size, struct marllb_config *c,
		    struct marllb_config_errors *errors)
{
	struct reader r = {.name = name, .config = c, .errors = errors};
	struct open_section section = {.index = -1};
	unsigned first[SECTIONS] = {0};
	const char *end = text + size;
	char line[1024];

	set_defaults(c);
	memset(errors, 0, sizeof(*errors));
	while (text < end && errors->count < MARLLB_CONFIG_ERRORS) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop != NULL ? stop : end) - text);
		char *start;

		r.line++;
		if (length >= sizeof(line) || memchr(text, 0, length) != NULL) {
			error(&r, "this is no line of text of at most %zu bytes; is it the right file?",
			      sizeof(line) - 1);
			return false;
		}
		memcpy(line, text, length);
		line[length] = 0;
		text += length + (stop != NULL);
		for (size_t i = 0; line[i] != 0; i++) {
			if (line[i] == '#' && (i == 0 || isspace((unsigned char)line[i - 1])))
				line[i] = 0;
		}
		start = trim(line);
		if (start[0] == '[')
			open_section(&r, start, &section, first);
		else if (start[0] != 0)
			parse_entry(&r, start, &section);
	}
	if (errors->count < MARLLB_CONFIG_ERRORS)
		close_section(&r, &section);
	/* What is wrong in itself comes first: between wrong values everything contradicts. */
	if (errors->count == 0)
		check_together(&r, first);
	return errors->count == 0;
}

bool
marllb_config_read(const char *path, struct marllb_config *c, struct marllb_config_errors *errors)
{
	struct reader r = {.name = path, .config = c, .errors = errors};
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t size = 0;
	bool ok = false;

	memset(errors, 0, sizeof(*errors));
	if (file != NULL)
		text = malloc(MAX_FILE + 1);
	if (text != NULL)
		size = fread(text, 1, MAX_FILE + 1, file);
	if (text == NULL || ferror(file))
		error_at(&r, 0, "it can't be read: %s", strerror(errno));
	else if (size > MAX_FILE)
		error_at(&r, 0, "it is longer than %d bytes; is it the right file?", MAX_FILE);
	else
		ok = marllb_config_parse(path, text, size, c, errors);
	free(text);
	if (file != NULL)
		fclose(file);
	return ok;
}
