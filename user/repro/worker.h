/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An actor's process. It does what the player asks, one step at a time, so that it can die without
 * taking the script's course with it: when it has been waited for, the kernel has taken back all
 * that it held.
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
	struct window *window; /* the granter's own, or what the mapper was told; shared memory */
};

/* 0 or -errno. */
int worker__start(struct worker *worker, const struct worker_setup *setup);

/*
 * Let it do @step and wait up to @limit nanoseconds for what comes of it. @serial is the window's
 * number, for a grant.
 */
void worker__do(struct worker *worker, const struct script_step *step, u32 serial, u64 limit,
		struct outcome *out);

/* End it (VERB_EXIT by its own doing, VERB_KILL by a signal) and wait until it is gone. */
void worker__end(struct worker *worker, enum verb how, struct outcome *out);

#endif
