/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An actor's process. It performs the player's steps one at a time, and can end without ending the
 * script. After its end the kernel has taken back all its pages and maps.
 */
#ifndef GRANTWATCH_REPRO_WORKER_H
#define GRANTWATCH_REPRO_WORKER_H

#include "repro/device.h"
#include "repro/script.h"
#include "repro/window.h"

struct worker {
	int pid; /* 0: there is none */
	int fd;
};

struct worker_setup {
	const struct repro_ops *ops;
	void *ctx;
	enum side side;
	u32 domid;	       /* the other domain */
	const char *name;      /* the process's */
	struct window *window; /* the granter's own window, or the mapper's copy; shared memory */
};

/* 0 or -errno. */
int worker__start(struct worker *worker, const struct worker_setup *setup);

/*
 * Performs @step, waiting up to @limit ns for the outcome. @serial: the window's number, for a
 * grant.
 */
void worker__do(struct worker *worker, const struct script_step *step, u32 serial, u64 limit,
		struct outcome *out);

/* Ends the process (VERB_EXIT: by itself, VERB_KILL: by a signal) and waits until it is gone. */
void worker__end(struct worker *worker, enum verb how, struct outcome *out);

#endif
