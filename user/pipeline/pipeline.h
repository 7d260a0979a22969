/* SPDX-License-Identifier: GPL-2.0 */
/* clock → merge → ledger → rules in one piece: the same for stored and for live captures. */
#ifndef GRANTWATCH_PIPELINE_H
#define GRANTWATCH_PIPELINE_H

#include "rules/rules.h"
#include "summary/summary.h"

/*
 * Somebody who wants to see every event in the merged order; valid during the call. Either may be
 * NULL.
 */
struct observer {
	void (*event)(void *ctx, const struct merge_event *event);
	void (*entered)(void *ctx, const struct merge_event *event); /* by the ledger */
	void *ctx;
};

#define PIPELINE_OBSERVERS 4

struct pipeline {
	struct merge merge;
	struct policy policy; /* defaults until judge__apply() */
	struct ledger *ledger;
	struct rules *rules;
	struct feed *feeds[MERGE_MAX_FEEDS];
	u32 nr_feeds;
	struct trace *trace; /* NULL: none */
	bool finished;	     /* everything is settled */
	struct observer observer[PIPELINE_OBSERVERS];
	u32 nr_observers;
	u32 nr_logs;	      /* that were read */
	char bad_log[8][120]; /* what is wrong with those that could not be used */
	u32 nr_bad_logs;
	u32 strange_logs; /* without a time or a known message in any line */
};

/* NULL when memory is short. */
struct pipeline *pipeline__new(bool live);
void pipeline__free(struct pipeline *pipeline);

/* Add a feed, which becomes the pipeline's. -ENOSPC when there are too many. */
int pipeline__add(struct pipeline *pipeline, struct feed *feed);

/* Join Xen's trace; it becomes the pipeline's. Once, before the first run. -ENOMEM */
int pipeline__add_trace(struct pipeline *pipeline, struct trace *trace);

/* From now on: when @stop is not 0, take in no more of the inputs and judge what was read. */
void pipeline__stop_at(struct pipeline *pipeline, const volatile int *stop);

/*
 * Take in what there is. MERGE_WAIT: more may come (live); MERGE_DONE: every feed is at its end and
 * everything is settled. -ENOMEM as a negative value.
 */
int pipeline__run(struct pipeline *pipeline);

void pipeline__observe(struct pipeline *pipeline,
		       void (*event)(void *ctx, const struct merge_event *event), void *ctx);
/* The same before and after the ledger has entered it. */
void pipeline__observe_both(struct pipeline *pipeline,
			    void (*event)(void *ctx, const struct merge_event *event),
			    void (*entered)(void *ctx, const struct merge_event *event), void *ctx);

/* What came of it so far, exit status included. */
void pipeline__summarize(const struct pipeline *pipeline, struct summary *summary);

#endif
