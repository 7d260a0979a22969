// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "clock/clock.h"

/* ns by which two CPUs of real hardware may differ without any sample showing it */
#define ERR_FLOOR (2 * NSEC_PER_USEC)
/*
 * CLOCK_MONOTONIC is slewed by at most this much, so beyond the last sample the rate is uncertain
 * by it
 */
#define SLEW_PPM 500
/* maximum difference of two clocks' rates: both are slewed, and calibration has an error */
#define RATE_PPM 1000
/* recent samples that determine the bound of the next segment */
#define RESID_SPAN 16
/* ns for which a jump back and forth may repeat */
#define SWAY_NS (5 * NSEC_PER_SEC)

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

/* @ns times @ppm */
static u64 parts(u64 ns, u64 ppm)
{
	return ns / 1000000 * ppm + ns % 1000000 * ppm / 1000000;
}

/* By how much Xen system time ran faster or slower than CLOCK_MONOTONIC from @a to @b, ns. */
static u64 excess(const struct clock_sample *a, const struct clock_sample *b)
{
	return distance(b->system - a->system, b->mono - a->mono);
}

/* Whether no drift explains the difference of @a and @b: a suspend, a step or a migration. */
static bool is_step(const struct clock_sample *a, const struct clock_sample *b)
{
	/* The sum wraps if system time went back. */
	return b->system < a->system ||
	       excess(a, b) > parts(b->mono - a->mono, RATE_PPM) + a->half + b->half + ERR_FLOOR;
}

static u64 step_size(const struct clock_sample *a, const struct clock_sample *b)
{
	return b->system < a->system ? a->system - b->system : excess(a, b);
}

/* Xen system time at @mono on the line through @a and @b. */
static u64 line(const struct clock_sample *a, const struct clock_sample *b, u64 mono)
{
	double rate;

	if (b->mono <= a->mono)
		return a->system;
	rate = (double)(s64)(b->system - a->system) / (double)(b->mono - a->mono);
	return a->system + (u64)(s64)(rate * (double)(s64)(mono - a->mono));
}

/* Sets the distance of the second newest sample from the line between its neighbours. */
static void set_resid(struct clock *clock)
{
	struct clock_sample *a, *mid, *b;

	if (clock->nr < 3)
		return;
	a = nth(clock, clock->nr - 3);
	mid = nth(clock, clock->nr - 2);
	b = nth(clock, clock->nr - 1);
	/* No line passes across a step. The segments of the step have it in their bounds. */
	if (!is_step(a, mid) && !is_step(mid, b))
		mid->resid = distance(mid->system, line(a, b, mid->mono));
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
	    (last && rec->mono <= last->mono))
		return;
	sample.system = lo + (hi - lo) / 2;
	sample.half = (hi - lo + 1) / 2;
	if (last && is_step(last, &sample))
		clock->step[clock->steps++ % CLOCK_STEPS] =
			(struct clock_step){clock->nr, sample.mono, step_size(last, &sample)};
	*nth(clock, clock->nr) = sample;
	clock->nr++;
	set_resid(clock);
	clock->seg_to = 0;
}

/* The largest distance of remembered samples around segment @i → @i+1 from their lines, ns. */
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

/*
 * How far the clock jumps back and forth around sample @i: the second largest step of the last
 * seconds. A single step is a suspend or a change of clocksource, and only in the bound of its own
 * segment.
 */
static u64 sway(const struct clock *clock, u64 i, u64 mono)
{
	u64 largest = 0, second = 0, k;

	for (k = 0; k < min(clock->steps, (u64)CLOCK_STEPS); k++) {
		const struct clock_step *step = &clock->step[k];

		if (step->nr > i + 1 || step->mono + SWAY_NS < mono)
			continue;
		if (step->size > largest) {
			second = largest;
			largest = step->size;
		} else {
			second = max(second, step->size);
		}
	}
	return second;
}

/*
 * The uncertainty after sample @i, from recent samples. Samples are taken on one CPU at a time, and
 * show less than the full difference of CPUs' clocks. With emulated CPUs a millisecond apart, lab
 * runs showed half of it.
 */
static u64 unrest(struct clock *clock, u64 i, u64 mono)
{
	u64 seen = wobble(clock, i) + sway(clock, i, mono);

	return seen < NSEC_PER_MSEC ? seen : 2 * seen;
}

static void use_segment(struct clock *clock, u64 i)
{
	struct clock_sample *a = nth(clock, i), *b = nth(clock, i + 1);

	clock->seg_from = a->mono;
	clock->seg_to = b->mono;
	clock->seg_system = a->system;
	clock->seg_rate = (double)(s64)(b->system - a->system) / (double)(b->mono - a->mono);
	clock->seg_err = max(a->half, b->half) + unrest(clock, i, a->mono) + ERR_FLOOR;
	/* The first segments have no neighbours to show the rate's changes: assumes the worst. */
	if (i < 2)
		clock->seg_err += parts(b->mono - a->mono, SLEW_PPM / 4);
	if (is_step(a, b))
		clock->seg_err += step_size(a, b);
	clock->err_max = max(clock->err_max, clock->seg_err);
}

/* The rate of the last segment, in parts per million off 1. The next one's may be twice that. */
static u64 rate_ppm(struct clock *clock)
{
	struct clock_sample *a, *b;
	u64 ppm;

	if (clock->nr < 2)
		return RATE_PPM;
	a = nth(clock, clock->nr - 2);
	b = nth(clock, clock->nr - 1);
	if (is_step(a, b))
		return RATE_PPM;
	ppm = (excess(a, b) + a->half + b->half) * 1000000 / (b->mono - a->mono + 1);
	return min(max(2 * ppm, (u64)SLEW_PPM), (u64)RATE_PPM);
}

/* Outside of the samples: adds the distance to the nearest sample, and the maximum slew over it. */
static struct moment extrapolate(struct clock *clock, const struct clock_sample *sample, u64 mono)
{
	u64 away = distance(mono, sample->mono);
	struct moment at = {.ns = sample->system + (mono - sample->mono)};

	if (clock->ext_nr != clock->nr) {
		clock->ext_nr = clock->nr;
		clock->ext_err =
			unrest(clock, clock->nr - 1, nth(clock, clock->nr - 1)->mono) + ERR_FLOOR;
		clock->ext_ppm = rate_ppm(clock);
	}
	at.err = sample->half + clock->ext_err + parts(away, clock->ext_ppm);

	/* Before Xen's boot: a guest's clock cannot make time negative. */
	if (mono < sample->mono && away > sample->system)
		at.ns = 0;
	clock->err_max = max(clock->err_max, at.err);
	return at;
}

void clock__derive(struct clock *clock, s64 off, u64 err, u64 at, u32 ppm)
{
	clock->derived = true;
	clock->derived_off = off;
	clock->derived_err = err;
	clock->derived_at = at;
	clock->derived_ppm = ppm;
}

static struct moment from_derived(struct clock *clock, u64 mono)
{
	u64 err = clock->derived_err + ERR_FLOOR +
		  parts(distance(mono, clock->derived_at), clock->derived_ppm);

	clock->err_max = max(clock->err_max, err);
	return (struct moment){mono + (u64)clock->derived_off, err};
}

struct moment clock__at(struct clock *clock, u64 mono)
{
	u64 i, oldest;

	if (!clock->nr && clock->derived)
		return from_derived(clock, mono);
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
