/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several domains' events in one order: by the end of each event in Xen system time, ties by domid.
 * The order depends on the captures only, not on the arrival of their bytes: a feed without events
 * holds the others back until its mark has passed them. Marks are part of the order. At a mark, all
 * records of its feed up to it were read, losses included. A verdict after every feed's mark
 * therefore uses all records.
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
	/* an event or log line, valid until the next merge__next(); NULL for a mark */
	const struct rec *rec;
	struct feed *feed;
	const struct merge_input *input;
	/* results of Xen's trace for each operation of a map or unmap, NULL none */
	const struct instant *instants;
	u32 feed_index; /* as it was added */
	struct when when;
	u64 key;   /* key: Xen system time, ns, never decreases */
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
	u64 floor;  /* keys of later items are at least this */
	/*
	 * Start of the recording (without phase records: its first clock sample or item), ns of its
	 * own clock and of Xen system time (0 unknown), and their difference.
	 */
	u64 begin_mono, begin;
	s64 begin_off;
};

struct merge {
	u32 nr;
	bool live;    /* do not block in reads */
	bool started; /* missing clocks were derived, or are known to be present */
	bool looked;  /* it is known whether a clock is missing */
	bool hurry;   /* live: derive with what has been read */
	bool no_memory;
	struct join *join;			    /* NULL: there is no trace */
	struct merge_input *input[MERGE_MAX_FEEDS]; /* the first nr of them */
};

enum merge_status { MERGE_EVENT, MERGE_WAIT, MERGE_DONE };

/*
 * Returns the wall-clock time, ns since 1970, at @ns of Xen system time; 0 unknown. Only for
 * display. It is dom0's clock, or the lowest recorded domid's: merge__wall_input() returns that
 * input or NULL.
 */
u64 merge__wall(const struct merge *merge, u64 ns);
const struct merge_input *merge__wall_input(const struct merge *merge);
/* Returns the wall clock of @domid, which stamps its log, or NULL. */
const struct wall *merge__wall_of(const struct merge *merge, u16 domid);

/*
 * Returns the domain which @domid serves as a stub domain, by dom0's capture; DOMID_UNKNOWN if it
 * is none, or dom0's capture does not tell.
 */
u16 merge__target(const struct merge *merge, u16 domid);
/* Returns dom0's name for @domid, which a stub domain serves; "" unknown. */
const char *merge__name_of(const struct merge *merge, u16 domid);

void merge__init(struct merge *merge, bool live);
void merge__cleanup(struct merge *merge);

/* Adds @feed, which stays the caller's. Returns -ENOSPC at MERGE_MAX_FEEDS, or -ENOMEM. */
int merge__add(struct merge *merge, struct feed *feed);

/* Removes input @i before the first merge__next(). Later inputs move up. */
void merge__remove(struct merge *merge, u32 i);

/*
 * Joins Xen's trace to the capture of dom0, before the first merge__next(). Takes ownership of
 * @join.
 */
void merge__join(struct merge *merge, struct join *join);

/* The next event or mark. */
enum merge_status merge__next(struct merge *merge, struct merge_event *event);

/*
 * Live, after MERGE_WAIT. waits_for: the input for which the others wait, merge->nr before the
 * start and at the end. The other: the key up to which input @i was read.
 */
u32 merge__waits_for(const struct merge *merge);
u64 merge__reached(const struct merge *merge, u32 i);

#endif
