/* SPDX-License-Identifier: Apache-2.0 */
/* Replays what Java's ReservoirBank computed (ReservoirsEqualTest) and demands the same bits. */
#include "replay_log.h"

#include "reservoir.h"

int
main(int argc, char **argv)
{
	static struct marllb_reservoir reservoir;
	struct marllb_reducer *reducer = marllb_reducer_create(MARLLB_RESERVOIR_SLOTS);
	unsigned long reductions = 0;
	struct log log;
	const char *what;

	if (argc != 2 || reducer == NULL) {
		fprintf(stderr, "usage: replay_reservoirs LOG\n");
		return 2;
	}
	log_open(&log, argv[1]);
	while ((what = log_next(&log)) != NULL) {
		if (strcmp(what, "clear") == 0) {
			reservoir.size = 0;
		} else if (strcmp(what, "add") == 0) {
			double value = log_f64(&log);
			uint64_t now = log_u64(&log);
			uint64_t word = log_u64(&log);

			marllb_reservoir_add(&reservoir, value, now, word);
		} else if (strcmp(what, "reduce") == 0) {
			double out[MARLLB_STATISTICS];

			marllb_reducer_clear(reducer);
			marllb_reducer_load(reducer, reservoir.sample, reservoir.size);
			marllb_reducer_all(reducer, out);
			for (int i = 0; i < MARLLB_STATISTICS; i++) {
				double wanted = log_f64(&log);

				if (memcmp(&wanted, &out[i], sizeof(wanted)) != 0 &&
				    !(wanted != wanted && out[i] != out[i]))
					log_fail(&log, "statistic %d: Java has %a, C %a", i, wanted,
						 out[i]);
			}
			reductions++;
		} else {
			log_fail(&log, "what is '%s'?", what);
		}
	}
	printf("%lu reductions equal\n", reductions);
	marllb_reducer_destroy(reducer);
	return 0;
}
