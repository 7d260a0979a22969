/* SPDX-License-Identifier: GPL-2.0 */
/* Stored captures: opens and reads them, and refuses those of different hosts. */
#ifndef GRANTWATCH_PIPELINE_CAPTURES_H
#define GRANTWATCH_PIPELINE_CAPTURES_H

#include "pipeline/pipeline.h"
#include "util/options.h"

/*
 * Adds the capture in @fd or at @path to @pipeline, called @name in messages about its content.
 * Returns its feed, which @pipeline owns; NULL after logging the error. @fd is closed then.
 */
struct feed *captures__add(struct pipeline *pipeline, int fd, const char *path, const char *name);
struct feed *captures__add_path(struct pipeline *pipeline, const char *path, const char *name);

/* The last part of @path. */
const char *captures__base_name(const char *path);

/* Adds the captures at @paths to @pipeline. Returns 0, or -1 after logging the error. */
int captures__open(struct pipeline *pipeline, const struct opt_list *paths);

/*
 * Names the captures of @pipeline for messages, by as many last parts of the paths in @path as make
 * them differ.
 */
void captures__tell_apart(struct pipeline *pipeline, char const *const *path);

/*
 * Drops all privileges and reads the captures up to their last whole blocks. Returns 0, or -1 after
 * logging the error: a file is no capture, the captures are of different hosts, or privileges could
 * not be dropped.
 */
int captures__read(struct pipeline *pipeline);

/*
 * Checks that the captures of @pipeline, which were read, may be of one boot of one host. Returns
 * 0, or -1 after logging the error.
 */
int captures__check_hosts(const struct pipeline *pipeline);

#endif
