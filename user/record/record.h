/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording: what `grantwatch record' sets up, waits for and takes down. record_start.c puts
 * everything in place, record_loop.c does what is due, record_modules.c follows modules that come
 * and go, record_flight.c is --flight, record_signals.c how it is told to stop.
 */
#ifndef GRANTWATCH_RECORD_H
#define GRANTWATCH_RECORD_H

#include "record/disks.h"
#include "record/pump.h"
#include "record/tier.h"
#include "util/output.h"

#define RECORD_FLUSH_NS (100 * NSEC_PER_MSEC)
#define RECORD_WANT	64 /* kernel symbols to be looked up */

struct record_config {
	struct output_config output; /* .path NULL: standard output unless it is a terminal */
	const char *rotate;	     /* "SIZE,COUNT", NULL: one file; by it: */
	u64 segment_bytes;	     /* of one file at most, and one flush */
	u32 keep;		     /* files before that one which remain */
	const char *ready_file;
	u32 duration;
	u32 ring_size;
	u32 flight;
	bool hold;
	bool no_kmsg;
	bool no_tables;
	enum tier tier;
};

struct record {
	struct record_config cfg;
	struct ksym_want want[RECORD_WANT];
	unsigned int nr_want;
	struct ksyms *ksyms;
	struct pump pump;
	struct disks *disks;
	enum tier tier;
	int out_fd, epoll_fd, wake_fd, timer_fd, look_fd;
	u64 stop_at; /* 0: when told */
	u64 modules;
	unsigned int tick;
	bool stopping;
	bool cannot_go_on;	 /* --rotate: there is no next file, which was logged */
	bool looking_fast;	 /* at tables */
	struct gw_alarms alarms; /* --flight: as of the last look */
};

/* Everything in place and recording, or an exit status after a message. */
int record__start(struct record *rec);

/* Until told to begin: true, or to stop: false. */
bool record__hold(struct record *rec);

/* Until told to stop, or nothing more can be written. */
void record__loop(struct record *rec);

/* What is due at the timer's pace. */
void record__work(struct record *rec);

/* Told to stop while probes are attached late: end from within, and do not return. */
void record__end_within(struct record *rec);

/* Take everything down that record__start() got to. */
void record__stop(struct record *rec);

/* record_rotate.c */

/* Returns 0, or -1 after logging the error. */
int record_config__parse_rotate(struct record_config *cfg);

/* --output's file, with older ones moved by --rotate. Returns a descriptor, or < 0 after logging
 * the error. */
int record__open_file(const struct record *rec);

/* At the timer's pace: go on in another file if this one has reached its size. */
void record__check_size(struct record *rec);

/* record_modules.c */
void record__note_modules(struct record *rec);
void record__check_modules(struct record *rec);

/*
 * record_signals.c: @wake_fd is written to when there is news; SIGUSR1 only matters to --hold and
 * --flight, and ends nothing. While attaching, whoever tells us to stop ends us at once: nothing is
 * recorded that could be kept. record__attached() ends this.
 */
int record__catch_signals(int wake_fd);
void record__attached(void);
/* Whether probes of a module that was loaded late are being attached. */
void record__attach_late(bool late);
bool record__told_to_stop(void);
/* SIGUSR1 has come since it was forgotten: --hold: begin; --flight: collect. */
bool record__told_by_user(void);
void record__forget_user(void);

/* record_flight.c: the suspicious thing that was not there a moment ago, or NULL. */
const char *record__raised(const struct record *rec);
void record__follow_alarms(struct record *rec);
void record__rest(struct record *rec);

#endif
