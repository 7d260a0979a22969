/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The usual way of a record out of the decoder, in one piece so that a loop over all of them is
 * compiled as one: who counts tens of millions a second (trace_tally.c) takes it from here,
 * everybody else from xentrace__next().
 */
#ifndef GRANTWATCH_TRACE_NEXT_H
#define GRANTWATCH_TRACE_NEXT_H

#include "trace_internal.h"

/* trace_order.c: what is not usual. */
void xentrace__look_further(struct xentrace *xt, struct cpu *cpu);
void event_slot__fill(struct event_slot *slot, u32 id);
enum xt_status xentrace__next_slowly(struct xentrace *xt, const struct xt_rec **rec);

static inline bool is_wrap(u32 header)
{
	return (header & XT_EVENT_BITS) == 0x0001f002u;
}

/* Find the next record and its place in time; the usual one has little to find. */
static inline void xentrace__look_at_next(struct xentrace *xt, struct cpu *cpu)
{
	u32 header;

	cpu->rec.flags = 0;
	if (likely(cpu->pos != cpu->end)) {
		header = load32(cpu->pos);
		if (likely(header__has_tsc(header) && !is_wrap(header) &&
			   tsc_clock__step(&cpu->clock, load64(cpu->pos + 4))))
			return;
	}
	xentrace__look_further(xt, cpu);
}

/* Fill in the next record, which is of @cpu. */
static inline void xentrace__give(struct xentrace *xt, struct cpu *cpu)
{
	struct xt_rec *rec = &cpu->rec;
	const u8 *pos = cpu->pos;
	u32 header = load32(pos), id = header & XT_EVENT_BITS;
	struct event_slot *slot = &xt->events[hash32(id, EVENT_BITS)];

	if (unlikely(slot->id != id))
		event_slot__fill(slot, id);
	rec->id = id;
	rec->event = slot->event;
	rec->kind = (u8)slot->kind;
	rec->tsc = cpu->clock.tsc;
	rec->nr_words = (u8)header__words(header);
	rec->payload = pos + 4 + 8 * header__has_tsc(header);
	cpu->pos = rec->payload + 4 * rec->nr_words;
	if (unlikely(cpu->clock.key < xt->last_key)) {
		rec->flags |= XT_F_LATE;
		xt->stats.late++;
	} else {
		xt->last_key = cpu->clock.key;
	}
	xt->stats.records++;
	context__apply(xt, cpu, slot->kind);
}

/* xentrace__next() */
static inline enum xt_status xentrace__take(struct xentrace *xt, const struct xt_rec **rec)
{
	struct cpu *cpu = xt->run;

	if (likely(cpu)) {
		/* Only now: the record given last may lie in a segment that this lets go. */
		xentrace__look_at_next(xt, cpu);
		if (likely(cpu->pos && cpu->clock.key < xt->limit)) {
			xentrace__give(xt, cpu);
			*rec = &cpu->rec;
			return XT_RECORD;
		}
	}
	return xentrace__next_slowly(xt, rec);
}

/*
 * How many records from @pos on are @like, a record with a time and one word, up to @most of them;
 * @clock follows.
 */
static inline u32 count_like(const u8 *pos, const u8 *like, u32 most, u64 limit,
			     struct tsc_clock *clock)
{
	const u32 header = load32(like), word = load32(like + 12);
	const u64 base = clock->base;
	u64 tsc, last = clock->tsc, key = clock->key;
	u32 n;

	for (n = 0; n < most; n++, pos += 16) {
		tsc = load64(pos + 4);
		if (load32(pos) != header || load32(pos + 12) != word || tsc - last >= TSC_LEAP ||
		    base + tsc >= limit)
			break;
		last = tsc;
		key = max(key, base + tsc);
	}
	clock->tsc = last;
	clock->key = key;
	return n;
}

/* xentrace__skip_like() */
static inline u32 xentrace__skip(struct xentrace *xt, const struct xt_rec *rec)
{
	struct cpu *cpu = xt->run;
	const bool map = rec->kind == XT_GRANT_MAP;
	u32 n;

	if (!is_grant(rec->kind) || !cpu || rec != &cpu->rec || rec->flags || rec->nr_words != 1 ||
	    cpu->context.leaving || cpu->clock.key < xt->last_key)
		return 0;
	n = (u32)min((u64)*context__left(cpu, map), (u64)(cpu->end - cpu->pos) / 16);
	n = count_like(cpu->pos, rec->payload - 12, n, xt->limit, &cpu->clock);
	cpu->pos += 16 * (size_t)n;
	cpu->rec.tsc = cpu->clock.tsc;
	cpu->rec.payload += 16 * (size_t)n;
	cpu->rec.nth += n;
	xt->last_key = cpu->clock.key;
	xt->stats.records += n;
	*context__left(cpu, map) -= n;
	*context__done(cpu, map) += n;
	return n;
}

#endif
