/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the golden captures anew: make_golden FOLDER. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "pcap.h"

static FILE *
create(const char *folder, const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.pcap", folder, name);
	file = pcap_create(path);
	if (file == NULL) {
		fprintf(stderr, "make_golden: %s can't be written: %s\n", path, strerror(errno));
		exit(2);
	}
	return file;
}

static void
finish(FILE *file, const char *name)
{
	if (ferror(file) || fclose(file) != 0) {
		fprintf(stderr, "make_golden: %s was not written in full\n", name);
		exit(2);
	}
}

static const struct golden_input *
input_named(const char *name)
{
	for (unsigned i = 0; i < GOLDEN_INPUT_COUNT; i++) {
		if (strcmp(GOLDEN_INPUTS[i].name, name) == 0)
			return &GOLDEN_INPUTS[i];
	}
	abort();
}

int
main(int argc, char **argv)
{
	struct frame f;

	if (argc != 2) {
		fprintf(stderr, "usage: make_golden FOLDER\n");
		return 2;
	}
	for (unsigned i = 0; i < GOLDEN_INPUT_COUNT; i++) {
		FILE *file = create(argv[1], GOLDEN_INPUTS[i].name);

		for (unsigned n = 0; GOLDEN_INPUTS[i].build(&f, n); n++)
			pcap_write(file, f.data, f.length, n);
		finish(file, GOLDEN_INPUTS[i].name);
	}
	for (unsigned i = 0; i < GOLDEN_OUTPUT_COUNT; i++) {
		const struct golden_output *out = &GOLDEN_OUTPUTS[i];
		FILE *file = create(argv[1], out->name);

		for (unsigned n = 0; input_named(out->input)->build(&f, n); n++) {
			struct marllb_packet p;

			if (marllb_parse(f.data, f.length, &p) == 0 && out->apply(&p) == 0)
				pcap_write(file, p.data, p.length, n);
		}
		finish(file, out->name);
	}
	return 0;
}
