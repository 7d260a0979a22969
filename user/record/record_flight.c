// SPDX-License-Identifier: GPL-2.0
/* record --flight: events stay in the kernel until something suspicious happens. */
#include <sys/timerfd.h>

#include "record/record.h"
#include "util/log.h"
#include "util/monotonic.h"

#define FLIGHT_TICK_NS NSEC_PER_SEC /* interval while nothing is collected */

static void set_pace_of_work(struct record *rec, u64 ns)
{
	const struct itimerspec interval = {{ns / NSEC_PER_SEC, ns % NSEC_PER_SEC},
					    {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC}};

	timerfd_settime(rec->timer_fd, 0, &interval, NULL);
}

void record__rest(struct record *rec)
{
	pump__rest(&rec->pump);
	set_pace_of_work(rec, FLIGHT_TICK_NS);
}

/* Returns the kind of suspicious event that was not there at the last check, or NULL. */
const char *record__raised(const struct record *rec)
{
	static const char *const names[GW_ALARMS] = {
		"",
		"an end was refused",
		"a map was refused",
		"a ref was mapped long after it was announced",
		"a ref was mapped that another process has mapped",
		"a copy was refused"};
	struct gw_alarms alarms;
	unsigned int i;

	probes__alarms(rec->pump.probes, &alarms);
	for (i = 0; i < GW_ALARMS; i++)
		if (alarms.count[i] != rec->alarms.count[i])
			return names[i];
	return record__told_by_user() ? "on request" : NULL;
}

/* Extends the collection: events after a suspicious one belong to it too. */
void record__follow_alarms(struct record *rec)
{
	struct hindsight *hindsight = &rec->pump.hindsight;
	const char *why = record__raised(rec);

	if (why) {
		probes__alarms(rec->pump.probes, &rec->alarms);
		record__forget_user();
		hindsight->until = now_mono() + hindsight->window;
		if (!hindsight->resting)
			return;
		pr_info("%s: the last %u s go into the capture", why, rec->cfg.flight);
		pump__collect(&rec->pump);
		set_pace_of_work(rec, RECORD_FLUSH_NS);
	} else if (!hindsight->resting && now_mono() >= hindsight->until) {
		pump__flush(&rec->pump, 1);
		record__rest(rec);
	}
}
