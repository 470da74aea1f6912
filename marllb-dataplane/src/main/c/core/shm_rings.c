/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of commands and events, each with one writer and one reader. */
#include <assert.h>

#include "shm_words.h"

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
