/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several captures of one domain as one history: files of a rotation, or of a restarted recorder.
 * They must be of one boot of the domain and must not overlap. The time between two of them is a
 * blind spot.
 */
#ifndef GRANTWATCH_PIPELINE_SEGMENTS_H
#define GRANTWATCH_PIPELINE_SEGMENTS_H

#include "pipeline/pipeline.h"

/*
 * Called before the first run, without privileges: joins captures of one domain. Pipes, which
 * cannot be read twice, are left out. Returns 0, or -1 after logging the error: two captures of one
 * domain overlap, or are of different boots.
 */
int segments__join(struct pipeline *pipeline);

/*
 * Continues @feed, which was read to its end, with the file @fd. Returns 1 on success, 0 if that
 * file does not record yet (to be tried again), -1 after logging why it is no continuation. Takes
 * the descriptor unless it returns 0.
 */
int segments__append(struct feed *feed, int fd);

#endif
