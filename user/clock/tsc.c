// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "clock/tsc.h"

void tsc_clock__init(struct tsc_clock *tsc_clock)
{
	memset(tsc_clock, 0, sizeof(*tsc_clock));
	clock__init(&tsc_clock->clock);
}

static void note_jump(struct tsc_clock *tsc_clock, const struct rec_clock *rec)
{
	s64 off = (s64)(tsc_clock__ns(tsc_clock, rec->tsc0 / 2 + rec->tsc1 / 2) - rec->mono);
	s64 moved = off - tsc_clock->last_off;

	/* The first sample has no predecessor. */
	if (tsc_clock->clock.nr)
		tsc_clock->jump[tsc_clock->nr_jumps++ % TSC_JUMPS] =
			(u64)(moved < 0 ? -moved : moved);
	tsc_clock->last_off = off;
}

struct moment tsc_clock__at(struct tsc_clock *tsc_clock, u64 mono)
{
	struct moment at = clock__at(&tsc_clock->clock, mono);
	u64 jump = 0;
	u32 i;

	if (at.err == CLOCK_ERR_UNKNOWN)
		return at;
	for (i = 0; i < TSC_JUMPS; i++)
		jump = max(jump, tsc_clock->jump[i]);
	at.err += jump;
	tsc_clock->err_max = max(tsc_clock->err_max, at.err);
	return at;
}

void tsc_clock__add(struct tsc_clock *tsc_clock, const struct rec_clock *rec)
{
	struct rec_clock same = *rec;

	if (!tsc_clock->base.mul) {
		if (!rec->mul || rec->shift < -31 || rec->shift > 31)
			return;
		tsc_clock->base = *rec;
	}
	note_jump(tsc_clock, rec);
	same.tsc_timestamp = tsc_clock->base.tsc_timestamp;
	same.system_time = tsc_clock->base.system_time;
	same.mul = tsc_clock->base.mul;
	same.shift = tsc_clock->base.shift;
	clock__add(&tsc_clock->clock, &same);
}

u64 tsc_clock__ns(const struct tsc_clock *tsc_clock, u64 tsc)
{
	const struct rec_clock *base = &tsc_clock->base;

	return pvclock__system_time(tsc, base->tsc_timestamp, base->system_time, base->mul,
				    base->shift);
}

u64 tsc_clock__tsc(const struct tsc_clock *tsc_clock, u64 ns)
{
	const struct rec_clock *base = &tsc_clock->base;
	bool back = ns < base->system_time;
	u64 delta = back ? base->system_time - ns : ns - base->system_time;
	unsigned __int128 ticks = ((unsigned __int128)delta << 32) / base->mul;

	ticks = base->shift < 0 ? ticks << -base->shift : ticks >> base->shift;
	if (ticks > UINT64_MAX / 2)
		ticks = UINT64_MAX / 2;
	if (!back)
		return base->tsc_timestamp + (u64)ticks;
	return base->tsc_timestamp > (u64)ticks ? base->tsc_timestamp - (u64)ticks : 0;
}
