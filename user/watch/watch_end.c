// SPDX-License-Identifier: GPL-2.0
/*
 * The end of watch: reads what other domains recorded until the user asked for it, asks the sources
 * to end, and gives up on those that do not end in time. A recorder in another domain sees its pipe
 * close and ends, and unsent data is lost. So the sources are asked only after they sent everything
 * from before the request.
 */
#include "util/warden.h"
#include "watch/watch.h"

/* recorders write every 100 ms, even without events */
#define QUIET_NS (1500 * NSEC_PER_MSEC)
/* time for other domains' streams to reach the present */
#define DRAIN_NS (250 * NSEC_PER_MSEC)
/* time for the whole end; the limit is a second */
#define GRACE_NS (750 * NSEC_PER_MSEC)

void watch__begin_end(struct watch *watch)
{
	struct moment now;
	u32 i;

	if (watch->ending)
		return;
	watch->ending = true;
	watch->asked_at = now_mono();
	watch->asked_system = watch__host_now(watch, &now) ? now.ns : 0;
	watch->end_at = watch->asked_at + GRACE_NS;
	for (i = 0; i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);
		struct source *source = &watch->source[i];

		source->blocks_when_asked = state.blocks;
		/* A recorder is never silent for so long: it was killed, or its domain was. */
		pipeline__source_stop(watch->pipeline, i,
				      !state.eof &&
					      watch->asked_at - source->last_heard < QUIET_NS);
	}
}

/* Whether source @i has sent everything from before the request, or never will. */
static bool has_come(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	struct moment at;

	/* The local recorder writes all it has when it is asked to end. */
	if ((int)i == watch->local || state.eof || state.stalled || !state.stopped ||
	    !state.recording)
		return true;
	if (watch->asked_system && pipeline__source_time(watch->pipeline, i, state.watermark, &at))
		return at.ns >= watch->asked_system;
	/* Counted in blocks, as the first one may have been under way. */
	return state.blocks >= watch->source[i].blocks_when_asked + 2;
}

static void tell_sources(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr && now_mono() < watch->asked_at + DRAIN_NS; i++)
		if (!has_come(watch, i))
			return;
	watch->told = true;
	warden__ask(WARDEN_END_SOURCES, NULL);
}

static void give_up(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		pipeline__source_give_up(watch->pipeline, i);
	if (watch->trace && !watch__trace_flows(watch))
		watch->trace->eof = true;
}

void watch__go_on_ending(struct watch *watch)
{
	if (!watch->ending)
		return;
	if (!watch->told)
		tell_sources(watch);
	watch__end_trace(watch);
	if (now_mono() >= watch->end_at)
		give_up(watch);
}
