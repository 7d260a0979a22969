// SPDX-License-Identifier: GPL-2.0
/*
 * Why alerts come late. Events are judged in one order, so an input that is behind delays all
 * alerts. The longest wait is kept for a minute.
 */
#include "util/log.h"
#include "watch/watch.h"

/* A later alert is explained. */
#define LATE_NS (1 * NSEC_PER_SEC)
#define KEPT_NS (60 * NSEC_PER_SEC)
/* Shorter waits are no reason. */
#define SHORT_NS (200 * NSEC_PER_MSEC)
/* A round waits for input for a tenth of a second at most. */
#define LONG_ROUND_NS (400 * NSEC_PER_MSEC)

static double in_s(u64 ns)
{
	return (double)ns / NSEC_PER_SEC;
}

static u64 duration(const struct watch_wait *wait)
{
	return wait->until - wait->since;
}

static void note_round(struct watch *watch, u64 now)
{
	u64 round = watch->checked ? now - watch->checked : 0;

	if (round < watch->longest_round && now - watch->longest_round_at < KEPT_NS)
		return;
	watch->longest_round = round;
	watch->longest_round_at = now;
}

void watch__note_wait(struct watch *watch)
{
	u64 now = now_mono();
	u32 source = pipeline__source_awaited(watch->pipeline);
	bool waits = watch->ready && source < watch->nr;

	note_round(watch, now);
	if ((int)source == watch->local && pipeline__awaits_trace(watch->pipeline))
		source = watch->nr;
	if (!waits || !watch->wait.since || watch->wait.source != source) {
		watch->wait = (struct watch_wait){source, waits ? now : 0, now};
		return;
	}
	watch->wait.until = now;
	if (duration(&watch->wait) >= duration(&watch->longest) ||
	    now - watch->longest.until > KEPT_NS)
		watch->longest = watch->wait;
}

void watch__explain_lag(const struct watch *watch, const struct finding *finding, u64 lag)
{
	const struct watch_wait *wait = &watch->longest;
	const char *name = "Xen's trace";
	u64 mapped_at = now_mono() - lag;
	char why[400] = "and no source was behind";

	if (lag < LATE_NS)
		return;
	if (wait->source < watch->nr)
		name = pipeline__source_state(watch->pipeline, wait->source).name;
	if (duration(wait) >= SHORT_NS && wait->until > mapped_at)
		snprintf(why, sizeof(why), "as %s was %.1f s behind", name, in_s(duration(wait)));
	else if (watch->longest_round >= LONG_ROUND_NS && watch->longest_round_at > mapped_at)
		snprintf(why, sizeof(why), "as watch did not run for %.1f s",
			 in_s(watch->longest_round));
	pr_info("finding %u: alert %.1f s after the map, %s", finding->id, in_s(lag), why);
}
