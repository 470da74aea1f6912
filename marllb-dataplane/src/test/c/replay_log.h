/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_REPLAY_LOG_H
#define MARLLB_REPLAY_LOG_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads a log that a Java test wrote: a line is a word and numbers, all in hexadecimal, doubles as
 * their bits. The first thing that is wrong ends the program with status 1 and the line's number.
 */

struct log {
	FILE *file;
	const char *path;
	char *line, *rest;
	size_t room;
	unsigned long number;
};

static void __attribute__((noreturn, format(printf, 2, 3)))
log_fail(const struct log *log, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%lu: ", log->path, log->number);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static void
log_open(struct log *log, const char *path)
{
	*log = (struct log){ .file = fopen(path, "r"), .path = path };
	if (log->file == NULL)
		log_fail(log, "cannot be read");
}

/* The word that the next line begins with; NULL at the end. */
static const char *
log_next(struct log *log)
{
	if (getline(&log->line, &log->room, log->file) < 0)
		return NULL;
	log->number++;
	log->rest = log->line;
	return strsep(&log->rest, " \n");
}

static uint64_t
log_u64(struct log *log)
{
	char *text = strsep(&log->rest, " \n"), *end = text;
	uint64_t value = text == NULL ? 0 : strtoull(text, &end, 16);

	if (text == NULL || end == text || *end != 0)
		log_fail(log, "a number is missing");
	return value;
}

static double
log_f64(struct log *log)
{
	uint64_t bits = log_u64(log);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#endif
