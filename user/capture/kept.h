/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records which a continuing file repeats at its start: the newest record of each fact and each
 * probe, and losses that reach beyond the end of the file before.
 */
#ifndef GRANTWATCH_CAPTURE_KEPT_H
#define GRANTWATCH_CAPTURE_KEPT_H

#include "capture/format.h"

#define KEPT_MAX 512 /* records */

struct kept {
	struct rec *rec[KEPT_MAX]; /* in the order of first occurrence */
	u32 nr;
};

void kept__cleanup(struct kept *kept);

/*
 * Keeps @rec if it is to be repeated, replacing the record with the same subject. Facts about one
 * file only (ids.*, continues) are not repeated. Returns 0 or -ENOMEM.
 */
int kept__see(struct kept *kept, const struct rec *rec);

/* The file is complete up to @watermark: losses until then are not repeated. */
void kept__mark(struct kept *kept, u64 watermark);

#endif
