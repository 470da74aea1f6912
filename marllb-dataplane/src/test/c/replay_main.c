/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without libFuzzer: replay_NAME CORPUS RUNS [SEED] feeds it each file of the corpus, and
 * then so many inputs mutated from them, always the same ones for a seed. A crash leaves the input in
 * crash-NAME in the current folder.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FILES 4096
#define INPUT_MAX 65536
#define MAX_MUTATIONS 8 /* of one input */

static struct {
	uint8_t *bytes;
	uint32_t size;
} corpus[MAX_FILES];
static unsigned files;

/* What is being tried, for the crash file. */
static uint8_t input[INPUT_MAX];
static uint32_t input_size;
static const char *crash_file;

static void
save_input(void)
{
	FILE *file = fopen(crash_file, "wb");

	if (file == NULL)
		return;
	fwrite(input, 1, input_size, file);
	fclose(file);
	fprintf(stderr, "replay: the input is in %s\n", crash_file);
}

static void
on_abort(int signal_number)
{
	save_input();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Sanitizers call this before they end the process. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Returns whether the folder has an input. */
static bool
read_corpus(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_input, by_name);

	for (int i = 0; i < count; i++) {
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		file = files < MAX_FILES ? fopen(path, "rb") : NULL;
		if (file != NULL) {
			uint32_t size = (uint32_t)fread(input, 1, sizeof(input), file);

			corpus[files].bytes = malloc(size + 1);
			if (corpus[files].bytes == NULL)
				abort();
			memcpy(corpus[files].bytes, input, size);
			corpus[files++].size = size;
			fclose(file);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	else
		fprintf(stderr, "replay: %s can't be read: %s\n", folder, strerror(errno));
	return files > 0;
}

static void
mutate_once(uint64_t *words)
{
	static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x3f, 0x40, 0x45, 0x60, 0x2c};
	uint32_t at = input_size == 0 ? 0 : below(words, input_size), n, from;

	switch (below(words, 8)) {
	case 0: /* cut */
		input_size = at;
		break;
	case 1: /* grow */
		n = 1 + below(words, 32);
		for (; n > 0 && input_size < INPUT_MAX; n--)
			input[input_size++] = (uint8_t)below(words, 256);
		break;
	case 2: /* copy within */
		if (input_size > 0) {
			n = 1 + below(words, 16);
			from = below(words, input_size);
			for (; n > 0 && at < input_size && from < input_size; n--)
				input[at++] = input[from++];
		}
		break;
	case 3: /* the end of another input */
		n = below(words, files);
		if (at < corpus[n].size) {
			memcpy(input + at, corpus[n].bytes + at, corpus[n].size - at);
			input_size = corpus[n].size;
		}
		break;
	case 4:
	case 5: /* a bit */
		if (input_size > 0)
			input[at] ^= (uint8_t)(1u << below(words, 8));
		break;
	case 6: /* a byte that parsers care about */
		if (input_size > 0)
			input[at] = edges[below(words, sizeof(edges))];
		break;
	default: /* near the front, where the headers are */
		if (input_size > 0) {
			at = below(words, input_size < 64 ? input_size : 64);
			input[at] = (uint8_t)below(words, 256);
		}
		break;
	}
}

int
main(int argc, char **argv)
{
	uint64_t words = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	unsigned long runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const char *name = strrchr(argv[0], '/');
	char crash[256];
	struct timespec begin, end;
	double seconds;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: %s CORPUS RUNS [SEED]\n", argv[0]);
		return 2;
	}
	snprintf(crash, sizeof(crash), "crash-%s", name != NULL ? name + 1 : argv[0]);
	crash_file = crash;
	signal(SIGABRT, on_abort);
	signal(SIGSEGV, on_abort);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(save_input);
	if (!read_corpus(argv[1])) {
		fprintf(stderr, "replay: there is no input in %s\n", argv[1]);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned i = 0; i < files; i++) {
		input_size = corpus[i].size;
		memcpy(input, corpus[i].bytes, input_size);
		LLVMFuzzerTestOneInput(input, input_size);
	}
	for (unsigned long i = 0; i < runs; i++) {
		unsigned chosen = below(&words, files);

		input_size = corpus[chosen].size;
		memcpy(input, corpus[chosen].bytes, input_size);
		for (uint32_t n = 1 + below(&words, MAX_MUTATIONS); n > 0; n--)
			mutate_once(&words);
		LLVMFuzzerTestOneInput(input, input_size);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("%u files and %lu mutated inputs, no finding, %.1f s\n", files, runs, seconds);
	for (unsigned i = 0; i < files; i++)
		free(corpus[i].bytes);
	return 0;
}
