/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of a feed: the stream (feed.c), description and coverage. */
#ifndef GRANTWATCH_SOURCES_FEED_INTERNAL_H
#define GRANTWATCH_SOURCES_FEED_INTERNAL_H

#include "sources/feed.h"
#include "util/hash.h"

/* A capture that follows and is not open yet. */
struct feed_segment {
	int fd;
	struct feed_break at;
};

/*
 * Later captures have their own ids. Equal content gets the id that the feed already has, new
 * content a new id.
 */
struct feed_segments {
	struct feed_segment *next; /* in order; the first @nr_read were started */
	u32 nr, nr_read, room;
	struct feed_break at;	   /* where the current one begins */
	bool has_phase;		   /* the start of its recording was read */
	u64 events_before;	   /* of the feed */
	u32 last_task, last_stack; /* ids given so far */
	u32 file_base;		   /* added to its file ids */
	struct hash task_by_content, stack_by_content;
	u16 task[ID_MAX + 1], stack[ID_MAX + 1]; /* by its ids, 0: not known */
};

/* Keeps the fact, task, process or stack in @rec. */
void feed__describe(struct feed *feed, const struct rec *rec);

/* Like feed__describe(), with the id of the task in the feed. */
void feed__keep_task(struct feed *feed, u32 id, const struct rec_task *rec);

/* Whether a later capture is read, so that its records need feed__translate(). */
static inline bool feed__is_later(const struct feed *feed)
{
	return feed->segments && feed->segments->nr_read;
}

/* Starts the next capture. Returns false if there is none. */
bool feed__go_on(struct feed *feed);

/* Replaces ids in @rec of a later capture by those of the feed. */
void feed__translate(struct feed *feed, struct rec *rec);

/* Frees the captures that follow. */
void feed__free_segments(struct feed *feed);

/* Keeps the probe, loss or phase in @rec. */
void feed__note_coverage(struct feed *feed, const struct rec *rec);

/* Takes the end of a capture. Losses which it counts beyond the loss records become one. */
void feed__note_end(struct feed *feed, const struct rec_end *rec);

/* Returns a sanitised copy, counted in the feed's limit of text; NULL above it. */
char *feed__keep_text(struct feed *feed, const char *text);

#endif
