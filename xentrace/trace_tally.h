/* SPDX-License-Identifier: GPL-2.0 */
/* Counts per domain and per pCPU. */
#ifndef GRANTWATCH_TRACE_TALLY_H
#define GRANTWATCH_TRACE_TALLY_H

#include <stdio.h>

#include "xentrace.h"

struct tally;

struct tally *tally__new(void);
void tally__free(struct tally *tally);

/* @rec and @more like it (xentrace__skip_like()). False when memory is short. */
bool tally__add(struct tally *tally, const struct xt_rec *rec, u32 more);

/* All records that there are: as xentrace__next() and tally__add(), but faster. Never XT_RECORD. */
enum xt_status tally__take(struct tally *tally, struct xentrace *xt);

void tally__print(const struct tally *tally, const struct xt_stats *stats, FILE *out);
void tally__print_json(const struct tally *tally, const struct xt_stats *stats, FILE *out);

/* Why the counts are not the whole truth, one reason a call from 0 on; false behind the last. */
bool tally__blind(const struct xt_stats *stats, u32 nr, char *text, size_t size);

#endif
