/* SPDX-License-Identifier: GPL-2.0 */
/* The path from clock over merge and ledger to rules, the same for stored and live captures. */
#ifndef GRANTWATCH_PIPELINE_H
#define GRANTWATCH_PIPELINE_H

#include "rules/rules.h"
#include "summary/summary.h"

/*
 * Observer of every event in merged order. Events are valid during the call. Either function may be
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
	struct policy policy; /* defaults before judge__apply() */
	struct ledger *ledger;
	struct rules *rules;
	struct feed *feeds[MERGE_MAX_FEEDS];
	u32 nr_feeds;
	struct trace *trace; /* NULL: none */
	bool finished;	     /* everything is settled */
	struct observer observer[PIPELINE_OBSERVERS];
	u32 nr_observers;
	u32 nr_logs;	      /* that were read */
	char bad_log[8][120]; /* reasons why logs could not be used */
	u32 nr_bad_logs;
	u32 strange_logs; /* logs without a time and without a known message */
};

/* NULL without memory. */
struct pipeline *pipeline__new(bool live);
void pipeline__free(struct pipeline *pipeline);

/* Adds @feed and takes ownership. Returns -ENOSPC at the limit. */
int pipeline__add(struct pipeline *pipeline, struct feed *feed);

/* Joins Xen's trace and takes ownership. Once, before the first run. Returns 0 or -ENOMEM. */
int pipeline__add_trace(struct pipeline *pipeline, struct trace *trace);

/* Sets @stop: as soon as it is not 0, no more input is read, and what was read is judged. */
void pipeline__stop_at(struct pipeline *pipeline, const volatile int *stop);

/*
 * Reads and judges what is available. Returns MERGE_WAIT if more may come (live), MERGE_DONE when
 * every feed is at its end and all is settled, or -ENOMEM.
 */
int pipeline__run(struct pipeline *pipeline);

void pipeline__observe(struct pipeline *pipeline,
		       void (*event)(void *ctx, const struct merge_event *event), void *ctx);
/* Observes events before and after the ledger enters them. */
void pipeline__observe_both(struct pipeline *pipeline,
			    void (*event)(void *ctx, const struct merge_event *event),
			    void (*entered)(void *ctx, const struct merge_event *event), void *ctx);

/*
 * Number of descriptions, events and findings that were dropped at a resource limit or for lack of
 * memory: names, owners or generations may be missing.
 */
u64 pipeline__dropped(const struct pipeline *pipeline);
/* The same, for output without blind spots: logs a warning if it is not 0. */
u64 pipeline__warn_dropped(const struct pipeline *pipeline);

/* Sums up the results so far, with the exit status. */
void pipeline__summarize(const struct pipeline *pipeline, struct summary *summary);

#endif
