/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture that is read while it is recorded: what watch asks the pipeline about it, and what it
 * tells the pipeline. Sources are numbered from 0, in the order in which they were added.
 */
#ifndef GRANTWATCH_PIPELINE_SOURCE_H
#define GRANTWATCH_PIPELINE_SOURCE_H

#include "pipeline/pipeline.h"

struct source_state {
	const char *name; /* for messages; the pipeline's */
	u16 domid;	  /* DOMID_UNKNOWN until the stream says whose it is */
	bool guest;	  /* of another domain, whose statements are bounded (docs/trust.md) */
	u32 blocks;	  /* read so far */
	bool attaching;	  /* its recorder attaches probes */
	bool recording;	  /* something has come, and it is not attaching */
	bool has_room;	  /* a read can take more bytes */
	bool eof;	  /* nothing more is read from it */
	bool done;	  /* everything of it is merged */
	bool pending;	  /* its next event waits for other sources */
	bool stalled;	  /* the other sources do not wait for it */
	bool stopped;	  /* asked to end: a cut after this is no blind spot */
	bool unusable;	  /* nothing of it counts, whatever comes */
	bool bad;	  /* so far nothing of it counts */
	u64 watermark;	  /* of the blocks read so far, ns of its CLOCK_MONOTONIC */
	u64 reached;	  /* up to where it was read, ns of Xen system time */
	u64 marked;	  /* up to where it is complete, ns of Xen system time; 0: not known */
	bool has_clock;	  /* related to Xen system time, by clock samples or derived */
	u64 clock_err;	  /* widest clock error bound so far, ns */
};

/*
 * Add what comes from @fd, which becomes the pipeline's, as the capture of @domid, a guest named
 * @qube or NULL. DOMID_UNKNOWN: of this domain. 0, -ENOMEM, or -ENOSPC when there are too many.
 */
int pipeline__add_source(struct pipeline *pipeline, int fd, const char *name, u16 domid,
			 const char *qube);

struct source_state pipeline__source_state(const struct pipeline *pipeline, u32 i);

/* Why the stream cannot be used or is not whole, in @buf; NULL when nothing is wrong. */
const char *pipeline__source_complaint(const struct pipeline *pipeline, u32 i, char *buf,
				       size_t size);

/* Returns the source for which the others wait, or the number of sources if there is none. */
u32 pipeline__source_awaited(const struct pipeline *pipeline);

/*
 * Xen system time at @mono of the source's CLOCK_MONOTONIC. False without clock samples. What is
 * reported of the clock stays as it is.
 */
bool pipeline__source_time(const struct pipeline *pipeline, u32 i, u64 mono, struct moment *at);

/*
 * Read at most @most bytes. Returns how many, 0 at the end, or -errno; *@bytes is valid until the
 * pipeline runs.
 */
int pipeline__source_read(struct pipeline *pipeline, u32 i, size_t most, const void **bytes);

/* Notes whether the source was asked to end: a cut stream is expected then. */
void pipeline__source_stop(struct pipeline *pipeline, u32 i, bool stopped);

/* Read no more from it. */
void pipeline__source_give_up(struct pipeline *pipeline, u32 i);

/* Do not wait for it, for the reason @why; FEED_KEPT_UP: wait for it again. */
void pipeline__source_stall(struct pipeline *pipeline, u32 i, enum feed_stall why);

/*
 * End the file @fd, a copy of all that was read. A source which is asked to end only sees its pipe
 * close: the copy is cut behind the last whole block and gets an end record. Returns 0 or -errno.
 */
int pipeline__source_end_copy(const struct pipeline *pipeline, u32 i, int fd);

/* Whether nothing is merged because a source without clock samples may still send some. */
bool pipeline__awaits_clocks(const struct pipeline *pipeline);

/* Derive those clocks from what has been read. */
void pipeline__derive_clocks(struct pipeline *pipeline);

#endif
