/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures that are read while they grow, written by `record -o' or `watch --save'. A capture is
 * complete when its recorder ended it and no newer file has its name. After a rotation a newer file
 * does, and the capture continues there. A capture that does not grow is stalled: the others go on
 * without it.
 */
#ifndef GRANTWATCH_PIPELINE_FOLLOW_H
#define GRANTWATCH_PIPELINE_FOLLOW_H

#include <stdio.h>

#include "pipeline/pipeline.h"

/*
 * Runs the live @pipeline, whose captures are files, until all are complete or *@stop is not 0.
 * Flushes @out whenever there is nothing to read. Returns 0, or -1 after logging the error.
 */
int follow__run(struct pipeline *pipeline, const volatile int *stop, FILE *out);

/*
 * For the warden: opens the file at @path if it is not that of @dev and @ino, and updates both.
 * Returns a descriptor, -EAGAIN if it is the same file, or -errno.
 */
int follow__reopen(const char *path, u64 *dev, u64 *ino);

#endif
