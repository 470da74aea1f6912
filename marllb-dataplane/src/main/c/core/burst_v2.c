/* SPDX-License-Identifier: Apache-2.0 */
#define MARLLB_VARIANT v2
#define MARLLB_VARIANT_NAME "x86-64-v2"
#define MARLLB_VARIANT_LEVEL 2
#include "burst.h"
