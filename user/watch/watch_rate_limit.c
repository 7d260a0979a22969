// SPDX-License-Identifier: GPL-2.0
/*
 * The rate limit: bytes a second of each guest's stream, and a turn each. The rest of a stream over
 * its limit waits in its pipe, and its recorder counts what it loses by that. This domain's own
 * recorder does not wait.
 */
#include "watch/watch.h"

/* What may have gathered in a pipe while nobody read is taken at once. */
#define BURST_SECONDS 4
/* In one turn; as much again waits until the others had theirs. */
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
	/* Not by drops, which would cost more than they bring. */
	return source->bytes >= LEAST_BYTES ? min((size_t)source->bytes, (size_t)TURN_BYTES) : 0;
}

void watch__charge(struct watch *watch, u32 i, size_t bytes)
{
	if (is_guest(watch, i))
		watch->source[i].bytes -= (s64)bytes;
}
