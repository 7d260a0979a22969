/* SPDX-License-Identifier: GPL-2.0 */
/* The name of a process, by /proc, where the programs cannot tell it. */
#ifndef GRANTWATCH_PROCESS_NAME_H
#define GRANTWATCH_PROCESS_NAME_H

#include <stddef.h>

#include "util/types.h"

/*
 * The comm of @pid's main thread into @name, cut to @size with its NUL. False when it cannot be
 * read: the process is gone, say.
 */
bool process_name__read(u32 pid, char *name, size_t size);

#endif
