/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One domain's capture as a source of events. What describes the capture (tasks, stacks, facts,
 * probes, losses) is kept here, bounded; events and clock samples are handed on in the order of the
 * stream.
 *
 * The domid is the collector's word: a stream that claims another one is refused (feed__is_bad()).
 */
#ifndef GRANTWATCH_SOURCES_FEED_H
#define GRANTWATCH_SOURCES_FEED_H

#include "capture/stream.h"
#include "model/domid.h"
#include "model/wall.h"
#include "util/xen_abi.h"

#define FEED_MAX_FACTS	256
#define FEED_MAX_PROBES 128
#define FEED_PROBE_GAPS 8
#define FEED_MAX_LOSSES 1024
#define FEED_MAX_TEXT	(4u << 20) /* bytes of stack text and facts kept of one capture */

#define FEED_LEADERS 1024

struct feed_task {
	u32 pid, tid;
	char comm[16];
	char process[16]; /* as the capture says, see feed__process() */
};

#define FEED_FACT_OLD 7 /* values before the last one that are kept of a fact */

/* A value of a fact, and when the recorder said it first and last (CLOCK_MONOTONIC). */
struct feed_value {
	char *text;
	u64 since, until;
};

struct feed_fact {
	char *key;
	struct feed_value now, old[FEED_FACT_OLD]; /* newest first; .text NULL: none */
};

/* From when to when a probe was not attached, and the events that were not seen for it. */
struct probe_gap {
	u64 since, until; /* CLOCK_MONOTONIC; until UINT64_MAX: it still is not */
	u32 events;
};

struct feed_probe {
	char *name, *how;
	u32 state; /* enum probe_state */
	u32 events;
	u64 since; /* CLOCK_MONOTONIC of its last change; 0: from the start */
	struct probe_gap gap[FEED_PROBE_GAPS];
	u32 nr_gaps;
};

struct feed_loss {
	u64 since, until, count;
	u32 kind, events;
};

/* Why the others went on without a feed. */
enum feed_stall {
	FEED_KEPT_UP,
	FEED_SILENT,
	FEED_BEHIND, /* it sent, but its times stood still, or were long ago */
	FEED_AHEAD,  /* its times were in the future */
};

/* Between two captures of one domain that are read as one. CLOCK_MONOTONIC. */
struct feed_break {
	u64 since, until;
	bool seamless; /* the later one continues the earlier one, and nothing is missing */
};

struct feed_segments;

struct feed {
	struct capture_stream stream;
	struct feed_segments *segments; /* captures that follow this one, NULL: none */
	char *name;			/* for messages: a path or a command */
	char qube[32]; /* the domain's name, by the collector's word; "" not known */
	u32 input;     /* the number of its newest file, for whoever opens files */
	u16 domid;
	bool domid_given;   /* by the collector, not by the capture */
	bool domid_claimed; /* the capture has said who it is */
	bool refused;	    /* claimed a domid that is not the given one */
	bool ended;	    /* REC_END was read: the recorder stopped as told */
	bool stopped;	    /* live only: the collector ended it, what is missing came after */
	bool done;	    /* nothing more will come */
	bool attaching;	    /* its recorder attaches probes, and records nothing yet */
	bool stalled;	    /* live only: did not keep up, the merge no longer waits for it */
	enum feed_stall has_stalled; /* live only: it was so at some time, for this */
	/* live only: of another domain, whose word is bounded (docs/trust.md) */
	bool guest;
	u64 events;	  /* event records so far */
	u64 ops;	  /* operations so far (a batch counts each) */
	u64 lost;	  /* as the loss records say */
	u64 no_stack;	  /* grants, ends, maps and copies: of which subsystem only a stack tells */
	u64 no_task;	  /* announcements and a process's maps */
	u64 dropped_meta; /* descriptions over a limit */
	u64 changed;	  /* facts that became others, which these never do */
	u64 shed;	  /* live only: events dropped at its resource limit */
	u64 text_bytes;
	u64 first_mono, last_mono;
	/*
	 * CLOCK_MONOTONIC since when it is recorded; 0: it does not say, so from its beginning.
	 */
	u64 recording_since;
	/* The newest break at which something is missing, until the merge has taken note of it. */
	struct feed_break gap;
	bool has_gap;
	u32 nr_gaps;
	u64 unrecorded;	  /* ns of all such breaks together */
	struct wall wall; /* on its CLOCK_MONOTONIC */
	struct feed_task *tasks;
	char **stacks;
	u32 nr_tasks, nr_stacks;   /* entries allocated */
	u32 last_file;		   /* the highest id of a file */
	u16 leaders[FEED_LEADERS]; /* the newest main thread, by the low bits of its pid */
	struct feed_fact facts[FEED_MAX_FACTS];
	u32 nr_facts;
	u32 nr_probes, nr_losses;
	/* the first so many of each; the others are not cleared */
	struct feed_probe probes[FEED_MAX_PROBES];
	struct feed_loss losses[FEED_MAX_LOSSES];
};

enum feed_status {
	FEED_EVENT, /* *rec is an event or a log line */
	FEED_CLOCK, /* *rec is a struct rec_clock */
	FEED_MARK,  /* every event up to feed->stream.block.watermark has been handed on */
	FEED_WAIT,  /* live: nothing more before the descriptor is readable */
	FEED_DONE,
};

/*
 * A feed from @fd, which it closes in the end. @domid is the collector's word or DOMID_UNKNOWN to
 * believe the capture. NULL when memory is short.
 */
struct feed *feed__new(int fd, const char *name, u16 domid);
void feed__free(struct feed *feed);

/*
 * Go on with another capture of the same domain at the end of the last one. That one is whole up to
 * @at.since, and the other one is recorded from @at.until on. @fd becomes the feed's, on failure
 * too. 0 or -ENOMEM.
 */
int feed__append(struct feed *feed, int fd, const struct feed_break *at);

/* Whether a capture follows the one that is read. */
bool feed__has_more(const struct feed *feed);

/* Call it @name from now on. 0 or -ENOMEM, and it keeps its name. */
int feed__rename(struct feed *feed, const char *name);

/* The next thing in the stream. With @blocking it reads until there is one. */
enum feed_status feed__next(struct feed *feed, bool blocking, const struct rec **rec);

/* @rec, an event of it, was not kept, for want of room: as if it had been lost. */
void feed__lose(struct feed *feed, const struct rec *rec);

/* The same of an event or a log line, all of whose share of the room is taken. */
void feed__shed(struct feed *feed, const struct rec *rec);

/* How often something was missing or wrong in the stream itself: bytes, blocks and records. */
u64 feed__damage(const struct feed *feed);

/*
 * Why the stream cannot be used or was not whole; NULL when there is nothing to say. @buf holds it.
 */
const char *feed__complaint(const struct feed *feed, char *buf, size_t size);

/* The capture is not one (or of another version, or claims another domid): nothing of it counts. */
bool feed__is_bad(const struct feed *feed);

/* Value of a fact, or NULL. */
const char *feed__fact(const struct feed *feed, const char *key);

/*
 * Returns the value of a fact at @time, or its first value if @time is earlier. NULL if there is no
 * such fact, or its value at @time is no longer kept.
 */
const struct feed_value *feed__fact_at(const struct feed *feed, const char *key, u64 time);

/* Task and stack by id; what was never described is an all-zero task and "". */
const struct feed_task *feed__task(const struct feed *feed, u32 id);

/*
 * Returns the name of @task's process: as recorded, or the name of its main thread if recorded.
 * "" if unknown. @task is of this feed.
 */
const char *feed__process(const struct feed *feed, const struct feed_task *task);
const char *feed__stack(const struct feed *feed, u32 id);

/*
 * Count of lost events of the types in @events (bits as in rec_probe) that may lie in (from, to] of
 * this domain's CLOCK_MONOTONIC.
 */
u64 feed__lost_between(const struct feed *feed, u32 events, u64 from, u64 to);

/* Whether events of one of @events were lost there. Losses of unknown type do not count. */
bool feed__lost_of_type(const struct feed *feed, u32 events, u64 from, u64 to);

/*
 * Whether a probe that feeds any of @events was not attached at some time in [from, to]; its name
 * or NULL.
 */
const char *feed__blind_probe(const struct feed *feed, u32 events, u64 from, u64 to);

#endif
