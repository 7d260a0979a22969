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

/* Fill in the next record, which is of @cpu; returns its kind. */
static inline u32 xentrace__give(struct xentrace *xt, struct cpu *cpu)
{
	struct xt_rec *rec = &cpu->rec;
	const u8 *pos = cpu->pos;
	u32 header = load32(pos), id = header & XT_EVENT_BITS, kind;
	struct event_slot *slot = &xt->events[hash32(id, EVENT_BITS)];

	if (unlikely(slot->id != id))
		event_slot__fill(slot, id);
	rec->id = id;
	rec->event = slot->event;
	kind = slot->kind;
	rec->kind = (u8)kind;
	rec->tsc = cpu->clock.tsc;
	/* Foreseen: see usual_size(). */
	if (likely(header >> 28 == ONE_WORD)) {
		rec->nr_words = 1;
		rec->payload = pos + 12;
		cpu->pos = pos + 16;
	} else {
		rec->nr_words = (u8)header__words(header);
		rec->payload = pos + 4 + 8 * header__has_tsc(header);
		cpu->pos = rec->payload + 4 * rec->nr_words;
	}
	if (unlikely(cpu->clock.key < xt->last_key)) {
		rec->flags |= XT_F_LATE;
		xt->stats.late++;
	} else {
		xt->last_key = cpu->clock.key;
	}
	xt->stats.records++;
	context__apply(xt, cpu, kind);
	return kind;
}

/* Give the next record of @cpu, which gave the last one; false if it is another one's turn. */
static inline bool xentrace__give_on(struct xentrace *xt, struct cpu *cpu, u32 *kind)
{
	/* Only now: the record given last may lie in a segment that this lets go. */
	xentrace__look_at_next(xt, cpu);
	if (unlikely(!cpu->pos || cpu->clock.key >= xt->limit))
		return false;
	*kind = xentrace__give(xt, cpu);
	return true;
}

static inline bool is_like(const u8 *pos, u32 header, u32 word)
{
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

/* Bytes that are compared before anybody asks whether the last record is beyond the limit. */
#define LIKE_AT_ONCE 256

/*
 * The end of the records from @pos on, in a steady segment, that are @like, a record with a time
 * and one word, up to @end; @clock follows.
 */
static inline const u8 *pass_same(const u8 *pos, const u8 *like, const u8 *end, u64 limit,
				  struct tsc_clock *clock)
{
	const u32 header = load32(like), word = load32(like + 12);
	const u8 *p = pos, *stop;

	limit -= clock->base;
	do {
		stop = end - p > LIKE_AT_ONCE ? p + LIKE_AT_ONCE : end;
		while (stop - p >= 64 && are_four_like(p, header, word))
			p += 64;
		while (p != stop && is_like(p, header, word))
			p += 16;
		if (unlikely(p != pos && load64(p - 12) >= limit)) {
			while (p != pos && load64(p - 12) >= limit)
				p -= 16;
			break;
		}
	} while (p == stop && p != end);
	if (p != pos)
		tsc_clock__go_on(clock, load64(p - 12));
	return p;
}

/*
 * Pass over the records that are like @cpu's last one, a map or an unmap: xentrace__skip_like().
 */
static inline u32 xentrace__skip(struct xentrace *xt, struct cpu *cpu, bool map)
{
	struct xt_rec *rec = &cpu->rec;
	const u8 *pos;
	u32 n;

	/* One by one: both in one load would wait for the two stores that were just made there. */
	if (rec->flags || !cpu->steady)
		return 0;
	if (rec->nr_words != 1)
		return 0;
	n = (u32)min((u64)*context__left(cpu, map), (u64)(cpu->end - cpu->pos) / 16);
	pos = pass_same(cpu->pos, rec->payload - 12, cpu->pos + 16 * (size_t)n, xt->limit,
			&cpu->clock);
	n = (u32)((pos - cpu->pos) / 16);
	if (!n)
		return 0;
	cpu->pos = pos;
	rec->tsc = cpu->clock.tsc;
	rec->payload = pos - 4;
	rec->nth += n;
	xt->last_key = cpu->clock.key;
	xt->stats.records += n;
	*context__left(cpu, map) -= n;
	*context__done(cpu, map) += n;
	return n;
}

#endif
