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
		if (likely(cpu->steady))
			return tsc_clock__go_on(&cpu->clock, load64(cpu->pos + 4));
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

static inline u64 nth_tsc(const u8 *pos, u32 n)
{
	return load64(pos + 16 * (size_t)n + 4);
}

static inline bool is_like(const u8 *pos, u32 n, u32 header, u32 word)
{
	pos += 16 * (size_t)n;
	return !((load32(pos) ^ header) | (load32(pos + 12) ^ word));
}

static inline bool are_four_like(const u8 *pos, u32 header, u32 word)
{
	const u32 differ = (load32(pos) ^ header) | (load32(pos + 16) ^ header) |
			   (load32(pos + 32) ^ header) | (load32(pos + 48) ^ header) |
			   (load32(pos + 12) ^ word) | (load32(pos + 28) ^ word) |
			   (load32(pos + 44) ^ word) | (load32(pos + 60) ^ word);

	return !differ;
}

/* Records that are compared before anybody asks whether the last one is beyond the limit. */
#define LIKE_AT_ONCE 16u

/*
 * How many records from @pos on, in a steady segment, are @like, a record with a time and one word,
 * up to @most of them; @clock follows.
 */
static inline u32 count_like(const u8 *pos, const u8 *like, u32 most, u64 limit,
			     struct tsc_clock *clock)
{
	const u32 header = load32(like), word = load32(like + 12);
	const u64 end = limit - clock->base;
	u32 n = 0, stop;

	do {
		stop = min(most, n + LIKE_AT_ONCE);
		while (stop - n >= 4 && are_four_like(pos + 16 * (size_t)n, header, word))
			n += 4;
		while (n < stop && is_like(pos, n, header, word))
			n++;
		if (unlikely(n && nth_tsc(pos, n - 1) >= end)) {
			while (n && nth_tsc(pos, n - 1) >= end)
				n--;
			break;
		}
	} while (n == stop && n < most);
	if (n)
		tsc_clock__go_on(clock, nth_tsc(pos, n - 1));
	return n;
}

/* xentrace__skip_like() */
static inline u32 xentrace__skip(struct xentrace *xt, const struct xt_rec *rec)
{
	struct cpu *cpu = xt->run;
	const bool map = rec->kind == XT_GRANT_MAP;
	u32 n;

	if (!is_grant(rec->kind) || !cpu || rec != &cpu->rec || !cpu->steady ||
	    cpu->context.leaving || cpu->clock.key < xt->last_key)
		return 0;
	/* One by one: both in one load would wait for the two stores that were just made there. */
	if (rec->flags)
		return 0;
	if (rec->nr_words != 1)
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
