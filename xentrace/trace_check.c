// SPDX-License-Identifier: GPL-2.0
/* Checks whether the bytes of a window are records, and their order in time. */
#include "trace_internal.h"

#define CLASS_BITS    0x0fff0000u
#define SUBCLASS_BITS 0x0000f000u

/* a smaller step back is a correction of the TSC, a larger one a boot or suspend */
#define EPOCH_STEP ((u64)1 << 30)
/* distance of two epochs, for other pCPUs' records of the older one */
#define EPOCH_SPACE ((u64)1 << 36)

/* --- time --- */

void xt_clock__jump(struct xentrace *xt, struct xt_clock *clock, u64 tsc, bool lead)
{
	u64 base;

	/* No machine has reached this time: the record is damaged, and the clock stays. */
	if (tsc >= clock->tsc)
		return;
	if (clock->tsc - tsc >= EPOCH_STEP) {
		base = max(xt->max_key, clock->key) + EPOCH_SPACE;
		if (lead && clock->epoch + 1 == xt->nr_epochs && xt->nr_epochs < MAX_EPOCHS &&
		    base < TSC_LEAP)
			xt->bases[xt->nr_epochs++] = base;
		if (clock->epoch + 1 < xt->nr_epochs)
			clock->base = xt->bases[++clock->epoch];
	}
	clock->tsc = tsc;
	clock->key = max(clock->key, clock->base + tsc);
	clock->started = true;
}

/* Each record has one class, a bit. A record without a subclass would pass no mask. */
static inline bool is_record(u32 header)
{
	u32 class = header & CLASS_BITS;

	return class && !(class & (class - 1)) && (header & SUBCLASS_BITS);
}

/* One of Xen's own records, which need handling. */
static bool is_special(u32 header)
{
	u32 id = TRC_HD_TO_EVENT(header);

	return id == TRC_TRACE_WRAP_BUFFER || id == TRC_TRACE_CPU_CHANGE;
}

static noinline bool learn_plain(struct xentrace *xt, u32 header)
{
	bool plain = is_record(header) && header__has_tsc(header) && !is_special(header);

	if (plain)
		xt->plain[hash32(header, PLAIN_BITS)] = header;
	return plain;
}

/* A record with a time that is not Xen's own. There are few kinds, so results are cached. */
static inline bool is_plain(struct xentrace *xt, u32 header)
{
	/* An empty slot has no time. */
	return (xt->plain[hash32(header, PLAIN_BITS)] == header && header__has_tsc(header)) ||
	       learn_plain(xt, header);
}

/*
 * Most records have the header of the one before. Returns the last such record in the run after @p,
 * which is valid.
 */
static inline const u8 *pass_like(const u8 *p, const u8 *end, u32 header, u32 size, u64 *last)
{
	const u8 *next = p + size;
	u64 tsc = *last, t;

	for (; end - next >= (ptrdiff_t)size && load32(next) == header; next += size) {
		t = load64(next + 4);
		if (tsc__is_odd(t, tsc))
			break;
		tsc = t;
	}
	*last = tsc;
	return next - size;
}

/* The upper bits of nearly all headers: a time, and one word or three. */
#define ONE_WORD    9u
#define THREE_WORDS 11u

/*
 * header__size(), with comparisons for the most frequent sizes. The CPU predicts these and
 * continues with the next record, while a computed size would stall it.
 */
static inline u32 usual_size(u32 header)
{
	if (likely(header >> 28 == ONE_WORD))
		return 16;
	return header >> 28 == THREE_WORDS ? 24 : header__size(header);
}

/* Returns what is wrong with a header, apart from missing bytes. */
static enum check_end what_ends(u32 header)
{
	if (!is_record(header))
		return CHECK_DAMAGE;
	return TRC_HD_TO_EVENT(header) == TRC_TRACE_CPU_CHANGE ? CHECK_CUT : CHECK_OUT_OF_BYTES;
}

enum check_end xentrace__check(struct xentrace *xt, const u8 *p, const u8 *end, const u8 **stop)
{
	struct xt_clock *clock = &xt->window->walked;
	enum check_end why = CHECK_OUT_OF_BYTES;
	u64 last = clock->tsc, tsc;
	u32 header, size;

	while (end - p >= 4) {
		header = load32(p);
		size = usual_size(header);
		if (unlikely(!is_plain(xt, header))) {
			why = what_ends(header);
			/* A filler's TSC is old data of the buffer. */
			if (why != CHECK_OUT_OF_BYTES || end - p < (ptrdiff_t)size)
				break;
			xt->unsteady = true;
			p += size;
			continue;
		}
		if (unlikely(end - p < (ptrdiff_t)size))
			break;
		tsc = load64(p + 4);
		if (unlikely(tsc__is_odd(tsc, last))) {
			xt->unsteady = true;
			xt_clock__step(clock, last);
			xt_clock__jump(xt, clock, tsc, true);
			tsc = clock->tsc;
			xt->stats.tsc_back++;
		}
		last = tsc;
		p = pass_like(p, end, header, size, &last) + size;
	}
	if (last)
		xt_clock__step(clock, last);
	*stop = p;
	return why;
}
