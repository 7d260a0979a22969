/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stored logs: kernel logs, journals, consoles of guests. Known messages in them are matched with
 * findings, or become incidents.
 */
#ifndef GRANTWATCH_LOG_FILES_H
#define GRANTWATCH_LOG_FILES_H

#include <stdio.h>

#include "pipeline/pipeline.h"

struct log_file {
	FILE *file;
	const char *name;
	u16 domid; /* the domain that wrote it, or DOMID_UNKNOWN */
};

/*
 * Opens the log of @spec, "FILE" or "DOMID=FILE". @log keeps a pointer to @spec. Returns 0, or -1
 * after logging the error.
 */
int log_file__open(struct log_file *log, const char *spec);
/* The same with an open file. Takes the descriptor, on failure too. */
int log_file__adopt(struct log_file *log, int fd, const char *name);
void log_file__close(struct log_file *log);

/* Reads the log, after all events are settled. Returns 0, or -1 after logging the error. */
int pipeline__read_log(struct pipeline *pipeline, const struct log_file *log);

#endif
