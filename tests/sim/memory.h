/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures in memory, one for each domain, under descriptors that no file has. The linker redirects
 * the library's read(2), write(2), close(2) and fstat(2) to here. A schedule thus makes no system
 * calls, which would cost more than the verdicts.
 */
#ifndef GRANTWATCH_SIM_MEMORY_H
#define GRANTWATCH_SIM_MEMORY_H

#include "util/types.h"

/* Returns the descriptor of capture @nr, below MEMORY_MAX. It is valid until the process ends. */
#define MEMORY_MAX 16
int memory__fd(u32 nr);

/* Empties capture @nr. Writes append to it. */
void memory__clear(u32 nr);

/*
 * Returns its bytes, valid until the next write. The caller may change them, and truncate them by
 * @size.
 */
u8 *memory__bytes(u32 nr, size_t *size);
void memory__cut(u32 nr, size_t size);

/* Makes capture @to the same as capture @from. */
void memory__copy(u32 to, u32 from);

/*
 * Reads capture @nr from its start, up to byte @limit: its end, or with @more the data available so
 * far.
 */
void memory__rewind(u32 nr, size_t limit, bool more);

/* Makes up to @size more bytes readable. Returns false if all were; the capture ends then. */
bool memory__grow(u32 nr, size_t size);

#endif
