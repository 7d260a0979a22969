/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays that grow. Whoever owns one keeps its address, its length and the room that it has. */
#ifndef GRANTWATCH_ARRAY_H
#define GRANTWATCH_ARRAY_H

#include <stdlib.h>

#include "util/types.h"

#define ARRAY_FIRST 16u

/*
 * Make room for @need elements of @size bytes each, 2^31 at most. The room is doubled as often as
 * that takes; what is new is not cleared. Returns the array's address, which may be another one
 * now, or NULL when memory is short; then the array and *@room are as before.
 */
static inline void *array__reserve(void *array, u32 *room, u32 need, size_t size)
{
	u32 bigger = *room ? *room : ARRAY_FIRST;
	void *moved;

	if (need <= *room)
		return array;
	while (bigger < need)
		bigger *= 2;
	moved = realloc(array, bigger * size);
	if (moved)
		*room = bigger;
	return moved;
}

#endif
