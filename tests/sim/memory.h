/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures in memory, one for each domain. The library's writer and feeds read and write them under
 * descriptors that no file has: the linker sends the calls of read(2), write(2) and close(2) here.
 * A schedule takes no system call, which would cost more than the judging.
 */
#ifndef GRANTWATCH_SIM_MEMORY_H
#define GRANTWATCH_SIM_MEMORY_H

#include "util/types.h"

/* The descriptor of capture @nr, below MEMORY_MAX, for as long as the process lives. */
#define MEMORY_MAX 16
int memory__fd(u32 nr);

/* Empty capture @nr. What is written to it is appended. */
void memory__clear(u32 nr);

/* Its bytes, valid until the next write; the caller may change them, and cut them off at @size. */
u8 *memory__bytes(u32 nr, size_t *size);
void memory__cut(u32 nr, size_t size);

/*
 * Read capture @nr from its beginning; up to byte @limit, where it ends, or with @more nothing is
 * there yet.
 */
void memory__rewind(u32 nr, size_t limit, bool more);

/* @size bytes more become readable, if there are so many. False: all were, and now it ends. */
bool memory__grow(u32 nr, size_t size);

#endif
