/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The regular work of a recording: moves events from the ring buffer to the capture, with what
 * shows their quality: losses, clock samples, the watermark.
 */
#ifndef GRANTWATCH_PUMP_H
#define GRANTWATCH_PUMP_H

#include <bpf/libbpf.h>

#include "capture/writer.h"
#include "record/clock_sampler.h"
#include "record/hindsight.h"
#include "record/probes.h"
#include "record/recorder.h"
#include "record/stubdoms.h"
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
	struct stubdoms *stubdoms;    /* NULL: not dom0 */
	int kmsg_fd;		      /* -1: none */
	struct log_line {
		u64 time;
		char text[256];
	} lines[64]; /* lines of the kernel's log that wait for the events of their time */
	u32 nr_lines;
	struct gw_losses losses; /* as of the last look … */
	u64 losses_since;	 /* … at this time */
	u64 recording_since;	 /* events up to this time are left out, 0 still attaching */
	u64 watermark;		 /* all events up to this time were read */
	u64 marked;		 /* the watermark in the capture */
	struct rec_clock clock[PUMP_SAMPLES]; /* the latest, oldest first */
	u32 nr_clock;
	char clocksource[64];
	bool clock_dead; /* no pvclock here */
	int error;	 /* first error of the writer: nothing more can be written */
};

/* The callback for ring_buffer__new(). Its context is the pump. */
int pump__on_event(void *pump, void *data, size_t size);

void pump__note_error(struct pump *pump, int err);

/* Reads the ring, as it is filling up. */
void pump__drain(struct pump *pump);

/* Reads the due entries of granters' tables. */
void pump__look(struct pump *pump);

/* Writes new lines of the kernel's log. */
void pump__read_kmsg(struct pump *pump);

/* Tells readers that recording is being prepared. */
void pump__prepare(struct pump *pump);
/* Leaves out the events in the ring: recording has not begun. */
void pump__leave_out(struct pump *pump);
/*
 * Begins recording, as everything is attached. From now on nothing is left out, and nothing was
 * lost before. Takes @samples clock samples (up to PUMP_SAMPLES) just before.
 */
void pump__begin(struct pump *pump, unsigned int samples);

/* Writes all that is due, with @samples clock samples, and ends the block. */
void pump__flush(struct pump *pump, unsigned int samples);

/* record --flight: stops collecting events. */
void pump__rest(struct pump *pump);
/* The work of each second at rest. */
void pump__tick(struct pump *pump);
/* Skips events at rest until the ring is half full. */
void pump__make_room(struct pump *pump);
/*
 * Writes the events in the ring, as something suspicious happened. pump__flush() writes later ones
 * until hindsight.until, and stops collecting then.
 */
void pump__collect(struct pump *pump);

/*
 * record --rotate: ends the file and continues in @fd, which the caller keeps. No event is lost:
 * one file is complete up to the watermark, the next from there on.
 */
void pump__end_file(struct pump *pump);
void pump__begin_file(struct pump *pump, int fd);

/* Writes all held-back events and the end record. */
void pump__finish(struct pump *pump);

#endif
