/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What C makes of damaged segments, a line for each, so that Java's verdicts can be compared with
 * it.
 *
 *   shm_verdicts BASE DAMAGES
 *
 * BASE is a valid segment without owners. DAMAGES is a list of: u32 patches, i64 length of the file
 * (-1: as it is), and for each patch u32 offset, u32 bytes, the bytes. CorruptionTest.java makes
 * both.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm.h"

/* Of one damage. */
#define PATCHES 4

static unsigned char base[sizeof(struct marllb_segment)];
static struct marllb_msg_out out;
static struct marllb_msg_in in;

static void
need(bool condition, const char *what)
{
	if (!condition) {
		perror(what);
		exit(1);
	}
}

static const char *
attach_verdict(const char *path)
{
	static const struct {
		const char *says, *verdict;
	} kinds[] = {
		{ "is no segment", "NOT_A_SEGMENT" },
		{ "has layout version", "LAYOUT" },
		{ "is damaged", "DAMAGED" },
		{ "another controller", "OWNED" },
	};
	static char error[MARLLB_SHM_ERROR_SIZE];
	struct marllb_shm shm;

	if (marllb_shm_attach(&shm, path, error) == 0) {
		marllb_shm_close(&shm);
		return "OK";
	}
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strstr(error, kinds[i].says) != NULL)
			return kinds[i].verdict;
	}
	return error;
}

/* Both sides over the same memory, as new as after an attach. */
static void
verdict(struct marllb_segment *segment)
{
	static struct marllb_shm dataplane, controller;
	struct marllb_command command;
	struct marllb_event event;
	enum marllb_reading reading;
	unsigned int good = 0;

	memset(&dataplane, 0, sizeof(dataplane));
	memset(&controller, 0, sizeof(controller));
	dataplane.segment = controller.segment = segment;
	dataplane.servers = controller.servers =
		((const struct marllb_segment *)(const void *)base)->header.servers;
	dataplane.dataplane = true;
	dataplane.entries_taken = segment->dataplane_beat.commands_taken;
	controller.entries_taken = segment->controller_beat.events_taken;
	printf(" %d", marllb_shm_read_out(&controller, &out));
	printf(" %d", marllb_shm_read_in(&dataplane, &in));
	while ((reading = marllb_shm_take_command(&dataplane, &command)) !=
	       MARLLB_READING_NOTHING_NEW)
		good += reading == MARLLB_READING_FRESH;
	printf(" %u/%" PRIu64, good, dataplane.entries_refused);
	good = 0;
	while ((reading = marllb_shm_take_event(&controller, &event)) != MARLLB_READING_NOTHING_NEW)
		good += reading == MARLLB_READING_FRESH;
	printf(" %u/%" PRIu64, good, controller.entries_refused);
}

int
main(int argc, char **argv)
{
	char path[64];
	struct {
		uint32_t offset, bytes;
	} places[PATCHES];
	uint32_t patches;
	int64_t length;
	FILE *list;
	int file, memory;
	struct marllb_segment *segment;

	need(argc == 3, "BASE DAMAGES");
	file = open(argv[1], O_RDONLY);
	need(file >= 0 && read(file, base, sizeof(base)) == (ssize_t)sizeof(base), argv[1]);
	list = fopen(argv[2], "rb");
	need(list != NULL, argv[2]);
	memory = memfd_create("segment", 0);
	need(memory >= 0 && write(memory, base, sizeof(base)) == (ssize_t)sizeof(base), "memory");
	segment = mmap(NULL, sizeof(*segment), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	need(segment != MAP_FAILED, "map");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	while (fread(&patches, sizeof(patches), 1, list) == 1) {
		bool header = false;

		need(patches <= PATCHES && fread(&length, sizeof(length), 1, list) == 1, "length");
		for (uint32_t i = 0; i < patches; i++) {
			need(fread(&places[i], sizeof(places[i]), 1, list) == 1, "patch");
			need(fread((char *)segment + places[i].offset, 1, places[i].bytes, list) ==
				     places[i].bytes,
			     "bytes");
			header |= places[i].offset < sizeof(segment->header);
		}
		if (length >= 0) {
			need(ftruncate(memory, length) == 0, "length");
			printf("%s\n", attach_verdict(path));
			need(ftruncate(memory, sizeof(*segment)) == 0, "length");
			memcpy(segment, base, sizeof(base));
		} else {
			printf("%s", header ? attach_verdict(path) : "-");
			verdict(segment);
			printf("\n");
		}
		/* Only what was touched: the patches, and the cursors that takers move. */
		for (uint32_t i = 0; i < patches; i++)
			memcpy((char *)segment + places[i].offset, base + places[i].offset,
			       places[i].bytes);
		memcpy(segment, base, offsetof(struct marllb_segment, msg_out));
	}
	fclose(list);
	return 0;
}
