/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The process that keeps watch running for ci, and the little that it leaves on disk about itself.
 */
#ifndef GRANTWATCH_CI_SUPERVISOR_H
#define GRANTWATCH_CI_SUPERVISOR_H

#include <sys/types.h>

#include "util/types.h"

struct supervisor {
	const char *dir;
	char *const *argv; /* of watch */
	bool soft;
	int lock; /* held while it lives */
};

/* What is known of the monitor of a directory. */
struct ci_state {
	pid_t pid;  /* 0: none lives */
	bool ended; /* it ended as told, or because every source did */
	bool soft;
};

/* 0, or -1 when another one lives, or it failed; that was said. */
int supervisor__lock(struct supervisor *supervisor);

/*
 * Put results of a finished run away; keep those of one that was cut off as parts of this one. 0 or
 * -errno.
 */
int supervisor__prepare(struct supervisor *supervisor);

/* Into the background, messages to DIR/monitor.log. */
void supervisor__detach(struct supervisor *supervisor);

/* Keep watch running until SIGTERM or until it ends by itself. Returns its exit status. */
int supervisor__run(struct supervisor *supervisor);

/* -ENOENT: none was started in @dir, or it was stopped. */
int supervisor__state(const char *dir, struct ci_state *state);

/* The run is over and its results were collected. */
void supervisor__forget(const char *dir);

#endif
