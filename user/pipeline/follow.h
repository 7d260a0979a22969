/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures that grow while they are read: what `record -o' and `watch --save' write. A capture is
 * over when its recorder has ended it, unless another file has its name by then, as of a rotation:
 * the history goes on there. One that does not grow is stalled: the others go on without it.
 */
#ifndef GRANTWATCH_PIPELINE_FOLLOW_H
#define GRANTWATCH_PIPELINE_FOLLOW_H

#include <stdio.h>

#include "pipeline/pipeline.h"

/*
 * Run @pipeline, a live one whose captures are files, until all of them are over or *@stop is not
 * 0. @out is flushed each time that nothing more is there. Returns 0, or -1 after logging the
 * error.
 */
int follow__run(struct pipeline *pipeline, const volatile int *stop, FILE *out);

/*
 * For the warden: the file at @path if it is another one than before, which @dev and @ino tell and
 * are told. Returns a descriptor, -EAGAIN if it is the same, or -errno.
 */
int follow__reopen(const char *path, u64 *dev, u64 *ino);

#endif
