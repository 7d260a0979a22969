/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What watch is made of: sources are child processes that write captures to pipes, one of them this
 * host's own recorder; Xen's trace is another. They are started in watch_setup.c, read in the loop
 * of another process.
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

/* Whether Xen's own trace is read, as names in trace_wanted_names[]. */
enum trace_wanted { TRACE_ON, TRACE_OFF, TRACE_AUTO };

extern const char *const trace_wanted_names[]; /* watch_trace.c */

struct watch_config {
	struct output_config output;
	const char *save;
	const char *ready_file;
	struct report_config report;
	enum trace_wanted xentrace;
	bool no_local;
	u32 duration;
	u32 ring_size;
	u32 rate; /* KiB/s of each guest's stream */
	enum tier tier;
	struct opt_list sources;
	struct opt_list vms;
	struct judge_config judge;
	struct monitor_config monitor;
	struct opt_list logs;
};

/* Number i of the watch is number i of the pipeline. */
struct source {
	struct child child;
	FILE *save;
	u64 started, last_heard;
	s64 bytes;   /* that it may send now; below 0 it took more than that */
	u64 filled;  /* when that was reckoned */
	u64 reached; /* Xen system time up to which it was read */
	u64 first_reached;
	u64 debt; /* time that the others spent blocked on it, ns, less what it made good */
	enum feed_stall why;
	u64 stalled_at;
	u32 stalls;	       /* how often it made the others wait */
	u32 blocks_when_asked; /* read when the user asked for the end */
	bool refused;	       /* was said */
};

struct watch {
	const struct watch_config *cfg;
	struct pipeline *pipeline;
	struct monitor *monitor;
	struct source source[MERGE_MAX_FEEDS];
	u32 nr;
	struct log_tails logs;
	struct xentrace_child xentrace;
	struct trace *trace; /* the pipeline's; NULL: none */
	u64 trace_heard;
	bool trace_ending;
	FILE *out;
	const struct renderer *renderer;
	bool ready;
	bool begun;  /* the local recorder was told to begin, or did not have to be */
	bool ending; /* the user asked for the end: at asked_at, on Xen's clock asked_system or 0 */
	bool told;   /* so were the sources */
	u64 asked_at, asked_system;
	u64 end_at;	  /* when what still runs is given up */
	int local;	  /* index of the local recorder, -1 */
	u32 turn;	  /* whose turn is first */
	u64 checked;	  /* when stalls were checked last */
	u64 derive_since; /* clocks without samples are waited for since */
};

/* --- watch_setup.c --- */

/*
 * Everything that watch reads from and writes to, started and open. 0, or -1 when that failed and
 * was said.
 */
int watch__setup(struct watch *watch);

/* --- watch_source.c --- */

/* 0, or -1 when it could not be started and that was said. @spec is DOMID=CMD. */
int watch__add_local(struct watch *watch);
int watch__add_remote(struct watch *watch, const char *spec);

/* What @argv writes is the capture of @domid; @qube is its name, or NULL. */
int watch__add_source(struct watch *watch, const char *name, u16 domid, char *const argv[],
		      const char *qube);

/* --- watch_vm.c --- */

/* The qube @name, likewise. */
int watch__add_vm(struct watch *watch, const char *name);

/* --- watch_source.c, once they run --- */

/* @most bytes of what source @i has written since; to the pipeline and to its saved capture. */
void watch__read_source(struct watch *watch, u32 i, size_t most);

/* The end of the saved captures and of the saved trace. */
void watch__close_saves(struct watch *watch);

/* The local recorder is attached and held: it begins. */
void watch__begin_local(struct watch *watch);

void watch__signal_sources(struct watch *watch, int sig);
/* Returns the exit status of the local recorder, -1 if there is none or it did not end well. */
int watch__stop_sources(struct watch *watch);

/* --- watch_trace.c: Xen's own trace as a source --- */

/* Begin to record it; then have it read. False when it must be there and is not, which was said. */
bool watch__begin_trace(struct watch *watch);
bool watch__join_trace(struct watch *watch);

void watch__read_trace(struct watch *watch);

/*
 * Told to end: the trace shall hold everything that this domain's recorder saw, so it ends behind
 * that one.
 */
void watch__end_trace(struct watch *watch);
/* After the sources' time is up: whether what is left of the trace is still arriving, and may. */
bool watch__trace_flows(const struct watch *watch);
void watch__close_trace_save(struct watch *watch);

/* --- watch_end.c --- */

/* The user asks for the end; then, once a round, what is due until everything is read. */
void watch__begin_end(struct watch *watch);
void watch__go_on_ending(struct watch *watch);

/* --- watch_rate_limit.c --- */

/* How many bytes of source @i are to be read now; 0: it has to wait. */
size_t watch__rate_limit(struct watch *watch, u32 i);
void watch__charge(struct watch *watch, u32 i, size_t bytes);

/* --- watch_stall.c --- */

/* Xen's system time now, by the local recorder's clock samples. False without good ones. */
bool watch__host_now(const struct watch *watch, struct moment *now);

/* Each round: who is no longer waited for, and who is again. */
void watch__check_stalls(struct watch *watch);

/* --- watch_alerts.c --- */

/* Print findings that are new or have changed since the last call. */
void watch__show_alerts(struct watch *watch);

/* --- watch_loop.c --- */

/* SIGINT and SIGTERM: blocked, and read by the loop. */
const sigset_t *watch__stop_signals(void);

/* Read and judge until everything has ended. The pipeline's last status. */
int watch__loop(struct watch *watch);

#endif
