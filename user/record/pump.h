/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The regular work of a recording: move events from the ring buffer to the capture, and with them
 * what tells how far they can be trusted: losses, clock samples, the watermark.
 */
#ifndef GRANTWATCH_PUMP_H
#define GRANTWATCH_PUMP_H

#include <bpf/libbpf.h>

#include "capture/writer.h"
#include "record/clock_sampler.h"
#include "record/hindsight.h"
#include "record/probes.h"
#include "record/recorder.h"
#include "record/table_sampler.h"

#define PUMP_SAMPLES 8u

struct pump {
	struct clock_sampler *sampler;
	struct probes *probes;
	struct capture_writer *writer;
	struct recorder *recorder;
	struct ring_buffer *ring;
	struct hindsight hindsight;   /* record --flight */
	struct table_sampler *tables; /* NULL: tables are not read */
	int kmsg_fd;		      /* -1: none */
	struct log_line {
		u64 time;
		char text[256];
	} lines[64]; /* of the kernel's log, until the events of their time are written */
	u32 nr_lines;
	struct gw_losses losses; /* as of the last look … */
	u64 losses_since;	 /* … at this time */
	u64 recording_since;	 /* what ended up to here is left out; 0: still attaching */
	u64 watermark;		 /* everything up to here has been drained … */
	u64 marked;		 /* … and the capture says so up to here */
	struct rec_clock clock[PUMP_SAMPLES]; /* the latest, oldest first */
	u32 nr_clock;
	char clocksource[64];
	bool clock_dead; /* no pvclock here */
	int error;	 /* the first one of the writer; nothing more can be done then */
};

/* ring_buffer__new()'s callback for a ring that is pumped; its context is the pump. */
int pump__on_event(void *pump, void *data, size_t size);

void pump__note_error(struct pump *pump, int err);

/* Take what is in the ring, because it fills up. */
void pump__drain(struct pump *pump);

/* Look at what is due in granters' tables. */
void pump__look(struct pump *pump);

/* Put new lines of the kernel's log into the capture. */
void pump__read_kmsg(struct pump *pump);

/*
 * Recording is being prepared, and readers are told so. Until it begins, leave out what comes.
 * With everything attached it begins: from now on nothing is left out, and nothing was lost before.
 * @samples of the clock, PUMP_SAMPLES at most, are taken just before.
 */
void pump__prepare(struct pump *pump);
void pump__leave_out(struct pump *pump);
void pump__begin(struct pump *pump, unsigned int samples);

/* Everything that is due, with @samples of the clock, and a block to end it. */
void pump__flush(struct pump *pump, unsigned int samples);

/*
 * record --flight. While it rests: what is due once a second. When the ring fills up: make it half
 * as full. Something happened: what is there goes into the capture, and what comes, by
 * pump__flush(), until hindsight.until; then it rests again.
 */
void pump__rest(struct pump *pump);
void pump__tick(struct pump *pump);
void pump__make_room(struct pump *pump);
void pump__collect(struct pump *pump);

/*
 * record --rotate: end the file, and go on in @fd, which stays the caller's. Nothing is lost
 * between the two: one is whole up to the watermark, the other one from there on.
 */
void pump__end_file(struct pump *pump);
void pump__begin_file(struct pump *pump, int fd);

/* The last flush, everything that is held back, and the record that says it was the end. */
void pump__finish(struct pump *pump);

#endif
