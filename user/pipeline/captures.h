/* SPDX-License-Identifier: GPL-2.0 */
/* Stored captures: opened, read, refused where they are not of one host. */
#ifndef GRANTWATCH_PIPELINE_CAPTURES_H
#define GRANTWATCH_PIPELINE_CAPTURES_H

#include "pipeline/pipeline.h"
#include "util/options.h"

/* Add the captures at @paths to @pipeline. Returns 0, or -1 after logging the error. */
int captures__open(struct pipeline *pipeline, const struct opt_list *paths);

/*
 * Name the captures of @pipeline, whose paths are in @path, for messages: by as many of the last
 * parts of each path as it takes to tell them apart.
 */
void captures__tell_apart(struct pipeline *pipeline, char const *const *path);

/*
 * Drop all privileges and read the captures of @pipeline up to their last whole blocks. Returns 0,
 * or -1 after logging the error: one of them is no capture, they are not of one host, or privileges
 * could not be dropped.
 */
int captures__read(struct pipeline *pipeline);

/*
 * Whether the captures of @pipeline, which have been read, may be of one host and one boot of it.
 * Returns 0, or -1 after logging the error.
 */
int captures__check_hosts(const struct pipeline *pipeline);

#endif
