/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_SHM_H
#define MARLLB_SHM_H

/*
 * A segment of shared memory between one data plane and one controller, C side. docs/shared-memory.md
 * has the protocol; the Java side is io.marllb.ipc.Segment.
 *
 * The data plane creates the segment, publishes msg_out, reads msg_in, takes commands and writes
 * events. The controller's half is here too, for tests and tools in C.
 *
 * Each direction has one writer, in one thread; the functions of one side may be called from one
 * thread each. Nothing but create, attach and close allocates, blocks or calls the system.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm_layout.h"

/* What a message needs: a path and two sentences. */
#define MARLLB_SHM_ERROR_SIZE 512

/* A beat older than this means that the other side hangs or is gone. */
#define MARLLB_SHM_STALE_NANOS UINT64_C(1000000000)

/* What a data plane says of itself when it makes the segment. */
struct marllb_shm_spec {
	uint32_t servers; /* slots, in [1, MARLLB_SERVERS] */
	uint32_t cores;
	uint64_t balancers;
	uint64_t interval_nanos;
};

/* One side of a segment. Zero is a valid closed one. */
struct marllb_shm {
	struct marllb_segment *segment; /* NULL: closed */
	uint32_t servers;               /* of the header, checked */
	bool dataplane;
	bool anonymous; /* memory of this process, no file */
	dev_t device;   /* which file it is */
	ino_t inode;
	char *path;
	uint64_t written;                         /* newest record that we published */
	uint64_t accepted;                        /* newest good record that we read */
	uint64_t refused;                         /* newest bad record that we read */
	uint64_t entries_written;                 /* events of a data plane, commands of a controller */
	uint64_t entries_taken;                   /* commands of a data plane, events of a controller */
	uint64_t readings[MARLLB_READING_COUNT];  /* how often a read of a record came out so */
	uint64_t entries_refused;                 /* commands or events that were refused */
	/* Private copies in which records are judged. */
	union {
		struct marllb_msg_out out;
		struct marllb_msg_in in;
		uint64_t words[sizeof(struct marllb_msg_out) / sizeof(uint64_t)];
	} scratch;
};

/*
 * Make a data plane's segment, mode 0600: filled beside its place and put there in one step. Refuses
 * while a live data plane owns the path, and to replace anything that is no segment.
 * Returns 0, or -1 with a sentence in error: what is wrong and what to do.
 */
int
marllb_shm_create(struct marllb_shm *shm, const char *path, const struct marllb_shm_spec *spec,
		  char error[MARLLB_SHM_ERROR_SIZE]);

/* Both sides in one process, without a file: fills two handles over the same memory. */
int
marllb_shm_in_memory(struct marllb_shm *dataplane, struct marllb_shm *controller,
		     const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE]);

/*
 * Attach as the controller; takes over from a dead one, refuses beside a live one. Never writes before
 * magic, version, hash and length fit, and never changes the length.
 */
int
marllb_shm_attach(struct marllb_shm *shm, const char *path, char error[MARLLB_SHM_ERROR_SIZE]);

/* Leave: a data plane removes its file, unless another one is there by now. */
void
marllb_shm_close(struct marllb_shm *shm);

/* True if the path names another file by now, or none. */
bool
marllb_shm_replaced(const struct marllb_shm *shm);

/* Store our beat; release. CLOCK_MONOTONIC. */
void
marllb_shm_beat(struct marllb_shm *shm, uint64_t now_nanos);

/* The other side's beat; acquire. 0 = never. */
uint64_t
marllb_shm_peer_beat(const struct marllb_shm *shm);

/*
 * Publish what the data plane saw: sets sequence, servers and checksum, copies the head and the servers
 * in use into the next slot, announces it. Returns the sequence. Release.
 */
uint64_t
marllb_shm_publish_out(struct marllb_shm *shm, struct marllb_msg_out *out);

/* Publish what the controller wants. Checks nothing: the reader does. Release. */
uint64_t
marllb_shm_publish_in(struct marllb_shm *shm, struct marllb_msg_in *in);

/*
 * Copy the newest msg_in if it is newer than the last good one and valid; else *in stays as it is.
 * Acquire. A refused record is reported once; shm->readings counts.
 */
enum marllb_reading
marllb_shm_read_in(struct marllb_shm *shm, struct marllb_msg_in *in);

/* The same for msg_out; servers beyond those in use stay as they are. */
enum marllb_reading
marllb_shm_read_out(struct marllb_shm *shm, struct marllb_msg_out *out);

/*
 * Take the next command: FRESH, NOTHING_NEW, or why one was refused and skipped. Slot, generation and
 * address are not judged; the data plane answers with an event COMMAND_DONE.
 */
enum marllb_reading
marllb_shm_take_command(struct marllb_shm *shm, struct marllb_command *command);

/* Append a command; its sequence is set. Returns that, or 0 if the ring is full. */
uint64_t
marllb_shm_write_command(struct marllb_shm *shm, struct marllb_command *command);

/* Append an event; its sequence is set. Returns that, or 0 if the ring is full: count it as lost. */
uint64_t
marllb_shm_write_event(struct marllb_shm *shm, struct marllb_event *event);

/* Take the next event: FRESH, NOTHING_NEW, or why one was refused and skipped. */
enum marllb_reading
marllb_shm_take_event(struct marllb_shm *shm, struct marllb_event *event);

/* Records that were refused, for any reason. */
uint64_t
marllb_shm_refusals(const struct marllb_shm *shm);

/* In words, such as "the checksum differs". */
const char *
marllb_shm_text(enum marllb_reading reading);

#endif
