/* SPDX-License-Identifier: GPL-2.0 */
/* Stored inputs to one report: common to analyze and explain. */
#ifndef GRANTWATCH_ANALYSIS_H
#define GRANTWATCH_ANALYSIS_H

#include "pipeline/judge.h"
#include "pipeline/log_files.h"
#include "pipeline/progress.h"
#include "pipeline/reporting.h"
#include "util/output.h"

#define ANALYSIS_LOGS 64

struct analysis_config {
	bool follow; /* captures still grow: read them until the user stops */
	struct output_config output;
	struct report_config report;
	struct judge_config judge;
};

/* An output that replaces the report. */
struct analysis_output {
	/*
	 * Called without privileges, before the inputs are read and after all is judged. Each
	 * returns 0, or -1 after logging the error. @end sets the exit status.
	 */
	int (*begin)(void *ctx, FILE *out);
	int (*end)(void *ctx, FILE *out);
	void *ctx;
};

struct analysis {
	struct pipeline *pipeline;
	const struct analysis_config *cfg;
	const struct renderer *renderer;
	struct event_dump *dump;
	const struct analysis_output *out; /* NULL: a report */
	struct progress progress;
	struct log_file log[ANALYSIS_LOGS];
	u32 nr_logs;
	char *path[MERGE_MAX_FEEDS]; /* of each capture */
	FILE *live_out;		     /* with follow */
	/* For the warden, with follow: the file that is read of each capture. */
	u64 dev[MERGE_MAX_FEEDS], ino[MERGE_MAX_FEEDS];
};

/* Starts. Returns 0, or -1 after logging the error. @cfg must outlive @analysis. */
int analysis__begin(struct analysis *analysis, struct analysis_config *cfg);
void analysis__end(struct analysis *analysis);

/*
 * Adds an open input. Takes the descriptor, on failure too. Reports show the last part of @path.
 * Returns 0, or -1 after logging the error.
 */
int analysis__add_capture(struct analysis *analysis, int fd, const char *path);
int analysis__add_trace(struct analysis *analysis, int fd, const char *path);
int analysis__add_log(struct analysis *analysis, const struct log_file *log);

/* Runs like analysis__run(), with @output instead of the report. */
int analysis__run_for(struct analysis *analysis, const struct analysis_output *output);

/* Judges all inputs without privileges and writes the report. Returns the exit status. */
int analysis__run(struct analysis *analysis);

#endif
