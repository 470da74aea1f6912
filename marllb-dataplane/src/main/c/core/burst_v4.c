/* SPDX-License-Identifier: Apache-2.0 */
#define MARLLB_VARIANT v4
#define MARLLB_VARIANT_NAME "x86-64-v4"
#define MARLLB_VARIANT_LEVEL 4
#include "burst.h"
