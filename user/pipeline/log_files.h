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
	u16 domid; /* of its domain, or DOMID_UNKNOWN */
};

/*
 * Opens the log of @spec, "FILE" or "DOMID=FILE". @log keeps a pointer to @spec. Returns 0, or -1
 * after logging the error.
 */
int log_file__open(struct log_file *log, const char *spec);
/* The same of an open file of somebody. The descriptor becomes the log's, on failure too. */
int log_file__adopt(struct log_file *log, int fd, const char *name);
void log_file__close(struct log_file *log);

/*
 * Reads the log, after everything is settled. Returns 0, or -1 after logging the error.
 */
int pipeline__read_log(struct pipeline *pipeline, const struct log_file *log);

#endif
