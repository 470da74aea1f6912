/* SPDX-License-Identifier: Apache-2.0 */
#include "isa.h"

#include <stddef.h>

extern const struct marllb_isa marllb_isa_v2, marllb_isa_v3, marllb_isa_v4;

static int
runs(unsigned level)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	switch (level) {
	case 2:
		return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
	case 3:
		return runs(2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
		       __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
	case 4:
		return runs(3) && __builtin_cpu_supports("avx512f") &&
		       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
		       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	default:
		return 0;
	}
#else
	return level == 2;
#endif
}

const struct marllb_isa *
marllb_isa_at(unsigned level)
{
#if defined(__x86_64__)
	if ((level == MARLLB_ISA_BEST || level == 4) && runs(4))
		return &marllb_isa_v4;
	if ((level == MARLLB_ISA_BEST || level == 3) && runs(3))
		return &marllb_isa_v3;
#endif
	if ((level == MARLLB_ISA_BEST || level == 2) && runs(2))
		return &marllb_isa_v2;
	return NULL;
}
