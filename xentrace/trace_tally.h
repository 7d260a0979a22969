/* SPDX-License-Identifier: GPL-2.0 */
/* Counts per domain and per pCPU. */
#ifndef GRANTWATCH_TRACE_TALLY_H
#define GRANTWATCH_TRACE_TALLY_H

#include <stdio.h>

#include "xentrace.h"

struct tally;

struct tally *tally__new(void);
void tally__free(struct tally *tally);

/* Counts the records of xentrace__next() until it returns no more. Returns its status. */
enum xt_status tally__take(struct tally *tally, struct xentrace *xt);

void tally__print(const struct tally *tally, const struct xt_stats *stats, FILE *out);
void tally__print_json(const struct tally *tally, const struct xt_stats *stats, FILE *out);

/* Writes reason @nr (from 0) why the counts are incomplete. Returns false after the last. */
bool tally__blind(const struct xt_stats *stats, u32 nr, char *text, size_t size);

#endif
