/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cues connect a script with other programs: a file, a node in xenstore, or a line on standard
 * input.
 */
#ifndef GRANTWATCH_REPRO_CUES_H
#define GRANTWATCH_REPRO_CUES_H

#include "repro/actor.h"

struct cues;

/* @where: "stdin", "dir:DIR" or "xenstore:PATH". Returns NULL after logging the error. */
struct cues *cues__open(const char *where);
void cues__close(struct cues *cues);

/* 0 or -errno. */
int cues__give(struct cues *cues, const char *name);
/* Returns 0, -ETIMEDOUT, or -EPIPE if standard input ends. */
int cues__await(struct cues *cues, const char *name, u64 deadline);

#endif
