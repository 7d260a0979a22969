/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several captures of one domain as one history: files of one rotation, or of a recorder that was
 * started again. They must be of one boot of the domain, and follow each other in time. What was
 * not recorded between two of them is a blind spot.
 */
#ifndef GRANTWATCH_PIPELINE_SEGMENTS_H
#define GRANTWATCH_PIPELINE_SEGMENTS_H

#include "pipeline/pipeline.h"

/*
 * Before the first run, without privileges: look at the captures of @pipeline, and let those of one
 * domain follow each other. A pipe, which cannot be read twice, is left alone. Returns 0, or -1
 * after logging the error: two captures of one domain overlap, or are of different boots.
 */
int segments__join(struct pipeline *pipeline);

/*
 * The capture of @feed, which is read to its end, may go on in the file @fd. Returns 1 if it does,
 * 0 if that does not record yet: try again later. -1: it is no history of its, which was logged.
 * Unless it returns 0 the descriptor is gone.
 */
int segments__append(struct feed *feed, int fd);

#endif
