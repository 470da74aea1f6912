/* SPDX-License-Identifier: Apache-2.0 */
/* An input is a configuration file. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct marllb_config config;
	static struct marllb_config_errors errors;
	char *text = malloc(size + (size == 0));
	bool ok;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	ok = marllb_config_parse("fuzz", text, size, &config, &errors);
	if (ok != (errors.count == 0))
		abort();
	for (unsigned i = 0; i < errors.count; i++) {
		if (memchr(errors.text[i], 0, sizeof(errors.text[i])) == NULL)
			abort();
	}
	free(text);
	return 0;
}
