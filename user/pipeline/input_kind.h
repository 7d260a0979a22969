/* SPDX-License-Identifier: GPL-2.0 */
/* Inputs of the wrong kind: what the file is, and which command takes it. */
#ifndef GRANTWATCH_INPUT_KIND_H
#define GRANTWATCH_INPUT_KIND_H

#include "explain/content.h"

/*
 * Checks that the open file @fd, named @path, may be of the kind @wanted. Pipes, damaged and other
 * unknown files pass; their reader checks them. Returns 0, or -1 after logging the error.
 */
int input_kind__check(int fd, const char *path, enum content wanted);

/* The same for a log, which has no fixed first bytes and may be compressed. */
int input_kind__check_log(int fd, const char *path);

#endif
