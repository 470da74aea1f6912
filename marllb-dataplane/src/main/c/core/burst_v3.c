/* SPDX-License-Identifier: Apache-2.0 */
#define MARLLB_VARIANT v3
#define MARLLB_VARIANT_NAME "x86-64-v3"
#define MARLLB_VARIANT_LEVEL 3
#include "burst.h"
