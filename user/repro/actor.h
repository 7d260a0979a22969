/* SPDX-License-Identifier: GPL-2.0 */
/* What all parts of repro share: who acts, and what came of a step. */
#ifndef GRANTWATCH_REPRO_ACTOR_H
#define GRANTWATCH_REPRO_ACTOR_H

#include "util/types.h"

/* Xen's and gntalloc's page, whatever the kernel's is. */
#define REPRO_PAGE_SIZE 4096

/* A side is a domain. */
enum side {
	SIDE_GRANTER,
	SIDE_MAPPER,
	NR_SIDES,
};

/*
 * An actor is a process on a side: two of each, so that a window can outlive its agent and a ref be
 * mapped twice.
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

/* What came of a step. Passed between processes as it is. */
struct outcome {
	int err;    /* an errno, 0 when it worked */
	u64 start;  /* CLOCK_MONOTONIC */
	u64 took;   /* nanoseconds */
	u32 nr;	    /* refs that it was about */
	u32 worked; /* refs for which it worked */
	int pid;    /* of the actor's process, 0 where none took part */
	char note[240];
};

/* Sleep until @deadline, of CLOCK_MONOTONIC. */
void repro__sleep_until(u64 deadline);

/*
 * Fork a process that dies with this one and keeps nothing of its standard streams open: should it
 * hang in the kernel, nobody else hangs on its pipes. As fork(), or -errno.
 */
int repro__fork(const char *name);

/*
 * Memory that it shares with processes that are forked later, zeroed; NULL when there is none. For
 * good.
 */
void *repro__shared(size_t size);

/* Add to the text in @buf, separated by "; ". */
void repro__append(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
void outcome__note(struct outcome *out, const char *fmt, ...) __printf(2, 3);

#endif
