/* SPDX-License-Identifier: GPL-2.0 */
/* clock → merge → ledger → rules in one piece: the same for stored and for live captures. */
#ifndef GRANTWATCH_PIPELINE_H
#define GRANTWATCH_PIPELINE_H

#include "renderers/renderer.h"
#include "rules/rules.h"

struct pipeline {
	struct merge merge;
	struct ledger *ledger;
	struct rules *rules;
	struct feed *feeds[MERGE_MAX_FEEDS];
	u32 nr_feeds;
	bool finished; /* everything is settled */
};

/* NULL when memory is short. */
struct pipeline *pipeline__new(bool live);
void pipeline__free(struct pipeline *pipeline);

/* Add a feed, which becomes the pipeline's. -ENOSPC when there are too many. */
int pipeline__add(struct pipeline *pipeline, struct feed *feed);

/* Join Xen's trace; it becomes the pipeline's. Once, before the first run. -ENOMEM */
int pipeline__add_trace(struct pipeline *pipeline, struct trace *trace);

/*
 * Take in what there is. MERGE_WAIT: more may come (live); MERGE_DONE: every feed is at its end and
 * everything is settled. -ENOMEM as a negative value.
 */
int pipeline__run(struct pipeline *pipeline);

/* What came of it so far, exit status included. */
void pipeline__summarize(const struct pipeline *pipeline, struct summary *summary);

/* Every finding that still stands, in the order of detection, then the summary. */
void pipeline__report(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out);

#endif
