/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Old logs: kernel logs, journals, guest consoles. Their lines are matched with what was found, or
 * stand alone.
 */
#ifndef GRANTWATCH_LOG_FILES_H
#define GRANTWATCH_LOG_FILES_H

#include <stdio.h>

#include "pipeline/pipeline.h"

struct log_file {
	FILE *file;
	const char *name;
	u16 domid; /* that it is of, DOMID_UNKNOWN */
};

/*
 * The log that @spec names, "FILE" or "DOMID=FILE"; the string stays in use. 0, or -1 when that
 * failed and was said.
 */
int log_file__open(struct log_file *log, const char *spec);
/* The same of an open file of somebody. The descriptor becomes the log's, on failure too. */
int log_file__adopt(struct log_file *log, int fd, const char *name);
void log_file__close(struct log_file *log);

/*
 * Take the log in, after everything is settled. 0, or -1 when it cannot be read and that was said.
 */
int pipeline__read_log(struct pipeline *pipeline, const struct log_file *log);

#endif
