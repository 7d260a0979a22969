/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording, from start to end:
 *
 *	record_start.c		sets it up
 *	record_loop.c		does the regular work
 *	record_modules.c	follows modules that come and go
 *	record_flight.c		--flight
 *	record_signals.c	handles signals
 */
#ifndef GRANTWATCH_RECORD_H
#define GRANTWATCH_RECORD_H

#include "record/disks.h"
#include "record/pump.h"
#include "record/tier.h"
#include "util/output.h"

#define RECORD_FLUSH_NS (100 * NSEC_PER_MSEC)
#define RECORD_WANT	64 /* maximum of kernel symbols to look up */

struct record_config {
	const char *config;	     /* file with options, NULL: none */
	struct output_config output; /* .path NULL: standard output unless it is a terminal */
	const char *rotate;	     /* "SIZE,COUNT", NULL: one file; sets: */
	u64 segment_bytes;	     /* maximum size of one file and one flush, bytes */
	u32 keep;		     /* number of older files to keep */
	const char *ready_file;
	u32 duration;
	u32 ring_size;
	u32 flight;
	bool hold;
	bool no_kmsg;
	bool no_tables;
	enum tier tier;
};

struct baseline;

struct record {
	struct record_config cfg;
	struct ksym_want want[RECORD_WANT];
	unsigned int nr_want;
	struct ksyms *ksyms;
	struct pump pump;
	struct disks *disks;
	struct baseline *baseline; /* until it is recorded; NULL: not read, because of … */
	const char *no_baseline;
	enum tier tier;
	int out_fd, epoll_fd, wake_fd, timer_fd, look_fd;
	u64 stop_at; /* 0: when told */
	u64 modules;
	unsigned int tick;
	bool stopping;
	bool cannot_go_on;	 /* --rotate: there is no next file, which was logged */
	bool looking_fast;	 /* at tables */
	struct gw_alarms alarms; /* --flight: the counts at the last check */
};

/* Sets everything up and starts. Returns 0, or an exit status after logging the error. */
int record__start(struct record *rec);

/* Waits for the request to begin (returns true) or to stop (returns false). */
bool record__hold(struct record *rec);

/* Records until asked to stop, or until nothing more can be written. */
void record__loop(struct record *rec);

/* The work of each tick of the timer. */
void record__work(struct record *rec);

/* Ends the process, as it was asked to stop while probes are being attached late. */
void record__end_within(struct record *rec);

/* Undoes what record__start() set up. */
void record__stop(struct record *rec);

/* record_rotate.c */

/* Returns 0, or -1 after logging the error. */
int record_config__parse_rotate(struct record_config *cfg);

/*
 * Opens --output's file, after renaming older ones for --rotate. Returns a descriptor, or < 0 after
 * logging the error.
 */
int record__open_file(const struct record *rec);

/* Each tick: continues in another file if this one has reached its size. */
void record__check_size(struct record *rec);

/* record_modules.c */
void record__note_modules(struct record *rec);
void record__check_modules(struct record *rec);

/*
 * record_signals.c: signals write to @wake_fd. SIGUSR1 concerns --hold and --flight only. A request
 * to stop ends the process at once in STAGE_ATTACHING, as there is nothing recorded to keep, and
 * after a second at most in the others. The stage tells what the process waits for.
 */
enum stage {
	STAGE_ATTACHING, /* the first one */
	STAGE_BEGINNING,
	STAGE_RECORDING,
	STAGE_ATTACHING_LATE, /* probes of a module that was loaded later */
	NR_STAGES,
};

int record__catch_signals(int wake_fd);
void record__enter(enum stage stage);
bool record__told_to_stop(void);
/* Whether SIGUSR1 came since it was last forgotten. --hold: begin. --flight: collect. */
bool record__told_by_user(void);
void record__forget_user(void);

/* record_flight.c: returns the new kind of suspicious event, NULL if there is none. */
const char *record__raised(const struct record *rec);
void record__follow_alarms(struct record *rec);
void record__rest(struct record *rec);

#endif
