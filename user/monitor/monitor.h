/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output of watch for other programs: metrics, results on disk during the run, and the flight
 * recorder. A run that is killed leaves the results of its last checkpoint.
 */
#ifndef GRANTWATCH_MONITOR_H
#define GRANTWATCH_MONITOR_H

#include "pipeline/reporting.h"
#include "rules/classes.h"

struct monitor;

struct monitor_config {
	const char *metrics;   /* file, NULL: none */
	const char *results;   /* directory, NULL: none */
	enum severity save_on; /* from this one on */
	u32 keep_seconds;      /* of the flight recorder */
	u32 keep_mib;
	bool journal;
};

/* First members of a command's default configuration. */
#define MONITOR_DEFAULTS                                                      \
	{                                                                     \
		.save_on = SEVERITY_ALARM, .keep_seconds = 60, .keep_mib = 64 \
	}

/*
 * Entries for the option table of a command whose configuration has a struct monitor_config @field.
 */
/* clang-format off */
#define MONITOR_OPTS(config, field) \
	{.name = "metrics", \
	 .type = OPT_STRING, \
	 .offset = offsetof(config, field.metrics), \
	 .metavar = "FILE", \
	 .help = "keep FILE up to date for Prometheus (node_exporter's textfile collector)"}, \
	{.name = "results", \
	 .type = OPT_STRING, \
	 .offset = offsetof(config, field.results), \
	 .metavar = "DIR", \
	 .help = "keep reports, rates and the flight recorder in DIR while running"}, \
	{.name = "journal", \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.journal), \
	 .help = "tell systemd-journald of each finding, with fields (GRANTWATCH_CLASS and others)"}, \
	{.name = "keep-seconds", \
	 .type = OPT_TIME, \
	 .offset = offsetof(config, field.keep_seconds), \
	 .metavar = "TIME", \
	 .help = "with --results: how much the flight recorder holds (60)", \
	 .min = 1, \
	 .max = 86400}, \
	{.name = "keep-mib", \
	 .type = OPT_U32, \
	 .offset = offsetof(config, field.keep_mib), \
	 .metavar = "MIB", \
	 .help = "with --results: its room on disk, and that of what it saved (64 each)", \
	 .min = 1, \
	 .max = 1048576}, \
	{.name = "save-on", \
	 .type = OPT_ENUM, \
	 .names = severity_names, \
	 .offset = offsetof(config, field.save_on), \
	 .metavar = "SEVERITY", \
	 .help = "with --results: alarm (default), warning or info: keep what led up to a finding"}
/* clang-format on */

/*
 * For @pipeline, before it runs. Returns NULL after logging the error. Without options in @config
 * it does nothing.
 */
struct monitor *monitor__new(const struct monitor_config *config,
			     const struct report_config *report, struct pipeline *pipeline);
void monitor__free(struct monitor *monitor);

/* Takes bytes that the pipeline's source @index has just sent. */
void monitor__take(struct monitor *monitor, u32 index, const void *bytes, size_t len);

/* Called after each round: writes what is due. */
void monitor__tick(struct monitor *monitor);

/*
 * Called after all is settled: writes the last results. Returns 0, or -1 after logging the error.
 */
int monitor__end(struct monitor *monitor);

#endif
