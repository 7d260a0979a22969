/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several domains' events in one order: by the end of each event on Xen system time, ties by domid.
 * The order depends on the captures only, not on the arrival of their bytes: a feed without events
 * holds back the others until its mark has passed them.
 *
 * Marks are part of this order: at a mark all records of a feed up to it have been read, losses
 * included. A verdict behind every feed's mark therefore uses all records.
 */
#ifndef GRANTWATCH_MERGE_H
#define GRANTWATCH_MERGE_H

#include "clock/clock.h"
#include "merge/coverage.h"
#include "merge/hold.h"
#include "merge/join.h"
#include "model/when.h"
#include "sources/feed.h"

#define MERGE_MAX_FEEDS 64

struct merge_input;

struct merge_event {
	/* an event or a log line, valid until the next merge__next(); NULL: a mark */
	const struct rec *rec;
	struct feed *feed;
	const struct merge_input *input;
	/* of a map or an unmap: what Xen's trace says of each operation; NULL */
	const struct instant *instants;
	u32 feed_index; /* as it was added */
	struct when when;
	u64 key;   /* Xen system time in the merged order; never goes back */
	bool last; /* a mark: the feed's end */
};

struct merge_input {
	struct feed *feed;
	struct clock clock;
	struct coverage coverage;
	struct wall wall; /* on Xen system time */
	struct hold hold;
	struct merge_event head;
	bool have_head;
	bool ended; /* its last mark was handed on */
	u64 floor;  /* keys of this input from here on are not below */
	/*
	 * Since when it is recorded (without phase records: since its first clock sample or item):
	 * on its own clock, and as Xen system time (0: not known); the difference.
	 */
	u64 begin_mono, begin;
	s64 begin_off;
};

struct merge {
	u32 nr;
	bool live;    /* do not block in reads */
	bool started; /* clocks without samples have been seen to */
	bool looked;  /* whether there are any is known */
	bool hurry;   /* live: what is there must do for that */
	bool no_memory;
	struct join *join;			   /* NULL: there is no trace */
	struct merge_input input[MERGE_MAX_FEEDS]; /* the first nr of them */
};

enum merge_status { MERGE_EVENT, MERGE_WAIT, MERGE_DONE };

/*
 * Wall-clock time at @ns of Xen system time, by dom0's clock, or else the lowest domid's that is
 * recorded; 0 unknown. Only to be shown. merge__wall_input(): whose, or NULL.
 */
u64 merge__wall(const struct merge *merge, u64 ns);
const struct merge_input *merge__wall_input(const struct merge *merge);
/* The wall clock of @domid, which its log is stamped with, or NULL. */
const struct wall *merge__wall_of(const struct merge *merge, u16 domid);

void merge__init(struct merge *merge, bool live);
void merge__cleanup(struct merge *merge);

/* Add @feed (stays the caller's). -ENOSPC over MERGE_MAX_FEEDS. */
int merge__add(struct merge *merge, struct feed *feed);

/* Before the first merge__next(): input @i is none. Those behind it move up. */
void merge__remove(struct merge *merge, u32 i);

/*
 * Join Xen's trace to the capture of dom0. Before the first merge__next(); @join becomes the
 * merge's.
 */
void merge__join(struct merge *merge, struct join *join);

/* The next event or mark. */
enum merge_status merge__next(struct merge *merge, struct merge_event *event);

/*
 * Live, after MERGE_WAIT: the input that the others wait for, merge->nr before they have started
 * and at the end; and the key up to which input @i has been read.
 */
u32 merge__waits_for(const struct merge *merge);
u64 merge__reached(const struct merge *merge, u32 i);

#endif
