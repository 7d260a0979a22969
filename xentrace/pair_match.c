// SPDX-License-Identifier: GPL-2.0
/*
 * Matches a vCPU's calls with its hypercalls. Both are in order, and so are the calls' spans. All
 * possibilities lie between the earliest spans that all calls can have at once, and the latest. A
 * call is paired if one span remains between those of its neighbours. This is valid if every call
 * has its entries in the trace, so calls that touch a loss are left out.
 */
#include "pair_internal.h"

struct matching {
	struct pair_lane *lane;
	struct waiting_call **calls; /* of one depth, in order */
	u32 nr;
	emit_fn emit;
	void *arg;
};

/* --- spans of one call between bounds --- */

static u32 first_entry(const struct pair_lane *lane, u64 tsc)
{
	u32 low = 0, high = lane->nr_entries;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (lane->entries[middle].tsc < tsc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool keep_earliest(const struct pair_span *span, void *arg)
{
	struct pair_span *best = arg;

	if (!best->nr || pair_span__end(span) < pair_span__end(best))
		*best = *span;
	return false;
}

static bool keep_any(const struct pair_span *span, void *arg)
{
	*(struct pair_span *)arg = *span;
	return true;
}

static struct span_bounds within(const struct waiting_call *call, struct span_bounds bounds)
{
	return (struct span_bounds){.floor = max(bounds.floor, call->fence.floor),
				    .ceiling = min(bounds.ceiling, call->fence.ceiling)};
}

/* Finds the span of @call above bounds.floor with the earliest end. */
static bool earliest_span(struct matching *match, struct waiting_call *call,
			  struct span_bounds bounds, struct pair_span *best)
{
	s64 at;

	bounds = within(call, bounds);
	at = max((s64)first_entry(match->lane, call->call.tsc_lo), bounds.floor + 1);
	best->nr = 0;
	for (; at < bounds.ceiling && (!best->nr || at < pair_span__end(best)); at++) {
		if (match->lane->entries[at].tsc > call->call.tsc_hi)
			break;
		pair_span__each(match->lane, call, (u32)at, bounds, keep_earliest, best);
	}
	return best->nr;
}

/* Finds the span of @call below bounds.ceiling with the latest start. */
static bool latest_span(struct matching *match, struct waiting_call *call,
			struct span_bounds bounds, struct pair_span *best)
{
	s64 at;

	bounds = within(call, bounds);
	at = min((s64)first_entry(match->lane, call->call.tsc_hi + 1), bounds.ceiling) - 1;
	for (; at > bounds.floor && match->lane->entries[at].tsc >= call->call.tsc_lo; at--)
		if (pair_span__each(match->lane, call, (u32)at, bounds, keep_any, best))
			return true;
	return false;
}

/* Identifies the records of a span: two spans with the same records are equivalent. */
static u64 pair_span__records(const struct pair_lane *lane, const struct pair_span *span, u8 kind)
{
	u64 hash = 0xcbf29ce484222325u;
	u32 i;

	for (i = 0; i < span->nr; i++) {
		if (!lane->entries[span->piece[i].entry].nr[kind])
			continue;
		hash = (hash ^ span->piece[i].entry) * 0x100000001b3u;
		hash = (hash ^ span->piece[i].from) * 0x100000001b3u;
		hash = (hash ^ span->piece[i].pass) * 0x100000001b3u;
	}
	return hash;
}

struct counting {
	const struct pair_lane *lane;
	u8 kind;
	u32 nr;
	u64 first;
	struct pair_span span;
};

static bool count_span(const struct pair_span *span, void *arg)
{
	struct counting *counting = arg;
	u64 records = pair_span__records(counting->lane, span, counting->kind);

	if (!counting->nr) {
		counting->first = records;
		counting->span = *span;
		counting->nr = 1;
	} else if (records != counting->first) {
		counting->nr = 2;
	}
	return counting->nr == 2;
}

/* Whether all spans of @call between @bounds are equivalent. @only is set to one of them. */
static bool only_span(struct matching *match, struct waiting_call *call, struct span_bounds bounds,
		      struct pair_span *only)
{
	struct counting counting = {.lane = match->lane, .kind = call->call.kind};
	s64 at;

	bounds = within(call, bounds);
	at = max((s64)first_entry(match->lane, call->call.tsc_lo), bounds.floor + 1);
	for (; at < bounds.ceiling; at++) {
		if (match->lane->entries[at].tsc > call->call.tsc_hi)
			break;
		if (pair_span__each(match->lane, call, (u32)at, bounds, count_span, &counting))
			return false;
	}
	*only = counting.span;
	return counting.nr == 1 && !call->too_many;
}

/* --- all calls of one depth --- */

static struct span_bounds everything(const struct pair_lane *lane)
{
	return (struct span_bounds){.floor = -1, .ceiling = lane->nr_entries};
}

static bool is_open(const struct waiting_call *call)
{
	return call->why == PAIR_WHYS;
}

/* Its neighbours must leave room for it. */
static bool is_in_line(const struct waiting_call *call)
{
	return is_open(call) || call->why == PAIR_FOUND;
}

/*
 * Call @nr has no span after those of the calls before it. One of these calls has no entry in the
 * trace, and it is unknown which one. So all calls that could have taken the entries of @nr stay
 * unpaired.
 */
static void give_up(struct matching *match, u32 nr)
{
	struct pair_span span;
	s64 first;
	u32 i;

	match->calls[nr]->why = PAIR_AMBIGUOUS;
	match->calls[nr]->given_up = true;
	match->calls[nr]->bounded = false;
	if (!earliest_span(match, match->calls[nr], everything(match->lane), &span))
		return;
	first = span.piece[0].entry;
	for (i = nr; i-- > 0;) {
		struct waiting_call *call = match->calls[i];

		if (!is_open(call))
			continue;
		if (!latest_span(match, call, everything(match->lane), &span) ||
		    pair_span__end(&span) < first)
			break;
		call->why = PAIR_AMBIGUOUS;
		call->given_up = true;
		call->bounded = false;
	}
}

/* Whether @call has any span; if none, tries one whose second pass has other results. */
static bool is_anywhere(struct matching *match, struct waiting_call *call)
{
	struct pair_span span;

	if (earliest_span(match, call, everything(match->lane), &span))
		return true;
	call->loose = call->call.passes > 1;
	if (call->loose && earliest_span(match, call, everything(match->lane), &span))
		return true;
	call->loose = false;
	return false;
}

/* Finds the earliest end of each call's span. */
static void go_forward(struct matching *match)
{
	struct span_bounds bounds = everything(match->lane);
	struct pair_span span;
	u32 i;

	for (i = 0; i < match->nr; i++) {
		struct waiting_call *call = match->calls[i];

		if (!is_open(call)) {
			if (is_in_line(call))
				bounds.floor = max(bounds.floor, call->min_end);
			continue;
		}
		if (!is_anywhere(match, call))
			call->why = call->too_many ? PAIR_AMBIGUOUS : PAIR_NO_CALL;
		else if (!earliest_span(match, call, bounds, &span))
			give_up(match, i);
		else if (call->too_many)
			call->why = PAIR_AMBIGUOUS;
		else
			call->min_end = bounds.floor = pair_span__end(&span);
	}
}

/* Finds the latest start of each call's span. */
static void go_back(struct matching *match)
{
	struct span_bounds bounds = everything(match->lane);
	struct pair_span span;
	u32 i;

	for (i = match->nr; i-- > 0;) {
		struct waiting_call *call = match->calls[i];

		if (!is_open(call)) {
			if (is_in_line(call))
				bounds.ceiling = min(bounds.ceiling, call->max_start);
			continue;
		}
		call->bounded = latest_span(match, call, bounds, &span) && !call->too_many;
		if (call->bounded)
			call->max_start = bounds.ceiling = span.piece[0].entry;
		else
			call->why = PAIR_AMBIGUOUS;
	}
}

static void take(struct matching *match, struct waiting_call *call, const struct pair_span *span)
{
	u32 i;

	call->why = PAIR_FOUND;
	call->bounded = true;
	call->min_end = pair_span__end(span);
	call->max_start = span->piece[0].entry;
	for (i = 0; i < span->nr; i++)
		match->lane->entries[span->piece[i].entry].taken = TAKEN_ON_TRIAL;
	match->emit(match->arg, call, span);
}

/* Takes calls with one span between the earliest end before and the latest start after. */
static void take_only(struct matching *match)
{
	s64 floor = -1, ceiling;
	struct pair_span span;
	u32 i, next;

	for (i = 0; i < match->nr; i++) {
		struct waiting_call *call = match->calls[i];

		if (!is_in_line(call))
			continue;
		ceiling = match->lane->nr_entries;
		for (next = i + 1; next < match->nr; next++) {
			if (!is_in_line(match->calls[next]))
				continue;
			ceiling = match->calls[next]->max_start;
			break;
		}
		if (is_open(call) &&
		    only_span(match, call, (struct span_bounds){floor, ceiling}, &span))
			take(match, call, &span);
		floor = max(floor, call->min_end);
	}
}

static void give_up_rest(struct matching *match)
{
	u32 i;

	for (i = 0; i < match->nr; i++)
		if (is_open(match->calls[i]))
			match->calls[i]->why = PAIR_AMBIGUOUS;
}

/* --- depths --- */

/* A call within another came from an interrupt that preempted the other. */
static u32 set_depths(struct pair_lane *lane, u32 nr)
{
	u32 i, outer, deepest = 0;

	for (i = 0; i < nr; i++) {
		lane->calls[i]->depth = 0;
		for (outer = i; outer-- > 0;) {
			if (lane->calls[outer]->call.out <= lane->calls[i]->call.in)
				continue;
			lane->calls[i]->depth = lane->calls[outer]->depth + 1;
			break;
		}
		deepest = max(deepest, lane->calls[i]->depth);
	}
	return deepest;
}

/* If an inner call is undecided, its entries may be taken for those of the outer call. */
static void spread_doubt(struct pair_lane *lane, u32 nr, u32 i)
{
	struct waiting_call *call = lane->calls[i];
	u32 inner;

	for (inner = i + 1; inner < nr && lane->calls[inner]->call.in < call->call.out; inner++)
		if (lane->calls[inner]->depth > call->depth &&
		    lane->calls[inner]->why != PAIR_FOUND)
			call->why = PAIR_AMBIGUOUS;
}

static void match_depth(struct pair_lane *lane, u32 nr, u32 depth, struct matching *match)
{
	u32 i;

	match->nr = 0;
	for (i = 0; i < nr; i++) {
		if (lane->calls[i]->depth != depth)
			continue;
		if (is_open(lane->calls[i]))
			spread_doubt(lane, nr, i);
		match->calls[match->nr++] = lane->calls[i];
	}
	go_forward(match);
	go_back(match);
	take_only(match);
	give_up_rest(match);
}

/* --- rounds --- */

/*
 * Calls that had returned before call @nth began have their entries before its own. Calls that
 * began later have them after it.
 */
static void set_fence(struct pair_lane *lane, u32 nr, u32 nth)
{
	struct waiting_call *call = lane->calls[nth];
	u32 i;

	for (i = 0; i < nr; i++) {
		const struct waiting_call *other = lane->calls[i];

		if (!other->bounded)
			continue;
		if (i < nth && other->call.out <= call->call.in)
			call->fence.floor = max(call->fence.floor, other->min_end);
		else if (i > nth && other->call.in >= call->call.out)
			call->fence.ceiling = min(call->fence.ceiling, other->max_start);
	}
}

/*
 * Undecided calls which depended on outer calls are tried again. Returns false if there are none.
 */
static bool reopen(struct pair_lane *lane, u32 nr)
{
	bool any = false;
	u32 i;

	for (i = 0; i < nr; i++) {
		struct waiting_call *call = lane->calls[i];

		if (call->why != PAIR_AMBIGUOUS || call->given_up || call->too_many)
			continue;
		set_fence(lane, nr, i);
		call->why = PAIR_WHYS;
		any = true;
	}
	return any;
}

static u32 count_found(const struct pair_lane *lane, u32 nr)
{
	u32 i, found = 0;

	for (i = 0; i < nr; i++)
		found += lane->calls[i]->why == PAIR_FOUND;
	return found;
}

void pair_lane__match(struct pair_lane *lane, u32 nr, struct waiting_call **scratch, emit_fn emit,
		      void *arg)
{
	struct matching match = {.lane = lane, .calls = scratch, .emit = emit, .arg = arg};
	u32 deepest = set_depths(lane, nr), depth, i, found, before, round = 0;

	for (i = 0; i < nr; i++)
		lane->calls[i]->fence = everything(lane);
	found = count_found(lane, nr);
	do {
		before = found;
		for (depth = deepest + 1; depth-- > 0;)
			match_depth(lane, nr, depth, &match);
		found = count_found(lane, nr);
	} while ((found > before || !round++) && reopen(lane, nr));
}
