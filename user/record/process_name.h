/* SPDX-License-Identifier: GPL-2.0 */
/* The name of a process from /proc, if the programs cannot read it. */
#ifndef GRANTWATCH_PROCESS_NAME_H
#define GRANTWATCH_PROCESS_NAME_H

#include <stddef.h>

#include "util/types.h"

/*
 * Copies the comm of @pid's main thread to @name, truncated to @size with its NUL. Returns false if
 * it cannot be read, for example because the process ended.
 */
bool process_name__read(u32 pid, char *name, size_t size);

#endif
