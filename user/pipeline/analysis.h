/* SPDX-License-Identifier: GPL-2.0 */
/* Stored inputs in, one report out: what analyze and explain have in common. */
#ifndef GRANTWATCH_ANALYSIS_H
#define GRANTWATCH_ANALYSIS_H

#include "pipeline/judge.h"
#include "pipeline/log_files.h"
#include "pipeline/progress.h"
#include "pipeline/reporting.h"
#include "util/output.h"

#define ANALYSIS_LOGS 64

struct analysis_config {
	bool follow; /* captures grow: what is there is printed until the user stops it */
	struct output_config output;
	struct report_config report;
	struct judge_config judge;
};

/* What is to come of an analysis in place of a report. */
struct analysis_output {
	/*
	 * Without privileges: before the inputs are read, and when all is judged. Returns 0, or -1
	 * after logging the error; @end the exit status.
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
	/* In the process that opens files, with follow: which file of each capture is read. */
	u64 dev[MERGE_MAX_FEEDS], ino[MERGE_MAX_FEEDS];
};

/* Returns 0, or -1 after logging the error. @cfg stays in use. */
int analysis__begin(struct analysis *analysis, struct analysis_config *cfg);
void analysis__end(struct analysis *analysis);

/*
 * Add an input that is open; the descriptor becomes the analysis', on failure too. Reports call it
 * by the last part of @path. Each returns 0, or -1 after logging the error.
 */
int analysis__add_capture(struct analysis *analysis, int fd, const char *path);
int analysis__add_trace(struct analysis *analysis, int fd, const char *path);
int analysis__add_log(struct analysis *analysis, const struct log_file *log);

/* The same as analysis__run() with @output in place of the report. */
int analysis__run_for(struct analysis *analysis, const struct analysis_output *output);

/* Judge all of it without privileges, and write the report. Returns the exit status. */
int analysis__run(struct analysis *analysis);

#endif
