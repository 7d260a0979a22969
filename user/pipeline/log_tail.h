/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logs that grow while watch runs: a guest's console in dom0, a syslog. What is written from now on
 * is matched with findings as an old log's lines are (log_files.h), some seconds late: a verdict
 * takes its time. Where a guest writes a line's bytes, they are bounded: lines in length, known
 * ones that wait in number, and what is read at a time.
 */
#ifndef GRANTWATCH_LOG_TAIL_H
#define GRANTWATCH_LOG_TAIL_H

#include "pipeline/log_files.h"
#include "util/options.h"

#define LOG_TAIL_LINE 1024
#define LOG_TAIL_WAIT 64

struct log_parser;

struct log_tail {
	struct log_file log;
	struct log_parser *parser; /* from its first line that is worth a word */
	char line[LOG_TAIL_LINE];  /* begun */
	u32 len;
	bool cut;     /* the rest of it is passed over */
	u64 look;     /* when to ask next whether the file was renamed, ns */
	u64 dev, ino; /* in the process that opens files: which file was handed over last */
};

struct log_tails {
	struct log_tail *tail;
	u32 nr;
	struct log_tail_line {
		u64 due;
		struct log_tail *tail;
		char text[LOG_TAIL_LINE];
	} * wait; /* in order; a ring */
	u32 first, waiting;
};

/*
 * Follows the files of @specs, "[DOMID=]FILE", from their present ends on. Returns 0, or -1 after
 * logging the error.
 */
int log_tails__open(struct log_tails *tails, const struct opt_list *specs);
void log_tails__close(struct log_tails *tails);

/*
 * For the warden: log @name, its number, if its path is another file than before, as after
 * logrotate renamed that. Returns a descriptor, -EAGAIN if it is the same, or -errno.
 */
int log_tails__reopen(struct log_tails *tails, const char *name);

/*
 * Take in what was written since; @now is CLOCK_MONOTONIC, ns. UINT64_MAX: nothing waits any
 * longer.
 */
void log_tails__poll(struct log_tails *tails, struct pipeline *pipeline, u64 now);

#endif
