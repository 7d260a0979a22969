/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Progress of an analysis of files, on standard error if it is a terminal: bytes read of all bytes.
 * Nothing is shown in the first second, or if the size is unknown (a pipe).
 */
#ifndef GRANTWATCH_PROGRESS_H
#define GRANTWATCH_PROGRESS_H

#include "pipeline/pipeline.h"

struct progress {
	const struct pipeline *pipeline;
	u64 total; /* bytes; 0: not known */
	u64 next;  /* CLOCK_MONOTONIC, ns, of the next output */
	bool shown;
};

/* Observes @pipeline, whose files were added. Must come while files may be asked for their size. */
void progress__begin(struct progress *progress, struct pipeline *pipeline);

/* Clears the line. */
void progress__end(struct progress *progress);

#endif
