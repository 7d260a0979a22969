// SPDX-License-Identifier: GPL-2.0
/* Settling: decides waiting items, reports them, and frees them. */
#include <stdlib.h>
#include <string.h>

#include "pair_internal.h"

/* --- what goes out --- */

void pair__tell_no_op(struct pair *pair, const struct pair_record *record, enum pair_why why)
{
	pair->stats.record[why]++;
	if (pair->sink.no_op)
		pair->sink.no_op(pair->sink.arg, record, why);
}

static void tell_no_record(struct pair *pair, const struct waiting_call *call, u32 op, u32 pass,
			   enum pair_why why)
{
	pair->stats.ops++;
	pair->stats.op[why]++;
	if (pair->sink.no_record)
		pair->sink.no_record(pair->sink.arg, call->call.cookie, op, pass, why);
}

static struct pair_record describe(const struct pair_lane *lane, const struct pair_entry *entry,
				   const struct waiting_record *record)
{
	return (struct pair_record){
		.tsc = record->tsc,
		.call_tsc = entry->tsc,
		.domid = (s32)(lane->key >> 16),
		.vcpu = (s32)(lane->key & 0xffff),
		.granter = record->granter,
		.kind = record->kind,
	};
}

struct telling {
	struct pair *pair;
	struct pair_lane *lane;
};

/* Reports the records of one piece with their operations. */
static void tell_piece(struct telling *telling, struct waiting_call *call,
		       const struct piece *piece, u8 *found)
{
	struct pair_lane *lane = telling->lane;
	const struct pair_entry *entry = &lane->entries[piece->entry];
	u32 nr = entry->nr[call->call.kind], k;
	u32 *op = calloc(nr ? nr : 1, sizeof(*op));

	if (!op || !piece__assign(lane, call, piece, op, nr)) {
		free(op);
		return;
	}
	for (k = 0; k < nr; k++) {
		struct waiting_record *record = &lane->records[entry->first + k];
		struct pair_record described = describe(lane, entry, record);

		record->told = true;
		if (op[k] == UINT32_MAX) {
			pair__tell_no_op(telling->pair, &described, PAIR_OP);
			continue;
		}
		found[op[k]] |= (u8)(1 << piece->pass);
		telling->pair->stats.ops++;
		telling->pair->stats.op[PAIR_FOUND]++;
		telling->pair->stats.record[PAIR_FOUND]++;
		if (telling->pair->sink.paired)
			telling->pair->sink.paired(telling->pair->sink.arg, call->call.cookie,
						   op[k], piece->pass, &described);
	}
	free(op);
}

/* Reports a paired call: its records, and operations without a record. */
static void tell_paired(void *arg, struct waiting_call *call, const struct pair_span *span)
{
	struct telling *telling = arg;
	u8 *found = calloc(call->call.nr ? call->call.nr : 1, 1);
	u32 i, pass;

	if (!found) {
		call->why = PAIR_OVERFLOW;
		return;
	}
	call->told = true;
	for (i = 0; i < span->nr; i++) {
		telling->lane->entries[span->piece[i].entry].taken = TAKEN;
		tell_piece(telling, call, &span->piece[i], found);
	}
	for (pass = 0; pass < call->call.passes; pass++)
		for (i = 0; i < call->call.nr; i++)
			if (!call->ops[i].status && !(found[i] & (1 << pass)))
				tell_no_record(telling->pair, call, i, pass, PAIR_OP);
	free(found);
}

void pair__tell_unpaired(struct pair *pair, const struct waiting_call *call)
{
	u32 i, pass;

	for (pass = 0; pass < call->call.passes; pass++)
		for (i = 0; i < call->call.nr; i++)
			if (!call->ops[i].status)
				tell_no_record(pair, call, i, pass, call->why);
}

/* --- losses --- */

void pair__lose(struct pair *pair, u64 from, u64 to, u32 key)
{
	struct loss *loss;

	pair->stats.losses++;
	if (pair->nr_losses == MAX_LOSSES) {
		/* At the limit, one loss covers all: less precise, and still true. */
		for (loss = pair->losses; loss < pair->losses + MAX_LOSSES; loss++) {
			from = min(from, loss->from);
			to = max(to, loss->to);
		}
		pair->nr_losses = 0;
		key = ALL_LANES;
	}
	pair->losses[pair->nr_losses++] = (struct loss){from, to, key};
}

static bool is_lost(const struct pair *pair, u64 from, u64 to, u32 key)
{
	u32 i;

	for (i = 0; i < pair->nr_losses; i++)
		if (pair->losses[i].from <= to && pair->losses[i].to >= from &&
		    (pair->losses[i].key == ALL_LANES || pair->losses[i].key == key))
			return true;
	return false;
}

static void forget_losses(struct pair *pair, u64 before)
{
	u32 i, kept = 0;

	for (i = 0; i < pair->nr_losses; i++)
		if (pair->losses[i].to >= before)
			pair->losses[kept++] = pair->losses[i];
	pair->nr_losses = kept;
}

/* --- deciding --- */

/* Reports the records of the first @nr entries that no call took, and frees the entries. */
static void drop_entries(struct pair *pair, struct pair_lane *lane, u32 nr)
{
	u32 i, k, records = nr < lane->nr_entries ? lane->entries[nr].first : lane->nr_records;

	for (i = 0; i < nr; i++) {
		const struct pair_entry *entry = &lane->entries[i];

		for (k = entry->first; k < entry->first + entry->nr[0] + entry->nr[1]; k++) {
			struct pair_record record = describe(lane, entry, &lane->records[k]);
			bool lost = is_lost(pair, entry->tsc, record.tsc, lane->key);

			if (!lane->records[k].told)
				pair__tell_no_op(pair, &record, lost ? PAIR_LOST : entry->why);
		}
	}
	memmove(lane->records, lane->records + records,
		(lane->nr_records - records) * sizeof(*lane->records));
	memmove(lane->entries, lane->entries + nr,
		(lane->nr_entries - nr) * sizeof(*lane->entries));
	lane->nr_records -= records;
	lane->nr_entries -= nr;
	for (i = 0; i < lane->nr_entries; i++)
		lane->entries[i].first -= records;
	for (i = 0; i < lane->nr_calls; i++) {
		lane->calls[i]->min_end -= nr;
		lane->calls[i]->max_start -= nr;
	}
	pair->waiting -= nr + records;
}

static void drop_calls(struct pair *pair, struct pair_lane *lane, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		pair->waiting -= 1 + lane->calls[i]->call.nr;
		free(lane->calls[i]);
	}
	memmove(lane->calls, lane->calls + nr,
		(lane->nr_calls - nr) * sizeof(struct waiting_call *));
	lane->nr_calls -= nr;
}

static u32 entries_before(const struct pair_lane *lane, u64 tsc)
{
	u32 nr = 0;

	/* The last entry may still be open. */
	while (nr + 1 < lane->nr_entries && lane->entries[nr].tsc < tsc)
		nr++;
	return nr;
}

/* Decides the first @nr calls. */
void pair__match(struct pair *pair, struct pair_lane *lane, u32 nr, emit_fn emit, void *arg)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		struct waiting_call *call = lane->calls[i];

		if (call->why == PAIR_FOUND)
			continue;
		if (call->call.tsc_lo < pair->begin || call->call.tsc_hi > pair->now)
			call->why = PAIR_OUTSIDE;
		else if (is_lost(pair, call->call.tsc_lo, call->call.tsc_hi, lane->key))
			call->why = PAIR_LOST;
	}
	pair_lane__match(lane, nr, pair->scratch, emit, arg);
}

static void match_calls(struct pair *pair, struct pair_lane *lane, u32 nr)
{
	struct telling telling = {pair, lane};

	pair__match(pair, lane, nr, tell_paired, &telling);
}

/* Marks the entries that this undecided call may have made. */
static void doubt_entries(struct pair_lane *lane, const struct waiting_call *call)
{
	u32 i;

	if (call->why == PAIR_NO_CALL)
		return;
	for (i = 0; i < lane->nr_entries && lane->entries[i].tsc <= call->call.tsc_hi; i++)
		if (lane->entries[i].tsc >= call->call.tsc_lo && !lane->entries[i].taken)
			lane->entries[i].why = call->why;
}

/* Reports and frees the first @nr calls. */
static void settle_calls(struct pair *pair, struct pair_lane *lane, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (lane->calls[i]->why == PAIR_FOUND)
			continue;
		doubt_entries(lane, lane->calls[i]);
		pair__tell_unpaired(pair, lane->calls[i]);
	}
	drop_calls(pair, lane, nr);
}

/*
 * Too many calls overlap to be matched together. What is certain about the first ones stays certain
 * when more come. The others of the first half are given up; those of the second half are tried
 * again.
 */
static void settle_block(struct pair *pair, struct pair_lane *lane)
{
	s64 end = -1;
	u32 i;

	if (pair__try(pair, lane, BLOCK))
		match_calls(pair, lane, BLOCK);
	else
		pair__doubt(lane, BLOCK);
	for (i = 0; i < BLOCK / 2; i++)
		if (lane->calls[i]->why == PAIR_FOUND)
			end = max(end, lane->calls[i]->min_end);
	for (i = BLOCK / 2; i < BLOCK; i++)
		if (lane->calls[i]->why != PAIR_FOUND)
			lane->calls[i]->why = PAIR_WHYS;
	settle_calls(pair, lane, BLOCK / 2);
	if (end >= 0)
		drop_entries(pair, lane, (u32)end + 1);
}

/* Settles calls that overlap each other only and ended before @horizon. */
static bool settle_group(struct pair *pair, struct pair_lane *lane, u64 horizon)
{
	u64 end = 0;
	u32 nr;

	for (nr = 0; nr < lane->nr_calls && nr < BLOCK; nr++) {
		if (nr && lane->calls[nr]->call.tsc_lo > end)
			break;
		end = max(end, lane->calls[nr]->call.tsc_hi);
		if (end >= horizon)
			return false;
	}
	if (!nr)
		return false;
	if (nr == BLOCK) {
		settle_block(pair, lane);
		return true;
	}
	if (pair__try(pair, lane, nr))
		match_calls(pair, lane, nr);
	else
		pair__doubt(lane, nr);
	settle_calls(pair, lane, nr);
	return true;
}

static void settle_lane(struct pair *pair, struct pair_lane *lane, u64 horizon)
{
	u64 before = horizon;
	u32 nr;

	while (settle_group(pair, lane, horizon))
		;
	if (lane->nr_calls)
		before = min(before, lane->calls[0]->call.tsc_lo);
	nr = before == UINT64_MAX ? lane->nr_entries : entries_before(lane, before);
	if (nr)
		drop_entries(pair, lane, nr);
}

/* Decides all waiting items by what is known. */
static void settle_all(struct pair *pair, u64 horizon)
{
	u32 i;

	for (i = 0; i < pair->nr_lanes; i++)
		settle_lane(pair, pair->lanes[i], horizon);
	pair->settled = max(pair->settled, horizon);
}

/* Returns the TSC before which no further gap can show up. */
static u64 trace_horizon(const struct pair *pair)
{
	u64 horizon = pair->now, idle_until;
	u32 i;

	idle_until = pair->now > pair->idle_max ? pair->now - pair->idle_max : 0;
	for (i = 0; i < pair->cpu_end; i++)
		if (pair->cpu_last[i])
			horizon = min(horizon, max(pair->cpu_last[i], idle_until));
	return horizon;
}

/* Returns the earliest TSC that a waiting or later call may concern. */
static u64 earliest_open(const struct pair *pair)
{
	const struct pair_lane *lane;
	u64 tsc = pair->settled;
	u32 i;

	for (i = 0; i < pair->nr_lanes; i++) {
		lane = pair->lanes[i];
		if (lane->nr_calls)
			tsc = min(tsc, lane->calls[0]->call.tsc_lo);
	}
	return tsc;
}

void pair__settle(struct pair *pair, u64 tsc)
{
	pair->calls_until = max(pair->calls_until, tsc);
	settle_all(pair, min(pair->calls_until, trace_horizon(pair)));
	forget_losses(pair, earliest_open(pair));
}

void pair__finish(struct pair *pair)
{
	settle_all(pair, UINT64_MAX);
}

/* After a boot or suspend, older items are unrelated to later ones. */
void pair__begin_anew(struct pair *pair)
{
	settle_all(pair, UINT64_MAX);
	memset(pair->cpu_last, 0, pair->cpu_end * sizeof(pair->cpu_last[0]));
	pair->begun = false;
	pair->now = 0;
	pair->calls_until = 0;
	pair->settled = 0;
	pair->nr_losses = 0;
}

/* Too many items wait: gives all of them up. */
void pair__overflow(struct pair *pair)
{
	struct pair_lane *lane;
	u32 i, k;

	for (i = 0; i < pair->nr_lanes; i++) {
		lane = pair->lanes[i];
		for (k = 0; k < lane->nr_calls; k++)
			if (lane->calls[k]->why != PAIR_FOUND)
				lane->calls[k]->why = PAIR_OVERFLOW;
		settle_calls(pair, lane, lane->nr_calls);
		for (k = 0; k < lane->nr_entries; k++)
			lane->entries[k].why = PAIR_OVERFLOW;
		drop_entries(pair, lane, lane->nr_entries);
	}
	pair__lose(pair, 0, pair->now, ALL_LANES);
}
