/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One domain's capture as a source of events. The feed keeps what describes the capture (tasks,
 * stacks, facts, probes, losses) within limits. It hands events and clock samples on in the order
 * of the stream. The collector assigns the domid: a stream that claims another one is refused
 * (feed__is_bad()).
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
#define FEED_MAX_TEXT	(4u << 20) /* bytes of stack text and facts kept for one capture */

#define FEED_LEADERS 1024

struct feed_task {
	u32 pid, tid;
	char comm[16];
	char process[16]; /* as recorded, "" unknown; see feed__process() */
};

#define FEED_FACT_OLD 7 /* older values kept for each fact */

/* A value of a fact, and when it was recorded first and last, ns of CLOCK_MONOTONIC. */
struct feed_value {
	char *text;
	u64 since, until;
};

struct feed_fact {
	char *key;
	struct feed_value now, old[FEED_FACT_OLD]; /* @old: newest first, .text NULL for none */
};

/* A time without a probe, and the events that it would have recorded. */
struct probe_gap {
	/* ns of CLOCK_MONOTONIC; @until is UINT64_MAX while the probe is missing */
	u64 since, until;
	u32 events;
};

struct feed_probe {
	char *name, *how;
	u32 state; /* enum probe_state */
	u32 events;
	u64 since; /* CLOCK_MONOTONIC of its last change, ns, 0 the start */
	struct probe_gap gap[FEED_PROBE_GAPS];
	u32 nr_gaps;
};

struct feed_loss {
	u64 since, until, count;
	u32 kind, events;
};

/* Why the other feeds went on without this one. */
enum feed_stall {
	FEED_KEPT_UP,
	FEED_SILENT,
	FEED_BEHIND, /* it sent, but its times stood still or were long past */
	FEED_AHEAD,  /* its times were in the future */
};

/* The time between two captures of one domain that are read as one, ns of CLOCK_MONOTONIC. */
struct feed_break {
	u64 since, until;
	bool seamless; /* the later capture states that nothing is missing between them */
};

struct feed_segments;

struct feed {
	struct capture_stream stream;
	struct feed_segments *segments; /* the captures that follow, NULL none */
	char *name;			/* a path or a command, for messages */
	char qube[32];			/* the domain's name from the collector, "" unknown */
	u32 input; /* number of its newest file, for the process that opens files */
	u16 domid;
	bool domid_given;   /* @domid is from the collector, not from the capture */
	bool domid_claimed; /* the capture has stated its domid */
	bool refused;	    /* the capture claims another domid than the given one */
	bool ended;	    /* REC_END was read: the recorder ended in order */
	/* live only: the collector ended it, so only later events are missing */
	bool stopped;
	bool done;		     /* nothing more will come */
	bool attaching;		     /* the recorder is attaching probes and does not record yet */
	bool stalled;		     /* live only: the merge goes on without it */
	enum feed_stall has_stalled; /* live only: the last reason for a stall */
	/* live only: of another domain, within resource limits (docs/trust.md) */
	bool guest;
	u64 events; /* event records so far */
	u64 ops;    /* operations so far (each of a batch counts) */
	u64 lost;   /* events lost, by the loss records */
	/* the same, as the records of the capture that is being read state it */
	u64 stated_losses;
	/* grants, ends, maps and copies without the stack that shows the subsystem */
	u64 no_stack;
	u64 no_task;	  /* announcements and processes' maps without a task */
	u64 dropped_meta; /* descriptions above a limit */
	u64 changed;	  /* fixed facts with two values */
	u64 shed;	  /* live only: events dropped at its resource limit */
	u64 text_bytes;
	u64 first_mono, last_mono;
	/* CLOCK_MONOTONIC of the recording's start, ns, 0 the start of the capture. */
	u64 recording_since;
	/* The newest break with something missing, until the merge has noted it. */
	struct feed_break gap;
	bool has_gap;
	u32 nr_gaps;
	u64 unrecorded;	  /* ns, all such breaks together */
	struct wall wall; /* on its CLOCK_MONOTONIC */
	struct feed_task *tasks;
	char **stacks;
	u32 nr_tasks, nr_stacks;   /* entries allocated */
	u32 last_file;		   /* the highest id of a file */
	u16 leaders[FEED_LEADERS]; /* the newest main thread by the low bits of its pid */
	u32 nr_facts, nr_probes, nr_losses;
	/* the first nr_facts, nr_probes and nr_losses are valid, others are not cleared */
	struct feed_fact facts[FEED_MAX_FACTS];
	struct feed_probe probes[FEED_MAX_PROBES];
	struct feed_loss losses[FEED_MAX_LOSSES];
};

enum feed_status {
	FEED_EVENT, /* *rec is an event or a log line */
	FEED_CLOCK, /* *rec is a struct rec_clock */
	FEED_MARK,  /* all events up to feed->stream.block.watermark were handed on */
	FEED_WAIT,  /* live: nothing more until the descriptor is readable */
	FEED_DONE,
};

/*
 * Returns a feed from @fd, which it closes at the end; NULL without memory. @domid is the
 * collector's, or DOMID_UNKNOWN to use the capture's.
 */
struct feed *feed__new(int fd, const char *name, u16 domid);
void feed__free(struct feed *feed);

/*
 * Continues with another capture of the same domain at the end of the last one. The last one is
 * complete up to @at.since, the other records from @at.until on. Takes @fd, on failure too. Returns
 * 0 or -ENOMEM.
 */
int feed__append(struct feed *feed, int fd, const struct feed_break *at);

/* Whether another capture follows the one being read. */
bool feed__has_more(const struct feed *feed);

/* Changes the feed's name. Returns 0 or -ENOMEM; the name stays then. */
int feed__rename(struct feed *feed, const char *name);

/* Takes the next record or mark of the stream. @blocking: waits for it. */
enum feed_status feed__next(struct feed *feed, bool blocking, const struct rec **rec);

/* Counts the event @rec as lost, as there is no room for it. */
void feed__lose(struct feed *feed, const struct rec *rec);

/* Counts an event or log line as lost, as its feed's part of the room is full. */
void feed__shed(struct feed *feed, const struct rec *rec);

/* @nr grants since @since, with what followed until @until, are not known any more. */
void feed__forget(struct feed *feed, u64 since, u64 until, u64 nr);

/* How often something was missing or wrong in the stream itself: bytes, blocks and records. */
u64 feed__damage(const struct feed *feed);

/*
 * Returns why the stream is unusable or incomplete, NULL if it is neither. @buf may hold the text.
 */
const char *feed__complaint(const struct feed *feed, char *buf, size_t size);

/* Whether nothing of the capture counts: no capture, another version, or another domid. */
bool feed__is_bad(const struct feed *feed);

/* Returns the last value of a fact, or NULL. */
const char *feed__fact(const struct feed *feed, const char *key);

/*
 * Returns the value of a fact at @time, or its first value if @time is earlier. NULL if there is no
 * such fact, or its value at @time is no longer kept.
 */
const struct feed_value *feed__fact_at(const struct feed *feed, const char *key, u64 time);

/*
 * Returns the domain which @domid serves as a stub domain, as dom0's capture @feed states it;
 * DOMID_UNKNOWN if it states nothing. Captures of other domains state nothing about @domid.
 */
u16 feed__target(const struct feed *feed, u16 domid);
/* The same for the name of @domid, NULL unknown. */
const char *feed__name_of(const struct feed *feed, u16 domid);

/* The task or stack of an id. Ids without a description have an all-zero task and "". */
const struct feed_task *feed__task(const struct feed *feed, u32 id);

/*
 * Returns the name of @task's process: as recorded, or the name of its main thread if recorded.
 * "" if unknown. @task is of this feed.
 */
const char *feed__process(const struct feed *feed, const struct feed_task *task);
const char *feed__stack(const struct feed *feed, u32 id);

/*
 * The number of lost events of the types in @events (bits as in rec_probe) that may lie in (from,
 * to], CLOCK_MONOTONIC, ns.
 */
u64 feed__lost_between(const struct feed *feed, u32 events, u64 from, u64 to);

/* Whether events of the types in @events were lost there. Losses of unknown type do not count. */
bool feed__lost_of_type(const struct feed *feed, u32 events, u64 from, u64 to);

/*
 * Returns the name of a probe for any of @events that was missing at some time in [from, to], NULL
 * none.
 */
const char *feed__blind_probe(const struct feed *feed, u32 events, u64 from, u64 to);

#endif
