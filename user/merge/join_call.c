// SPDX-License-Identifier: GPL-2.0
/* Calls of the probed domain, as input of the pairing, and the pairing's results. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "merge/join_internal.h"

/* A longer call may span a change of the clocks' offset, so both of its ends are translated. */
#define LONG_CALL (1 * NSEC_PER_MSEC)
/* How long before its return a call without an entry may have begun. */
#define UNSEEN_ENTRY (10 * NSEC_PER_MSEC)

void join_call__put(struct join_call *call)
{
	if (--call->nr_parts)
		return;
	free(call->part);
	free(call);
}

static struct join_call *join_call__new(const struct rec_batch *batch)
{
	struct join_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->kind = batch->e.h.type == REC_UNMAP ? PAIR_UNMAP : PAIR_MAP;
	call->passes = 1;
	call->in = batch->e.t_in;
	call->open = 1; /* held until the call was entered into the pairing */
	return call;
}

static int join_call__add(struct join_call *call, struct waiting *waiting)
{
	const struct rec_batch *batch = (const void *)waiting->item.rec;
	struct waiting **part = realloc(call->part, (call->parts + 1) * sizeof(struct waiting *));

	if (!part)
		return -ENOMEM;
	call->part = part;
	call->part[call->parts++] = waiting;
	call->nr_parts++;
	waiting->call = call;
	waiting->first = call->nr;
	waiting->nr = batch->nr;
	call->nr += batch->nr;
	call->out = batch->e.t_out;
	return 0;
}

/* --- how often --- */

static void note_handles(struct join *join, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	const struct op_map *op = rec__ops(rec);
	u32 i;

	if (!join->twice)
		join->twice = calloc(JOIN_HANDLES, 1);
	for (i = 0; join->twice && i < batch->nr; i++)
		if (!op[i].status && op[i].handle < JOIN_HANDLES)
			join->twice[op[i].handle] = op[i].flags & GNTMAP_application_map ? 2 : 1;
}

/*
 * The number of hypercalls in which a PV kernel does a map or unmap: 2 if it also maps for itself
 * what it maps for user space. 0: unknown.
 */
static u8 passes(const struct join *join, const struct join_call *call)
{
	u8 known = 0;
	u32 p, i;

	for (p = 0; p < call->parts; p++) {
		const struct rec *rec = call->part[p]->item.rec;
		const struct rec_batch *batch = (const void *)rec;
		const struct op_map *map = rec__ops(rec);
		const struct op_unmap *unmap = rec__ops(rec);

		for (i = 0; i < batch->nr; i++) {
			u8 n = 0;

			if (call->kind == PAIR_MAP)
				n = map[i].flags & GNTMAP_application_map ? 2 : 1;
			else if (!unmap[i].status && unmap[i].handle < JOIN_HANDLES && join->twice)
				n = join->twice[unmap[i].handle];
			if (n && known && n != known)
				return 0;
			known = n ? n : known;
		}
	}
	return known;
}

/* --- entering a call into the pairing --- */

static void fill_ops(const struct join_call *call, struct pair_op *to)
{
	u32 p, i;

	for (p = 0; p < call->parts; p++) {
		const struct rec *rec = call->part[p]->item.rec;
		const struct rec_batch *batch = (const void *)rec;
		const struct op_map *map = rec__ops(rec);
		const struct op_unmap *unmap = rec__ops(rec);

		for (i = 0; i < batch->nr; i++, to++) {
			if (call->kind == PAIR_MAP)
				*to = (struct pair_op){map[i].granter, map[i].status};
			else
				*to = (struct pair_op){unmap[i].granter == UINT16_MAX
							       ? PAIR_ANY_GRANTER
							       : unmap[i].granter,
						       unmap[i].status};
		}
	}
}

static u32 successes(const struct pair_op *ops, u32 nr)
{
	u32 i, n = 0;

	for (i = 0; i < nr; i++)
		n += !ops[i].status;
	return n;
}

/* Sets the call's place on the TSC. Returns false without a clock. */
static bool place(struct join *join, struct join_call *call)
{
	struct moment out = tsc_clock__at(&join->clock, call->out), in;
	s64 moved;

	if (!tsc_clock__is_set(&join->clock) || out.err == CLOCK_ERR_UNKNOWN)
		return false;
	call->off = (s64)(out.ns - call->out);
	call->err = out.err;
	if (call->out - call->in <= LONG_CALL)
		return true;
	in = tsc_clock__at(&join->clock, call->in);
	moved = call->off - (s64)(in.ns - call->in);
	call->err = max(out.err, in.err) + (u64)(moved < 0 ? -moved : moved);
	return true;
}

static int tell(struct join *join, struct join_call *call, struct pair_op *ops)
{
	const struct rec_batch *batch = (const void *)call->part[0]->item.rec;
	struct pair_call told = {.cookie = (u64)(uintptr_t)call,
				 .in = call->in,
				 .out = call->out,
				 .domid = join->feed->domid,
				 .vcpu = batch->e.h.cpu,
				 .kind = call->kind,
				 .nr = call->nr,
				 .ops = ops};
	u64 good;

	fill_ops(call, ops);
	good = successes(ops, call->nr);
	/*
	 * Only the return is known, and few calls last longer than UNSEEN_ENTRY. For the pairing
	 * the call has no duration, which keeps its place in the order.
	 */
	if (batch->e.h.flags & REC_F_NO_ENTRY)
		call->in = call->out > UNSEEN_ENTRY ? call->out - UNSEEN_ENTRY : 0;
	if (!place(join, call)) {
		join->stats.early += good;
		return 0;
	}
	call->passes = passes(join, call);
	/* Mapped before recording: only gntdev maps for user space. */
	if (!call->passes)
		call->passes =
			strstr(feed__stack(join->feed, batch->e.stack), "[xen_gntdev]") ? 2 : 1;
	told.passes = call->passes;
	told.tsc_lo = tsc_clock__tsc(&join->clock, call->in + (u64)call->off - call->err);
	told.tsc_hi = tsc_clock__tsc(&join->clock, call->out + (u64)call->off + call->err) + 1;
	call->tsc_lo = told.tsc_lo;
	call->tsc_hi = told.tsc_hi;
	/*
	 * The pairing ignores records from before the capture, so the later ones of such a call fit
	 * nothing.
	 */
	if (told.tsc_lo < join->begin) {
		join->early_until = max(join->early_until, told.tsc_hi);
		join->stats.early += good;
		return 0;
	}
	/* Results may come before pair__call() returns. */
	call->open += (u32)good * call->passes;
	if (pair__call(join->pair, &told)) {
		/* No room for the vCPU, so there are no results. */
		call->open -= (u32)good * call->passes;
		join->stats.cut += good;
	}
	return 0;
}

static int complete(struct join *join, struct join_call *call)
{
	struct pair_op *ops = calloc(call->nr ? call->nr : 1, sizeof(*ops));
	int err = ops ? tell(join, call, ops) : -ENOMEM;

	free(ops);
	call->open--;
	return err;
}

/* --- records of a call --- */

static void drop_building(struct join *join, u32 i)
{
	join->building[i] = join->building[--join->nr_building];
}

static void abandon(struct join *join, u32 i)
{
	struct join_call *call = join->building[i].call;

	join->stats.cut += call->nr;
	join->stats.unplaced[call->kind] += call->nr;
	call->open--;
	drop_building(join, i);
}

void join__give_up_building(struct join *join, bool all)
{
	u32 i = 0;

	/* The records of a call span one mark at most. */
	while (i < join->nr_building) {
		if (all || ++join->building[i].marks > 1)
			abandon(join, i);
		else
			i++;
	}
}

static struct building *find_building(struct join *join, const struct rec_batch *batch)
{
	u32 i;

	for (i = 0; i < join->nr_building; i++) {
		struct building *b = &join->building[i];

		if (b->cpu == batch->e.h.cpu && b->type == batch->e.h.type &&
		    b->call->in == batch->e.t_in && b->total == batch->total &&
		    b->got == batch->first)
			return b;
	}
	return NULL;
}

static struct building *begin_building(struct join *join, const struct rec_batch *batch)
{
	struct building *b;
	struct join_call *call = join_call__new(batch);

	if (!call)
		return NULL;
	if (join->nr_building == JOIN_BUILDING)
		abandon(join, 0);
	b = &join->building[join->nr_building++];
	*b = (struct building){.call = call,
			       .cpu = batch->e.h.cpu,
			       .type = batch->e.h.type,
			       .total = batch->total};
	return b;
}

int join__enter(struct join *join, struct waiting *waiting)
{
	const struct rec_batch *batch = (const void *)waiting->item.rec;
	struct building *b = batch->first ? find_building(join, batch) : NULL;
	struct join_call *call;

	if (batch->e.h.type == REC_MAP)
		note_handles(join, waiting->item.rec);
	/* The first records of the call were lost. */
	if (!batch->nr || batch->total > JOIN_CALL_MAX || (batch->first && !b)) {
		join->stats.cut += batch->nr;
		join->stats.unplaced[batch->e.h.type == REC_MAP ? PAIR_MAP : PAIR_UNMAP] +=
			batch->nr;
		return 0;
	}
	if (!b)
		b = begin_building(join, batch);
	if (!b)
		return -ENOMEM;
	call = b->call;
	if (join_call__add(call, waiting)) {
		if (!call->parts) {
			drop_building(join, (u32)(b - join->building));
			free(call);
		}
		return -ENOMEM;
	}
	b->got += batch->nr;
	if (b->got < b->total)
		return 0;
	drop_building(join, (u32)(b - join->building));
	return complete(join, call);
}

/* --- answers --- */

static struct waiting *part_of(const struct join_call *call, u32 op)
{
	u32 i;

	for (i = 0; i < call->parts; i++)
		if (op - call->part[i]->first < call->part[i]->nr)
			return call->part[i];
	return NULL;
}

/* @tsc on the domain's clock, moved by the bound, and limited to the call. */
static u64 as_mono(const struct join *join, const struct join_call *call, u64 tsc, bool late)
{
	u64 ns = tsc_clock__ns(&join->clock, tsc) - (u64)call->off;

	ns = late ? ns + call->err : ns - call->err;
	return (s64)(ns - call->in) < 0 ? call->in : ns > call->out ? call->out : ns;
}

void join_call__set(struct join *join, struct join_call *call, u32 op, u32 pass,
		    const struct pair_record *record)
{
	struct waiting *part = part_of(call, op);
	struct instant *instant;
	u64 lo;

	if (!part)
		return;
	part->instants = part->room;
	instant = &part->instants[op - part->first];
	if (call->kind == PAIR_MAP) {
		/* Operations are in order: this one follows the previous one. */
		lo = record->call_tsc;
		if (call->last_call_tsc == record->call_tsc)
			lo = max(lo, call->last_tsc);
		call->last_call_tsc = record->call_tsc;
		call->last_tsc = record->tsc;
		/* The first pass pins the page. */
		if (pass)
			return;
		*instant = (struct instant){.in = as_mono(join, call, lo, false),
					    .out = as_mono(join, call, record->tsc, true),
					    .tsc_lo = lo,
					    .tsc_hi = record->tsc};
		return;
	}
	/* And until the last. */
	if (pass + 1 < call->passes)
		return;
	*instant = (struct instant){.in = as_mono(join, call, record->tsc, false),
				    .out = call->out,
				    .tsc_lo = record->tsc,
				    .tsc_hi = record->tsc};
}

/* --- records that name their operation --- */

/*
 * Fills @name with operation @i of @rec as Xen's record would name it. Returns false if it cannot
 * be found so.
 */
static bool name_of(const struct rec *rec, u32 i, struct named *name)
{
	const struct op_map *map = rec__ops(rec);
	const struct op_unmap *unmap = rec__ops(rec);

	if (rec->type == REC_MAP) {
		*name = (struct named){.granter = map[i].granter,
				       .ref = map[i].ref,
				       .flags = map[i].flags,
				       .handle = map[i].handle,
				       .status = map[i].status,
				       .kind = PAIR_MAP};
		return true;
	}
	*name = (struct named){.granter = unmap[i].granter,
			       .ref = unmap[i].ref,
			       .handle = unmap[i].handle,
			       .kind = PAIR_UNMAP};
	/* A failed unmap has no record. */
	return !unmap[i].status && unmap[i].granter < DOMID_FIRST_RESERVED;
}

/*
 * Whether the paired record and the naming record are of one operation: they are in the same place.
 */
static bool agrees(const struct join_call *call, const struct named *named,
		   const struct instant *paired)
{
	/* Xen's handle is that of the first pass; the second pass releases the page. */
	if (call->kind == PAIR_UNMAP && call->passes > 1)
		return paired->tsc_lo >= named->from;
	/* The paired record was written during the operation, the naming one at its end. */
	return paired->tsc_lo >= named->from && paired->tsc_hi <= named->tsc;
}

static void set_named(struct join *join, const struct join_call *call, const struct named *named,
		      struct instant *instant)
{
	bool first = call->kind == PAIR_UNMAP && call->passes > 1;
	bool paired = instant->tsc_hi != 0;
	u64 lo = max(named->from, call->tsc_lo), hi = first ? call->tsc_hi : named->tsc;

	join->stats.by_name++;
	if (paired && !agrees(call, named, instant)) {
		join->stats.misnamed++;
		paired = false;
	}
	if (paired) {
		lo = instant->tsc_lo;
		hi = call->kind == PAIR_MAP ? instant->tsc_hi : hi;
	}
	*instant = (struct instant){.in = as_mono(join, call, lo, false),
				    .out = as_mono(join, call, hi, true),
				    .tsc_lo = lo,
				    .tsc_hi = hi,
				    .named = true};
}

void join_call__name(struct join *join, struct waiting *waiting)
{
	const struct join_call *call = waiting->call;
	const struct named *named;
	struct named name;
	u32 i;

	if (!join->named.records || !call->tsc_hi)
		return;
	for (i = 0; i < waiting->nr; i++) {
		if (!name_of(waiting->item.rec, i, &name))
			continue;
		named = named_list__find(&join->named, &name, call->tsc_lo, call->tsc_hi);
		if (!named)
			continue;
		waiting->instants = waiting->room;
		set_named(join, call, named, &waiting->room[i]);
	}
	/* Calls come in order of their ends, and none is longer than call_max. */
	named_list__forget(&join->named,
			   tsc_clock__tsc(&join->clock, tsc_clock__ns(&join->clock, call->tsc_lo) -
								2 * join->call_max));
}
