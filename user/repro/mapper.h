/* SPDX-License-Identifier: GPL-2.0 */
/* The mapper's process. */
#ifndef GRANTWATCH_REPRO_MAPPER_H
#define GRANTWATCH_REPRO_MAPPER_H

#include "repro/device.h"
#include "repro/window.h"

/* What one MAP_GRANT_REF ioctl told gntdev of. */
struct armed {
	u64 index;
	u32 first, count; /* of the window's refs */
	void *addr;	  /* NULL until it is mapped */
};

struct mapper {
	const struct repro_ops *ops;
	void *ctx;
	u32 domid; /* whose grants it maps */
	int fd;	   /* -1 until it is needed */
	const struct window *told;
	struct armed *armed;
	u32 nr, room;
	char *pages; /* a page for each ref of the window, NULL until it copies */
	s16 *status; /* of the last copy of each ref (GNTST_*) */
	u32 nr_pages;
	u32 copied; /* refs of the last copy-from: the page has what was read where status is 0 */
};

void mapper__init(struct mapper *mapper, const struct repro_ops *ops, void *ctx, u32 domid,
		  const struct window *told);
void mapper__cleanup(struct mapper *mapper);

/* One request for the window, or one for @each ref. */
void mapper__arm(struct mapper *mapper, bool each, struct outcome *out);
/* mmap all that is armed. Fails unless all of it could be mapped. */
void mapper__map(struct mapper *mapper, struct outcome *out);
/* Until one ref is mapped, or @deadline: what is armed first, and then each ref armed anew. */
void mapper__map_retry(struct mapper *mapper, u64 deadline, struct outcome *out);
/* Copy every page of the window, or @to_refs zeros to it. Fails unless all of it was copied. */
void mapper__copy(struct mapper *mapper, bool to_refs, struct outcome *out);
/* Until Xen has copied one page or more, or @deadline. */
void mapper__copy_retry(struct mapper *mapper, bool to_refs, u64 deadline, struct outcome *out);
/*
 * Fails unless every page holds what the granter wrote to it: those that are mapped or, when none
 * is, those that were copied.
 */
void mapper__check(struct mapper *mapper, struct outcome *out);
void mapper__unmap(struct mapper *mapper, struct outcome *out);
void mapper__disarm(struct mapper *mapper, struct outcome *out);

/* How many refs are mapped. */
u32 mapper__holds(const struct mapper *mapper);

#endif
