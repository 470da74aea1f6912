/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POLL_NANOS 1000000u /* between looks at the segment */
#define LATE_INTERVALS 5    /* then the controller is late: stage 1 */
#define LOST_INTERVALS 40   /* then it is lost: stage 2 */
#define NOTES_PER_POLL 64
#define ASK_NANOS 1000000000u		   /* between requests for an unknown MAC address */
#define ASK_AGAIN_NANOS UINT64_C(30000000000) /* and for a known one, which may change */
#define ASK_GAP_NANOS 1000000u		   /* between any two requests */

/* Where frames for some address go on the link, and when to ask for its MAC address. */
struct station {
	struct marllb_address address; /* family 0: nobody is asked */
	uint64_t ask_at;
};

enum phase { IDLE, COUNTING, SAMPLING };

/* What a core counted when the last record was made. */
struct before {
	uint64_t nanos;
	uint64_t busy_nanos[MARLLB_SERVERS];
	uint32_t generation[MARLLB_SERVERS];
};

struct marllb_control {
	const struct marllb_config *config;
	struct marllb_pool *pool;
	struct marllb_shm *shm;
	struct marllb_balancer *core[MARLLB_CONTROL_CORES];
	unsigned cores;

	struct marllb_pool_state state; /* as published to the pool */
	bool changed;			/* since then */
	bool static_mac[MARLLB_SERVERS];
	struct station server[MARLLB_SERVERS], gateway[2], wanted;
	uint64_t asked_at;

	uint64_t polled_at;
	struct marllb_msg_in in; /* in force */
	uint64_t in_at;		 /* when it came */
	uint64_t in_applied;	 /* 0: none */
	uint64_t in_refused;	 /* beside those that marllb_shm refused */
	unsigned stage;

	enum phase phase;
	uint64_t publish_at;
	uint32_t next; /* server whose samples were asked for */
	uint64_t events_lost;
	struct marllb_msg_out out;
	struct before before[MARLLB_CONTROL_CORES];
	double busy_nanos[MARLLB_SERVERS]; /* of all cores together */
	struct marllb_reducer *reducer;
};

static const struct marllb_policy fallback = { .choices = 2, .scale = 1, .offset = 1 };

/* ---- servers ---- */

static bool
same_address(const struct marllb_address *a, const struct marllb_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Puts a server into a slot. */
static void
place(struct marllb_control *c, uint32_t j, const struct marllb_address *address, uint16_t port,
      const uint8_t *mac, double weight)
{
	struct marllb_pool_server *s = &c->state.server[j];
	const struct marllb_address *hop = marllb_config_next_hop(c->config, address);

	*s = (struct marllb_pool_server){
		.address = *address,
		.has_mac = mac != NULL,
		.state = MARLLB_SERVER_STATE_ACTIVE,
		.port = port,
		.generation = s->generation + 1,
		.static_weight = weight,
	};
	c->static_mac[j] = mac != NULL;
	c->server[j] = (struct station){ 0 };
	if (mac != NULL)
		memcpy(s->mac, mac, sizeof(s->mac));
	else if (hop != NULL)
		c->server[j].address = *hop;
}

/* The rule and weights of the program itself. */
static void
fall_back(struct marllb_control *c)
{
	c->state.policy = fallback;
	c->state.policy.rule = c->config->fallback;
	for (uint32_t j = 0; j < c->state.servers; j++)
		c->state.server[j].weight = c->state.server[j].static_weight;
	c->state.has_cells = false;
	c->changed = true;
}

struct marllb_control *
marllb_control_create(const struct marllb_config *config, struct marllb_pool *pool,
		      struct marllb_shm *shm, struct marllb_balancer *const *cores, unsigned count,
		      const char **reason)
{
	struct marllb_control *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->reducer = marllb_reducer_create(count * MARLLB_RESERVOIR_SLOTS);
	if (c == NULL || c->reducer == NULL || count > MARLLB_CONTROL_CORES) {
		*reason = count > MARLLB_CONTROL_CORES ? "at most 64 cores can be used" : "no memory";
		marllb_control_destroy(c);
		return NULL;
	}
	c->config = config;
	c->pool = pool;
	c->shm = shm;
	memcpy(c->core, cores, count * sizeof(*cores));
	c->cores = count;
	c->state.servers = config->slots;
	for (unsigned j = 0; j < config->servers; j++) {
		const struct marllb_config_server *s = &config->server[j];

		place(c, j, &s->address, s->port, s->has_mac ? s->mac : NULL, s->weight);
	}
	c->gateway[0].address = config->ipv4.gateway;
	c->gateway[1].address = config->ipv6.gateway;
	c->stage = 2;
	fall_back(c);
	marllb_pool_publish(pool, &c->state);
	c->changed = false;
	return c;
}

void
marllb_control_destroy(struct marllb_control *c)
{
	if (c != NULL)
		marllb_reducer_destroy(c->reducer);
	free(c);
}

unsigned
marllb_control_stage(const struct marllb_control *c)
{
	return c->stage;
}

/* ---- what the controller wants ---- */

static bool
draws(uint32_t state, double weight)
{
	return state == MARLLB_SERVER_STATE_ACTIVE && weight > 0;
}

/* Whether this program can do what a valid record asks for. */
static bool
supports(const struct marllb_msg_in *in)
{
	/* Powers would not have the same bits here as in Java: controllers publish them. */
	return in->exponent == 1 &&
	       (in->rule != MARLLB_RULE_TWO_CHOICES || in->choices <= MARLLB_CHOICES);
}

static void
apply(struct marllb_control *c, uint64_t now)
{
	const struct marllb_msg_in *in = &c->in;
	bool any = false;

	c->in_at = now;
	c->in_applied = in->sequence;
	c->stage = 0;
	c->state.policy = (struct marllb_policy){
		.rule = in->rule,
		.choices = in->choices,
		.vpp_ties = in->vpp_ties,
		.scale = in->bias_scale,
		.offset = in->bias_offset,
	};
	c->state.has_cells = true;
	for (uint32_t j = 0; j < c->state.servers; j++) {
		struct marllb_pool_server *s = &c->state.server[j];
		bool known = s->state != MARLLB_SERVER_STATE_ABSENT &&
			     in->generation[j] == s->generation;

		/* Only a command removes a server. */
		if (known && in->state[j] != MARLLB_SERVER_STATE_ABSENT)
			s->state = (uint8_t)in->state[j];
		s->weight = known ? in->weight[j] : 0;
		any |= draws(s->state, s->weight);
		c->state.has_cells &= draws(s->state, s->weight) ==
				      draws(in->state[j], in->weight[j]);
	}
	c->state.has_cells &= any;
	memcpy(c->state.cell, in->cells, c->state.servers * sizeof(in->cells[0]));
	c->changed = true;
}

static void
hear(struct marllb_control *c, uint64_t now)
{
	uint64_t age;

	if (marllb_shm_read_in(c->shm, &c->in) == MARLLB_READING_FRESH) {
		if (supports(&c->in))
			apply(c, now);
		else
			c->in_refused++;
	}
	age = now - c->in_at;
	if (c->in_applied == 0 || c->stage == 2)
		return;
	if (age > LOST_INTERVALS * c->config->interval_nanos) {
		c->stage = 2;
		fall_back(c);
	} else if (age > LATE_INTERVALS * c->config->interval_nanos) {
		c->stage = 1;
	}
}

static bool
can_serve(const struct marllb_control *c, const struct marllb_address *address, double weight)
{
	static const uint8_t nowhere[16];
	unsigned length = address->family == 4 ? 4 : 16;

	if ((address->family != 4 && address->family != 6) ||
	    memcmp(address->bytes, nowhere, length) == 0 || !(weight > 0 && weight < INFINITY) ||
	    (address->family == 4 ? address->bytes[0] >= 224 : address->bytes[0] == 255) ||
	    same_address(address, &c->config->ipv4.address) ||
	    same_address(address, &c->config->ipv6.address))
		return false;
	for (unsigned i = 0; i < c->config->vips; i++) {
		const struct marllb_config_vip *v = &c->config->vip[i];

		if (same_address(address, &v->address) ||
		    (v->mode == MARLLB_NAT && v->address.family != address->family))
			return false;
	}
	return true;
}

static enum marllb_command_result
execute(struct marllb_control *c, const struct marllb_command *command)
{
	struct marllb_address address = { .family = command->family };
	struct marllb_pool_server *s;

	if (command->server >= c->state.servers)
		return MARLLB_COMMAND_RESULT_BAD_SLOT;
	s = &c->state.server[command->server];
	if (command->kind == MARLLB_COMMAND_KIND_ADD) {
		memcpy(address.bytes, command->address, command->family == 4 ? 4 : 16);
		if (s->state != MARLLB_SERVER_STATE_ABSENT)
			return MARLLB_COMMAND_RESULT_BAD_STATE;
		if (!can_serve(c, &address, command->static_weight) ||
		    (!command->has_mac && marllb_config_next_hop(c->config, &address) == NULL))
			return MARLLB_COMMAND_RESULT_BAD_ADDRESS;
		place(c, command->server, &address,
		      (uint16_t)(command->port >> 8 | command->port << 8),
		      command->has_mac ? command->mac : NULL, command->static_weight);
		/* No flows until a record knows it, unless nobody makes records. */
		s->weight = c->stage == 2 ? s->static_weight : 0;
	} else if (s->state == MARLLB_SERVER_STATE_ABSENT ||
		   command->generation != s->generation) {
		return MARLLB_COMMAND_RESULT_BAD_STATE;
	} else if (command->kind == MARLLB_COMMAND_KIND_DRAIN) {
		s->state = MARLLB_SERVER_STATE_DRAINING;
	} else if (command->kind == MARLLB_COMMAND_KIND_UP) {
		s->state = MARLLB_SERVER_STATE_ACTIVE;
	} else if (command->kind == MARLLB_COMMAND_KIND_DOWN) {
		s->state = MARLLB_SERVER_STATE_DEAD;
	} else if (command->kind == MARLLB_COMMAND_KIND_REMOVE) {
		s->state = MARLLB_SERVER_STATE_ABSENT;
		c->server[command->server].address.family = 0;
	} else {
		return MARLLB_COMMAND_RESULT_UNSUPPORTED;
	}
	c->state.has_cells = false;
	c->changed = true;
	return MARLLB_COMMAND_RESULT_OK;
}

static void
tell(struct marllb_control *c, struct marllb_event *event)
{
	if (marllb_shm_write_event(c->shm, event) == 0)
		c->events_lost++;
}

static void
obey(struct marllb_control *c, uint64_t now)
{
	struct marllb_command command;

	/* A refused one has no answer; the ring is bounded, and so is this. */
	for (unsigned i = 0; i < MARLLB_COMMANDS; i++) {
		struct marllb_event event = { .kind = MARLLB_EVENT_KIND_COMMAND_DONE };
		enum marllb_reading reading = marllb_shm_take_command(c->shm, &command);

		if (reading == MARLLB_READING_NOTHING_NEW)
			return;
		if (reading != MARLLB_READING_FRESH)
			continue;
		event.detail = execute(c, &command);
		event.server = command.server < c->state.servers ? command.server : 0;
		event.time_nanos = now;
		event.value = command.sequence;
		tell(c, &event);
	}
}

/* ---- what the cores say ---- */

/* Somebody on the link has this MAC address. */
static void
learn(struct marllb_control *c, const struct marllb_neighbour *n, uint64_t now)
{
	for (uint32_t j = 0; j < c->state.servers; j++) {
		struct marllb_pool_server *s = &c->state.server[j];

		if (c->static_mac[j] || !same_address(&c->server[j].address, &n->address))
			continue;
		c->changed |= !s->has_mac || memcmp(s->mac, n->mac, 6) != 0;
		memcpy(s->mac, n->mac, 6);
		s->has_mac = true;
		c->server[j].ask_at = now + ASK_AGAIN_NANOS;
	}
	for (int six = 0; six < 2; six++) {
		if (!same_address(&c->gateway[six].address, &n->address))
			continue;
		c->changed |= !c->state.has_gateway[six] ||
			      memcmp(c->state.gateway[six], n->mac, 6) != 0;
		memcpy(c->state.gateway[six], n->mac, 6);
		c->state.has_gateway[six] = true;
		c->gateway[six].ask_at = now + ASK_AGAIN_NANOS;
	}
	if (same_address(&c->wanted.address, &n->address))
		c->wanted.address.family = 0;
	if (marllb_neighbours_put(&c->state.neighbours, n)) {
		c->state.neighbour_version++;
		c->changed = true;
	}
}

static void
listen(struct marllb_control *c, uint64_t now)
{
	struct marllb_note note;

	for (unsigned k = 0; k < c->cores; k++) {
		for (unsigned i = 0; i < NOTES_PER_POLL && marllb_balancer_note(c->core[k], &note); i++) {
			struct marllb_event event = {
				.kind = MARLLB_EVENT_KIND_FLOW_END,
				.server = note.server,
				.time_nanos = note.nanos,
			};
			const struct marllb_address *hop;

			switch (note.kind) {
			case MARLLB_NOTE_NEIGHBOUR:
				learn(c, &note.neighbour, now);
				break;
			case MARLLB_NOTE_WANTED:
				hop = marllb_config_next_hop(c->config, &note.neighbour.address);
				if (hop != NULL)
					c->wanted = (struct station){ .address = *hop };
				break;
			default:
				event.value = note.flow.fct_nanos;
				event.detail = note.flow.outcome;
				event.hash = note.flow.hash;
				tell(c, &event);
				break;
			}
		}
	}
}

/* ---- msg_out ---- */

/*
 * Time with at least one flow at a server on any core, from the cores' own: exact for one core, and for
 * several as if they were busy independently of each other.
 */
static void
add_busy(struct marllb_control *c, uint32_t j, const struct marllb_counts *const *counts)
{
	double idle = 1, elapsed = 0;

	for (unsigned k = 0; k < c->cores; k++) {
		const struct marllb_server_counts *s = &counts[k]->server[j];
		struct before *before = &c->before[k];
		bool again = before->generation[j] == s->generation;
		double busy = (double)(s->busy_nanos - (again ? before->busy_nanos[j] : 0));
		double span = (double)(counts[k]->nanos - before->nanos);

		if (k == 0 && !again)
			c->busy_nanos[j] = 0;
		before->generation[j] = s->generation;
		before->busy_nanos[j] = s->busy_nanos;
		if (c->cores == 1) {
			c->busy_nanos[j] += busy;
			return;
		}
		elapsed = span > elapsed ? span : elapsed;
		idle *= span > 0 && busy < span ? 1 - busy / span : 0;
	}
	c->busy_nanos[j] += elapsed * (1 - idle);
}

static void
add_server(struct marllb_control *c, uint32_t j, const struct marllb_counts *const *counts)
{
	const struct marllb_pool_server *s = &c->state.server[j];
	struct marllb_server_out *out = &c->out.server[j];

	*out = (struct marllb_server_out){
		.state = s->state,
		.generation = s->generation,
		.static_weight = s->static_weight,
	};
	add_busy(c, j, counts);
	for (unsigned k = 0; k < c->cores; k++) {
		const struct marllb_server_counts *from = &counts[k]->server[j];

		/* A core that has not yet heard of this server has counted nothing of it. */
		if (from->generation != s->generation)
			continue;
		out->in_flight += (int32_t)from->in_flight;
		out->started += from->started;
		out->completed += from->completed;
		out->rejected += from->rejected;
		out->aborted += from->aborted;
		out->in_flight_nanos += from->in_flight_nanos;
		out->packets += from->packets;
		out->bytes += from->bytes;
		out->drops += from->drops;
		out->busy_nanos = (uint64_t)c->busy_nanos[j];
	}
}

/* The counts of all cores, of one moment each; false while some core has not answered. */
static bool
take_counts(struct marllb_control *c)
{
	const struct marllb_counts *counts[MARLLB_CONTROL_CORES];
	struct marllb_msg_out *out = &c->out;

	for (unsigned k = 0; k < c->cores; k++) {
		counts[k] = marllb_balancer_counts(c->core[k]);
		if (counts[k] == NULL)
			return false;
	}
	memset(out, 0, offsetof(struct marllb_msg_out, server));
	for (unsigned k = 0; k < c->cores; k++) {
		const struct marllb_counts *from = counts[k];

		out->time_nanos = from->nanos > out->time_nanos ? from->nanos : out->time_nanos;
		out->rx_packets += from->rx_packets;
		out->rx_bytes += from->rx_bytes;
		out->tx_packets += from->tx_packets;
		out->tx_bytes += from->tx_bytes;
		for (unsigned i = 0; i < MARLLB_DROPS; i++)
			out->drops[i] += from->drops[i];
		out->answered += from->answered;
		out->flows += from->flows;
		out->flow_slots += from->flow_slots;
		out->events_lost += from->notes_lost;
		out->fallbacks += from->fallbacks;
		out->repicked += from->repicked;
	}
	out->events_lost += c->events_lost;
	out->msg_in_applied = c->in_applied;
	out->msg_in_refused = marllb_shm_refusals(c->shm) + c->in_refused;
	out->stage = c->stage;
	for (uint32_t j = 0; j < c->state.servers; j++)
		add_server(c, j, counts);
	for (unsigned k = 0; k < c->cores; k++)
		c->before[k].nanos = counts[k]->nanos;
	return true;
}

/* The statistics of the next server, over the samples of all cores; false as above. */
static bool
take_samples(struct marllb_control *c)
{
	const struct marllb_samples *samples[MARLLB_CONTROL_CORES];
	struct marllb_server_out *out = &c->out.server[c->next];

	for (unsigned k = 0; k < c->cores; k++) {
		samples[k] = marllb_balancer_samples(c->core[k]);
		if (samples[k] == NULL)
			return false;
	}
	marllb_reducer_clear(c->reducer);
	for (unsigned k = 0; k < c->cores; k++)
		if (samples[k]->generation == out->generation)
			marllb_reducer_load(c->reducer, samples[k]->completion, samples[k]->completions);
	marllb_reducer_all(c->reducer, out->fct);
	marllb_reducer_clear(c->reducer);
	for (unsigned k = 0; k < c->cores; k++)
		if (samples[k]->generation == out->generation)
			marllb_reducer_load(c->reducer, samples[k]->duration, samples[k]->durations);
	marllb_reducer_all(c->reducer, out->duration);
	return true;
}

/* A piece of the next record, or the whole of it given away. */
static void
publish(struct marllb_control *c, uint64_t now)
{
	switch (c->phase) {
	case IDLE:
		if (now < c->publish_at)
			return;
		/* After a pause, not all that was missed. */
		c->publish_at += c->config->interval_nanos;
		if (c->publish_at <= now)
			c->publish_at = now + c->config->interval_nanos;
		for (unsigned k = 0; k < c->cores; k++)
			marllb_balancer_ask_counts(c->core[k]);
		c->phase = COUNTING;
		return;
	case COUNTING:
		if (!take_counts(c))
			return;
		c->next = 0;
		c->phase = SAMPLING;
		break;
	default:
		if (!take_samples(c))
			return;
		c->next++;
		break;
	}
	if (c->next == c->state.servers) {
		marllb_shm_publish_out(c->shm, &c->out);
		c->phase = IDLE;
		return;
	}
	for (unsigned k = 0; k < c->cores; k++)
		marllb_balancer_ask_samples(c->core[k], c->next);
}

/* ---- all of it ---- */

void
marllb_control_poll(struct marllb_control *c, uint64_t now_nanos)
{
	if (now_nanos - c->polled_at >= POLL_NANOS) {
		c->polled_at = now_nanos;
		marllb_shm_beat(c->shm, now_nanos);
		hear(c, now_nanos);
		obey(c, now_nanos);
	}
	listen(c, now_nanos);
	if (c->changed) {
		marllb_pool_publish(c->pool, &c->state);
		c->changed = false;
	}
	publish(c, now_nanos);
}

/* Whether it is time to ask a station, which then is done. */
static bool
due(struct station *s, uint64_t now)
{
	if (s->address.family == 0 || now < s->ask_at)
		return false;
	s->ask_at = now + ASK_NANOS;
	return true;
}

static const struct marllb_address *
next_due(struct marllb_control *c, uint64_t now)
{
	if (due(&c->wanted, now))
		return &c->wanted.address;
	for (int six = 0; six < 2; six++)
		if (due(&c->gateway[six], now))
			return &c->gateway[six].address;
	for (uint32_t j = 0; j < c->state.servers; j++)
		if (due(&c->server[j], now))
			return &c->server[j].address;
	return NULL;
}

uint32_t
marllb_control_ask(struct marllb_control *c, uint64_t now_nanos, uint8_t *frame)
{
	const struct marllb_address *wanted, *own;

	if (now_nanos - c->asked_at < ASK_GAP_NANOS)
		return 0;
	c->asked_at = now_nanos;
	wanted = next_due(c, now_nanos);
	if (wanted == NULL)
		return 0;
	own = wanted->family == 4 ? &c->config->ipv4.address : &c->config->ipv6.address;
	return own->family == 0 ? 0 : marllb_ask(frame, c->config->mac, own, wanted);
}
