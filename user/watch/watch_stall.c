// SPDX-License-Identifier: GPL-2.0
/*
 * Stall handling. The order of events needs all sources up to a moment, so a source that falls
 * behind blocks the others. The collector checks guests' times against its own clock. A source is
 * stalled in four cases: it is silent, the others were blocked on it for too long, its events are
 * ahead of its marks, or its times are in the future. The others go on without it then.
 * pipeline__source_complaint() reports what is missed.
 */
#include <string.h>

#include "util/log.h"
#include "util/warden.h"
#include "watch/watch.h"

/* Silence after which a source is stalled, and maximum time that others are blocked on it. */
#define STALL_NS (5 * NSEC_PER_SEC)
/* The same before it records: it may be attaching, or its guest may be starting. */
#define START_NS (120 * NSEC_PER_SEC)
/* How far times may be ahead of the collector's clock and of both bounds. */
#define AHEAD_NS (2 * NSEC_PER_SEC)
/* Time after which missing clocks are derived from what has arrived. */
#define DERIVE_NS (10 * NSEC_PER_SEC)
/* Stalls after which a source is not waited on again. */
#define LAST_CHANCE 3
#define FORGIVE_NS  (600 * NSEC_PER_SEC)

bool watch__host_now(const struct watch *watch, struct moment *now)
{
	return watch->local >= 0 &&
	       pipeline__source_time(watch->pipeline, (u32)watch->local, now_mono(), now) &&
	       now->err < AHEAD_NS;
}

/*
 * Returns the present Xen system time, by the local recorder, or by the newest time in dom0's
 * stream without one; 0 unknown.
 */
static u64 present(const struct watch *watch)
{
	struct moment now;
	u32 i;

	if (watch__host_now(watch, &now))
		return now.ns;
	for (i = 0; watch->local < 0 && i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);

		if (!state.domid && !state.stalled)
			return state.reached;
	}
	return 0;
}

/*
 * Whether @source's times are in the future, its own clock's bound left aside, as the source
 * reports it.
 */
static bool is_ahead(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	struct moment now;

	if (!state.guest || !state.has_clock || !watch__host_now(watch, &now))
		return false;
	return state.reached > now.ns + now.err + min(state.clock_err, (u64)AHEAD_NS) + AHEAD_NS;
}

/* Whether its events are ahead of its marks, so that none of them can be judged. */
static bool is_unmarked(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	u64 mark = max(state.marked, watch->source[i].first_reached);

	return mark && state.reached > mark && state.reached - mark > STALL_NS;
}

/*
 * Accounts for the time that the others were blocked on @source: debt grows with it, and shrinks as
 * the source catches up, unless its times are long past. While the watch is busy with what it has
 * read, more of the source waits in its pipe, so its times are long past by the watch's own fault.
 * That does not count against it as long as its times go on.
 */
static void charge(struct watch *watch, u32 i, u64 elapsed, u64 at)
{
	struct source *source = &watch->source[i];
	u64 reached = pipeline__source_state(watch->pipeline, i).reached;
	u64 paid = reached - source->reached;
	bool busy = watch->idle < elapsed / 2;

	if (!source->first_reached)
		source->first_reached = reached;
	if (pipeline__source_awaited(watch->pipeline) == i)
		source->debt += busy && paid ? min(watch->idle, elapsed) : elapsed;
	if (!busy && at && at > STALL_NS && reached < at - STALL_NS)
		paid = 0;
	source->reached = reached;
	source->debt -= min(source->debt, paid);
}

/*
 * How long nothing was heard, ns. Only the times at which the watch looked count: what arrived
 * while it was busy is not silence.
 */
static u64 silence(const struct watch *watch, u64 heard)
{
	return watch->polled - min(watch->polled, heard);
}

/* Returns why @source is stalled now, FEED_KEPT_UP if it is not. */
static enum feed_stall judge(const struct watch *watch, u32 i)
{
	const struct source *source = &watch->source[i];
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	bool began = state.recording && source->reached;
	u64 since = state.recording ? source->last_heard : source->started;
	u64 limit = state.recording ? STALL_NS : START_NS;

	/* It is held until the others record. */
	if ((int)i == watch->local && state.attaching && !watch->begun)
		return FEED_KEPT_UP;
	/* A source that was read ahead of others is not silent. */
	if (!state.pending && !state.eof && silence(watch, since) >= limit)
		return FEED_SILENT;
	if (!state.guest)
		return FEED_KEPT_UP;
	if (is_ahead(watch, i))
		return FEED_AHEAD;
	return source->debt >= (began ? STALL_NS : START_NS) || is_unmarked(watch, i)
		       ? FEED_BEHIND
		       : FEED_KEPT_UP;
}

/* Whether a stalled source has caught up with the others. */
static bool has_returned(const struct watch *watch, u32 i, u64 at)
{
	const struct source *source = &watch->source[i];

	if ((source->stalls >= LAST_CHANCE && watch->checked < source->stalled_at + FORGIVE_NS) ||
	    is_unmarked(watch, i) || is_ahead(watch, i))
		return false;
	if (source->why == FEED_SILENT)
		return source->last_heard > source->stalled_at;
	if (source->why == FEED_BEHIND)
		return !at ||
		       pipeline__source_state(watch->pipeline, i).reached + NSEC_PER_SEC > at;
	return true;
}

static void tell(const struct watch *watch, u32 i)
{
	const struct source *source = &watch->source[i];
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	const char *const what[] = {
		[FEED_SILENT] =
			state.attaching
				? "still attaching its probes after %u seconds, going on without it"
				: "silent for %u seconds, going on without it",
		[FEED_BEHIND] = "held up the other sources for %u seconds, going on without it",
		[FEED_AHEAD] =
			"its times are more than %u seconds ahead of Xen's, going on without it",
	};
	u64 limit[] = {[FEED_SILENT] = state.recording ? STALL_NS : START_NS,
		       [FEED_BEHIND] = source->reached ? STALL_NS : START_NS,
		       [FEED_AHEAD] = AHEAD_NS};
	char text[80];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), what[source->why], (u32)(limit[source->why] / NSEC_PER_SEC));
#pragma GCC diagnostic pop
	pr_warn("%s: %s", state.name, text);
}

static void check_source(struct watch *watch, u32 i, u64 now, u64 at)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	struct source *source = &watch->source[i];

	if (state.done)
		return;
	if (state.stalled) {
		if (!has_returned(watch, i, at))
			return;
		pipeline__source_stall(watch->pipeline, i, FEED_KEPT_UP);
		source->debt = 0;
	}
	source->why = judge(watch, i);
	if (now > source->stalled_at + FORGIVE_NS)
		source->stalls = 0;
	if (source->why == FEED_KEPT_UP)
		return;
	/* A guest may be paused any number of times. */
	source->stalls += source->why != FEED_SILENT;
	source->stalled_at = now;
	pipeline__source_stall(watch->pipeline, i, source->why);
	tell(watch, i);
}

/* Logs at once that a source is unusable, and not only at the end. */
static void check_usable(struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	char text[160];

	if (watch->source[i].refused || !state.unusable)
		return;
	watch->source[i].refused = true;
	pr_warn("%s: %s", state.name,
		pipeline__source_complaint(watch->pipeline, i, text, sizeof(text)));
}

static void check_trace(struct watch *watch)
{
	if (!watch->trace || watch->trace->eof || silence(watch, watch->trace_heard) <= STALL_NS)
		return;
	pr_warn("xentrace: silent for %u seconds, going on without it",
		(u32)(STALL_NS / NSEC_PER_SEC));
	watch->trace->given_up = watch->trace->eof = true;
	warden__ask(WARDEN_END_TRACE, NULL);
}

void watch__check_stalls(struct watch *watch)
{
	u64 now = now_mono(), elapsed = now - watch->checked, at = present(watch);
	u32 i;

	watch__note_wait(watch);
	/* Time in which this process was stopped (SIGSTOP, suspend) is no waiting. */
	elapsed = watch->checked ? min(elapsed, (u64)NSEC_PER_SEC) : 0;
	watch->checked = now;
	check_trace(watch);
	if (pipeline__awaits_clocks(watch->pipeline)) {
		watch->derive_since = watch->derive_since ? watch->derive_since : now;
		if (now - watch->derive_since > DERIVE_NS)
			pipeline__derive_clocks(watch->pipeline);
	}
	for (i = 0; i < watch->nr; i++)
		charge(watch, i, elapsed, at);
	for (i = 0; i < watch->nr; i++) {
		check_source(watch, i, now, at);
		check_usable(watch, i);
	}
}
