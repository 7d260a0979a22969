/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of a feed: stream (feed.c), description and coverage. */
#ifndef GRANTWATCH_SOURCES_FEED_INTERNAL_H
#define GRANTWATCH_SOURCES_FEED_INTERNAL_H

#include "sources/feed.h"
#include "util/hash.h"

/* One of the captures that follow, not opened yet. */
struct feed_segment {
	int fd;
	struct feed_break at;
};

/*
 * Later captures have ids of their own. What they describe is found again by its content and keeps
 * the id that it has here; what is new here gets a new id.
 */
struct feed_segments {
	struct feed_segment *next; /* in order; the first nr_read of them have been begun */
	u32 nr, nr_read, room;
	struct feed_break at;	   /* where the one that is read begins */
	bool has_phase;		   /* it has said since when it is recorded */
	u64 events_before;	   /* of the feed */
	u32 last_task, last_stack; /* ids given so far */
	u32 file_base;		   /* what is added to its ids of files */
	struct hash task_by_content, stack_by_content;
	u16 task[ID_MAX + 1], stack[ID_MAX + 1]; /* by its ids, 0: not known */
};

/* Keep what @rec says: a fact, task, process or stack. */
void feed__describe(struct feed *feed, const struct rec *rec);

/* Those of feed__describe() with the id that the task or stack has in the feed. */
void feed__keep_task(struct feed *feed, u32 id, const struct rec_task *rec);
void feed__keep_process(struct feed *feed, u32 id, const struct rec_process *rec);
void feed__keep_stack(struct feed *feed, u32 id, const struct rec_stack *rec);

/* Whether a later capture is read: then its records pass through feed__translate(). */
static inline bool feed__is_later(const struct feed *feed)
{
	return feed->segments && feed->segments->nr_read;
}

/* Begin the next capture. False: there is none. */
bool feed__go_on(struct feed *feed);

/* Give @rec of a later capture, in place, the ids of the feed. */
void feed__translate(struct feed *feed, struct rec *rec);

/* Free the captures that follow. */
void feed__free_segments(struct feed *feed);

/* Keep what @rec says: a probe, loss or phase. */
void feed__note_coverage(struct feed *feed, const struct rec *rec);

/* A sanitised copy, charged to the feed's budget; NULL over it. */
char *feed__keep_text(struct feed *feed, const char *text);

#endif
