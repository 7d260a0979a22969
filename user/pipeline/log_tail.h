/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logs that grow while watch runs: a guest's console in dom0, a syslog. New lines are matched with
 * findings as those of stored logs (log_files.h), some seconds late, as verdicts take time. Bounds
 * hold where a guest writes the bytes: the length of a line, the number of waiting lines, the bytes
 * read at a time.
 */
#ifndef GRANTWATCH_LOG_TAIL_H
#define GRANTWATCH_LOG_TAIL_H

#include "explain/container.h"
#include "pipeline/log_files.h"
#include "util/options.h"

/* What a container writes as one part of a line has room. */
#define LOG_TAIL_LINE 32768
#define LOG_TAIL_WAIT 64

struct log_parser;

struct log_tail {
	struct log_file log;
	struct log_parser *parser; /* time of its first line that is reported */
	struct container container;
	char line[LOG_TAIL_LINE]; /* begun */
	u32 len;
	bool cut;     /* the rest of the line is skipped */
	u64 look;     /* when to check next whether the file was renamed, ns */
	u64 dev, ino; /* for the warden: the file it opened last */
};

struct log_tails {
	struct log_tail *tail;
	u32 nr;
	struct log_tail_line {
		u64 due;
		struct log_tail *tail;
		char *text; /* at most CONTAINER_BYTES */
		size_t len;
	} * wait; /* in order; a ring */
	u32 first, waiting;
};

/*
 * Follows the files of @specs, "[DOMID=]FILE", from their present ends. Returns 0, or -1 after
 * logging the error.
 */
int log_tails__open(struct log_tails *tails, const struct opt_list *specs);
void log_tails__close(struct log_tails *tails);

/*
 * For the warden: opens log number @name if its path has a new file, as after logrotate. Returns a
 * descriptor, -EAGAIN if it is the same file, or -errno.
 */
int log_tails__reopen(struct log_tails *tails, const char *name);

/* Reads new lines. @now: CLOCK_MONOTONIC, ns; UINT64_MAX: matches all waiting lines. */
void log_tails__poll(struct log_tails *tails, struct pipeline *pipeline, u64 now);

#endif
