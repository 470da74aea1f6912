/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARLLB_TEST_PCAP_H
#define MARLLB_TEST_PCAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Capture files of Ethernet frames: little-endian, times 0, 1, 2, ...; read with any times. */

/* Begins a file; NULL with errno set if it can't be made. */
FILE *pcap_create(const char *path);

void pcap_write(FILE *file, const uint8_t *data, uint32_t length, uint32_t number);

/* Opens a file; NULL if it is none of these. */
FILE *pcap_open(const char *path);

/* The next frame, at most size bytes; false at the end, or where the file is broken. */
bool pcap_read(FILE *file, uint8_t *data, uint32_t size, uint32_t *length);

#endif
