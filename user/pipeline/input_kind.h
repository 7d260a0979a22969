/* SPDX-License-Identifier: GPL-2.0 */
/* A file of another kind than a command takes: what it is, and which command takes it. */
#ifndef GRANTWATCH_INPUT_KIND_H
#define GRANTWATCH_INPUT_KIND_H

#include "explain/content.h"

/*
 * Whether the open file @fd, called @path, may be of the kind @wanted; what cannot be told, such as
 * a pipe or what is damaged, is left to its reader. Returns 0, or -1 after logging the error.
 */
int input_kind__check(int fd, const char *path, enum content wanted);

/* The same for a log, which has no first bytes of its own and may be compressed. */
int input_kind__check_log(int fd, const char *path);

#endif
