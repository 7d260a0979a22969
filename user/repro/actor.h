/* SPDX-License-Identifier: GPL-2.0 */
/* Common to all parts of repro: actors, and outcomes of steps. */
#ifndef GRANTWATCH_REPRO_ACTOR_H
#define GRANTWATCH_REPRO_ACTOR_H

#include "util/types.h"

/* The page size of Xen and gntalloc, whatever the kernel's is. */
#define REPRO_PAGE_SIZE 4096

/* A side is a domain. */
enum side {
	SIDE_GRANTER,
	SIDE_MAPPER,
	NR_SIDES,
};

/*
 * An actor is a process of a side. Each side has two, so that a window can outlive its agent, and a
 * ref can be mapped twice.
 */
enum actor {
	ACTOR_GRANTER,
	ACTOR_GRANTER2,
	ACTOR_MAPPER,
	ACTOR_MAPPER2,
	NR_ACTORS,
};

extern const char *const actor_names[NR_ACTORS];
extern const char *const side_names[NR_SIDES];

static inline enum side actor__side(enum actor actor)
{
	return actor < ACTOR_MAPPER ? SIDE_GRANTER : SIDE_MAPPER;
}

/* The outcome of a step. Passed between processes as it is. */
struct outcome {
	int err;    /* an errno, 0 success */
	u64 start;  /* CLOCK_MONOTONIC */
	u64 took;   /* nanoseconds */
	u32 nr;	    /* refs that it was about */
	u32 worked; /* refs for which it worked */
	int pid;    /* pid of the actor's process, 0 none */
	char note[240];
};

/* Sleeps until @deadline, CLOCK_MONOTONIC. */
void repro__sleep_until(u64 deadline);

/*
 * Forks a process that ends with this one and closes its standard streams. It
 * may hang in the kernel, and must not keep pipes open. Returns like fork(), or -errno.
 */
int repro__fork(const char *name);

/*
 * Returns zeroed memory shared with processes forked later, NULL without memory. It is never freed.
 */
void *repro__shared(size_t size);

/* Appends to the text in @buf, separated by "; ". */
void repro__append(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
void outcome__note(struct outcome *out, const char *fmt, ...) __printf(2, 3);

#endif
