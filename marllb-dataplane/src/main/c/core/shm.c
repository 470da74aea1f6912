/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm.h"

/* A reader gives up for now after so many records were overwritten under its hands. */
#define ATTEMPTS 64
/* A file that is another one each time we look is being fought over. */
#define FILE_ATTEMPTS 16
/* Owners change within microseconds: 2,000 pauses of 1 ms are plenty. */
#define LOCK_ATTEMPTS 2000
#define LOCK_PAUSE_NANOS 1000000
#define CHECKSUM_START UINT64_C(0xcbf29ce484222325)
#define CHECKSUM_PRIME UINT64_C(0x100000001b3)
#define WORD sizeof(uint64_t)

_Static_assert(sizeof(_Atomic uint64_t) == WORD && sizeof(_Atomic uint32_t) == sizeof(uint32_t),
	       "atomics are the plain words of the layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	       "a lock inside this process would not hold the other one");

/* ---- words of the shared memory ---- */

static inline uint64_t
load(const uint64_t *word, memory_order order)
{
	return atomic_load_explicit((const _Atomic uint64_t *)word, order);
}

static inline void
store(uint64_t *word, uint64_t value, memory_order order)
{
	atomic_store_explicit((_Atomic uint64_t *)word, value, order);
}

static inline void
store32(uint32_t *word, uint32_t value)
{
	atomic_store_explicit((_Atomic uint32_t *)word, value, memory_order_release);
}

/*
 * Word by word, each a release: whoever sees one sees the sequence that was cleared before. Costs
 * nothing over plain stores on x86-64, and says what a fence would say in terms that race detectors
 * understand.
 */
static void
copy_in(void *shared, const void *private, size_t bytes)
{
	uint64_t *to = shared;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word;

		memcpy(&word, (const char *)private + i * WORD, WORD);
		store(&to[i], word, memory_order_release);
	}
}

/* Word by word, each an acquire: a sequence read afterwards is at least as new as what was copied.
 */
static void
copy_out(void *private, const void *shared, size_t bytes)
{
	const uint64_t *from = shared;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word = load(&from[i], memory_order_acquire);

		memcpy((char *)private + i * WORD, &word, WORD);
	}
}

/* ---- what of a record is in use ---- */

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

/* ---- versioned records ---- */

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

static bool
is_refusal(enum marllb_reading reading)
{
	return reading >= MARLLB_READING_SEQUENCE;
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

/* ---- rings of commands and events ---- */

/*
 * Acquire of taken: the reader is done with the slot. Release of written: the entry is whole. An
 * entry's first word is its sequence.
 */
static bool
offer(void *slots, size_t stride, uint64_t capacity, uint64_t *written, const uint64_t *taken,
      const void *entry, uint64_t sequence)
{
	char *slot = (char *)slots + (sequence % capacity) * stride;

	if ((int64_t)(sequence - 1 - load(taken, memory_order_acquire)) >= (int64_t)capacity)
		return false;
	copy_in(slot + WORD, (const char *)entry + WORD, stride - WORD);
	store((uint64_t *)slot, sequence, memory_order_release);
	store(written, sequence, memory_order_release);
	return true;
}

static enum marllb_reading
peek(const void *slots, size_t stride, uint64_t capacity, const uint64_t *written, void *entry,
     uint64_t sequence)
{
	const char *slot = (const char *)slots + (sequence % capacity) * stride;
	uint64_t waiting = load(written, memory_order_acquire) - (sequence - 1);

	if (waiting == 0)
		return MARLLB_READING_NOTHING_NEW;
	if (waiting > capacity)
		return MARLLB_READING_CURSOR;
	if (load((const uint64_t *)slot, memory_order_acquire) != sequence)
		return MARLLB_READING_SEQUENCE;
	copy_out(entry, slot, stride);
	return MARLLB_READING_FRESH;
}

/* Gives the room back; a refused entry is skipped, cursors that contradict each other start afresh.
 */
static enum marllb_reading
took(struct marllb_shm *shm, enum marllb_reading reading, const uint64_t *written, uint64_t *taken)
{
	if (reading == MARLLB_READING_NOTHING_NEW)
		return reading;
	shm->entries_refused += is_refusal(reading);
	shm->entries_taken = reading == MARLLB_READING_CURSOR ? load(written, memory_order_acquire)
							      : shm->entries_taken + 1;
	store(taken, shm->entries_taken, memory_order_release);
	return reading;
}

enum marllb_reading
marllb_shm_take_command(struct marllb_shm *shm, struct marllb_command *command)
{
	struct marllb_segment *s = shm->segment;
	struct marllb_command copy;
	enum marllb_reading reading;

	assert(shm->dataplane);
	reading = peek(s->command, sizeof(copy), MARLLB_COMMANDS,
		       &s->controller_beat.commands_written, &copy, shm->entries_taken + 1);
	if (reading == MARLLB_READING_FRESH &&
	    (copy.kind == MARLLB_COMMAND_KIND_NONE || copy.kind >= MARLLB_COMMAND_KIND_COUNT))
		reading = MARLLB_READING_KIND;
	if (reading == MARLLB_READING_FRESH)
		*command = copy;
	return took(shm, reading, &s->controller_beat.commands_written,
		    &s->dataplane_beat.commands_taken);
}

uint64_t
marllb_shm_write_command(struct marllb_shm *shm, struct marllb_command *command)
{
	struct marllb_segment *s = shm->segment;

	assert(!shm->dataplane);
	if (!offer(s->command, sizeof(*command), MARLLB_COMMANDS,
		   &s->controller_beat.commands_written, &s->dataplane_beat.commands_taken, command,
		   shm->entries_written + 1))
		return 0;
	command->sequence = ++shm->entries_written;
	return command->sequence;
}

uint64_t
marllb_shm_write_event(struct marllb_shm *shm, struct marllb_event *event)
{
	struct marllb_segment *s = shm->segment;

	assert(shm->dataplane);
	if (!offer(s->event, sizeof(*event), MARLLB_EVENTS, &s->dataplane_beat.events_written,
		   &s->controller_beat.events_taken, event, shm->entries_written + 1))
		return 0;
	event->sequence = ++shm->entries_written;
	return event->sequence;
}

static enum marllb_reading
check_event(const struct marllb_event *event, uint32_t servers)
{
	uint32_t details = event->kind == MARLLB_EVENT_KIND_FLOW_END ? MARLLB_OUTCOME_COUNT
								     : MARLLB_COMMAND_RESULT_COUNT;

	if (event->kind == MARLLB_EVENT_KIND_NOTHING || event->kind >= MARLLB_EVENT_KIND_COUNT ||
	    event->detail >= details)
		return MARLLB_READING_KIND;
	return event->server < servers ? MARLLB_READING_FRESH : MARLLB_READING_SLOT;
}

enum marllb_reading
marllb_shm_take_event(struct marllb_shm *shm, struct marllb_event *event)
{
	struct marllb_segment *s = shm->segment;
	struct marllb_event copy;
	enum marllb_reading reading;

	assert(!shm->dataplane);
	reading = peek(s->event, sizeof(copy), MARLLB_EVENTS, &s->dataplane_beat.events_written,
		       &copy, shm->entries_taken + 1);
	if (reading == MARLLB_READING_FRESH)
		reading = check_event(&copy, shm->servers);
	if (reading == MARLLB_READING_FRESH)
		*event = copy;
	return took(shm, reading, &s->dataplane_beat.events_written,
		    &s->controller_beat.events_taken);
}

/* ---- beats ---- */

void
marllb_shm_beat(struct marllb_shm *shm, uint64_t now_nanos)
{
	struct marllb_segment *s = shm->segment;

	store(shm->dataplane ? &s->dataplane_beat.nanos : &s->controller_beat.nanos, now_nanos,
	      memory_order_release);
}

uint64_t
marllb_shm_peer_beat(const struct marllb_shm *shm)
{
	const struct marllb_segment *s = shm->segment;

	return load(shm->dataplane ? &s->controller_beat.nanos : &s->dataplane_beat.nanos,
		    memory_order_acquire);
}

/* ---- owners ---- */

/*
 * Start time of a process, clock ticks since boot: field 22 of /proc/PID/stat, proc(5). 0 = no such
 * process, or one that has ended and waits for its parent. The name, field 2, is in parentheses and
 * may hold anything.
 */
static uint64_t
process_start(uint32_t pid)
{
	char path[64], text[1024];
	char *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return 0;
	for (int field = 2; field < 22; field++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return 0;
	}
	return strtoull(at + 1, NULL, 10);
}

static bool
alive(uint32_t pid, uint64_t start)
{
	return pid != 0 && start != 0 && process_start(pid) == start;
}

/* ---- files ---- */

__attribute__((format(printf, 2, 3))) static int
fail(char error[MARLLB_SHM_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, MARLLB_SHM_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

static int
fail_system(char error[MARLLB_SHM_ERROR_SIZE], const char *what, const char *path, int number)
{
	bool making = strcmp(what, "make") == 0;
	const char *hint = "";

	if (number == EACCES || number == EPERM)
		hint = making ? "; choose a folder that this user may write to, and a name that is no "
				"other user's"
			      : "; segments are for one user only: run data plane and controller as "
				"the same one";
	else if (number == ENOENT)
		hint = making ? "; make its folder first, or correct the path"
			      : "; start the data plane first, or correct the path";
	else if (number == ENOSPC)
		hint = "; make room on that file system, df shows it";
	return fail(error, "cannot %s the segment %s: %s%s", what, path, strerror(number), hint);
}

static int
fail_contested(char error[MARLLB_SHM_ERROR_SIZE], const char *path)
{
	return fail(error, "%s is replaced all the time; start one data plane per segment", path);
}

/*
 * Until the descriptor is closed, no other process changes owners or replaces the file. Locks are
 * per process and end with the first descriptor of the file that it closes, so none is kept open.
 */
static int
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_NANOS };

	for (unsigned int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
		if (fcntl(fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return -1;
		nanosleep(&pause, NULL);
	}
	errno = EDEADLK;
	return -1;
}

static bool
in_place(const char *path, const struct stat *file)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_dev == file->st_dev && now.st_ino == file->st_ino;
}

/* Opens and locks the regular file at path. Returns the descriptor, or -1 with an error and errno.
 */
static int
open_locked(const char *path, const char *what, struct stat *file,
	    char error[MARLLB_SHM_ERROR_SIZE])
{
	for (unsigned int attempt = 0; attempt < FILE_ATTEMPTS; attempt++) {
		/* Not to wait for the other end of a pipe. */
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0) {
			int number = errno;

			fail_system(error, what, path, number);
			errno = number;
			return -1;
		}
		if (fstat(fd, file) != 0 || !S_ISREG(file->st_mode)) {
			close(fd);
			errno = 0;
			return fail(error,
				    "%s is no file, so not a segment; give the file that the data "
				    "plane made",
				    path);
		}
		if (lock(fd) != 0) {
			int number = errno;

			close(fd);
			if (number == EDEADLK)
				fail(error,
				     "%s is locked by another process; is one stopped half-way "
				     "through its start?",
				     path);
			else
				fail_system(error, what, path, number);
			errno = 0;
			return -1;
		}
		if (in_place(path, file))
			return fd;
		close(fd);
	}
	errno = 0;
	return fail_contested(error, path);
}

/* The header, filled up with zeros where the file is shorter. */
static int
read_header(int fd, const char *path, struct marllb_header *header,
	    char error[MARLLB_SHM_ERROR_SIZE])
{
	memset(header, 0, sizeof(*header));
	if (pread(fd, header, sizeof(*header), 0) < 0)
		return fail_system(error, "read", path, errno);
	if (header->magic != MARLLB_MAGIC)
		return fail(error,
			    "%s is no segment: its first 8 bytes are not the magic number; give "
			    "the file that the "
			    "data plane made, or a path where nothing is",
			    path);
	return 0;
}

/* Checks everything that the rest relies on. */
static int
check_header(const struct marllb_header *header, off_t length, const char *path,
	     char error[MARLLB_SHM_ERROR_SIZE])
{
	if (header->version != MARLLB_LAYOUT_VERSION || header->hash != MARLLB_LAYOUT_HASH)
		return fail(error,
			    "%s has layout version %" PRIu32 ", hash %016" PRIx64
			    ", but this program has version %d, hash %016" PRIx64 "; %s",
			    path, header->version, header->hash, MARLLB_LAYOUT_VERSION,
			    MARLLB_LAYOUT_HASH,
			    alive(header->dataplane_pid, header->dataplane_start)
				    ? "run data plane and controller of one release"
				    : "its data plane is gone: delete the file, or start the data "
				      "plane of this release");
	if (header->size != sizeof(struct marllb_segment) ||
	    length != (off_t)sizeof(struct marllb_segment))
		return fail(error,
			    "%s is damaged: it has %jd bytes and says %" PRIu32
			    ", but a segment has %zu; stop its "
			    "data plane, delete the file and start again",
			    path, (intmax_t)length, header->size, sizeof(struct marllb_segment));
	if (header->servers < 1 || header->servers > MARLLB_SERVERS || header->cores < 1 ||
	    (int32_t)header->cores < 1 || (int64_t)header->balancers < 1 ||
	    (int64_t)header->interval_nanos < 1)
		return fail(error,
			    "%s is damaged: servers, cores, balancers or interval are out of "
			    "range; stop its data "
			    "plane, delete the file and start again",
			    path);
	return 0;
}

static int
check_spec(const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	if (spec->servers < 1 || spec->servers > MARLLB_SERVERS)
		return fail(error, "servers must be in [1, %d], but was %" PRIu32, MARLLB_SERVERS,
			    spec->servers);
	if ((int32_t)spec->cores < 1 || (int64_t)spec->balancers < 1 ||
	    (int64_t)spec->interval_nanos < 1)
		return fail(error,
			    "cores, balancers and interval_nanos must be >= 1, but were %" PRIu32
			    ", %" PRIu64 " and %" PRIu64,
			    spec->cores, spec->balancers, spec->interval_nanos);
	return 0;
}

static void
fill(struct marllb_segment *segment, const struct marllb_shm_spec *spec)
{
	struct marllb_header *header = &segment->header;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	header->version = MARLLB_LAYOUT_VERSION;
	header->size = sizeof(*segment);
	header->hash = MARLLB_LAYOUT_HASH;
	header->servers = spec->servers;
	header->cores = spec->cores;
	header->created_nanos = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	header->dataplane_pid = (uint32_t)getpid();
	header->dataplane_start = process_start(header->dataplane_pid);
	header->balancers = spec->balancers;
	header->interval_nanos = spec->interval_nanos;
	store(&header->magic, MARLLB_MAGIC, memory_order_release);
}

static void
opened(struct marllb_shm *shm, struct marllb_segment *segment, bool dataplane)
{
	memset(shm, 0, sizeof(*shm));
	shm->segment = segment;
	shm->servers = segment->header.servers;
	shm->dataplane = dataplane;
	if (dataplane) {
		shm->written = load(&segment->dataplane_beat.latest_msg_out, memory_order_acquire);
		shm->entries_written =
			load(&segment->dataplane_beat.events_written, memory_order_acquire);
		shm->entries_taken =
			load(&segment->dataplane_beat.commands_taken, memory_order_acquire);
	} else {
		shm->written = load(&segment->controller_beat.latest_msg_in, memory_order_acquire);
		shm->entries_written =
			load(&segment->controller_beat.commands_written, memory_order_acquire);
		shm->entries_taken =
			load(&segment->controller_beat.events_taken, memory_order_acquire);
	}
}

static struct marllb_segment *
map(int fd)
{
	void *memory = mmap(NULL, sizeof(struct marllb_segment), PROT_READ | PROT_WRITE,
			    fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void
controller_enters(struct marllb_header *header)
{
	/* Nobody may see the new number with the old start time. */
	store32(&header->controller_pid, 0);
	store(&header->controller_start, process_start((uint32_t)getpid()), memory_order_release);
	store32(&header->controller_pid, (uint32_t)getpid());
}

/* Replaces what a dead data plane left. Returns 1 if it was replaced, 0 to try again, -1 if
 * refused. */
static int
replace_dead(const char *fresh, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_header header;
	struct stat file;
	int result = -1;
	int fd = open_locked(path, "make", &file, error);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* its owner has just removed it */
	if (read_header(fd, path, &header, error) == 0) {
		if (alive(header.dataplane_pid, header.dataplane_start))
			fail(error,
			     "%s belongs to a live data plane, pid %" PRIu32
			     "; stop that one or choose another path",
			     path, header.dataplane_pid);
		else if (rename(fresh, path) != 0)
			fail_system(error, "make", path, errno);
		else
			result = 1;
	}
	close(fd);
	return result;
}

/* Of two that start at once one gets the link; what is there already is replaced under its lock. */
static int
move_in(const char *fresh, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	for (unsigned int attempt = 0; attempt < FILE_ATTEMPTS; attempt++) {
		int replaced;

		if (link(fresh, path) == 0)
			return 0;
		if (errno != EEXIST)
			return fail_system(error, "make", path, errno);
		replaced = replace_dead(fresh, path, error);
		if (replaced != 0)
			return replaced < 0 ? -1 : 0;
	}
	return fail_contested(error, path);
}

static int
make(struct marllb_shm *shm, const char *fresh, const char *path,
     const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment = NULL;
	struct timespec now;
	struct stat file;
	int number;
	int fd;

	unlink(fresh); /* of a process of our number that died */
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_system(error, "make", path, errno);
	/* Room for each byte: a hole that cannot be filled would end us at the first store. */
	number = posix_fallocate(fd, 0, sizeof(*segment));
	if (number == 0) {
		segment = map(fd);
		if (segment == NULL || fstat(fd, &file) != 0)
			number = errno;
	}
	close(fd);
	if (number != 0) {
		fail_system(error, "make", path, number);
		goto undo;
	}
	fill(segment, spec);
	opened(shm, segment, true);
	/* Or a controller that comes before the first turn takes it for one that hangs. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	marllb_shm_beat(shm, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	shm->device = file.st_dev;
	shm->inode = file.st_ino;
	shm->path = strdup(path);
	if (shm->path == NULL) {
		fail_system(error, "make", path, ENOMEM);
		goto undo;
	}
	if (move_in(fresh, path, error) != 0)
		goto undo;
	unlink(fresh); /* the second name, where it was linked */
	return 0;

undo:
	unlink(fresh);
	if (segment != NULL)
		munmap(segment, sizeof(*segment));
	free(shm->path);
	memset(shm, 0, sizeof(*shm));
	return -1;
}

int
marllb_shm_create(struct marllb_shm *shm, const char *path, const struct marllb_shm_spec *spec,
		  char error[MARLLB_SHM_ERROR_SIZE])
{
	char *fresh;
	int result;

	memset(shm, 0, sizeof(*shm));
	if (check_spec(spec, error) != 0)
		return -1;
	if (asprintf(&fresh, "%s.%jd.tmp", path, (intmax_t)getpid()) < 0)
		return fail_system(error, "make", path, ENOMEM);
	result = make(shm, fresh, path, spec, error);
	free(fresh);
	return result;
}

int
marllb_shm_in_memory(struct marllb_shm *dataplane, struct marllb_shm *controller,
		     const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment;

	memset(dataplane, 0, sizeof(*dataplane));
	memset(controller, 0, sizeof(*controller));
	if (check_spec(spec, error) != 0)
		return -1;
	segment = map(-1);
	if (segment == NULL)
		return fail_system(error, "make", "in memory", errno);
	fill(segment, spec);
	controller_enters(&segment->header);
	opened(dataplane, segment, true);
	opened(controller, segment, false);
	dataplane->anonymous = true;
	controller->anonymous = true;
	return 0;
}

int
marllb_shm_attach(struct marllb_shm *shm, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment = NULL;
	struct marllb_header header;
	struct stat file;
	char *name;
	int fd;

	memset(shm, 0, sizeof(*shm));
	fd = open_locked(path, "attach to", &file, error);
	if (fd < 0)
		return -1;
	if (read_header(fd, path, &header, error) != 0 ||
	    check_header(&header, file.st_size, path, error) != 0)
		goto undo;
	if (alive(header.controller_pid, header.controller_start)) {
		fail(error,
		     "another controller, pid %" PRIu32
		     ", is alive and steers %s; stop that one first",
		     header.controller_pid, path);
		goto undo;
	}
	name = strdup(path);
	segment = map(fd);
	if (name == NULL || segment == NULL) {
		fail_system(error, "attach to", path, errno);
		free(name);
		goto undo;
	}
	controller_enters(&segment->header);
	close(fd);
	opened(shm, segment, false);
	shm->servers = header.servers; /* the checked one */
	shm->device = file.st_dev;
	shm->inode = file.st_ino;
	shm->path = name;
	return 0;

undo:
	if (segment != NULL)
		munmap(segment, sizeof(*segment));
	close(fd);
	return -1;
}

bool
marllb_shm_replaced(const struct marllb_shm *shm)
{
	struct stat file = { .st_dev = shm->device, .st_ino = shm->inode };

	return shm->path != NULL && !in_place(shm->path, &file);
}

void
marllb_shm_close(struct marllb_shm *shm)
{
	char error[MARLLB_SHM_ERROR_SIZE];

	if (shm->segment == NULL)
		return;
	if (shm->anonymous) {
		/* Two handles share the memory; the data plane's gives it back. */
		if (shm->dataplane)
			munmap(shm->segment, sizeof(*shm->segment));
		memset(shm, 0, sizeof(*shm));
		return;
	}
	if (shm->dataplane && !marllb_shm_replaced(shm)) {
		struct stat file;
		int fd = open_locked(shm->path, "remove", &file, error);

		if (fd >= 0) {
			if (file.st_dev == shm->device && file.st_ino == shm->inode)
				unlink(shm->path);
			close(fd);
		}
	}
	store32(shm->dataplane ? &shm->segment->header.dataplane_pid
			       : &shm->segment->header.controller_pid,
		0);
	munmap(shm->segment, sizeof(*shm->segment));
	free(shm->path);
	memset(shm, 0, sizeof(*shm));
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
