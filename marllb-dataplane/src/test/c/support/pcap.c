/* SPDX-License-Identifier: Apache-2.0 */
#include "pcap.h"

#include <string.h>

#define MICROSECONDS 0xa1b2c3d4
#define NANOSECONDS 0xa1b23c4d /* as DPDK writes them */

static void
put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t
get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

FILE *
pcap_create(const char *path)
{
	uint8_t header[24] = {0};
	FILE *file = fopen(path, "wb");

	put32(header, MICROSECONDS);
	header[4] = 2; /* version 2.4 */
	header[6] = 4;
	put32(header + 16, 65535);
	put32(header + 20, 1); /* Ethernet */
	if (file != NULL)
		fwrite(header, 1, sizeof(header), file);
	return file;
}

void
pcap_write(FILE *file, const uint8_t *data, uint32_t length, uint32_t number)
{
	uint8_t header[16];

	put32(header, number);
	put32(header + 4, 0);
	put32(header + 8, length);
	put32(header + 12, length);
	fwrite(header, 1, sizeof(header), file);
	fwrite(data, 1, length, file);
}

FILE *
pcap_open(const char *path)
{
	uint8_t header[24];
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return NULL;
	if (fread(header, 1, sizeof(header), file) == sizeof(header) &&
	    (get32(header) == MICROSECONDS || get32(header) == NANOSECONDS) &&
	    get32(header + 20) == 1)
		return file;
	fclose(file);
	return NULL;
}

bool
pcap_read(FILE *file, uint8_t *data, uint32_t size, uint32_t *length)
{
	uint8_t header[16];

	if (fread(header, 1, sizeof(header), file) != sizeof(header))
		return false;
	*length = get32(header + 8);
	return *length <= size && fread(data, 1, *length, file) == *length;
}
