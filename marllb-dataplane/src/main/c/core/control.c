/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_GENERATION 1		 /* of slots that are configured; 0 never had a server */
#define TICK_NANOS 5000000u		 /* msg_in is looked at so often; it comes every 250 ms */
#define ANSWER_NANOS 200000u		 /* a core that polls answers sooner, one that naps in a few of these */
#define ASK_NANOS 250000000u		 /* between two requests for a MAC address that nobody has told */
#define RENEW_NANOS UINT64_C(30000000000) /* a known one is asked for again: a station may have been replaced */
#define NOTES_PER_TICK 4096		 /* a tick ends, however fast flows end */

/* A station whose MAC address is needed: a server's next hop, or a gateway. */
struct want {
	struct marllb_address address; /* family 0: none */
	uint64_t asked_at;	       /* 0: never */
};

enum gathering { IDLE, COUNTS, SAMPLES };

/* What a core had counted when the last record was made. */
struct before {
	uint64_t nanos;
	uint64_t busy_nanos[MARLLB_SERVERS];
	uint32_t generation[MARLLB_SERVERS];
};

struct marllb_control {
	struct marllb_control_setup setup;
	struct marllb_pool_state state; /* what is published to the cores */
	bool changed;			/* since then */

	struct marllb_msg_in newest; /* as read */
	struct marllb_msg_in in;     /* the newest good one */
	bool has_in;
	uint64_t in_nanos; /* when it was taken */
	uint64_t applied;  /* its sequence, 0 while the fallback is in force */
	uint64_t refused;  /* records that are valid, but not for this program */
	uint32_t stage;
	bool weight_from_in[MARLLB_SERVERS]; /* the newest msg_in was about this server */

	struct want want[MARLLB_SERVERS];
	struct want gateway[2]; /* [family == 6] */

	/* Gathering for the next msg_out: counts of every core, then samples of some servers at a time. */
	enum gathering gathering;
	uint64_t due; /* when it begins again */
	uint32_t server; /* the next that may be asked about */
	uint32_t about[MARLLB_SAMPLES_ASKED]; /* servers, as asked */
	uint32_t abouts;
	struct marllb_msg_out out;
	struct marllb_reducer *reducer;
	uint64_t reduced_at[MARLLB_SERVERS]; /* events of the server, when its samples were last reduced */
	struct before *before;		     /* [cores] */
	double busy_nanos[MARLLB_SERVERS];   /* of all cores together */
	uint64_t events_lost;
};

/* Weights and the rule, by what is in force. */
static void
set_weights(struct marllb_control *c)
{
	struct marllb_pool_state *state = &c->state;
	const struct marllb_msg_in *in = &c->in;
	bool whole = c->applied != 0 && in->servers == state->servers;
	bool any = false;

	if (c->applied != 0) {
		state->policy = (struct marllb_policy){ .rule = in->rule,
							.choices = in->choices,
							.vpp_ties = in->vpp_ties,
							.scale = in->bias_scale,
							.offset = in->bias_offset };
	} else {
		state->policy = (struct marllb_policy){ .rule = c->setup.config->fallback,
							.choices = 2,
							.scale = 1,
							.offset = 1 };
	}
	for (uint32_t j = 0; j < state->servers; j++) {
		struct marllb_pool_server *s = &state->server[j];

		/* A server that the record does not know gets no flows until there is one that does. */
		s->weight = c->applied == 0	   ? s->static_weight
			    : c->weight_from_in[j] ? in->weight[j]
						   : 0;
		any |= s->state == MARLLB_SERVER_STATE_ACTIVE && s->weight > 0;
		/* The cells were made for the states that were wanted, over the weights as they are. */
		whole = whole && (s->state == MARLLB_SERVER_STATE_ABSENT
					  ? in->weight[j] == 0 || in->state[j] != MARLLB_SERVER_STATE_ACTIVE
					  : c->weight_from_in[j] && s->state == in->state[j]);
	}
	state->has_cells = whole && any;
	if (state->has_cells)
		memcpy(state->cell, in->cells, state->servers * sizeof(state->cell[0]));
	c->changed = true;
}

/*
 * Whether this program can do what a valid record asks for. Powers would not have the same bits here as
 * in Java: controllers publish powered weights and the exponent 1.
 */
static bool
supports(const struct marllb_msg_in *in)
{
	return in->exponent == 1 &&
	       (in->rule != MARLLB_RULE_TWO_CHOICES || in->choices <= MARLLB_CHOICES);
}

/* Takes over a msg_in. An entry about a server that has been replaced meanwhile is ignored. */
static void
apply(struct marllb_control *c, uint64_t now)
{
	const struct marllb_msg_in *in = &c->in;

	c->has_in = true;
	c->in_nanos = now;
	c->applied = in->sequence;
	for (uint32_t j = 0; j < c->state.servers; j++) {
		struct marllb_pool_server *s = &c->state.server[j];

		c->weight_from_in[j] = j < in->servers && s->state != MARLLB_SERVER_STATE_ABSENT &&
				       in->generation[j] == s->generation;
		if (c->weight_from_in[j] && in->state[j] != MARLLB_SERVER_STATE_ABSENT)
			s->state = (uint8_t)in->state[j];
	}
	set_weights(c);
}

static void
climb_down(struct marllb_control *c, uint64_t now)
{
	uint64_t age = now - c->in_nanos;
	uint32_t stage = !c->has_in || age > MARLLB_LOST_INTERVALS * c->setup.interval_nanos ? 2
			 : age > MARLLB_STALE_INTERVALS * c->setup.interval_nanos	     ? 1
											     : 0;

	if (stage == 2 && c->stage != 2) {
		c->applied = 0;
		set_weights(c);
	}
	c->stage = stage;
}

static void
want_next_hop(struct marllb_control *c, uint32_t j)
{
	const struct marllb_pool_server *s = &c->state.server[j];
	const struct marllb_address *hop = marllb_config_next_hop(c->setup.config, &s->address);

	c->want[j] = (struct want){ .asked_at = 0 };
	if (hop != NULL)
		c->want[j].address = *hop;
}

/* The MAC address of what a server needs, if some station told it already. */
static void
recall(struct marllb_control *c, uint32_t j)
{
	const struct marllb_address *hop = &c->want[j].address;
	const uint8_t *mac = hop->family == 0 ? NULL
					      : marllb_neighbours_find(&c->state.neighbours, hop->family, hop->bytes);

	if (mac != NULL) {
		memcpy(c->state.server[j].mac, mac, 6);
		c->state.server[j].has_mac = true;
	}
}

static bool
is_address(const struct marllb_address *a, const struct marllb_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Whether a server may have this address: what the configuration file asks of one, too. */
static bool
can_serve(const struct marllb_control *c, const struct marllb_address *address)
{
	static const uint8_t nowhere[16];
	const struct marllb_config *config = c->setup.config;

	if ((address->family != 4 && address->family != 6) ||
	    memcmp(address->bytes, nowhere, sizeof(nowhere)) == 0 ||
	    (address->family == 4 ? address->bytes[0] >= 224 : address->bytes[0] == 255) ||
	    is_address(address, &config->ipv4.address) || is_address(address, &config->ipv6.address))
		return false;
	for (unsigned i = 0; i < config->vips; i++) {
		const struct marllb_config_vip *v = &config->vip[i];

		if (is_address(address, &v->address) ||
		    (v->mode == MARLLB_NAT && v->address.family != address->family))
			return false;
	}
	return true;
}

static enum marllb_command_result
add(struct marllb_control *c, const struct marllb_command *command)
{
	struct marllb_pool_server *s = &c->state.server[command->server];
	struct marllb_address address = { .family = command->family };

	if (s->state != MARLLB_SERVER_STATE_ABSENT)
		return MARLLB_COMMAND_RESULT_BAD_STATE;
	memcpy(address.bytes, command->address, command->family == 4 ? 4 : 16);
	if (!can_serve(c, &address) ||
	    (!command->has_mac && marllb_config_next_hop(c->setup.config, &address) == NULL) ||
	    !(command->static_weight > 0 && command->static_weight < INFINITY))
		return MARLLB_COMMAND_RESULT_BAD_ADDRESS;
	*s = (struct marllb_pool_server){ .state = MARLLB_SERVER_STATE_ACTIVE,
					  .port = (uint16_t)(command->port << 8 | command->port >> 8),
					  .generation = s->generation + 1,
					  .has_mac = command->has_mac != 0,
					  .static_weight = command->static_weight };
	s->address = address;
	memcpy(s->mac, command->mac, sizeof(s->mac));
	c->want[command->server] = (struct want){ .asked_at = 0 };
	if (!s->has_mac) {
		want_next_hop(c, command->server);
		recall(c, command->server);
	}
	c->weight_from_in[command->server] = false;
	c->reduced_at[command->server] = UINT64_MAX;
	return MARLLB_COMMAND_RESULT_OK;
}

static enum marllb_command_result
execute(struct marllb_control *c, const struct marllb_command *command)
{
	struct marllb_pool_server *s;
	enum marllb_command_result result = MARLLB_COMMAND_RESULT_OK;

	if (command->server >= c->state.servers)
		return MARLLB_COMMAND_RESULT_BAD_SLOT;
	s = &c->state.server[command->server];
	if (command->kind == MARLLB_COMMAND_KIND_ADD) {
		result = add(c, command);
	} else if (s->state == MARLLB_SERVER_STATE_ABSENT || command->generation != s->generation) {
		return MARLLB_COMMAND_RESULT_BAD_STATE;
	} else if (command->kind == MARLLB_COMMAND_KIND_DRAIN) {
		s->state = MARLLB_SERVER_STATE_DRAINING;
	} else if (command->kind == MARLLB_COMMAND_KIND_UP) {
		s->state = MARLLB_SERVER_STATE_ACTIVE;
	} else if (command->kind == MARLLB_COMMAND_KIND_DOWN) {
		s->state = MARLLB_SERVER_STATE_DEAD;
	} else if (command->kind == MARLLB_COMMAND_KIND_REMOVE) {
		s->state = MARLLB_SERVER_STATE_ABSENT;
		c->want[command->server].address.family = 0;
	} else {
		return MARLLB_COMMAND_RESULT_UNSUPPORTED;
	}
	if (result == MARLLB_COMMAND_RESULT_OK)
		set_weights(c);
	return result;
}

static void
tell(struct marllb_control *c, struct marllb_event *event)
{
	if (marllb_shm_write_event(c->setup.shm, event) == 0)
		c->events_lost++;
}

static void
take_commands(struct marllb_control *c, uint64_t now)
{
	struct marllb_command command;
	enum marllb_reading reading;

	/* No more than the ring holds, so that a tick ends. */
	for (int i = 0; i < MARLLB_COMMANDS; i++) {
		struct marllb_event event = { .kind = MARLLB_EVENT_KIND_COMMAND_DONE, .time_nanos = now };

		reading = marllb_shm_take_command(c->setup.shm, &command);
		if (reading == MARLLB_READING_NOTHING_NEW || reading == MARLLB_READING_NEVER_PUBLISHED)
			return;
		if (reading != MARLLB_READING_FRESH)
			continue; /* counted there */
		event.server = command.server < c->state.servers ? command.server : 0;
		event.value = command.sequence;
		event.detail = execute(c, &command);
		tell(c, &event);
	}
}

static void
ask(struct marllb_control *c, const struct marllb_address *wanted)
{
	const struct marllb_config *config = c->setup.config;
	const struct marllb_config_network *own = wanted->family == 6 ? &config->ipv6 : &config->ipv4;
	uint8_t frame[MARLLB_ASK_FRAME];

	if (own->address.family != 0)
		c->setup.send(c->setup.context, frame, marllb_ask(frame, config->mac, &own->address, wanted));
}

static void
ask_if_due(struct marllb_control *c, struct want *w, bool known, uint64_t now)
{
	if (w->address.family == 0 ||
	    (w->asked_at != 0 && now - w->asked_at < (known ? RENEW_NANOS : ASK_NANOS)))
		return;
	w->asked_at = now;
	ask(c, &w->address);
}

static void
ask_neighbours(struct marllb_control *c, uint64_t now)
{
	for (uint32_t j = 0; j < c->state.servers; j++)
		ask_if_due(c, &c->want[j], c->state.server[j].has_mac, now);
	for (int six = 0; six < 2; six++)
		ask_if_due(c, &c->gateway[six], c->state.has_gateway[six], now);
}

static void
learn(struct marllb_control *c, const struct marllb_neighbour *n)
{
	if (marllb_neighbours_put(&c->state.neighbours, n)) {
		c->state.neighbour_version++;
		c->changed = true;
	}
	for (uint32_t j = 0; j < c->state.servers; j++) {
		struct marllb_pool_server *s = &c->state.server[j];

		if (is_address(&c->want[j].address, &n->address) &&
		    (!s->has_mac || memcmp(s->mac, n->mac, 6) != 0)) {
			memcpy(s->mac, n->mac, 6);
			s->has_mac = true;
			c->changed = true;
		}
	}
	for (int six = 0; six < 2; six++) {
		if (is_address(&c->gateway[six].address, &n->address)) {
			memcpy(c->state.gateway[six], n->mac, 6);
			c->state.has_gateway[six] = true;
			c->changed = true;
		}
	}
}

static void
take_notes(struct marllb_control *c)
{
	struct marllb_note note;

	for (uint32_t i = 0; i < c->setup.cores; i++) {
		for (int k = 0; k < NOTES_PER_TICK && marllb_balancer_note(c->setup.balancers[i], &note); k++) {
			if (note.kind == MARLLB_NOTE_NEIGHBOUR) {
				learn(c, &note.neighbour);
			} else if (note.kind == MARLLB_NOTE_WANTED) {
				ask(c, &note.neighbour.address);
			} else {
				struct marllb_event event = { .kind = MARLLB_EVENT_KIND_FLOW_END,
							      .server = note.server,
							      .time_nanos = note.nanos,
							      .value = note.flow.fct_nanos,
							      .detail = note.flow.outcome,
							      .hash = note.flow.hash };

				tell(c, &event);
			}
		}
	}
}

/*
 * Time with at least one flow at a server on any core, from the cores' own: exact for one core, and for
 * several as if they were busy independently of each other.
 */
static void
add_busy(struct marllb_control *c, uint32_t j)
{
	double idle = 1, elapsed = 0;

	for (uint32_t i = 0; i < c->setup.cores; i++) {
		const struct marllb_counts *counts = marllb_balancer_counts(c->setup.balancers[i]);
		const struct marllb_server_counts *s = &counts->server[j];
		struct before *before = &c->before[i];
		bool again = before->generation[j] == s->generation;
		double busy = (double)(s->busy_nanos - (again ? before->busy_nanos[j] : 0));
		double span = (double)(counts->nanos - before->nanos);

		before->generation[j] = s->generation;
		before->busy_nanos[j] = s->busy_nanos;
		if (s->generation != c->out.server[j].generation)
			continue;
		if (c->setup.cores == 1) {
			c->busy_nanos[j] += busy;
			return;
		}
		elapsed = span > elapsed ? span : elapsed;
		idle *= busy < span ? 1 - busy / span : 0;
	}
	c->busy_nanos[j] += elapsed * (1 - idle);
}

static void
add_server(struct marllb_server_out *out, const struct marllb_server_counts *counts)
{
	if (counts->generation != out->generation)
		return; /* the core has not heard of the slot's new server yet */
	out->in_flight += (int32_t)counts->in_flight;
	out->started += counts->started;
	out->completed += counts->completed;
	out->rejected += counts->rejected;
	out->aborted += counts->aborted;
	out->in_flight_nanos += counts->in_flight_nanos;
	out->packets += counts->packets;
	out->bytes += counts->bytes;
	out->drops += counts->drops;
}

/* Everything but the statistics, which stay as they were until they are reduced again. */
static void
clear_counts(struct marllb_control *c)
{
	struct marllb_msg_out *out = &c->out;

	memset(out, 0, offsetof(struct marllb_msg_out, server));
	for (uint32_t j = 0; j < c->state.servers; j++) {
		struct marllb_server_out *s = &out->server[j];
		const struct marllb_pool_server *of = &c->state.server[j];

		if (s->generation != of->generation) {
			for (int k = 0; k < 5; k++)
				s->fct[k] = s->duration[k] = NAN;
			c->reduced_at[j] = UINT64_MAX;
			c->busy_nanos[j] = 0;
		}
		memset(s, 0, offsetof(struct marllb_server_out, fct));
		s->state = of->state;
		s->generation = of->generation;
		s->static_weight = of->state == MARLLB_SERVER_STATE_ABSENT ? 0 : of->static_weight;
	}
}

static bool
add_counts(struct marllb_control *c)
{
	struct marllb_msg_out *out = &c->out;
	uint32_t i, j;

	for (i = 0; i < c->setup.cores; i++)
		if (marllb_balancer_counts(c->setup.balancers[i]) == NULL)
			return false;
	clear_counts(c);
	for (i = 0; i < c->setup.cores; i++) {
		const struct marllb_counts *from = marllb_balancer_counts(c->setup.balancers[i]);

		/* The integrals reach up to here, and rates are taken over differences of it. */
		out->time_nanos = from->nanos > out->time_nanos ? from->nanos : out->time_nanos;
		out->rx_packets += from->rx_packets;
		out->rx_bytes += from->rx_bytes;
		out->tx_packets += from->tx_packets;
		out->tx_bytes += from->tx_bytes;
		for (j = 0; j < MARLLB_DROPS; j++)
			out->drops[j] += from->drops[j];
		out->answered += from->answered;
		out->flows += from->flows;
		out->flow_slots += from->flow_slots;
		out->events_lost += from->notes_lost;
		out->fallbacks += from->fallbacks;
		out->repicked += from->repicked;
		for (j = 0; j < from->servers && j < c->state.servers; j++)
			add_server(&out->server[j], &from->server[j]);
	}
	for (j = 0; j < c->state.servers; j++) {
		add_busy(c, j);
		out->server[j].busy_nanos = (uint64_t)c->busy_nanos[j];
	}
	for (i = 0; i < c->setup.cores; i++)
		c->before[i].nanos = marllb_balancer_counts(c->setup.balancers[i])->nanos;
	return true;
}

/* Ages are sampled while a server has flows, so its samples have moved if it has any, or one has ended. */
static bool
has_moved(const struct marllb_control *c, uint32_t j)
{
	const struct marllb_server_out *s = &c->out.server[j];

	return s->state != MARLLB_SERVER_STATE_ABSENT &&
	       (s->in_flight > 0 || s->completed + s->rejected + s->aborted != c->reduced_at[j]);
}

/* Asks for the samples of the next servers whose have moved; false if that was all. */
static bool
ask_samples(struct marllb_control *c)
{
	c->abouts = 0;
	for (; c->server < c->state.servers && c->abouts < MARLLB_SAMPLES_ASKED; c->server++)
		if (has_moved(c, c->server))
			c->about[c->abouts++] = c->server;
	for (uint32_t i = 0; c->abouts > 0 && i < c->setup.cores; i++)
		marllb_balancer_ask_samples(c->setup.balancers[i], c->about, c->abouts);
	return c->abouts > 0;
}

/* Those of the server at this place of the question. */
static void
reduce_server(struct marllb_control *c, uint32_t at)
{
	struct marllb_server_out *out = &c->out.server[c->about[at]];

	for (int of_durations = 0; of_durations < 2; of_durations++) {
		marllb_reducer_clear(c->reducer);
		for (uint32_t i = 0; i < c->setup.cores; i++) {
			const struct marllb_samples *s =
				&marllb_balancer_samples(c->setup.balancers[i])[at];

			if (s->generation == out->generation)
				marllb_reducer_load(c->reducer, of_durations ? s->duration : s->completion,
						    of_durations ? s->durations : s->completions);
		}
		marllb_reducer_all(c->reducer, of_durations ? out->duration : out->fct);
	}
	c->reduced_at[c->about[at]] = out->completed + out->rejected + out->aborted;
}

static bool
reduce_samples(struct marllb_control *c)
{
	for (uint32_t i = 0; i < c->setup.cores; i++)
		if (marllb_balancer_samples(c->setup.balancers[i]) == NULL)
			return false;
	for (uint32_t at = 0; at < c->abouts; at++)
		reduce_server(c, at);
	return true;
}

static void
publish(struct marllb_control *c, uint64_t now)
{
	c->out.msg_in_applied = c->applied;
	c->out.events_lost += c->events_lost;
	c->out.msg_in_refused = marllb_shm_refusals(c->setup.shm) + c->refused;
	c->out.stage = c->stage;
	marllb_shm_publish_out(c->setup.shm, &c->out);
	c->gathering = IDLE;
	c->due += c->setup.config->interval_nanos;
	if (c->due < now) /* late: not twice in a row */
		c->due = now + c->setup.config->interval_nanos;
}

static void
gather(struct marllb_control *c, uint64_t now)
{
	if (c->gathering == IDLE && now >= c->due) {
		for (uint32_t i = 0; i < c->setup.cores; i++)
			marllb_balancer_ask_counts(c->setup.balancers[i]);
		c->gathering = COUNTS;
	} else if (c->gathering == COUNTS && add_counts(c)) {
		c->server = 0;
		c->gathering = SAMPLES;
		if (!ask_samples(c))
			publish(c, now);
	} else if (c->gathering == SAMPLES && reduce_samples(c) && !ask_samples(c)) {
		publish(c, now);
	}
}

static void
configure(struct marllb_control *c)
{
	const struct marllb_config *config = c->setup.config;

	c->state.servers = config->slots;
	for (uint32_t j = 0; j < config->servers; j++) {
		const struct marllb_config_server *from = &config->server[j];
		struct marllb_pool_server *s = &c->state.server[j];

		*s = (struct marllb_pool_server){ .address = from->address,
						  .has_mac = from->has_mac,
						  .state = MARLLB_SERVER_STATE_ACTIVE,
						  .port = from->port,
						  .generation = FIRST_GENERATION,
						  .static_weight = from->weight };
		memcpy(s->mac, from->mac, sizeof(s->mac));
		if (!from->has_mac)
			want_next_hop(c, j);
	}
	c->gateway[0].address = config->ipv4.gateway;
	c->gateway[1].address = config->ipv6.gateway;
	for (uint32_t j = 0; j < MARLLB_SERVERS; j++) {
		c->reduced_at[j] = UINT64_MAX;
		for (int k = 0; k < 5; k++)
			c->out.server[j].fct[k] = c->out.server[j].duration[k] = NAN;
	}
}

struct marllb_control *
marllb_control_create(const struct marllb_control_setup *setup, uint64_t now_nanos)
{
	struct marllb_control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->setup = *setup;
	c->reducer = marllb_reducer_create(setup->cores * MARLLB_RESERVOIR_SLOTS);
	c->before = calloc(setup->cores, sizeof(*c->before));
	if (c->reducer == NULL || c->before == NULL) {
		marllb_control_destroy(c);
		return NULL;
	}
	c->stage = 2;
	c->due = now_nanos;
	configure(c);
	set_weights(c);
	marllb_pool_publish(setup->pool, &c->state);
	c->changed = false;
	return c;
}

void
marllb_control_destroy(struct marllb_control *c)
{
	if (c == NULL)
		return;
	marllb_reducer_destroy(c->reducer);
	free(c->before);
	free(c);
}

uint64_t
marllb_control_tick(struct marllb_control *c, uint64_t now_nanos)
{
	marllb_shm_beat(c->setup.shm, now_nanos);
	/* Records first: a command is younger than what its writer had published before. */
	if (marllb_shm_read_in(c->setup.shm, &c->newest) == MARLLB_READING_FRESH) {
		if (supports(&c->newest)) {
			c->in = c->newest;
			apply(c, now_nanos);
		} else {
			c->refused++;
		}
	}
	take_commands(c, now_nanos);
	climb_down(c, now_nanos);
	take_notes(c);
	ask_neighbours(c, now_nanos);
	if (c->changed) {
		marllb_pool_publish(c->setup.pool, &c->state);
		c->changed = false;
	}
	gather(c, now_nanos);
	return c->gathering == IDLE ? TICK_NANOS : ANSWER_NANOS;
}

uint32_t
marllb_control_stage(const struct marllb_control *c)
{
	return c->stage;
}

const struct marllb_msg_out *
marllb_control_published(const struct marllb_control *c)
{
	return &c->out;
}
