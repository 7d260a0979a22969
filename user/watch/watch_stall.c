// SPDX-License-Identifier: GPL-2.0
/*
 * Stall handling. The order of events needs all sources up to a moment, so a source that falls
 * behind blocks the others. What a guest says of its time is therefore held against the collector's
 * own clock: a source counts as stalled, and the others go on without it, when it is silent, when
 * the others were blocked on it for too long, when its events run ahead of its marks, or when its
 * times are from the future. pipeline__source_complaint() says what is missed by that.
 */
#include <string.h>

#include "util/log.h"
#include "util/warden.h"
#include "watch/watch.h"

/*
 * A source that says nothing for this long no longer holds the others back; nor one that they
 * waited so long for.
 */
#define STALL_NS (5 * NSEC_PER_SEC)
/* Until it records a source may be attaching, or a guest may be starting. */
#define START_NS (120 * NSEC_PER_SEC)
/* Times may be so far ahead of the collector's own clock, and of the bounds of both. */
#define AHEAD_NS (2 * NSEC_PER_SEC)
/* Clocks without samples are derived from what has come by then. */
#define DERIVE_NS (10 * NSEC_PER_SEC)
/* Who made the others wait so often is not waited for again, for so long. */
#define LAST_CHANCE 3
#define FORGIVE_NS  (600 * NSEC_PER_SEC)

bool watch__host_now(const struct watch *watch, struct moment *now)
{
	return watch->local >= 0 &&
	       pipeline__source_time(watch->pipeline, (u32)watch->local, now_mono(), now) &&
	       now->err < AHEAD_NS;
}

/*
 * What times are held against: the host's now, without a recorder here the time that dom0's stream
 * has come to. 0: nobody can tell.
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
 * Whether times of @source are from the future, its own clock's bound (which is its own word) left
 * aside.
 */
static bool is_ahead(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	struct moment now;

	if (!state.guest || !state.has_clock || !watch__host_now(watch, &now))
		return false;
	return state.reached > now.ns + now.err + min(state.clock_err, (u64)AHEAD_NS) + AHEAD_NS;
}

/* Events that run ahead of the marks: it never says that anything is complete. */
static bool is_unmarked(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	u64 mark = max(state.marked, watch->source[i].first_reached);

	return mark && state.reached > mark && state.reached - mark > STALL_NS;
}

/*
 * What the others waited for @source, as a debt: it grows with the time that they do, and is paid
 * by getting on, unless that is in the distant past.
 */
static void charge(struct watch *watch, u32 i, u64 elapsed, u64 at)
{
	struct source *source = &watch->source[i];
	u64 reached = pipeline__source_state(watch->pipeline, i).reached;
	u64 paid = reached - source->reached;

	if (!source->first_reached)
		source->first_reached = reached;
	if (at && at > STALL_NS && reached < at - STALL_NS)
		paid = 0;
	source->reached = reached;
	if (pipeline__source_awaited(watch->pipeline) == i)
		source->debt += elapsed;
	source->debt -= min(source->debt, paid);
}

/* Why @source is not to be waited for now. */
static enum feed_stall judge(const struct watch *watch, u32 i, u64 now)
{
	const struct source *source = &watch->source[i];
	struct source_state state = pipeline__source_state(watch->pipeline, i);
	bool began = state.recording && source->reached;
	u64 since = state.recording ? source->last_heard : source->started;
	u64 limit = state.recording ? STALL_NS : START_NS;

	/* Held until the others record. */
	if ((int)i == watch->local && state.attaching && !watch->begun)
		return FEED_KEPT_UP;
	/* One that was read on ahead, as others are behind, is not silent. */
	if (!state.pending && !state.eof && now - since >= limit)
		return FEED_SILENT;
	if (!state.guest)
		return FEED_KEPT_UP;
	if (is_ahead(watch, i))
		return FEED_AHEAD;
	return source->debt >= (began ? STALL_NS : START_NS) || is_unmarked(watch, i)
		       ? FEED_BEHIND
		       : FEED_KEPT_UP;
}

/* Whether one that is not waited for has come back to where the others are. */
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
	source->why = judge(watch, i, now);
	if (now > source->stalled_at + FORGIVE_NS)
		source->stalls = 0;
	if (source->why == FEED_KEPT_UP)
		return;
	/* A guest may be paused as often as it likes. */
	source->stalls += source->why != FEED_SILENT;
	source->stalled_at = now;
	pipeline__source_stall(watch->pipeline, i, source->why);
	tell(watch, i);
}

/* A stream that is of no use is said to be so at once, not only at the end. */
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

static void check_trace(struct watch *watch, u64 now)
{
	if (!watch->trace || watch->trace->eof || now - watch->trace_heard <= STALL_NS)
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

	/* Stopped (SIGSTOP, a suspend) is not waiting. */
	elapsed = watch->checked ? min(elapsed, (u64)NSEC_PER_SEC) : 0;
	watch->checked = now;
	check_trace(watch, now);
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
