/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far an analysis of files has come, on standard error when that is a terminal. By bytes read
 * of bytes there are; nothing is shown in the first second, nor when it is not known how much there
 * is (a pipe).
 */
#ifndef GRANTWATCH_PROGRESS_H
#define GRANTWATCH_PROGRESS_H

#include "pipeline/pipeline.h"

struct progress {
	const struct pipeline *pipeline;
	u64 total; /* bytes; 0: not known */
	u64 next;  /* CLOCK_MONOTONIC, when it is shown again */
	bool shown;
};

/*
 * Watch @pipeline, whose files have been added. Call it while files may still be asked for their
 * size.
 */
void progress__begin(struct progress *progress, struct pipeline *pipeline);

/* Leave the line as it was. */
void progress__end(struct progress *progress);

#endif
