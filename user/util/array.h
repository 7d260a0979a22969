/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays that grow. The owner keeps the address, the length, and the number of allocated elements.
 */
#ifndef GRANTWATCH_ARRAY_H
#define GRANTWATCH_ARRAY_H

#include <stdlib.h>

#include "util/types.h"

#define ARRAY_FIRST 16u

/*
 * Makes room for @need elements of @size bytes each, at most 2^31, by doubling. New elements are
 * not cleared. Returns the array's address, which may have changed, or NULL without memory; the
 * array and *@room are unchanged then.
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
