// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "pipeline/trace_summary.h"

struct pipeline *pipeline__new(bool live)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	struct ledger_listener listener;

	if (!pipeline)
		return NULL;
	merge__init(&pipeline->merge, live);
	pipeline->rules = rules__new();
	if (!pipeline->rules) {
		free(pipeline);
		return NULL;
	}
	listener = rules__listener(pipeline->rules);
	pipeline->ledger = ledger__new(&listener);
	if (!pipeline->ledger) {
		rules__free(pipeline->rules);
		free(pipeline);
		return NULL;
	}
	return pipeline;
}

void pipeline__free(struct pipeline *pipeline)
{
	u32 i;

	if (!pipeline)
		return;
	ledger__free(pipeline->ledger);
	rules__free(pipeline->rules);
	merge__cleanup(&pipeline->merge);
	for (i = 0; i < pipeline->nr_feeds; i++)
		feed__free(pipeline->feeds[i]);
	free(pipeline);
}

int pipeline__add(struct pipeline *pipeline, struct feed *feed)
{
	int err = merge__add(&pipeline->merge, feed);

	if (err)
		return err;
	pipeline->feeds[pipeline->nr_feeds++] = feed;
	return 0;
}

void pipeline__observe(struct pipeline *pipeline,
		       void (*event)(void *ctx, const struct merge_event *event), void *ctx)
{
	if (pipeline->nr_observers < PIPELINE_OBSERVERS)
		pipeline->observer[pipeline->nr_observers++] = (struct observer){event, ctx};
}

int pipeline__add_trace(struct pipeline *pipeline, struct trace *trace)
{
	struct join *join = join__new(trace);

	if (!join)
		return -ENOMEM;
	merge__join(&pipeline->merge, join);
	return 0;
}

int pipeline__run(struct pipeline *pipeline)
{
	struct ledger *ledger = pipeline->ledger;
	struct merge_event event;
	enum merge_status status;
	bool changed = false;
	u32 i;
	int err;

	ledger->nr_feeds = pipeline->nr_feeds;
	for (i = 0; i < pipeline->nr_feeds; i++) {
		changed |= ledger->without[i] != pipeline->feeds[i]->stalled;
		ledger->without[i] = pipeline->feeds[i]->stalled;
	}
	while ((status = merge__next(&pipeline->merge, &event)) == MERGE_EVENT) {
		/* A feed that turns out not to be usable contributes nothing. */
		if (event.feed->domid == DOMID_UNKNOWN && event.rec)
			continue;
		for (i = 0; i < pipeline->nr_observers; i++)
			pipeline->observer[i].event(pipeline->observer[i].ctx, &event);
		err = ledger__enter(ledger, &event);
		if (err)
			return err;
	}
	if (changed && status == MERGE_WAIT)
		ledger__advance(ledger);
	if (pipeline->merge.no_memory)
		return -ENOMEM;
	if (status == MERGE_DONE && !pipeline->finished) {
		pipeline->finished = true;
		ledger__finish(ledger);
		rules__finish(pipeline->rules, ledger);
	}
	return (int)status;
}

static void copy_fact(char *dst, size_t size, const struct feed *feed, const char *key)
{
	const char *value = feed__fact(feed, key);

	snprintf(dst, size, "%s", value ? value : "");
}

/* "xvda" of a vbd's number as in xenstore, or the number. */
static const char *disk_name(const char *number, size_t len, char *buf, size_t size)
{
	unsigned long nr = strtoul(number, NULL, 10);
	unsigned int disk = nr >> 28 == 1 ? (nr >> 8) & 0xfffff : (nr & 0xff) >> 4;
	unsigned int part = nr >> 28 == 1 ? nr & 0xff : nr & 0xf;

	if ((nr >> 28 == 1 || nr >> 8 == 202) && disk < 26 && !part)
		snprintf(buf, size, "xvd%c", 'a' + disk);
	else if ((nr >> 28 == 1 || nr >> 8 == 202) && disk < 26)
		snprintf(buf, size, "xvd%c%u", 'a' + disk, part);
	else
		snprintf(buf, size, "vbd %.*s", (int)min(len, (size_t)20), number);
	return buf;
}

/* What each disk's two ends say about persistent grants. */
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
				      disk_name(key + 4, (size_t)(dot - key - 4), name,
						sizeof(name)),
				      feed->facts[i].value);
	}
}

static void summarize_clock(const struct pipeline *pipeline, const struct merge_input *input,
			    struct summary *summary)
{
	const struct clock *clock = &input->clock;
	u16 domid = input->feed->domid;

	if (pipeline->nr_feeds < 2)
		return;
	if (!clock->nr && clock->derived)
		summary__blind(
			summary,
			"d%u: its clock is not calibrated; derived from grants and maps, ± %.3f ms",
			domid, (double)clock->derived_err / 1e6);
	else if (!clock->nr)
		summary__blind(summary, "d%u: its clock is not calibrated against Xen's", domid);
}

static void summarize_ledger(const struct pipeline *pipeline, struct summary *summary)
{
	const struct ledger *ledger = pipeline->ledger;

	if (rules__counters(pipeline->rules)->undecided)
		summary__blind(summary,
			       "%" PRIu64
			       " maps came too close to a new grant for the clocks' bounds: "
			       "whether they are stale is not known",
			       rules__counters(pipeline->rules)->undecided);
	if (rules__counters(pipeline->rules)->unjudged)
		summary__blind(
			summary,
			"%" PRIu64
			" maps are not judged: their granter then, or their mapper when it was told of the "
			"refs, was not recorded (not yet, in a gap, or no more)",
			rules__counters(pipeline->rules)->unjudged);
	if (rules__counters(pipeline->rules)->disagreed)
		summary__blind(
			summary,
			"%" PRIu64
			" looks into a grant table contradict its domain's own capture (%" PRIu64
			" agree), first at %s",
			rules__counters(pipeline->rules)->disagreed,
			rules__counters(pipeline->rules)->agreed,
			rules__counters(pipeline->rules)->disagreement);
	if (rules__counters(pipeline->rules)->disputed)
		summary__blind(
			summary,
			"%" PRIu64
			" maps that a domain says it made, of refs that their granters grant to others only: one "
			"of the two does not tell the truth, they are not judged",
			rules__counters(pipeline->rules)->disputed);
	if (rules__counters(pipeline->rules)->strays)
		summary__blind(
			summary,
			"%" PRIu64
			" maps returned pages that no grant of their refs on record is of: grants were not "
			"seen, or the clocks are off by more than their bounds",
			rules__counters(pipeline->rules)->strays);
	if (ledger->contradictions)
		summary__blind(
			summary,
			"%" PRIu64
			" maps came before their grants, or after their ends, by the clocks: those are off by "
			"up to %.3f ms, more than their bounds",
			ledger->contradictions, (double)ledger->doubt / 1e6);
	if (ledger->dropped)
		summary__blind(summary,
			       "%" PRIu64 " maps or ioctls beyond the limits were not kept",
			       ledger->dropped);
	if (ledger->settled_early)
		summary__blind(
			summary,
			"%" PRIu64
			" events were judged before all was read: a capture without marks, or a storm",
			ledger->settled_early);
}

/* A probe that was taken away and came back. */
static void summarize_gaps(const struct feed *feed, const struct feed_probe *probe,
			   struct summary *summary)
{
	u64 away = 0;
	u32 i;

	for (i = 0; i < probe->nr_gaps; i++)
		if (probe->gap[i].since && probe->gap[i].until != UINT64_MAX &&
		    probe->gap[i].events)
			away += probe->gap[i].until - probe->gap[i].since;
	if (away)
		summary__blind(summary, "d%u: %s was not probed for %.3f s", feed->domid,
			       probe->name, (double)away / 1e9);
}

static void summarize_side(const struct pipeline *pipeline, u32 i, struct summary *summary)
{
	const struct merge_input *input = &pipeline->merge.input[i];
	const struct feed *feed = pipeline->feeds[i];
	struct summary_side *side = &summary->side[summary->nr_sides];
	char text[160];
	u32 p;

	/* Not the file's name: it may be a qube's. */
	if (feed__complaint(feed, text, sizeof(text)) && feed->domid == DOMID_UNKNOWN)
		summary__blind(summary, "capture %u: %s", i + 1, text);
	else if (feed__complaint(feed, text, sizeof(text)))
		summary__blind(summary, "d%u's capture: %s", feed->domid, text);
	summary->events += feed->events;
	summary->ops += feed->ops;
	summary->lost += feed->lost;
	if (summary->nr_sides == SUMMARY_SIDES || feed->domid == DOMID_UNKNOWN)
		return;
	summary->nr_sides++;
	side->domid = feed->domid;
	copy_fact(side->kernel, sizeof(side->kernel), feed, "kernel");
	copy_fact(side->guest_type, sizeof(side->guest_type), feed, "guest_type");
	copy_fact(side->tier, sizeof(side->tier), feed, "tier");
	copy_fact(side->role, sizeof(side->role), feed, "role");
	copy_fact(side->xen, sizeof(side->xen), feed, "xen");
	copy_fact(side->xen_build, sizeof(side->xen_build), feed, "xen_build");
	copy_fact(side->name, sizeof(side->name), feed, "name");
	/* dom0's word comes before the guest's own. */
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
	side->clock_err =
		input->clock.nr || input->clock.derived ? input->clock.err_max : CLOCK_ERR_UNKNOWN;
	if (feed->lost)
		summary__blind(summary, "d%u lost %" PRIu64 " events", feed->domid, feed->lost);
	if (feed__fact(feed, "uncounted"))
		summary__blind(summary, "d%u: events may be lost uncounted: %.100s", feed->domid,
			       feed__fact(feed, "uncounted"));
	for (p = 0; p < feed->nr_probes; p++)
		summarize_gaps(feed, &feed->probes[p], summary);
	for (p = 0; p < feed->nr_probes; p++)
		if (feed->probes[p].state != PROBE_ATTACHED && feed->probes[p].events)
			summary__blind(summary, "d%u: %s is not probed: %.100s", feed->domid,
				       feed->probes[p].name, feed->probes[p].how);
	summarize_clock(pipeline, input, summary);
}

/* Of domains that were not recorded, and of those whose number a log does not tell. */
static void summarize_logs(const struct pipeline *pipeline, struct summary *summary)
{
	u32 i;

	if (pipeline->nr_logs && !pipeline->nr_feeds)
		summary__blind(summary, "no capture: only logs were read");
	for (i = 0; i < pipeline->nr_logs && summary->nr_sides < SUMMARY_SIDES; i++)
		summary->side[summary->nr_sides++] = pipeline->logs[i];
}

static void summarize_domains(const struct pipeline *pipeline, struct summary *summary)
{
	const struct ledger *ledger = pipeline->ledger;
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		const struct domain *domain = ledger->domains[i];

		if (domain->feed)
			continue;
		if (domain->refs_mapped)
			summary__blind(summary,
				       "no capture of d%u: its grants and frees were not seen",
				       domain->domid);
		if (domain->granted_to)
			summary__blind(summary, "no capture of d%u: its maps were not seen",
				       domain->domid);
	}
}

static void summarize_findings(const struct pipeline *pipeline, struct summary *summary)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	bool race = false;
	u32 i;

	for (i = 0; i < findings->nr; i++) {
		const struct finding *finding = findings->item[i];

		if (finding->gone)
			continue;
		summary->by_class[finding->class]++;
		race |= class__severity(finding->class) != SEVERITY_INFO;
	}
	summary->dropped = findings->dropped;
	if (findings->dropped)
		summary__blind(
			summary,
			"%" PRIu64
			" findings beyond the limit of %u, or of %u of one domain, were dropped",
			findings->dropped, FINDINGS_MAX, FINDINGS_OF_ONE);
	summary->exit_status = race ? 2 : summary->nr_blind ? 3 : 0;
}

/* The feed that comes as number @n when they are sorted by domid. */
static u32 nth_by_domid(const struct pipeline *pipeline, u32 n)
{
	u32 i, j;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		u32 before = 0;

		for (j = 0; j < pipeline->nr_feeds; j++)
			before += pipeline->feeds[j]->domid < pipeline->feeds[i]->domid ||
				  (j < i && pipeline->feeds[j]->domid == pipeline->feeds[i]->domid);
		if (before == n)
			return i;
	}
	return n;
}

void pipeline__summarize(const struct pipeline *pipeline, struct summary *summary)
{
	u32 i;

	memset(summary, 0, sizeof(*summary));
	/* By domain, so that the order in which captures are named does not show. */
	for (i = 0; i < pipeline->nr_feeds; i++)
		summarize_side(pipeline, nth_by_domid(pipeline, i), summary);
	summarize_logs(pipeline, summary);
	summarize_domains(pipeline, summary);
	trace__summarize(pipeline, summary);
	summarize_ledger(pipeline, summary);
	summarize_findings(pipeline, summary);
}
