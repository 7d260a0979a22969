// SPDX-License-Identifier: GPL-2.0
/* Keeps the records and calls to be paired, by vCPU, and decides when to settle them. */
#include <stdlib.h>
#include <string.h>

#include "pair_internal.h"
#include "util/array.h"

static const char *const whys[PAIR_WHYS] = {
	/* clang-format off */
	[PAIR_FOUND] = "paired",
	[PAIR_LOST] = "records lost",
	[PAIR_OUTSIDE] = "outside the trace",
	[PAIR_NO_CALL] = "no hypercall",
	[PAIR_NO_VCPU] = "unknown vCPU",
	[PAIR_UNSEEN] = "not seen by probes",
	[PAIR_NO_AGENT] = "domain without probes",
	[PAIR_AMBIGUOUS] = "ambiguous",
	[PAIR_OP] = "unclear operation",
	[PAIR_TOO_LATE] = "told too late",
	[PAIR_OVERFLOW] = "too much waiting",
	/* clang-format on */
};

const char *pair_why__name(enum pair_why why)
{
	return whys[why];
}

struct pair *pair__new(const struct pair_sink *sink, u64 idle_max)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return NULL;
	pair->sink = *sink;
	pair->idle_max = idle_max;
	return pair;
}

static void pair_lane__free(struct pair_lane *lane)
{
	u32 i;

	for (i = 0; i < lane->nr_calls; i++)
		free(lane->calls[i]);
	free(lane->calls);
	free(lane->entries);
	free(lane->records);
	free(lane);
}

void pair__free(struct pair *pair)
{
	u32 i;

	if (!pair)
		return;
	for (i = 0; i < pair->nr_lanes; i++)
		pair_lane__free(pair->lanes[i]);
	hash__clear(&pair->lane_of);
	free(pair);
}

void pair__probe(struct pair *pair, u16 domid)
{
	pair->probed[domid] = true;
}

const struct pair_stats *pair__stats(const struct pair *pair)
{
	return &pair->stats;
}

static struct pair_lane *find_lane(struct pair *pair, u16 domid, u16 vcpu)
{
	u32 key = (u32)domid << 16 | vcpu;
	u32 found = hash__find(&pair->lane_of, key);
	struct pair_lane *lane;

	if (found)
		return pair->lanes[found - 1];
	if (pair->nr_lanes == MAX_LANES)
		return NULL;
	lane = calloc(1, sizeof(*lane));
	if (!lane || hash__set(&pair->lane_of, key, pair->nr_lanes + 1)) {
		free(lane);
		return NULL;
	}
	lane->key = key;
	pair->lanes[pair->nr_lanes++] = lane;
	return lane;
}

/* --- what comes in --- */

static struct waiting_call *waiting_call__new(const struct pair_call *given)
{
	size_t ops = given->nr * sizeof(struct pair_op);
	size_t counts = (2 * (size_t)given->nr + 1) * sizeof(u32);
	struct waiting_call *call = calloc(1, sizeof(*call) + ops + counts);
	u32 i;

	if (!call)
		return NULL;
	call->call = *given;
	call->call.ops = call->ops;
	call->call.kind = given->kind == PAIR_UNMAP;
	call->call.passes = given->passes > 1 ? 2 : 1;
	call->why = PAIR_WHYS;
	call->good = (u32 *)(call->ops + given->nr);
	call->changes = call->good + given->nr + 1;
	for (i = 0; i < given->nr; i++) {
		call->ops[i] = given->ops[i];
		call->good[i + 1] = call->good[i] + !given->ops[i].status;
		if (i)
			call->changes[i] = call->changes[i - 1] +
					   (given->ops[i].granter != given->ops[i - 1].granter);
	}
	return call;
}

/* Adds @call to its vCPU's calls. */
static int pair_lane__add_call(struct pair_lane *lane, struct waiting_call *call)
{
	struct waiting_call **calls =
		array__reserve(lane->calls, &lane->call_room, lane->nr_calls + 1, sizeof(*calls));
	u32 i;

	if (!calls)
		return -1;
	lane->calls = calls;
	for (i = lane->nr_calls++; i && calls[i - 1]->call.in > call->call.in; i--)
		calls[i] = calls[i - 1];
	calls[i] = call;
	return 0;
}

int pair__call(struct pair *pair, const struct pair_call *given)
{
	struct pair_lane *lane = find_lane(pair, given->domid, given->vcpu);
	struct waiting_call *call = waiting_call__new(given);
	bool too_late = given->tsc_lo < pair->settled;

	pair->probed[given->domid] = true;
	if (!call || !lane || (!too_late && pair_lane__add_call(lane, call))) {
		free(call);
		return -1;
	}
	pair->stats.calls++;
	if (too_late) {
		call->why = PAIR_TOO_LATE;
		pair__tell_unpaired(pair, call);
		free(call);
		return 0;
	}
	pair->waiting += 1 + given->nr;
	if (pair->waiting > MAX_WAITING)
		pair__overflow(pair);
	return 0;
}

static struct pair_entry *add_entry(struct pair *pair, struct pair_lane *lane,
				    const struct xt_rec *rec)
{
	const struct xt_hypercall *hc = rec->hypercall;
	struct pair_entry *entries = array__reserve(lane->entries, &lane->entry_room,
						    lane->nr_entries + 1, sizeof(*entries));

	if (!entries)
		return NULL;
	lane->entries = entries;
	pair->waiting++;
	entries[lane->nr_entries] = (struct pair_entry){
		.tsc = hc->tsc,
		.id = hc->id,
		.cmd = hc->op == __HYPERVISOR_multicall ? XT_UNKNOWN : hc->cmd,
		.count = hc->op == __HYPERVISOR_multicall ? XT_UNKNOWN : hc->count,
		.first = lane->nr_records,
		.why = PAIR_UNSEEN,
	};
	return &entries[lane->nr_entries++];
}

/* The vCPU of this hypercall is unknown: it may belong to any. */
static int add_hypercall(struct pair *pair, const struct xt_rec *rec)
{
	u32 op = xt_rec__word(rec, 0) & 0xfffff;
	const struct xt_hypercall *hc = rec->hypercall;
	struct pair_lane *lane;

	if (!hc) {
		if (op == __HYPERVISOR_grant_table_op || op == __HYPERVISOR_multicall)
			pair__lose(pair, rec->tsc, rec->tsc, ALL_LANES);
		return 0;
	}
	if (hc->op != __HYPERVISOR_grant_table_op || !pair->probed[rec->domid])
		return 0;
	if (hc->cmd != XT_UNKNOWN && hc->cmd != GNTTABOP_map_grant_ref &&
	    hc->cmd != GNTTABOP_unmap_grant_ref)
		return 0;
	lane = find_lane(pair, (u16)rec->domid, (u16)rec->vcpu);
	return lane && add_entry(pair, lane, rec) ? 0 : -1;
}

/*
 * Returns the entry to which @rec belongs. The entry of a multicall is created with its first
 * operation.
 */
static struct pair_entry *find_entry(struct pair *pair, struct pair_lane *lane,
				     const struct xt_rec *rec)
{
	if (lane->nr_entries && lane->entries[lane->nr_entries - 1].id == rec->hypercall->id)
		return &lane->entries[lane->nr_entries - 1];
	return add_entry(pair, lane, rec);
}

static int add_grant(struct pair *pair, const struct xt_rec *rec)
{
	struct pair_record described = {
		.tsc = rec->tsc,
		.call_tsc = rec->hypercall ? rec->hypercall->tsc : 0,
		.domid = rec->domid,
		.vcpu = rec->vcpu,
		.granter = xt_rec__word(rec, 0),
		.kind = rec->event->kind == XT_GRANT_MAP ? PAIR_MAP : PAIR_UNMAP,
	};
	struct waiting_record *records;
	struct pair_entry *entry;
	struct pair_lane *lane;

	pair->stats.records++;
	if (rec->domid == XT_UNKNOWN) {
		pair__lose(pair, rec->tsc, rec->tsc, ALL_LANES);
		pair__tell_no_op(pair, &described, PAIR_NO_VCPU);
		return 0;
	}
	if (!pair->probed[rec->domid]) {
		pair__tell_no_op(pair, &described, PAIR_NO_AGENT);
		return 0;
	}
	if (rec->flags & XT_F_LATE) {
		pair__tell_no_op(pair, &described, PAIR_LOST);
		return 0;
	}
	if (!rec->hypercall) {
		pair__lose(pair, rec->tsc, rec->tsc, (u32)rec->domid << 16 | (u32)rec->vcpu);
		pair__tell_no_op(pair, &described, PAIR_NO_CALL);
		return 0;
	}
	lane = find_lane(pair, (u16)rec->domid, (u16)rec->vcpu);
	entry = lane ? find_entry(pair, lane, rec) : NULL;
	records = entry ? array__reserve(lane->records, &lane->record_room, lane->nr_records + 1,
					 sizeof(*records))
			: NULL;
	if (!records)
		return -1;
	lane->records = records;
	entry->mixed |=
		entry->nr[0] + entry->nr[1] && records[entry->first].granter != described.granter;
	records[lane->nr_records++] = (struct waiting_record){
		.tsc = rec->tsc, .granter = described.granter, .kind = described.kind};
	entry->nr[described.kind]++;
	pair->waiting++;
	return 0;
}

/* Notes losses which the record shows. */
static void note_time(struct pair *pair, const struct xt_rec *rec)
{
	u64 last = max(pair->cpu_last[rec->pcpu], pair->begin);

	if (!pair->begun) {
		pair->begun = true;
		pair->begin = last = rec->tsc;
	}
	if (rec->flags & (XT_F_HOLE | XT_F_TSC_BACK))
		pair__lose(pair, min(last, rec->tsc), max(last, rec->tsc), ALL_LANES);
	if (rec->flags & XT_F_LATE)
		pair__lose(pair, rec->tsc, pair->now, ALL_LANES);
	pair->now = max(pair->now, rec->tsc);
	pair->cpu_last[rec->pcpu] = max(pair->cpu_last[rec->pcpu], rec->tsc);
	pair->cpu_end = max(pair->cpu_end, rec->pcpu + 1u);
}

int pair__record(struct pair *pair, const struct xt_rec *rec)
{
	u64 first;
	int err = 0;

	if (rec->flags & XT_F_NO_TIME)
		return 0;
	if ((rec->flags & XT_F_TSC_BACK) && rec->tsc + ((u64)1 << 30) < pair->now)
		pair__begin_anew(pair);
	note_time(pair, rec);
	switch (rec->event->kind) {
	case XT_LOST:
		first = xt_rec__word(rec, 2) | (u64)xt_rec__word(rec, 3) << 32;
		pair__lose(pair, min(first, rec->tsc), rec->tsc, ALL_LANES);
		break;
	case XT_HYPERCALL:
	case XT_SUBCALL:
	case XT_VMMCALL:
		err = rec->flags & XT_F_LATE ? 0 : add_hypercall(pair, rec);
		break;
	case XT_GRANT_MAP:
	case XT_GRANT_UNMAP:
		err = add_grant(pair, rec);
		break;
	default:
		break;
	}
	if (pair->waiting > MAX_WAITING)
		pair__overflow(pair);
	return err;
}
