/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flight recorder: the last seconds of every source, always on disk, in segments of which the
 * oldest is overwritten. Time and disk space are bounded; memory is one block for each source.
 */
#ifndef GRANTWATCH_FLIGHT_H
#define GRANTWATCH_FLIGHT_H

#include "sources/feed.h"

struct flight;

/*
 * Writes segments to @dir, which exists, after removing those of an earlier run. Returns NULL
 * without memory.
 */
struct flight *flight__new(const char *dir, u32 seconds, u64 max_bytes);
void flight__free(struct flight *flight);

/* Takes bytes that the source of @feed, number @index, has just sent. */
void flight__take(struct flight *flight, u32 index, const struct feed *feed, const void *bytes,
		  size_t len, u64 now);

/*
 * Saves each source's segments in the new directory @name ("saved-…") as dDOMID.gwc, for analyze.
 * Returns 0 or -errno.
 */
int flight__save(struct flight *flight, const char *name);

#endif
