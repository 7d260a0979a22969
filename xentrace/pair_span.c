// SPDX-License-Identifier: GPL-2.0
/*
 * What one call looks like in the trace. A pass is one hypercall for all operations, in order; each
 * successful map leaves a record. A preempted hypercall is entered again with the remaining
 * operations. Other hypercalls of the same vCPU may come in between, from an interrupt.
 */
#include <string.h>

#include "pair_internal.h"

/* maximum of steps tried for one call */
#define MAX_STEPS 20000u
/* maximum of operations and records of a piece with optional records */
#define MAX_ALIGN 128u

/* --- one piece --- */

static const struct waiting_record *pair_entry__records(const struct pair_lane *lane,
							const struct pair_entry *entry)
{
	return lane->records + entry->first;
}

enum need { NEVER, MAYBE, ALWAYS };

/*
 * Whether operation @op leaves a record. The record of an unmap is written before most checks that
 * can make it fail. The second pass repeats the results of the first, unless Xen ran out of a
 * resource.
 */
static enum need op__need(const struct waiting_call *call, u32 op, u32 pass)
{
	if (pass && call->loose)
		return MAYBE;
	if (!call->ops[op].status)
		return ALWAYS;
	return pass || call->call.kind == PAIR_UNMAP ? MAYBE : NEVER;
}

static bool is_of(const struct waiting_record *record, const struct pair_op *op)
{
	return op->granter == PAIR_ANY_GRANTER || op->granter == record->granter;
}

static u32 good_in(const struct waiting_call *call, u32 from, u32 to)
{
	return call->good[to] - call->good[from];
}

/* Every successful operation has a record, and no other operation has one. */
static bool align_good(const struct pair_lane *lane, const struct waiting_call *call,
		       const struct piece *piece, u32 *op, u32 room)
{
	const struct pair_entry *entry = &lane->entries[piece->entry];
	const struct waiting_record *records = pair_entry__records(lane, entry);
	u32 i, k = 0;

	for (i = piece->from; i < piece->to; i++) {
		if (call->ops[i].status)
			continue;
		if (!is_of(&records[k], &call->ops[i]))
			return false;
		if (k < room)
			op[k] = i;
		k++;
	}
	return true;
}

/*
 * reach[i][k]: the first i operations can be those of the first k records; rest[i][k]: so can the
 * remaining ones.
 */
struct alignment {
	bool reach[MAX_ALIGN + 1][MAX_ALIGN + 1];
	bool rest[MAX_ALIGN + 1][MAX_ALIGN + 1];
};

static void alignment__fill(struct alignment *align, const struct pair_lane *lane,
			    const struct waiting_call *call, const struct piece *piece, u32 n,
			    u32 nr)
{
	const struct waiting_record *records =
		pair_entry__records(lane, &lane->entries[piece->entry]);
	u32 i, k;

	memset(align, 0, sizeof(*align));
	align->reach[0][0] = true;
	for (i = 0; i < n; i++) {
		const struct pair_op *op = &call->ops[piece->from + i];
		enum need need = op__need(call, piece->from + i, piece->pass);

		for (k = 0; k <= nr; k++) {
			if (!align->reach[i][k])
				continue;
			align->reach[i + 1][k] |= need != ALWAYS;
			if (k < nr && need != NEVER && is_of(&records[k], op))
				align->reach[i + 1][k + 1] = true;
		}
	}
	align->rest[n][nr] = true;
	for (i = n; i-- > 0;) {
		const struct pair_op *op = &call->ops[piece->from + i];
		enum need need = op__need(call, piece->from + i, piece->pass);

		for (k = 0; k <= nr; k++) {
			align->rest[i][k] = need != ALWAYS && align->rest[i + 1][k];
			if (k < nr && need != NEVER && is_of(&records[k], op))
				align->rest[i][k] |= align->rest[i + 1][k + 1];
		}
	}
}

/* Some operations may have a record: finds which operation each record can be of. */
static bool align_maybe(const struct pair_lane *lane, const struct waiting_call *call,
			const struct piece *piece, u32 *op, u32 room)
{
	static struct alignment align;
	const struct pair_entry *entry = &lane->entries[piece->entry];
	u32 n = piece->to - piece->from, nr = entry->nr[call->call.kind], i, k;

	if (n > MAX_ALIGN || nr > MAX_ALIGN) {
		for (k = 0; k < nr && k < room; k++)
			op[k] = UINT32_MAX;
		return true;
	}
	alignment__fill(&align, lane, call, piece, n, nr);
	if (!align.reach[n][nr])
		return false;
	for (k = 0; k < nr && k < room; k++) {
		const struct waiting_record *record = pair_entry__records(lane, entry) + k;
		u32 found = 0;

		for (i = 0; i < n; i++) {
			if (!align.reach[i][k] || !align.rest[i + 1][k + 1] ||
			    op__need(call, piece->from + i, piece->pass) == NEVER ||
			    !is_of(record, &call->ops[piece->from + i]))
				continue;
			op[k] = piece->from + i;
			found++;
		}
		if (found != 1)
			op[k] = UINT32_MAX;
	}
	return true;
}

/*
 * Whether all operations of a piece, which has some, are on refs of one granter, and so are all
 * records of its entry. One comparison shows then whether they fit: a window has thousands of refs
 * of one domain, and there are many ways to divide a preempted call.
 */
static bool has_one_granter(const struct waiting_call *call, const struct piece *piece,
			    const struct pair_entry *entry)
{
	return !entry->mixed && call->changes[piece->from] == call->changes[piece->to - 1];
}

bool piece__assign(const struct pair_lane *lane, const struct waiting_call *call,
		   const struct piece *piece, u32 *op, u32 room)
{
	const struct pair_entry *entry = &lane->entries[piece->entry];
	u32 nr = entry->nr[call->call.kind], n = piece->to - piece->from;
	u32 good = good_in(call, piece->from, piece->to);
	bool loose = piece->pass && call->loose, exact = nr == good && (good == n || !loose);

	if (nr > n || (nr < good && !loose))
		return false;
	if (!exact && !loose && !piece->pass && call->call.kind == PAIR_MAP)
		return false;
	if (!room && (!nr || has_one_granter(call, piece, entry)))
		return !nr || is_of(pair_entry__records(lane, entry), &call->ops[piece->from]);
	if (exact)
		return align_good(lane, call, piece, op, room);
	return align_maybe(lane, call, piece, op, room);
}

/* --- all pieces --- */

struct span_search {
	const struct pair_lane *lane;
	struct waiting_call *call;
	struct span_bounds bounds;
	struct pair_span span;
	u32 steps;
	bool (*visit)(const struct pair_span *span, void *arg);
	void *arg;
};

static bool is_cmd(const struct pair_entry *entry, u8 kind)
{
	if (entry->cmd == XT_UNKNOWN)
		return true;
	return kind == PAIR_MAP ? entry->cmd == GNTTABOP_map_grant_ref
				: entry->cmd == GNTTABOP_unmap_grant_ref;
}

/* Whether @entry can be a piece of the call with @left operations left. */
static bool is_candidate(const struct span_search *search, const struct pair_entry *entry, u32 left)
{
	const struct pair_call *call = &search->call->call;
	const struct waiting_record *records = pair_entry__records(search->lane, entry);

	if (entry->taken || entry->tsc < call->tsc_lo || entry->tsc > call->tsc_hi)
		return false;
	if (!is_cmd(entry, call->kind) || entry->nr[!call->kind])
		return false;
	if (entry->count != XT_UNKNOWN && entry->count != left)
		return false;
	return !entry->nr[call->kind] || records[entry->nr[call->kind] - 1].tsc <= call->tsc_hi;
}

static bool search__piece(struct span_search *search, u32 pass, u32 from, u32 at);

/* Returns where the search for another piece ends. */
static u32 search__end(const struct span_search *search, u32 at)
{
	const struct pair_lane *lane = search->lane;

	while (at < search->bounds.ceiling && lane->entries[at].tsc <= search->call->call.tsc_hi)
		at++;
	return at;
}

/* Try every later entry for what comes after a piece. */
static bool search__later(struct span_search *search, u32 after, u32 pass, u32 from)
{
	u32 at, end = search__end(search, after + 1);

	for (at = after + 1; at < end; at++)
		if (search__piece(search, pass, from, at))
			return true;
	return false;
}

/* The call was preempted after this piece: a later entry has the remaining operations. */
static bool search__preempted(struct span_search *search, struct piece *piece)
{
	u32 at, end = search__end(search, piece->entry + 1);

	for (at = piece->entry + 1; at < end; at++) {
		s64 left = search->lane->entries[at].count;

		if (left == XT_UNKNOWN || left <= 0 || left >= search->call->call.nr - piece->from)
			continue;
		piece->to = search->call->call.nr - (u32)left;
		if (!piece__assign(search->lane, search->call, piece, NULL, 0))
			continue;
		if (search__piece(search, piece->pass, piece->to, at))
			return true;
	}
	return false;
}

/* The same when counts are not recorded: as many as there are records have succeeded until then. */
static bool search__preempted_hvm(struct span_search *search, struct piece *piece)
{
	const struct waiting_call *call = search->call;
	u32 nr = search->lane->entries[piece->entry].nr[call->call.kind];

	if (!nr || nr >= good_in(call, piece->from, call->call.nr))
		return false;
	for (piece->to = piece->from; good_in(call, piece->from, piece->to) < nr; piece->to++)
		;
	if (!piece__assign(search->lane, call, piece, NULL, 0))
		return false;
	return search__later(search, piece->entry, piece->pass, piece->to);
}

/* Takes entry @at as the call's next piece: operations from @from on, in @pass. */
static bool search__piece(struct span_search *search, u32 pass, u32 from, u32 at)
{
	struct waiting_call *call = search->call;
	const struct pair_entry *entry = &search->lane->entries[at];
	struct piece *piece = &search->span.piece[search->span.nr];
	bool done = false;

	if (!is_candidate(search, entry, call->call.nr - from))
		return false;
	if (search->span.nr == MAX_PIECES || ++search->steps > MAX_STEPS) {
		call->too_many = true;
		return false;
	}
	*piece = (struct piece){.entry = at, .pass = pass, .from = from, .to = call->call.nr};
	search->span.nr++;
	if (piece__assign(search->lane, call, piece, NULL, 0))
		done = pass + 1 < call->call.passes ? search__later(search, at, pass + 1, 0)
						    : search->visit(&search->span, search->arg);
	if (!done)
		done = entry->count == XT_UNKNOWN ? search__preempted_hvm(search, piece)
						  : search__preempted(search, piece);
	search->span.nr--;
	return done;
}

bool pair_span__each(const struct pair_lane *lane, struct waiting_call *call, u32 start,
		     struct span_bounds bounds,
		     bool (*visit)(const struct pair_span *span, void *arg), void *arg)
{
	struct span_search search = {
		.lane = lane,
		.call = call,
		.bounds = bounds,
		.visit = visit,
		.arg = arg,
	};

	return search__piece(&search, 0, 0, start);
}
