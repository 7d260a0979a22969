/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record --flight: events stay in the ring until something suspicious happens; then the last
 * seconds are written. A BPF ring does not overwrite. So once a second, or when the ring is half
 * full, older events are skipped here. A loss record before the collected events has their number.
 */
#ifndef GRANTWATCH_HINDSIGHT_H
#define GRANTWATCH_HINDSIGHT_H

#include "capture/writer.h"
#include "event.h"
#include "record/recorder.h"

#define HINDSIGHT_MAX	  60   /* seconds */
#define HINDSIGHT_SAMPLES 64   /* clock samples, one each second */
#define HINDSIGHT_RECORD  4096 /* bytes, larger than any record of the ring */

struct hindsight {
	u64 window;   /* ns to keep, 0: no flight recorder */
	bool resting; /* not collecting */
	u64 until;    /* otherwise: until then */
	/* events skipped since the last collection, and their time */
	u64 passed, passed_since, passed_until;
	/* how far to skip: events up to a time, or a number of bytes */
	u64 horizon, bytes;
	/* Reading a record of the ring consumes it: the oldest record that is kept. */
	u64 oldest[HINDSIGHT_RECORD / sizeof(u64)];
	size_t oldest_size; /* 0: none */
	struct rec_clock sample[HINDSIGHT_SAMPLES];
	u32 nr_samples;
};

/* Stops collecting. Everything up to @watermark was written. */
void hindsight__rest(struct hindsight *hindsight, u64 watermark);

/*
 * Requests that events before @horizon, and the oldest @bytes, be skipped. Returns false if they
 * already were. Otherwise the caller gives the ring's records to hindsight__pass().
 */
bool hindsight__forget(struct hindsight *hindsight, struct recorder *recorder, u64 horizon,
		       u64 bytes);

/*
 * Replaces recorder__add() for a record that may be skipped. What it describes for others (stacks,
 * ends of files) is kept. Returns 0, or -EAGAIN if the record and all later ones stay.
 */
int hindsight__pass(struct hindsight *hindsight, struct recorder *recorder, const void *data,
		    size_t size);

/* Keeps @clock in memory, replacing the oldest at the limit. */
void hindsight__keep_sample(struct hindsight *hindsight, const struct rec_clock *clock);

/*
 * Starts collecting: writes the number of skipped events and the clock samples since to @writer,
 * and gives the oldest kept record to @recorder. The caller reads the later ones. Returns 0 or
 * -errno.
 */
int hindsight__wake(struct hindsight *hindsight, struct capture_writer *writer,
		    struct recorder *recorder);

#endif
