/* SPDX-License-Identifier: Apache-2.0 */
/* Versioned records: msg_out and msg_in, one slot after the other, checked whole before they count. */
#include <assert.h>
#include <math.h>

#include "shm_words.h"

/* A reader gives up for now after so many records were overwritten under its hands. */
#define ATTEMPTS 64
#define CHECKSUM_START UINT64_C(0xcbf29ce484222325)
#define CHECKSUM_PRIME UINT64_C(0x100000001b3)

/* Offset and bytes, multiples of a word. */
struct piece {
	size_t from, bytes;
};

/* The head without the sequence, and up to four arrays over the servers. */
#define PIECES 5

static struct piece
used(size_t from, size_t stride, uint32_t servers)
{
	return (struct piece){ from, (servers * stride + WORD - 1) / WORD * WORD };
}

static unsigned int
out_pieces(uint32_t servers, struct piece pieces[PIECES])
{
	const size_t head = offsetof(struct marllb_msg_out, server);

	pieces[0] = (struct piece){ WORD, head - WORD };
	pieces[1] = used(head, sizeof(struct marllb_server_out), servers);
	return 2;
}

static unsigned int
in_pieces(uint32_t servers, struct piece pieces[PIECES])
{
	const size_t head = offsetof(struct marllb_msg_in, weight);

	pieces[0] = (struct piece){ WORD, head - WORD };
	pieces[1] = used(head, sizeof(double), servers);
	pieces[2] = used(offsetof(struct marllb_msg_in, state), sizeof(uint32_t), servers);
	pieces[3] = used(offsetof(struct marllb_msg_in, generation), sizeof(uint32_t), servers);
	pieces[4] =
		used(offsetof(struct marllb_msg_in, cells), sizeof(struct marllb_cell), servers);
	return 5;
}

static inline void
mix(uint64_t *lane, const char *word_at)
{
	uint64_t word;

	memcpy(&word, word_at, WORD);
	*lane = (*lane ^ word) * CHECKSUM_PRIME;
}

/*
 * FNV-1a by words, in four lanes, since one lane would wait for each product; then over the lanes.
 * The record is private, its checksum field 0.
 */
static uint64_t
checksum(const void *record, const struct piece *pieces, unsigned int count)
{
	uint64_t lane[] = { CHECKSUM_START, CHECKSUM_START, CHECKSUM_START, CHECKSUM_START };
	uint64_t hash = CHECKSUM_START;

	for (unsigned int p = 0; p < count; p++) {
		const char *word = (const char *)record + pieces[p].from;
		size_t words = pieces[p].bytes / WORD, i = 0;

		for (; i + 4 <= words; i += 4) {
			mix(&lane[0], word + i * WORD);
			mix(&lane[1], word + (i + 1) * WORD);
			mix(&lane[2], word + (i + 2) * WORD);
			mix(&lane[3], word + (i + 3) * WORD);
		}
		for (unsigned int rest = 0; i < words; i++, rest++)
			mix(&lane[rest], word + i * WORD);
	}
	for (unsigned int i = 0; i < 4; i++)
		hash = (hash ^ lane[i]) * CHECKSUM_PRIME;
	return hash;
}

/* Stores the checksum of a private record. */
static void
seal(void *record, uint64_t *field, const struct piece *pieces, unsigned int count)
{
	*field = 0;
	*field = checksum(record, pieces, count);
}

/* Whether a private record has the checksum that it should; clears the field. */
static bool
sealed(void *record, uint64_t *field, const struct piece *pieces, unsigned int count)
{
	uint64_t stored = *field;

	*field = 0;
	return stored == checksum(record, pieces, count);
}

/*
 * The sequence is cleared with release, so after the announcement of the record before, and set
 * with release after the body. A reader that sees it unchanged around its copy has a whole record.
 */
static void
publish(void *slot, const void *record, const struct piece *pieces, unsigned int count,
	uint64_t *latest, uint64_t sequence)
{
	store(slot, 0, memory_order_release);
	for (unsigned int p = 0; p < count; p++)
		copy_in((char *)slot + pieces[p].from, (const char *)record + pieces[p].from,
			pieces[p].bytes);
	store(slot, sequence, memory_order_release);
	store(latest, sequence, memory_order_release);
}

uint64_t
marllb_shm_publish_out(struct marllb_shm *shm, struct marllb_msg_out *out)
{
	struct marllb_segment *s = shm->segment;
	struct piece pieces[PIECES];
	unsigned int count = out_pieces(shm->servers, pieces);

	assert(shm->dataplane);
	out->sequence = ++shm->written;
	out->servers = shm->servers;
	seal(out, &out->checksum, pieces, count);
	publish(&s->msg_out[out->sequence % MARLLB_RING], out, pieces, count,
		&s->dataplane_beat.latest_msg_out, out->sequence);
	return out->sequence;
}

uint64_t
marllb_shm_publish_in(struct marllb_shm *shm, struct marllb_msg_in *in)
{
	struct marllb_segment *s = shm->segment;
	struct piece pieces[PIECES];
	unsigned int count = in_pieces(shm->servers, pieces);

	assert(!shm->dataplane);
	in->sequence = ++shm->written;
	in->servers = shm->servers;
	seal(in, &in->checksum, pieces, count);
	publish(&s->msg_in[in->sequence % MARLLB_RING], in, pieces, count,
		&s->controller_beat.latest_msg_in, in->sequence);
	return in->sequence;
}

/* FRESH: scratch holds the newest record. Else sequence tells which one was meant. */
static enum marllb_reading
copy_newest(struct marllb_shm *shm, const void *slots, size_t stride, const struct piece *pieces,
	    unsigned int count, const uint64_t *latest, uint64_t *sequence)
{
	uint64_t wanted = load(latest, memory_order_acquire);

	for (unsigned int attempt = 0; attempt < ATTEMPTS; attempt++) {
		const char *slot = (const char *)slots + (wanted % MARLLB_RING) * stride;
		uint64_t newer;

		*sequence = wanted;
		if (wanted == shm->accepted)
			return wanted == 0 ? MARLLB_READING_NEVER_PUBLISHED
					   : MARLLB_READING_NOTHING_NEW;
		if (wanted == shm->refused && wanted != 0)
			return MARLLB_READING_NOTHING_NEW;
		if ((int64_t)wanted < (int64_t)shm->accepted)
			return MARLLB_READING_BACKWARDS;
		if (load((const uint64_t *)slot, memory_order_acquire) == wanted) {
			for (unsigned int p = 0; p < count; p++)
				copy_out((char *)&shm->scratch + pieces[p].from,
					 slot + pieces[p].from, pieces[p].bytes);
			if (load((const uint64_t *)slot, memory_order_relaxed) == wanted) {
				shm->scratch.words[0] = wanted;
				return MARLLB_READING_FRESH;
			}
		}
		newer = load(latest, memory_order_acquire);
		if (newer == wanted)
			return MARLLB_READING_SEQUENCE;
		wanted = newer;
	}
	return MARLLB_READING_BUSY;
}

static bool
not_negative(double x)
{
	return x >= 0 && x < INFINITY;
}

static bool
statistic(double x)
{
	return not_negative(x) || isnan(x);
}

static enum marllb_reading
check_in(const struct marllb_msg_in *in, uint32_t servers)
{
	double sum = 0;

	if (in->servers != servers)
		return MARLLB_READING_SERVERS;
	if (in->rule >= MARLLB_RULE_COUNT)
		return MARLLB_READING_RULE;
	if (in->rule == MARLLB_RULE_TWO_CHOICES && (in->choices < 1 || in->choices > servers))
		return MARLLB_READING_CHOICES;
	if (!not_negative(in->bias_scale) || !not_negative(in->bias_offset) ||
	    !not_negative(in->exponent))
		return MARLLB_READING_KEY;
	if (in->vpp_ties > 1)
		return MARLLB_READING_TIES;
	for (uint32_t j = 0; j < servers; j++) {
		sum += in->weight[j];
		if (!not_negative(in->weight[j]) || !not_negative(sum))
			return MARLLB_READING_WEIGHT;
		if (in->state[j] >= MARLLB_SERVER_STATE_COUNT)
			return MARLLB_READING_STATE;
		if (in->cells[j].threshold > UINT64_C(1) << 32 || in->cells[j].alias >= servers)
			return MARLLB_READING_CELL;
	}
	return MARLLB_READING_FRESH;
}

static enum marllb_reading
check_out(const struct marllb_msg_out *out, uint32_t servers)
{
	if (out->servers != servers)
		return MARLLB_READING_SERVERS;
	if (out->stage > 2)
		return MARLLB_READING_STAGE;
	for (uint32_t j = 0; j < servers; j++) {
		const struct marllb_server_out *server = &out->server[j];

		if (server->state >= MARLLB_SERVER_STATE_COUNT)
			return MARLLB_READING_STATE;
		for (unsigned int k = 0; k < sizeof(server->fct) / sizeof(server->fct[0]); k++) {
			if (!statistic(server->fct[k]) || !statistic(server->duration[k]))
				return MARLLB_READING_STATISTIC;
		}
		if (!not_negative(server->static_weight))
			return MARLLB_READING_WEIGHT;
	}
	return MARLLB_READING_FRESH;
}

static enum marllb_reading
judged(struct marllb_shm *shm, enum marllb_reading reading, uint64_t sequence)
{
	if (reading == MARLLB_READING_FRESH)
		shm->accepted = sequence;
	else if (is_refusal(reading))
		shm->refused = sequence;
	shm->readings[reading]++;
	return reading;
}

/* The caller's record beyond what is in use stays as it is. */
static void
hand_out(void *record, const void *scratch, const struct piece *pieces, unsigned int count)
{
	memcpy(record, scratch, WORD);
	for (unsigned int p = 0; p < count; p++)
		memcpy((char *)record + pieces[p].from, (const char *)scratch + pieces[p].from,
		       pieces[p].bytes);
}

enum marllb_reading
marllb_shm_read_in(struct marllb_shm *shm, struct marllb_msg_in *in)
{
	const struct marllb_segment *s = shm->segment;
	struct piece pieces[PIECES];
	unsigned int count = in_pieces(shm->servers, pieces);
	enum marllb_reading reading;
	uint64_t sequence;

	assert(shm->dataplane);
	reading = copy_newest(shm, s->msg_in, sizeof(s->msg_in[0]), pieces, count,
			      &s->controller_beat.latest_msg_in, &sequence);
	if (reading == MARLLB_READING_FRESH)
		reading = sealed(&shm->scratch, &shm->scratch.in.checksum, pieces, count)
				  ? check_in(&shm->scratch.in, shm->servers)
				  : MARLLB_READING_CHECKSUM;
	if (reading == MARLLB_READING_FRESH)
		hand_out(in, &shm->scratch, pieces, count);
	return judged(shm, reading, sequence);
}

enum marllb_reading
marllb_shm_read_out(struct marllb_shm *shm, struct marllb_msg_out *out)
{
	const struct marllb_segment *s = shm->segment;
	struct piece pieces[PIECES];
	unsigned int count = out_pieces(shm->servers, pieces);
	enum marllb_reading reading;
	uint64_t sequence;

	assert(!shm->dataplane);
	reading = copy_newest(shm, s->msg_out, sizeof(s->msg_out[0]), pieces, count,
			      &s->dataplane_beat.latest_msg_out, &sequence);
	if (reading == MARLLB_READING_FRESH)
		reading = sealed(&shm->scratch, &shm->scratch.out.checksum, pieces, count)
				  ? check_out(&shm->scratch.out, shm->servers)
				  : MARLLB_READING_CHECKSUM;
	if (reading == MARLLB_READING_FRESH)
		hand_out(out, &shm->scratch, pieces, count);
	return judged(shm, reading, sequence);
}

uint64_t
marllb_shm_refusals(const struct marllb_shm *shm)
{
	uint64_t sum = 0;

	for (unsigned int i = MARLLB_READING_SEQUENCE; i < MARLLB_READING_COUNT; i++)
		sum += shm->readings[i];
	return sum;
}

const char *
marllb_shm_text(enum marllb_reading reading)
{
	static const char *const text[MARLLB_READING_COUNT] = {
		[MARLLB_READING_FRESH] = "a new record",
		[MARLLB_READING_NOTHING_NEW] = "nothing new",
		[MARLLB_READING_NEVER_PUBLISHED] = "never published",
		[MARLLB_READING_BUSY] = "the writer was faster in every attempt",
		[MARLLB_READING_SEQUENCE] = "the slot holds another record than the one announced",
		[MARLLB_READING_BACKWARDS] = "an older record than the last good one was announced",
		[MARLLB_READING_CURSOR] = "the cursors of the ring contradict each other",
		[MARLLB_READING_CHECKSUM] = "the checksum differs",
		[MARLLB_READING_SERVERS] = "another number of servers than the segment's",
		[MARLLB_READING_STAGE] = "an unknown stage",
		[MARLLB_READING_STATE] = "an unknown state of a server",
		[MARLLB_READING_STATISTIC] = "a statistic that is infinite or negative",
		[MARLLB_READING_RULE] = "an unknown rule",
		[MARLLB_READING_CHOICES] = "the number of choices is not in [1, servers]",
		[MARLLB_READING_KEY] = "a parameter of the key that is negative or not finite",
		[MARLLB_READING_TIES] = "a flag for ties that is neither 0 nor 1",
		[MARLLB_READING_WEIGHT] = "a weight that is negative or not finite",
		[MARLLB_READING_CELL] = "a cell of the alias table out of range",
		[MARLLB_READING_KIND] = "an unknown kind",
		[MARLLB_READING_SLOT] = "a slot that the segment does not have",
	};

	return (unsigned int)reading < MARLLB_READING_COUNT ? text[reading] : "no such reading";
}
