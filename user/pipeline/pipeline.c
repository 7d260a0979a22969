// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "util/log.h"
#include "util/options.h"

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
	pipeline->policy = policy_defaults;
	pipeline->ledger->policy = &pipeline->policy;
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
	pipeline__observe_both(pipeline, event, NULL, ctx);
}

void pipeline__observe_both(struct pipeline *pipeline,
			    void (*event)(void *ctx, const struct merge_event *event),
			    void (*entered)(void *ctx, const struct merge_event *event), void *ctx)
{
	if (pipeline->nr_observers < PIPELINE_OBSERVERS)
		pipeline->observer[pipeline->nr_observers++] =
			(struct observer){event, entered, ctx};
}

/* Enters the event into the ledger and calls the observers. Returns 0 or -ENOMEM. */
static int enter(struct pipeline *pipeline, const struct merge_event *event)
{
	const struct observer *observer;
	u32 i;
	int err;

	for (i = 0; i < pipeline->nr_observers; i++) {
		observer = &pipeline->observer[i];
		if (observer->event)
			observer->event(observer->ctx, event);
	}
	err = ledger__enter(pipeline->ledger, event);
	for (i = 0; i < pipeline->nr_observers && !err; i++) {
		observer = &pipeline->observer[i];
		if (observer->entered)
			observer->entered(observer->ctx, event);
	}
	return err;
}

int pipeline__add_trace(struct pipeline *pipeline, struct trace *trace)
{
	struct join *join = join__new(trace);

	if (!join)
		return -ENOMEM;
	merge__join(&pipeline->merge, join);
	pipeline->trace = trace;
	return 0;
}

void pipeline__stop_at(struct pipeline *pipeline, const volatile int *stop)
{
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++)
		pipeline->feeds[i]->stream.stop = stop;
	if (pipeline->trace)
		pipeline->trace->stop = stop;
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
		/* An unusable feed contributes nothing. */
		if (event.feed->domid == DOMID_UNKNOWN && event.rec)
			continue;
		err = enter(pipeline, &event);
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

void pipeline__summarize(const struct pipeline *pipeline, struct summary *summary)
{
	u32 i;

	summary__collect(summary, &(struct summary_input){.merge = &pipeline->merge,
							  .ledger = pipeline->ledger,
							  .rules = pipeline->rules,
							  .nr_logs = pipeline->nr_logs,
							  .strange_logs = pipeline->strange_logs});
	for (i = 0; i < pipeline->nr_bad_logs; i++)
		summary__blind(summary, "%s", pipeline->bad_log[i]);
	/* A race found elsewhere is worth more than the error of a log. */
	if (pipeline->nr_bad_logs && summary->exit_status != EXIT_RACE)
		summary->exit_status = EXIT_ERROR;
}

u64 pipeline__dropped(const struct pipeline *pipeline)
{
	const struct ledger *ledger = pipeline->ledger;
	u64 nr = rules__findings(pipeline->rules)->dropped;
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++)
		nr += pipeline->feeds[i]->dropped_meta;
	for (i = 0; i < ledger->nr_domains; i++)
		nr += ledger->domains[i]->beyond_limits;
	for (i = 0; i < NR_LIMITS; i++)
		nr += ledger->dropped[i];
	return nr;
}

u64 pipeline__warn_dropped(const struct pipeline *pipeline)
{
	const u64 nr = pipeline__dropped(pipeline);

	if (nr)
		pr_warn("%" PRIu64
			" descriptions, events or findings were dropped at a resource limit or for lack of memory: names, owners or generations may be missing",
			nr);
	return nr;
}
