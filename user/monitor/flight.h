/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flight recorder: what every source delivered in the last seconds, always on disk, in segments
 * of which the oldest goes. Time and disk are bounded; memory is one block a source.
 */
#ifndef GRANTWATCH_FLIGHT_H
#define GRANTWATCH_FLIGHT_H

#include "sources/feed.h"

struct flight;

/*
 * Segments go to @dir, which exists; those of an earlier run are removed from it. NULL when memory
 * is short.
 */
struct flight *flight__new(const char *dir, u32 seconds, u64 max_bytes);
void flight__free(struct flight *flight);

/* What the source of @feed, number @index, has just delivered. */
void flight__take(struct flight *flight, u32 index, const struct feed *feed, const void *bytes,
		  size_t len, u64 now);

/*
 * Write what is on disk of each source to the directory @name ("saved-…", made) as dDOMID.gwc, fit
 * for analyze. 0 or -errno.
 */
int flight__save(struct flight *flight, const char *name);

#endif
