/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's log, from now on: messages that speak of grants. */
#ifndef GRANTWATCH_KMSG_H
#define GRANTWATCH_KMSG_H

#include "util/types.h"

/* Open /dev/kmsg at its end, non-blocking. A descriptor, or -errno. */
int kmsg__open(void);

/*
 * One line of interest: its time in CLOCK_MONOTONIC and its text, printable.
 * Returns 1 when there is one, 0 when nothing is left for now, -errno. -EPIPE: the kernel overwrote
 * lines before they were read; go on.
 */
int kmsg__next(int fd, u64 *time, char *text, size_t size);

/* Whether @message, the text of a log line, is one that the table knows. */
bool kmsg__is_known(const char *message);

/* Take a line as /dev/kmsg hands it out apart. False when it is none. */
bool kmsg__parse(const char *line, u64 *usec, const char **message, size_t *len);

#endif
