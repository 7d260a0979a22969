// SPDX-License-Identifier: GPL-2.0
#include "ledger/ledger.h"

struct span span__from(const struct when *when)
{
	u64 dt = (when->out - when->in + 15) / 16;
	struct span span = {.out = when->out, .off = when->off};

	span.dt16 = dt > UINT32_MAX ? UINT32_MAX : (u32)dt;
	/* A call so long that the field cannot hold it (over a minute) cannot be placed either. */
	span.err = when->err >= UINT32_MAX || dt > UINT32_MAX ? UINT32_MAX : (u32)when->err;
	return span;
}

bool span__before(u32 da, const struct span *a, u32 db, const struct span *b)
{
	u64 end, begin;

	/* One kernel's clock needs no bound: it never runs backwards. */
	if (da == db)
		return a->out <= span__in(b);
	if (a->err == UINT32_MAX || b->err == UINT32_MAX)
		return false;
	end = a->out + (u64)a->off + a->err;
	begin = span__in(b) + (u64)b->off;
	return begin > b->err && end < begin - b->err;
}
