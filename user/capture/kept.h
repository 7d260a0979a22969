/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a file which continues another repeats at its start: of each fact and each probe the newest
 * record, and the losses of a time which the file before did not cover to its end.
 */
#ifndef GRANTWATCH_CAPTURE_KEPT_H
#define GRANTWATCH_CAPTURE_KEPT_H

#include "capture/format.h"

#define KEPT_MAX 512 /* records */

struct kept {
	struct rec *rec[KEPT_MAX]; /* in the order in which each was first written */
	u32 nr;
};

void kept__cleanup(struct kept *kept);

/*
 * Keep @rec if it is to be repeated, in place of the one before about the same. Facts about one
 * file only (ids.*, continues) are not. Returns 0 or -ENOMEM.
 */
int kept__see(struct kept *kept, const struct rec *rec);

/* Everything up to @watermark is in the file: losses until then are not repeated. */
void kept__mark(struct kept *kept, u64 watermark);

#endif
