// SPDX-License-Identifier: GPL-2.0
/*
 * The rate limit: bytes per second and per turn of each guest's stream. The rest of a stream waits
 * in its pipe, and its recorder counts what it loses by it. This domain's own recorder has no
 * limit.
 */
#include "watch/watch.h"

/* seconds of data that may accumulate in a pipe and be read at once */
#define BURST_SECONDS 4
/* bytes in one turn; the rest waits until the other sources were read */
#define TURN_BYTES  (256u * 1024)
#define LEAST_BYTES (32 * 1024)

static s64 full(const struct watch *watch)
{
	return (s64)watch->cfg->rate * 1024 * BURST_SECONDS;
}

static bool is_guest(const struct watch *watch, u32 i)
{
	return pipeline__source_state(watch->pipeline, i).guest;
}

size_t watch__rate_limit(struct watch *watch, u32 i)
{
	struct source *source = &watch->source[i];
	u64 now = now_mono();
	s64 rate = (s64)watch->cfg->rate * 1024;

	if (!is_guest(watch, i))
		return TURN_BYTES;
	if (!source->filled)
		source->bytes = full(watch);
	else
		source->bytes =
			min(full(watch), source->bytes + (s64)((double)(now - source->filled) /
							       NSEC_PER_SEC * (double)rate));
	source->filled = now;
	/* No small reads, which cost more than they bring. */
	return source->bytes >= LEAST_BYTES ? min((size_t)source->bytes, (size_t)TURN_BYTES) : 0;
}

void watch__charge(struct watch *watch, u32 i, size_t bytes)
{
	if (is_guest(watch, i))
		watch->source[i].bytes -= (s64)bytes;
}
