/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "pcap.h"

static FILE *
open_capture(const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "golden/%s.pcap", name);
	file = pcap_open(path);
	check(file != NULL, "%s is no capture; make_golden writes it", path);
	return file;
}

/* Frames that come in, through a mode, are the frames of its capture: in order, all, byte by byte. */
static void
each_mode_makes_its_capture(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GOLDEN_OUTPUT_COUNT; i++) {
		const struct golden_output *o = &GOLDEN_OUTPUTS[i];
		FILE *in = open_capture(o->input), *out = open_capture(o->name);
		static uint8_t bytes[FRAME_MAX];
		unsigned frames = 0, sent = 0;
		struct marllb_packet p;
		struct frame f, wanted;
		uint32_t length;

		for (; pcap_read(in, bytes, sizeof(bytes), &length); frames++) {
			load(&f, bytes, length);
			if (marllb_parse(f.data, f.length, &p) != 0 || o->apply(&p) != 0)
				continue;
			check(pcap_read(out, bytes, sizeof(bytes), &length), "%s ends at frame %u",
			      o->name, sent);
			load(&wanted, bytes, length);
			check(p.length == length && memcmp(p.data, wanted.data, length) == 0,
			      "%s: frame %u differs, made of frame %u of %s", o->name, sent, frames,
			      o->input);
			sent++;
		}
		check(!pcap_read(out, bytes, sizeof(bytes), &length), "%s has frames left", o->name);
		check(frames == (strncmp(o->input, "client", 6) == 0 ? 16 : 5) && sent + 2 >= frames,
		      "%s: %u of %u frames", o->name, sent, frames);
		fclose(in);
		fclose(out);
	}
}

static void
all_checksums_of_the_captures_are_right(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GOLDEN_OUTPUT_COUNT; i++) {
		FILE *out = open_capture(GOLDEN_OUTPUTS[i].name);
		static uint8_t bytes[FRAME_MAX];
		uint32_t length;

		while (pcap_read(out, bytes, sizeof(bytes), &length)) {
			const char *wrong = wrong_checksum(bytes, length);

			check(wrong == NULL, "%s: the %s checksum is wrong", GOLDEN_OUTPUTS[i].name, wrong);
		}
		fclose(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_makes_its_capture),
		cmocka_unit_test(all_checksums_of_the_captures_are_right),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
