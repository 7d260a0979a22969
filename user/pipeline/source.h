/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture that is read while it is recorded: what watch asks and tells the pipeline about it.
 * Sources are numbered from 0 in the order of adding.
 */
#ifndef GRANTWATCH_PIPELINE_SOURCE_H
#define GRANTWATCH_PIPELINE_SOURCE_H

#include "pipeline/pipeline.h"

struct source_state {
	const char *name; /* for messages; owned by the pipeline */
	u16 domid;	  /* DOMID_UNKNOWN until the stream has its domid */
	bool guest;	  /* of another domain, within resource limits (docs/trust.md) */
	u32 blocks;	  /* blocks read so far */
	bool attaching;	  /* its recorder attaches probes */
	bool recording;	  /* something was recorded, and it is not attaching */
	bool has_room;	  /* a read may take more bytes */
	bool eof;	  /* nothing more can be read */
	bool done;	  /* all of it is merged */
	bool pending;	  /* its next event waits for other sources */
	bool stalled;	  /* the other sources go on without it */
	bool stopped;	  /* asked to end: a cut afterwards is no blind spot */
	bool unusable;	  /* nothing of it counts, whatever comes */
	bool bad;	  /* nothing of it counts so far */
	u64 watermark;	  /* of the blocks read so far, ns of its CLOCK_MONOTONIC */
	u64 reached;	  /* Xen system time up to which it was read, ns */
	u64 marked;	  /* Xen system time up to which it is complete, ns; 0 unknown */
	bool has_clock;	  /* related to Xen system time, by clock samples or derived */
	u64 clock_err;	  /* largest clock error bound so far, ns */
};

/*
 * Adds the capture from @fd, of @domid, a guest named @qube (NULL: none); DOMID_UNKNOWN: this
 * domain. Takes the descriptor. Returns 0, -ENOMEM, or -ENOSPC at the limit.
 */
int pipeline__add_source(struct pipeline *pipeline, int fd, const char *name, u16 domid,
			 const char *qube);

struct source_state pipeline__source_state(const struct pipeline *pipeline, u32 i);

/* Returns why the stream is unusable or incomplete, in @buf; NULL if it is neither. */
const char *pipeline__source_complaint(const struct pipeline *pipeline, u32 i, char *buf,
				       size_t size);

/* Returns the source for which the others wait, or the number of sources if there is none. */
u32 pipeline__source_awaited(const struct pipeline *pipeline);

/* Whether a capture waits for Xen's trace, which is joined to it. */
bool pipeline__awaits_trace(const struct pipeline *pipeline);

/*
 * Sets Xen system time at @mono of the source's CLOCK_MONOTONIC. Returns false without clock
 * samples. Does not change the reported clock.
 */
bool pipeline__source_time(const struct pipeline *pipeline, u32 i, u64 mono, struct moment *at);

/*
 * Reads up to @most bytes. Returns their number, 0 at the end, or -errno. *@bytes is valid until
 * the pipeline runs.
 */
int pipeline__source_read(struct pipeline *pipeline, u32 i, size_t most, const void **bytes);

/* Notes whether the source was asked to end: a cut stream is expected then. */
void pipeline__source_stop(struct pipeline *pipeline, u32 i, bool stopped);

/* Read no more from it. */
void pipeline__source_give_up(struct pipeline *pipeline, u32 i);

/* Lets the others go on without it, for the reason @why; FEED_KEPT_UP: the others wait again. */
void pipeline__source_stall(struct pipeline *pipeline, u32 i, enum feed_stall why);

/*
 * Completes the file @fd, a copy of all that was read. A source which is asked to end only sees its
 * pipe close: the copy is cut after the last whole block and gets an end record. Returns 0 or
 * -errno.
 */
int pipeline__source_end_copy(const struct pipeline *pipeline, u32 i, int fd);

/* Whether merging has not begun because a source without clock samples may still send some. */
bool pipeline__awaits_clocks(const struct pipeline *pipeline);

/* Derives missing clocks from what has been read. */
void pipeline__derive_clocks(struct pipeline *pipeline);

#endif
