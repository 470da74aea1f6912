/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays what Java's rules chose (ChoicesEqualTest) and demands the same choices from the same
 * number of words. Usage: replay_choices LOG [LEVEL]; LEVEL is the instruction set, 2, 3 or 4, and
 * 77 is the status where the processor has it not.
 */
#include "replay_log.h"

#include "isa.h"
#include "rules.h"

#define MOST_WORDS 4096

int
main(int argc, char **argv)
{
	static struct marllb_chooser chooser;
	static struct marllb_maglev maglev;
	static uint64_t tape[MOST_WORDS];
	static double weights[MARLLB_SERVERS], statics[MARLLB_SERVERS];
	static uint8_t active[MARLLB_SERVERS];
	static struct marllb_cell cells[MARLLB_SERVERS];
	struct marllb_policy policy = { 0 };
	const struct marllb_isa *isa;
	unsigned long choices = 0;
	uint32_t servers = 0;
	struct log log;
	const char *what;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: replay_choices LOG [LEVEL]\n");
		return 2;
	}
	isa = marllb_isa_at(argc == 3 ? (unsigned)atoi(argv[2]) : MARLLB_ISA_BEST);
	if (isa == NULL) {
		fprintf(stderr, "this processor has no x86-64-v%s\n", argv[2]);
		return 77;
	}
	log_open(&log, argv[1]);
	while ((what = log_next(&log)) != NULL) {
		if (strcmp(what, "policy") == 0) {
			servers = (uint32_t)log_u64(&log);
			policy.rule = (uint32_t)log_u64(&log);
			policy.choices = (uint32_t)log_u64(&log);
			policy.vpp_ties = (uint32_t)log_u64(&log);
			if (servers < 1 || servers > MARLLB_SERVERS || policy.choices > MARLLB_CHOICES)
				log_fail(&log, "out of range");
			marllb_maglev_init(&maglev);
			marllb_chooser_init(&chooser, &maglev);
		} else if (strcmp(what, "pool") == 0) {
			policy.scale = log_f64(&log);
			policy.offset = log_f64(&log);
			for (uint32_t j = 0; j < servers; j++) {
				active[j] = (uint8_t)log_u64(&log);
				weights[j] = log_f64(&log);
				statics[j] = log_f64(&log);
			}
			marllb_chooser_set(&chooser, &policy, servers, weights, statics, active, NULL);
			if (policy.rule == MARLLB_RULE_MAGLEV) {
				marllb_maglev_begin(&maglev, servers, chooser.weight);
				marllb_maglev_step(&maglev, UINT64_MAX);
			}
		} else if (strcmp(what, "cells") == 0) { /* after pool: what Java made of it */
			for (uint32_t j = 0; j < servers; j++) {
				cells[j].threshold = log_u64(&log);
				cells[j].alias = (uint32_t)log_u64(&log);
				if (cells[j].threshold != chooser.cell[j].threshold ||
				    cells[j].alias != chooser.cell[j].alias)
					log_fail(&log, "cell %u differs", j);
			}
			marllb_chooser_set(&chooser, &policy, servers, weights, statics, active,
					   cells);
		} else if (strcmp(what, "start") == 0) {
			marllb_chooser_started(&chooser, (uint32_t)log_u64(&log) % MARLLB_SERVERS);
		} else if (strcmp(what, "end") == 0) {
			marllb_chooser_ended(&chooser, (uint32_t)log_u64(&log) % MARLLB_SERVERS);
		} else if (strcmp(what, "choose") == 0) {
			uint64_t hash = log_u64(&log);
			int wanted = (int)log_u64(&log) - 1;
			size_t used = log_u64(&log);
			struct marllb_words words;
			int chosen;

			if (used > MOST_WORDS)
				log_fail(&log, "out of range");
			for (size_t i = 0; i < used; i++)
				tape[i] = log_u64(&log);
			marllb_words_tape(&words, tape, used);
			chosen = isa->choose(&chooser, hash, &words);
			if (chosen != wanted || words.drawn != used)
				log_fail(&log, "Java chose %d by %zu words, C %d by %zu", wanted, used,
					 chosen, words.drawn);
			choices++;
		} else {
			log_fail(&log, "what is '%s'?", what);
		}
	}
	printf("%lu choices equal, %s\n", choices, isa->name);
	return 0;
}
