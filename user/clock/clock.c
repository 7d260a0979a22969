// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "clock/clock.h"

/* What two CPUs of real hardware may differ by without any sample showing it. */
#define ERR_FLOOR (2 * NSEC_PER_USEC)
/* Beyond the last sample the rate is a guess: CLOCK_MONOTONIC is slewed by at most this much. */
#define SLEW_PPM 500
/* A jump between two samples over this is a step (suspend, migration), not drift. */
#define STEP_NS (500 * NSEC_PER_MSEC)
/* How many recent samples speak for the next segment. */
#define RESID_SPAN 16

void clock__init(struct clock *clock)
{
	memset(clock, 0, sizeof(*clock));
}

u64 pvclock__system_time(u64 tsc, u64 stamp, u64 system_time, u32 mul, s32 shift)
{
	bool back = tsc < stamp;
	u64 delta = back ? stamp - tsc : tsc - stamp;

	if (shift < -63 || shift > 63)
		return system_time;
	delta = shift < 0 ? delta >> -shift : delta << shift;
	delta = (u64)(((unsigned __int128)delta * mul) >> 32);
	return back ? system_time - delta : system_time + delta;
}

static struct clock_sample *nth(struct clock *clock, u64 i)
{
	return &clock->sample[i % CLOCK_WINDOW];
}

static u64 distance(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

/* Where the line through @a and @b is at @mono. */
static u64 line(const struct clock_sample *a, const struct clock_sample *b, u64 mono)
{
	double rate;

	if (b->mono <= a->mono)
		return a->system;
	rate = (double)(s64)(b->system - a->system) / (double)(b->mono - a->mono);
	return a->system + (u64)(s64)(rate * (double)(s64)(mono - a->mono));
}

void clock__add(struct clock *clock, const struct rec_clock *rec)
{
	struct clock_sample sample = {.mono = rec->mono};
	struct clock_sample *last = clock->nr ? nth(clock, clock->nr - 1) : NULL;
	u64 lo = pvclock__system_time(rec->tsc0, rec->tsc_timestamp, rec->system_time, rec->mul,
				      rec->shift);
	u64 hi = pvclock__system_time(rec->tsc1, rec->tsc_timestamp, rec->system_time, rec->mul,
				      rec->shift);

	if (rec->tsc1 < rec->tsc0 || hi < lo || hi > UINT64_MAX / 4 || rec->mono > UINT64_MAX / 4 ||
	    (last && rec->mono <= last->mono)) {
		clock->rejected++;
		return;
	}
	sample.system = lo + (hi - lo) / 2;
	sample.half = (hi - lo + 1) / 2;
	if (last && distance(sample.system - last->system, sample.mono - last->mono) > STEP_NS)
		clock->steps++;
	*nth(clock, clock->nr) = sample;
	clock->nr++;
	if (clock->nr >= 3) {
		struct clock_sample *mid = nth(clock, clock->nr - 2);

		mid->resid = distance(mid->system, line(nth(clock, clock->nr - 3),
							nth(clock, clock->nr - 1), mid->mono));
	}
	clock->seg_to = 0;
}

/* Widest residual of the samples around segment @i → @i+1, as far as they are still remembered. */
static u64 wobble(struct clock *clock, u64 i)
{
	u64 first = i > RESID_SPAN ? i - RESID_SPAN : 0;
	u64 resid = 0;

	if (clock->nr > CLOCK_WINDOW)
		first = max(first, clock->nr - CLOCK_WINDOW);
	for (; first <= i + 1 && first < clock->nr; first++)
		resid = max(resid, nth(clock, first)->resid);
	return resid;
}

static void use_segment(struct clock *clock, u64 i)
{
	struct clock_sample *a = nth(clock, i), *b = nth(clock, i + 1);

	clock->seg_from = a->mono;
	clock->seg_to = b->mono;
	clock->seg_system = a->system;
	clock->seg_rate = (double)(s64)(b->system - a->system) / (double)(b->mono - a->mono);
	clock->seg_err = max(a->half, b->half) + wobble(clock, i) + ERR_FLOOR;
	if (distance(b->system - a->system, b->mono - a->mono) > STEP_NS)
		clock->seg_err += distance(b->system - a->system, b->mono - a->mono);
	clock->err_now = clock->seg_err;
	clock->err_max = max(clock->err_max, clock->seg_err);
}

/* Outside the samples: the nearest one's distance, and what the clock may have been slewed by meanwhile. */
static struct moment extrapolate(struct clock *clock, const struct clock_sample *sample, u64 mono)
{
	u64 away = distance(mono, sample->mono);
	struct moment at = {
		.ns = sample->system + (mono - sample->mono),
		.err = sample->half + wobble(clock, clock->nr - 1) + ERR_FLOOR +
		       away / 1000000 * SLEW_PPM + away % 1000000 * SLEW_PPM / 1000000,
	};

	/* Before Xen's boot there is nothing: a guest's clock cannot make time negative. */
	if (mono < sample->mono && away > sample->system)
		at.ns = 0;
	clock->err_max = max(clock->err_max, at.err);
	return at;
}

struct moment clock__at(struct clock *clock, u64 mono)
{
	u64 i, oldest;

	if (!clock->nr)
		return (struct moment){mono, CLOCK_ERR_UNKNOWN};
	if (!(clock->seg_to && mono >= clock->seg_from && mono <= clock->seg_to)) {
		oldest = clock->nr > CLOCK_WINDOW ? clock->nr - CLOCK_WINDOW : 0;
		if (mono > nth(clock, clock->nr - 1)->mono)
			return extrapolate(clock, nth(clock, clock->nr - 1), mono);
		if (mono < nth(clock, oldest)->mono || clock->nr == 1)
			return extrapolate(clock, nth(clock, oldest), mono);
		for (i = clock->nr - 2; i > oldest && nth(clock, i)->mono > mono; i--)
			;
		use_segment(clock, i);
	}
	return (struct moment){
		clock->seg_system +
			(u64)(s64)(clock->seg_rate * (double)(s64)(mono - clock->seg_from)),
		clock->seg_err};
}
