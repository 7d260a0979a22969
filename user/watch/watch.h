/* SPDX-License-Identifier: GPL-2.0 */
/*
 * watch: its sources are child processes that write captures to pipes, among them this host's own
 * recorder. Xen's trace is another source. watch_setup.c starts them; another process reads them in
 * its loop.
 */
#ifndef GRANTWATCH_WATCH_H
#define GRANTWATCH_WATCH_H

#include <signal.h>
#include <stdio.h>

#include "monitor/monitor.h"
#include "pipeline/judge.h"
#include "pipeline/log_tail.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "pipeline/source.h"
#include "sources/child.h"
#include "record/tier.h"
#include "sources/xentrace_child.h"
#include "util/monotonic.h"
#include "util/output.h"

/* Whether Xen's trace is read; names in trace_wanted_names[]. */
enum trace_wanted { TRACE_ON, TRACE_OFF, TRACE_AUTO };

extern const char *const trace_wanted_names[]; /* watch_trace.c */

struct watch_config {
	const char *config; /* file with options, NULL: none */
	struct output_config output;
	const char *save;
	const char *ready_file;
	struct report_config report;
	enum trace_wanted xentrace;
	bool no_local;
	u32 duration;
	u32 ring_size;
	u32 rate; /* for each guest's stream, KiB/s */
	enum tier tier;
	struct opt_list sources;
	struct opt_list vms;
	struct judge_config judge;
	struct monitor_config monitor;
	struct opt_list logs;
};

/* Source i of the watch is source i of the pipeline. */
struct source {
	struct child child;
	FILE *save;
	u64 started, last_heard;
	s64 bytes;   /* bytes that may be read now; negative after more was read */
	u64 filled;  /* time of the last change of @bytes */
	u64 reached; /* Xen system time up to which it was read, ns */
	u64 first_reached;
	u64 debt; /* ns that the others were blocked on it, less the time it caught up */
	enum feed_stall why;
	u64 stalled_at;
	u32 stalls;	       /* number of times that it stalled */
	u32 blocks_when_asked; /* blocks read when the user asked for the end */
	bool refused;	       /* it is unusable, which was logged */
};

/* The longest time in which nothing could be judged because one input was behind. */
struct watch_wait {
	u32 source; /* number of sources: Xen's trace */
	u64 since, until;
};

struct watch {
	const struct watch_config *cfg;
	struct pipeline *pipeline;
	struct monitor *monitor;
	struct source source[MERGE_MAX_FEEDS];
	u32 nr;
	struct log_tails logs;
	struct xentrace_child xentrace;
	struct trace *trace; /* owned by the pipeline; NULL none */
	u64 trace_heard;
	bool trace_ending;
	FILE *out;
	const struct renderer *renderer;
	bool ready;
	bool begun; /* the local recorder was asked to begin, or there is none */
	/* the user asked for the end, at @asked_at (@asked_system in Xen's clock, 0 unknown) */
	bool ending;
	bool told; /* the sources were asked to end */
	u64 asked_at, asked_system;
	u64 end_at;	  /* time at which sources that still run are given up */
	int local;	  /* index of the local recorder, -1 none */
	u32 turn;	  /* index of the source that is read first */
	u64 polled;	  /* time at which this round looked for data */
	u64 idle;	  /* ns without data before that */
	u64 checked;	  /* time of the last check for stalls */
	u64 derive_since; /* start of the wait for clock samples of sources without any */
	struct watch_wait wait, longest; /* the one under way, and one of the last minute */
	u64 longest_round;		 /* ns, of the last minute */
	u64 longest_round_at;
};

/* --- watch_setup.c --- */

/* Starts and opens all inputs and outputs of watch. Returns 0, or -1 after logging the error. */
int watch__setup(struct watch *watch);

/* --- watch_source.c --- */

/* Each starts a source. Returns 0, or -1 after logging the error. @spec is DOMID=CMD. */
int watch__add_local(struct watch *watch);
int watch__add_remote(struct watch *watch, const char *spec);

/* @argv writes the capture of @domid, named @qube (NULL: unknown). */
int watch__add_source(struct watch *watch, const char *name, u16 domid, char *const argv[],
		      const char *qube);

/* --- watch_vm.c --- */

/* Starts the recorder in the qube @name. Returns 0, or -1 after logging the error. */
int watch__add_vm(struct watch *watch, const char *name);

/* --- watch_source.c, while they run --- */

/* Passes up to @most new bytes of source @i to the pipeline and its saved capture. */
void watch__read_source(struct watch *watch, u32 i, size_t most);

/* Completes and closes the saved captures and the saved trace. */
void watch__close_saves(struct watch *watch);

/* Lets the local recorder begin, which has attached its probes. */
void watch__begin_local(struct watch *watch);

void watch__signal_sources(struct watch *watch, int sig);
/* Returns the exit status of the local recorder, -1 without one or if a signal ended it. */
int watch__stop_sources(struct watch *watch);

/* --- watch_trace.c: Xen's trace as a source --- */

/*
 * Starts xentrace and adds the trace to the pipeline. Returns false after logging the error, if the
 * trace is required.
 */
bool watch__begin_trace(struct watch *watch);
bool watch__join_trace(struct watch *watch);

void watch__read_trace(struct watch *watch);

/*
 * Asks xentrace to end, after this domain's recorder: the trace must cover all that was recorded.
 */
void watch__end_trace(struct watch *watch);
/*
 * Whether the rest of the trace is still arriving and may be read, after the sources' time is up.
 */
bool watch__trace_flows(const struct watch *watch);
void watch__close_trace_save(struct watch *watch);

/* --- watch_end.c --- */

/* The user asked for the end. */
void watch__begin_end(struct watch *watch);
/* The work of each round from then on, until all is read. */
void watch__go_on_ending(struct watch *watch);

/* --- watch_rate_limit.c --- */

/* Returns how many bytes of source @i may be read now, 0 if it has to wait. */
size_t watch__rate_limit(struct watch *watch, u32 i);
void watch__charge(struct watch *watch, u32 i, size_t bytes);

/* --- watch_stall.c --- */

/*
 * Sets the present Xen system time, by the local recorder's clock samples. Returns false without
 * good ones.
 */
bool watch__host_now(const struct watch *watch, struct moment *now);

/* Each round: marks sources as stalled, or as returned. */
void watch__check_stalls(struct watch *watch);

/* --- watch_waits.c --- */

/* Each round: notes which input the others wait for. */
void watch__note_wait(struct watch *watch);

/* Logs why an alert came @lag ns after its map, if that is late. */
void watch__explain_lag(const struct watch *watch, const struct finding *finding, u64 lag);

/* --- watch_alerts.c --- */

/* Prints findings that are new or changed since the last call. */
void watch__show_alerts(struct watch *watch);

/* --- watch_loop.c --- */

/* SIGINT and SIGTERM: blocked, and read by the loop. */
const sigset_t *watch__stop_signals(void);

/* Reads and judges until all has ended. Returns the pipeline's last status. */
int watch__loop(struct watch *watch);

#endif
