/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of shared memory on memory that somebody damaged. The input is a list of patches to a
 * valid segment: 3 bytes of offset, little-endian, 1 byte of length, the bytes. An odd first byte
 * seals the newest records again, so that their ranges are what is judged. A patched header goes
 * through attach.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm.h"

#define SERVERS 7 /* odd, so that arrays of 32-bit numbers end within a word */
#define RECORDS 9
#define SEALED ((RECORDS + 1) % MARLLB_RING) /* the slot of a sealed record */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct marllb_shm dataplane, controller;
static struct marllb_segment base;
static struct marllb_msg_out out;
static struct marllb_msg_in in;
static int file;
static char path[64];

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
start(void)
{
	struct marllb_shm_spec spec = { SERVERS, 1, 1, 1 };
	char error[MARLLB_SHM_ERROR_SIZE];

	need(marllb_shm_in_memory(&dataplane, &controller, &spec, error) == 0);
	for (uint64_t s = 1; s <= RECORDS; s++) {
		struct marllb_command command = { .kind = MARLLB_COMMAND_KIND_UP };
		struct marllb_event event = { .kind = MARLLB_EVENT_KIND_FLOW_END };

		marllb_shm_publish_out(&dataplane, &out);
		marllb_shm_publish_in(&controller, &in);
		marllb_shm_write_command(&controller, &command);
		marllb_shm_write_event(&dataplane, &event);
	}
	dataplane.segment->header.controller_pid = 0;
	base = *dataplane.segment;
	file = memfd_create("segment", 0);
	need(file >= 0 && ftruncate(file, sizeof(base)) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

/* Publishes what is in the newest slots once more, with a checksum. */
static void
seal(void)
{
	struct marllb_segment *s = dataplane.segment;

	out = s->msg_out[RECORDS % MARLLB_RING];
	dataplane.written = RECORDS;
	marllb_shm_publish_out(&dataplane, &out);
	in = s->msg_in[RECORDS % MARLLB_RING];
	controller.written = RECORDS;
	marllb_shm_publish_in(&controller, &in);
}

static void
attach(void)
{
	char error[MARLLB_SHM_ERROR_SIZE] = "";
	struct marllb_shm shm;

	need(pwrite(file, dataplane.segment, sizeof(base.header), 0) ==
	     (ssize_t)sizeof(base.header));
	if (marllb_shm_attach(&shm, path, error) == 0) {
		need(shm.servers >= 1 && shm.servers <= MARLLB_SERVERS);
		need(shm.segment->header.hash == MARLLB_LAYOUT_HASH);
		marllb_shm_close(&shm);
	} else {
		need(strchr(error, ';') != NULL); /* what is wrong; what to do */
	}
}

static void
read_all(void)
{
	struct marllb_command command;
	struct marllb_event event;
	enum marllb_reading reading;

	if (marllb_shm_read_out(&controller, &out) == MARLLB_READING_FRESH) {
		need(out.servers == SERVERS && out.stage <= 2);
		for (int j = 0; j < SERVERS; j++)
			need(out.server[j].state < MARLLB_SERVER_STATE_COUNT &&
			     !isinf(out.server[j].fct[0]) && !(out.server[j].duration[4] < 0));
	}
	if (marllb_shm_read_in(&dataplane, &in) == MARLLB_READING_FRESH) {
		need(in.servers == SERVERS && in.rule < MARLLB_RULE_COUNT);
		for (int j = 0; j < SERVERS; j++)
			need(in.weight[j] >= 0 && isfinite(in.weight[j]) &&
			     in.state[j] < MARLLB_SERVER_STATE_COUNT &&
			     in.cells[j].alias < SERVERS &&
			     in.cells[j].threshold <= UINT64_C(1) << 32);
	}
	while ((reading = marllb_shm_take_command(&dataplane, &command)) !=
	       MARLLB_READING_NOTHING_NEW) {
		if (reading == MARLLB_READING_FRESH)
			need(command.kind > 0 && command.kind < MARLLB_COMMAND_KIND_COUNT);
	}
	while ((reading = marllb_shm_take_event(&controller, &event)) !=
	       MARLLB_READING_NOTHING_NEW) {
		if (reading == MARLLB_READING_FRESH)
			need(event.server < SERVERS && event.kind < MARLLB_EVENT_KIND_COUNT);
	}
}

static void
as_after_attach(struct marllb_shm *shm)
{
	shm->accepted = shm->refused = 0;
	shm->entries_taken = 0;
}

static void
repair(size_t offset, size_t bytes)
{
	memcpy((char *)dataplane.segment + offset, (const char *)&base + offset, bytes);
}

/* Of one input; what follows is left out. */
#define PATCHES 64

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		size_t offset, length;
	} patch[PATCHES];
	unsigned int patches = 0;
	bool sealed = size > 0 && data[0] & 1, header = false;

	if (dataplane.segment == NULL)
		start();
	for (size_t at = 1; at + 4 <= size && patches < PATCHES;) {
		size_t offset = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
		size_t length = data[at + 3];

		at += 4;
		if (length > size - at)
			length = size - at;
		offset %= sizeof(base) - UINT8_MAX;
		memcpy((char *)dataplane.segment + offset, data + at, length);
		header |= offset < sizeof(base.header);
		at += length;
		patch[patches].offset = offset;
		patch[patches++].length = length;
	}
	if (sealed)
		seal();
	if (header)
		attach();
	as_after_attach(&dataplane);
	as_after_attach(&controller);
	read_all();
	for (unsigned int i = 0; i < patches; i++)
		repair(patch[i].offset, patch[i].length);
	repair(0, offsetof(struct marllb_segment, msg_out)); /* owners and cursors */
	if (sealed) {
		repair(offsetof(struct marllb_segment, msg_out) + SEALED * sizeof(out),
		       sizeof(out));
		repair(offsetof(struct marllb_segment, msg_in) + SEALED * sizeof(in), sizeof(in));
	}
	return 0;
}
