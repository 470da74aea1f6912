/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_TEST_CHECK_H
#define MARLLB_TEST_CHECK_H

/* cmocka and what its header wants before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Fails with a message of our own where a condition doesn't hold. */
#define check(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg(__VA_ARGS__);                                                     \
	} while (0)

#endif
