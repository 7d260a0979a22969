/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The time of a call of one domain's kernel, in 16 bytes: on its own clock, and that clock's
 * relation to Xen system time. Rounding always widens the bounds.
 */
#ifndef GRANTWATCH_SPAN_H
#define GRANTWATCH_SPAN_H

#include "model/when.h"

#define SPAN_OFF_UNIT 256 /* ns; 48 bits for a year and a month */
#define SPAN_OUT_MAX  ((1ull << 56) - 1)
#define SPAN_UNKNOWN  0xfffu
#define SPAN_ANY_TIME 0xffeu /* no lower bound by nature: a read shows a state of any age */

/* The effect lies in [span__in, out] of the domain's CLOCK_MONOTONIC, ns. */
struct span {
	u64 out : 56;
	u64 dt_lo : 8;
	s64 off : 48; /* in SPAN_OFF_UNIT: Xen system time minus the domain's clock */
	u64 err : 12; /* encoded bound; SPAN_UNKNOWN: not comparable with other domains */
	/* with dt_lo: out - in, encoded; SPAN_UNKNOWN, SPAN_ANY_TIME: no lower bound */
	u64 dt_hi : 4;
};

/* @no_entry: the call's entry was missed, so the effect may have been at any earlier time. */
struct span span__from(const struct when *when, bool no_entry);

/* Decodes 12 bits. Encoding rounds up by less than 1/64. */
static inline u64 span__decode(u32 code)
{
	u32 e = code >> 6, m = code & 63;

	return e ? (u64)(64 + m) << (e - 1) : m;
}

static inline u32 span__dt(const struct span *span)
{
	return (u32)(span->dt_lo | span->dt_hi << 8);
}

static inline void span__set_dt(struct span *span, u32 code)
{
	span->dt_lo = code & 0xff;
	span->dt_hi = code >> 8 & 0xf;
}

static inline bool span__has_in(const struct span *span)
{
	return span__dt(span) < SPAN_ANY_TIME;
}

/* The earliest time of the effect, 0 without a bound. */
static inline u64 span__in(const struct span *span)
{
	u64 dt = span__has_in(span) ? span__decode(span__dt(span)) : UINT64_MAX;

	return span->out > dt ? span->out - dt : 0;
}

/* The bound on Xen system time, ns, or CLOCK_ERR_UNKNOWN. */
static inline u64 span__err(const struct span *span)
{
	return span->err == SPAN_UNKNOWN ? CLOCK_ERR_UNKNOWN : span__decode((u32)span->err);
}

static inline s64 span__off(const struct span *span)
{
	return span->off * SPAN_OFF_UNIT;
}

/* The end on Xen system time, ns. */
static inline u64 span__system(const struct span *span)
{
	return span->out + (u64)span__off(span);
}

/* Converts @mono of @span's domain to a time of @other's. */
static inline u64 span__translate(const struct span *span, u64 mono, const struct span *other)
{
	return mono + (u64)span__off(span) - (u64)span__off(other);
}

#define SPAN_ONE_CLOCK UINT64_MAX

/*
 * Returns the ns by which the effect at @a (of domain index @da) precedes the effect at @b (of
 * @db), beyond the clock error bounds and @doubt ns. Returns 0 if the order is undecided or the
 * opposite, SPAN_ONE_CLOCK if one kernel's clock decides it.
 */
u64 span__margin(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt);

/*
 * Whether the order is undecided because the call of @b has no recorded entry or took longer than
 * @longest ns: it would be decided for a call of that length.
 */
bool span__is_vague(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt,
		    u64 longest);

static inline bool span__before(u32 da, const struct span *a, u32 db, const struct span *b,
				u64 doubt)
{
	return span__margin(da, a, db, b, doubt);
}

#endif
