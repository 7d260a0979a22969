/* SPDX-License-Identifier: GPL-2.0 */
/* New messages about grants in the kernel's log. */
#ifndef GRANTWATCH_KMSG_H
#define GRANTWATCH_KMSG_H

#include "util/types.h"

/* Opens /dev/kmsg at its end, non-blocking. Returns a descriptor, or -errno. */
int kmsg__open(void);

/*
 * Reads the next known message: its time (CLOCK_MONOTONIC, ns) and printable text. Returns 1, 0 if
 * there is none for now, or -errno. -EPIPE: the kernel overwrote lines before they were read;
 * reading can go on.
 */
int kmsg__next(int fd, u64 *time, char *text, size_t size);

/* Whether @message, the text of a log line, is in the table of known messages. */
bool kmsg__is_known(const char *message);

/* Splits a line of /dev/kmsg. Returns false if it is none. */
bool kmsg__parse(const char *line, u64 *usec, const char **message, size_t *len);

#endif
