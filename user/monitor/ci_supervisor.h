/* SPDX-License-Identifier: GPL-2.0 */
/* The supervisor: the process that keeps watch running for ci, and its state on disk. */
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

/* The state of the monitor in a directory. */
struct ci_state {
	pid_t pid;  /* 0: none lives */
	bool ended; /* it ended on request, or because every source ended */
	bool soft;
	bool recorded; /* every source has delivered something */
};

/* Returns 0, or -1 after logging the error: another supervisor runs, or the lock failed. */
int supervisor__lock(struct supervisor *supervisor);

/*
 * Moves results of a finished run away, and makes those of a killed one parts of this run. Returns
 * 0 or -errno.
 */
int supervisor__prepare(struct supervisor *supervisor);

/* Goes to the background. Messages go to DIR/monitor.log. */
void supervisor__detach(struct supervisor *supervisor);

/* Keeps watch running until SIGTERM or its own end. Returns its exit status. */
int supervisor__run(struct supervisor *supervisor);

/* Returns 0, or -ENOENT if no monitor was started in @dir, or it was stopped. */
int supervisor__state(const char *dir, struct ci_state *state);

/* Removes the state: the run is over and its results were collected. */
void supervisor__forget(const char *dir);

#endif
