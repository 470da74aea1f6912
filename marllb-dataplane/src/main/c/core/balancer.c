/* SPDX-License-Identifier: Apache-2.0 */
#include "balancer_state.h"

#include <arpa/inet.h>
#include <string.h>

static size_t
lines(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static uint32_t
nat_vips(const struct marllb_config *config)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < config->vips; i++)
		count += config->vip[i].mode == MARLLB_NAT;
	return count;
}

/* Twice as many as there may be. */
static uint32_t
endpoints(const struct marllb_config *config)
{
	uint32_t wanted = 2 * config->slots * nat_vips(config), count = 1;

	while (count < wanted)
		count *= 2;
	return wanted == 0 ? 0 : count;
}

/* What lies behind the struct. */
struct parts {
	size_t reservoirs, endpoints, translations, table, all;
};

static struct parts
parts_of(const struct marllb_config *config)
{
	struct parts p;

	p.reservoirs = lines(sizeof(struct marllb_balancer));
	p.endpoints = p.reservoirs + 2 * config->slots * sizeof(struct marllb_reservoir);
	p.translations = p.endpoints + lines(endpoints(config) * sizeof(struct marllb_endpoint));
	p.table = p.translations + lines((size_t)nat_vips(config) * config->slots *
					 sizeof(struct marllb_translations));
	p.all = p.table + marllb_flow_table_bytes(config->flows);
	return p;
}

size_t
marllb_balancer_bytes(const struct marllb_config *config)
{
	return parts_of(config).all;
}

static void
add_self(struct marllb_self *self, const struct marllb_address *address)
{
	if (address->family != 0 && !marllb_is_self(self, address->family, address->bytes))
		self->address[self->count++] = *address;
}

static void
add_vip(struct marllb_balancer *b, const struct marllb_config_vip *from)
{
	struct marllb_vip *vip = &b->vip[b->vips++];
	struct marllb_key key = { .dport = from->port, .proto = from->proto };

	memcpy(key.dst, from->address.bytes, sizeof(key.dst));
	key.family = from->address.family;
	marllb_vip_name(vip->name, &key);
	if (key.family == 4)
		vip->plain = marllb_vip_plain((uint64_t)marllb_load32(key.dst) << 32,
					      (uint32_t)key.dport << 16, key.proto);
	vip->rest = marllb_flow_rest(b->vips - 1);
	vip->address = from->address;
	vip->port = from->port;
	vip->proto = from->proto;
	vip->mode = (uint8_t)from->mode;
	if (from->mode == MARLLB_NAT)
		vip->translation = b->translation + (size_t)b->nat_vips++ * b->slots;
	b->tunnels |= from->mode == MARLLB_IPIP || from->mode == MARLLB_GRE;
	add_self(&b->self, &from->address);
}

struct marllb_balancer *
marllb_balancer_create(void *memory, const struct marllb_config *config, struct marllb_pool *pool,
		       const struct marllb_balancer_options *options, const char **reason)
{
	struct marllb_balancer *b = memory;
	const struct parts parts = parts_of(config);
	uint8_t *at = memory;

	b->isa = marllb_isa_at(options->isa);
	if (b->isa == NULL) {
		*reason = "this processor has not the instruction set; x86-64-v2 (SSE4.2, POPCNT) is "
			  "the least that is needed";
		return NULL;
	}
	b->fragments = marllb_fragments_create(MARLLB_FRAGMENTED, MARLLB_FRAGMENT_NANOS,
					       options->hash_seed);
	if (b->fragments == NULL) {
		*reason = "no memory for fragmented packets";
		return NULL;
	}
	b->pool = pool;
	b->features = options->features;
	b->one_way = options->one_way;
	b->established_ticks = marllb_tick(config->established_nanos) + 1;
	b->embryonic_ticks = marllb_tick(config->embryonic_nanos) + 1;
	b->closing_ticks = marllb_tick(config->closing_nanos) + 1;
	b->hash_seed = marllb_hash_seed_of(options->hash_seed);
	marllb_words_seed(&b->words, marllb_mix(options->seed));
	marllb_words_seed(&b->reservoir_words, marllb_mix(~options->seed));
	b->slots = config->slots;
	b->completions = (struct marllb_reservoir *)(at + parts.reservoirs);
	b->durations = b->completions + config->slots;
	b->endpoint = (struct marllb_endpoint *)(at + parts.endpoints);
	b->endpoints = endpoints(config);
	b->translation = (struct marllb_translations *)(at + parts.translations);
	marllb_flow_table_init(&b->table, at + parts.table, config->flows);
	b->embryonic_most = marllb_flow_slots(&b->table) / MARLLB_EMBRYONIC_SHARE;
	memcpy(b->self.mac, config->mac, sizeof(b->self.mac));
	for (unsigned i = 0; i < config->vips; i++)
		add_vip(b, &config->vip[i]);
	add_self(&b->self, &config->ipv4.address);
	add_self(&b->self, &config->ipv6.address);
	b->network[0] = config->ipv4;
	b->network[1] = config->ipv6;
	if (config->ipv4.address.family != 0 && config->ipv4.prefix != 0)
		b->link_mask = htonl(UINT32_MAX << (32 - config->ipv4.prefix));
	b->link_network = marllb_load32(config->ipv4.address.bytes) & b->link_mask;
	b->mtu = config->mtu;
	marllb_maglev_init(&b->fallback);
	marllb_maglev_init(&b->maglev);
	marllb_chooser_init(&b->chooser, &b->maglev);
	for (unsigned j = 0; j < MARLLB_SERVERS; j++)
		b->target[j].accepts = b->target[j].reaches = MARLLB_NO_GENERATION;
	return b;
}

void
marllb_balancer_destroy(struct marllb_balancer *b)
{
	marllb_fragments_destroy(b->fragments);
}

const char *
marllb_balancer_isa(const struct marllb_balancer *b)
{
	return b->isa->name;
}

unsigned
marllb_balancer_burst(struct marllb_balancer *b, struct marllb_frame *frames, unsigned count,
		      uint64_t now_nanos)
{
	return b->isa->burst(b, frames, count, now_nanos);
}

void
marllb_balancer_undelivered(struct marllb_balancer *b, const struct marllb_frame *frame)
{
	b->counts.tx_packets--;
	b->counts.tx_bytes -= frame->length;
	b->counts.answered -= frame->verdict == MARLLB_ANSWER;
	b->counts.drops[MARLLB_DROP_TX_FULL]++;
	if (frame->server != MARLLB_NO_SERVER)
		b->counts.server[frame->server].drops++;
}

/* The slot has another server than before: nothing that was counted is of it. */
static void
begin_server(struct marllb_balancer *b, uint32_t j, uint32_t generation)
{
	struct marllb_target *t = &b->target[j];

	t->slot_generation = generation;
	t->generation = (uint16_t)generation;
	t->packets = 0;
	t->bytes = 0;
	b->counts.server[j] = (struct marllb_server_counts){ .changed_at = b->now };
	b->chooser.in_flight[j] = 0;
	b->completions[j].size = 0;
	b->durations[j].size = 0;
}

static void
take_server(struct marllb_balancer *b, uint32_t j, const struct marllb_pool_server *s)
{
	struct marllb_target *t = &b->target[j];
	const struct marllb_config_network *own = &b->network[s->address.family == 6];
	bool takes = s->state == MARLLB_SERVER_STATE_ACTIVE ||
		     s->state == MARLLB_SERVER_STATE_DRAINING;

	if (t->slot_generation != s->generation)
		begin_server(b, j, s->generation);
	t->accepts = takes ? t->generation : MARLLB_NO_GENERATION;
	t->reaches = s->has_mac ? t->accepts : MARLLB_NO_GENERATION;
	t->active = s->state == MARLLB_SERVER_STATE_ACTIVE;
	t->has_mac = s->has_mac;
	t->port = s->port;
	memcpy(t->link, s->mac, 6);
	memcpy(t->link + 6, b->self.mac, 6);
	memcpy(t->address, s->address.bytes, sizeof(t->address));
	if (!b->tunnels || s->address.family == 0)
		return;
	for (int gre = 0; gre < 2; gre++)
		marllb_tunnel_prepare(&b->tunnel[gre][j], s->address.family, gre,
				      own->address.bytes, s->address.bytes, b->mtu);
}

static void
add_endpoint(struct marllb_balancer *b, uint32_t j, uint32_t v)
{
	const struct marllb_target *t = &b->target[j];
	const struct marllb_vip *vip = &b->vip[v];
	uint16_t port = t->port == 0 ? vip->port : t->port;
	uint64_t name = marllb_endpoint_name(vip->address.family, t->address, port, vip->proto);
	uint32_t at = marllb_endpoint_place(b, name);
	bool shared = false;

	for (; b->endpoint[at].name != 0; at = (at + 1) & (b->endpoints - 1)) {
		if (b->endpoint[at].name == name) {
			b->endpoint[at].shared = true;
			shared = true;
		}
	}
	b->endpoint[at] = (struct marllb_endpoint){
		.name = name, .server = (uint16_t)j, .vip = (uint8_t)v, .shared = shared
	};
	if (vip->address.family == 4) {
		marllb_translation_prepare(&vip->translation[j].to_server, vip->address.bytes,
					   vip->port, t->address, port);
		marllb_translation_prepare(&vip->translation[j].to_client, t->address, port,
					   vip->address.bytes, vip->port);
	}
}

/* NAT: the pairs of a VIP and a server. */
static void
take_endpoints(struct marllb_balancer *b)
{
	memset(b->endpoint, 0, b->endpoints * sizeof(*b->endpoint));
	for (uint32_t j = 0; j < b->servers; j++) {
		const struct marllb_pool_server *s = &b->copy.server[j];

		for (uint32_t v = 0; v < b->vips; v++)
			if (b->vip[v].mode == MARLLB_NAT &&
			    s->state != MARLLB_SERVER_STATE_ABSENT &&
			    s->address.family == b->vip[v].address.family)
				add_endpoint(b, j, v);
	}
}

static void
take_neighbours(struct marllb_balancer *b)
{
	const struct marllb_neighbour *from = b->copy.neighbours.entry[0];

	memcpy(b->gateway, b->copy.gateway, sizeof(b->gateway));
	memcpy(b->has_gateway, b->copy.has_gateway, sizeof(b->has_gateway));
	if (b->neighbour_version == b->copy.neighbour_version)
		return;
	b->neighbour_version = b->copy.neighbour_version;
	for (int i = 0; i < MARLLB_NEIGHBOUR_SETS * MARLLB_NEIGHBOUR_WAYS; i++)
		if (from[i].address.family != 0)
			marllb_neighbours_put(&b->neighbours, &from[i]);
}

/* Begins a table anew where its weights have changed. */
static void
take_maglev(struct marllb_balancer *b, struct marllb_maglev *m, double *built, const double *wanted)
{
	if (memcmp(built, wanted, sizeof(b->maglev_weight)) == 0)
		return;
	memcpy(built, wanted, sizeof(b->maglev_weight));
	marllb_maglev_begin(m, b->servers, wanted);
}

void
marllb_balancer_refresh(struct marllb_balancer *b)
{
	const struct marllb_pool_state *from = &b->copy;
	double weight[MARLLB_SERVERS] = { 0 }, static_weight[MARLLB_SERVERS] = { 0 };
	double fallback[MARLLB_SERVERS] = { 0 };
	uint8_t active[MARLLB_SERVERS] = { 0 };

	if (!marllb_pool_copy(b->pool, &b->pool_version, &b->copy))
		return;
	for (uint32_t j = 0; j < from->servers; j++)
		marllb_balancer_integrate(b, j);
	b->servers = from->servers;
	for (uint32_t j = 0; j < from->servers; j++) {
		take_server(b, j, &from->server[j]);
		active[j] = b->target[j].active;
		weight[j] = from->server[j].weight;
		static_weight[j] = from->server[j].static_weight;
		fallback[j] = active[j] ? static_weight[j] : 0;
	}
	marllb_chooser_set(&b->chooser, &from->policy, from->servers, weight, static_weight, active,
			   from->has_cells ? from->cell : NULL);
	take_maglev(b, &b->fallback, b->fallback_weight, fallback);
	if (from->policy.rule == MARLLB_RULE_MAGLEV)
		take_maglev(b, &b->maglev, b->maglev_weight, b->chooser.weight);
	if (b->nat_vips != 0) {
		take_endpoints(b);
		take_neighbours(b);
	}
}

static bool
on_link(const struct marllb_config_network *n, const uint8_t *address)
{
	unsigned whole = n->prefix / 8, rest = n->prefix % 8;

	if (n->address.family == 0 || memcmp(n->address.bytes, address, whole) != 0)
		return false;
	return rest == 0 || (n->address.bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

const uint8_t *
marllb_balancer_next_hop(struct marllb_balancer *b, uint8_t family, const uint8_t address[16])
{
	int six = family == 6;
	const uint8_t *mac;

	if (b->has_gateway[six] && !on_link(&b->network[six], address))
		return b->gateway[six];
	mac = marllb_neighbours_find(&b->neighbours, family, address);
	if (mac == NULL && b->now - b->wanted_at >= MARLLB_WANTED_NANOS) {
		struct marllb_note note = { .kind = MARLLB_NOTE_WANTED, .nanos = b->now };

		note.neighbour.address.family = family;
		memcpy(note.neighbour.address.bytes, address, 16);
		marllb_balancer_tell(b, &note);
		b->wanted_at = b->now;
	}
	return mac;
}

void
marllb_balancer_learn(struct marllb_balancer *b, const struct marllb_neighbour *n)
{
	struct marllb_note note = { .kind = MARLLB_NOTE_NEIGHBOUR, .nanos = b->now };

	if (!marllb_neighbours_put(&b->neighbours, n))
		return;
	note.neighbour = *n;
	marllb_balancer_tell(b, &note);
}

void
marllb_balancer_meet(struct marllb_balancer *b, uint8_t family, const uint8_t address[16],
		     const uint8_t mac[6])
{
	int six = family == 6;
	struct marllb_neighbour n = { .address.family = family };

	if (b->has_gateway[six] && !on_link(&b->network[six], address))
		return;
	memcpy(n.address.bytes, address, 16);
	memcpy(n.mac, mac, 6);
	marllb_balancer_learn(b, &n);
}

void
marllb_balancer_tell(struct marllb_balancer *b, const struct marllb_note *note)
{
	uint32_t head = atomic_load_explicit(&b->note_head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&b->note_tail, memory_order_acquire);

	if (head - tail == MARLLB_NOTES) {
		b->counts.notes_lost++;
		return;
	}
	b->note[head % MARLLB_NOTES] = *note;
	atomic_store_explicit(&b->note_head, head + 1, memory_order_release);
}

bool
marllb_balancer_note(struct marllb_balancer *b, struct marllb_note *note)
{
	uint32_t tail = atomic_load_explicit(&b->note_tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&b->note_head, memory_order_acquire))
		return false;
	*note = b->note[tail % MARLLB_NOTES];
	atomic_store_explicit(&b->note_tail, tail + 1, memory_order_release);
	return true;
}

static void
reply_counts(struct marllb_balancer *b)
{
	struct marllb_counts *c = &b->counts;
	size_t size = offsetof(struct marllb_counts, server) + b->servers * sizeof(c->server[0]);

	c->nanos = b->now;
	c->flows = b->table.flows;
	c->flow_slots = marllb_flow_slots(&b->table);
	c->servers = b->servers;
	for (uint32_t j = 0; j < b->servers; j++) {
		marllb_balancer_integrate(b, j);
		c->server[j].packets = b->target[j].packets;
		c->server[j].bytes = b->target[j].bytes;
		c->server[j].in_flight = b->chooser.in_flight[j];
		c->server[j].generation = b->target[j].slot_generation;
	}
	memcpy(&b->counts_answer, c, size);
}

static void
reply_samples(const struct marllb_balancer *b, uint32_t server, struct marllb_samples *s)
{

	s->generation = b->target[server].slot_generation;
	s->completions = 0;
	s->durations = 0;
	if (server >= b->servers)
		return;
	s->completions = b->completions[server].size;
	s->durations = b->durations[server].size;
	memcpy(s->completion, b->completions[server].sample, s->completions * sizeof(s->completion[0]));
	memcpy(s->duration, b->durations[server].sample, s->durations * sizeof(s->duration[0]));
}

void
marllb_balancer_reply(struct marllb_balancer *b)
{
	if (b->question == MARLLB_ASKED_COUNTS) {
		reply_counts(b);
	} else {
		reply_samples(b, b->about[b->replies], &b->samples_answer[b->replies]);
		if (++b->replies < b->abouts)
			return;
	}
	atomic_store_explicit(&b->answered, atomic_load_explicit(&b->asked, memory_order_relaxed),
			      memory_order_release);
}

static void
ask(struct marllb_balancer *b, enum marllb_question question)
{
	b->question = question;
	atomic_fetch_add_explicit(&b->asked, 1, memory_order_release);
}

void
marllb_balancer_ask_counts(struct marllb_balancer *b)
{
	ask(b, MARLLB_ASKED_COUNTS);
}

void
marllb_balancer_ask_samples(struct marllb_balancer *b, const uint32_t *servers, uint32_t count)
{
	memcpy(b->about, servers, count * sizeof(servers[0]));
	b->abouts = count;
	b->replies = 0;
	ask(b, MARLLB_ASKED_SAMPLES);
}

static bool
answered(struct marllb_balancer *b)
{
	return atomic_load_explicit(&b->answered, memory_order_acquire) ==
	       atomic_load_explicit(&b->asked, memory_order_relaxed);
}

const struct marllb_counts *
marllb_balancer_counts(struct marllb_balancer *b)
{
	return answered(b) ? &b->counts_answer : NULL;
}

const struct marllb_samples *
marllb_balancer_samples(struct marllb_balancer *b)
{
	return answered(b) ? b->samples_answer : NULL;
}
