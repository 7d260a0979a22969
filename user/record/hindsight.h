/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record --flight: events stay in the ring, unread, until something suspicious happens; then the
 * last seconds of them go into the capture. A BPF ring does not overwrite, so what is older than
 * that is passed over here, once a second or when the ring is half full; how much it was goes in
 * front of what is collected, as a loss.
 */
#ifndef GRANTWATCH_HINDSIGHT_H
#define GRANTWATCH_HINDSIGHT_H

#include "capture/writer.h"
#include "event.h"
#include "record/recorder.h"

#define HINDSIGHT_MAX	  60   /* seconds */
#define HINDSIGHT_SAMPLES 64   /* of the clock, one a second */
#define HINDSIGHT_RECORD  4096 /* bytes, larger than any record of the ring */

struct hindsight {
	u64 window;   /* nanoseconds that are kept; 0: not asked for */
	bool resting; /* nothing is collected now */
	u64 until;    /* otherwise: until then */
	/* what was passed over since the last collection */
	u64 passed, passed_since, passed_until;
	/* how far to go on: events up to that time, or that many bytes */
	u64 horizon, bytes;
	/* One can't look at a record without taking it: the oldest one that is kept */
	u64 oldest[HINDSIGHT_RECORD / sizeof(u64)];
	size_t oldest_size; /* 0: none */
	struct rec_clock sample[HINDSIGHT_SAMPLES];
	u32 nr_samples;
};

/* From now on nothing is collected. Everything up to @watermark was. */
void hindsight__rest(struct hindsight *hindsight, u64 watermark);

/*
 * What happened before @horizon, and the oldest @bytes, shall be passed over. False: that much is
 * done already; otherwise the ring's records are to be given to hindsight__pass().
 */
bool hindsight__forget(struct hindsight *hindsight, struct recorder *recorder, u64 horizon,
		       u64 bytes);

/*
 * In place of recorder__add(), for a record that may not be kept. What it says about other records
 * (stacks, files that end) is. 0; -EAGAIN: it stays, and so does what is behind it.
 */
int hindsight__pass(struct hindsight *hindsight, struct recorder *recorder, const void *data,
		    size_t size);

/* Keep @clock in memory, in place of the oldest one when there are too many. */
void hindsight__keep_sample(struct hindsight *hindsight, const struct rec_clock *clock);

/*
 * Collect: what was passed over and the clock samples since go to @writer, the oldest record that
 * is kept to @recorder. Those behind it are the caller's. 0 or -errno.
 */
int hindsight__wake(struct hindsight *hindsight, struct capture_writer *writer,
		    struct recorder *recorder);

#endif
