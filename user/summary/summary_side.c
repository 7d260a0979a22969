// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "model/vbd.h"
#include "summary/sentences.h"
#include "summary/summary_internal.h"

static void copy_fact(char *dst, size_t size, const struct feed *feed, const char *key)
{
	const char *value = feed__fact(feed, key);

	snprintf(dst, size, "%s", value ? value : "");
}

/* Lists each disk with both ends' settings of persistent grants. */
static void list_disks(struct summary_side *side, const struct feed *feed)
{
	size_t n = 0;
	u32 i;

	for (i = 0; i < feed->nr_facts && n < sizeof(side->persistent); i++) {
		const char *key = feed->facts[i].key, *dot = strrchr(key, '.');
		char name[32];

		if (strncmp(key, "vbd.", 4) || dot == key + 3 || strcmp(dot, ".persistent"))
			continue;
		n += (size_t)snprintf(side->persistent + n, sizeof(side->persistent) - n, "%s%s %s",
				      n ? ", " : "",
				      vbd__name((u32)strtoul(key + 4, NULL, 10), name,
						sizeof(name)),
				      feed->facts[i].now.text);
	}
}

/* How long @probe was detached before it came back, ns. */
static u64 time_away(const struct feed_probe *probe)
{
	u64 away = 0;
	u32 i;

	for (i = 0; i < probe->nr_gaps; i++)
		if (probe->gap[i].since && probe->gap[i].until != UINT64_MAX &&
		    probe->gap[i].events)
			away += probe->gap[i].until - probe->gap[i].since;
	return away;
}

static void fill_wall(struct summary_wall *to, const struct merge_input *input)
{
	const struct wall *wall = &input->wall;

	*to = (struct summary_wall){.since = wall__at(wall, input->begin),
				    .until = wall__at(wall, wall->last),
				    .step = wall->step,
				    .step_from = wall->step_from,
				    .step_to = wall->step_to};
}

static void fill_side(struct summary_side *side, const struct merge_input *input)
{
	const struct feed *feed = input->feed;
	const struct clock *clock = &input->clock;

	memset(side, 0, sizeof(*side));
	side->domid = feed->domid;
	copy_fact(side->kernel, sizeof(side->kernel), feed, "kernel");
	copy_fact(side->guest_type, sizeof(side->guest_type), feed, "guest_type");
	copy_fact(side->tier, sizeof(side->tier), feed, "tier");
	copy_fact(side->role, sizeof(side->role), feed, "role");
	copy_fact(side->xen, sizeof(side->xen), feed, "xen");
	copy_fact(side->xen_build, sizeof(side->xen_build), feed, "xen_build");
	copy_fact(side->name, sizeof(side->name), feed, "name");
	/* dom0's name for the domain has priority over the guest's own. */
	if (feed->qube[0])
		snprintf(side->name, sizeof(side->name), "%s", feed->qube);
	copy_fact(side->kernel_build, sizeof(side->kernel_build), feed, "kernel_build");
	copy_fact(side->kernel_from, sizeof(side->kernel_from), feed, "kernel_from");
	copy_fact(side->os, sizeof(side->os), feed, "os");
	copy_fact(side->clocksource, sizeof(side->clocksource), feed, "clocksource");
	list_disks(side, feed);
	side->events = feed->events;
	side->ops = feed->ops;
	side->lost = feed->lost;
	fill_wall(&side->wall, input);
	side->clock_err = clock->nr || clock->derived ? clock->err_max : CLOCK_ERR_UNKNOWN;
}

static void say_stream(struct summary *summary, const struct feed *feed, u32 nr)
{
	const bool unknown = feed->domid == DOMID_UNKNOWN;
	char text[160];
	const char *complaint = feed__complaint(feed, text, sizeof(text));

	STREAM_SENTENCES(SAY)
}

static void say_capture(struct summary *summary, const struct merge_input *input, bool alone)
{
	const struct feed *feed = input->feed;
	const struct clock *clock = &input->clock;
	const char *uncounted = feed__fact(feed, "uncounted");
	const struct feed_probe *probe;

#define EACH_PROBE(...)                                                               \
	for (probe = feed->probes; probe < feed->probes + feed->nr_probes; probe++) { \
		SAY(__VA_ARGS__)                                                      \
	}
	CAPTURE_SENTENCES(SAY, EACH_PROBE)
#undef EACH_PROBE
}

static void add_capture(struct summary *summary, const struct merge *merge, u32 i)
{
	const struct feed *feed = merge->input[i]->feed;

	say_stream(summary, feed, i + 1);
	summary->events += feed->events;
	summary->ops += feed->ops;
	summary->lost += feed->lost;
	if (summary->nr_sides == SUMMARY_SIDES || feed->domid == DOMID_UNKNOWN)
		return;
	fill_side(&summary->side[summary->nr_sides++], merge->input[i]);
	say_capture(summary, merge->input[i], merge->nr < 2);
}

u32 summary__nth_by_domid(const struct merge *merge, u32 n)
{
	u32 i, j;

	for (i = 0; i < merge->nr; i++) {
		u16 domid = merge->input[i]->feed->domid;
		u32 before = 0;

		for (j = 0; j < merge->nr; j++)
			before += merge->input[j]->feed->domid < domid ||
				  (j < i && merge->input[j]->feed->domid == domid);
		if (before == n)
			return i;
	}
	return n;
}

void summary__add_captures(struct summary *summary, const struct merge *merge)
{
	u32 i;

	/* By domid, so that the order of the arguments does not matter. */
	for (i = 0; i < merge->nr; i++)
		add_capture(summary, merge, summary__nth_by_domid(merge, i));
}
