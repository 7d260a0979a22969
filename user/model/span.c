// SPDX-License-Identifier: GPL-2.0
#include "model/span.h"

/* @value in 12 bits, rounded up: six bits of mantissa, six of exponent. */
static u32 encode(u64 value)
{
	u32 e;
	u64 top;

	if (value < 64)
		return (u32)value;
	/* The highest bit of seven is not stored. */
	e = 63 - 6 - (u32)__builtin_clzll(value);
	top = (value >> e) + !!(value & ((1ull << e) - 1));
	if (top == 128) {
		top = 64;
		e++;
	}
	return (e + 1) << 6 | (u32)(top - 64);
}

struct span span__from(const struct when *when, bool no_entry)
{
	struct span span = {.out = when->out};
	s64 off = when->off / SPAN_OFF_UNIT;
	u32 dt = no_entry ? SPAN_UNKNOWN : encode(when->out - when->in);
	/* Two units for rounding of the offset, one for that of the conversion. */
	u32 err = when->err >= CLOCK_ERR_UNKNOWN ? SPAN_UNKNOWN
						 : encode(when->err + 2 * SPAN_OFF_UNIT);

	if (when->out > SPAN_OUT_MAX) {
		span.out = SPAN_OUT_MAX;
		dt = SPAN_UNKNOWN;
		err = SPAN_UNKNOWN;
	}
	if (off >= 1ll << 47 || off < -(1ll << 47))
		err = SPAN_UNKNOWN;
	else
		span.off = off;
	span.err = err;
	span__set_dt(&span, dt);
	return span;
}

u64 span__margin(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt)
{
	u64 end, begin, err_a, err_b;

	if (!span__has_in(b))
		return 0;
	/* Times of one kernel's clock need no bound: it never runs backwards. */
	if (da == db)
		return a->out <= span__in(b) ? SPAN_ONE_CLOCK : 0;
	err_a = span__err(a);
	err_b = span__err(b);
	if (err_a == CLOCK_ERR_UNKNOWN || err_b == CLOCK_ERR_UNKNOWN)
		return 0;
	end = a->out + (u64)span__off(a) + err_a + doubt;
	begin = span__in(b) + (u64)span__off(b);
	/* A time before Xen's boot is unknown. */
	if ((s64)begin < 0)
		return 0;
	return begin > err_b && end < begin - err_b ? begin - err_b - end : 0;
}

bool span__is_vague(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt,
		    u64 longest)
{
	struct span sooner = *b;

	if (span__dt(b) == SPAN_ANY_TIME || b->out < longest ||
	    (span__has_in(b) && b->out - span__in(b) <= longest))
		return false;
	span__set_dt(&sooner, encode(longest));
	return !span__margin(da, a, db, b, doubt) && span__margin(da, a, db, &sooner, doubt);
}
