/* SPDX-License-Identifier: GPL-2.0 */
/* The mapper's process. */
#ifndef GRANTWATCH_REPRO_MAPPER_H
#define GRANTWATCH_REPRO_MAPPER_H

#include "repro/device.h"
#include "repro/window.h"

/* The refs of one MAP_GRANT_REF ioctl. */
struct armed {
	u64 index;
	u32 first, count; /* of the window's refs */
	void *addr;	  /* NULL until it is mapped */
	u32 mapped;	  /* of its refs, the first ones */
};

struct mapper {
	const struct repro_ops *ops;
	void *ctx;
	u32 domid; /* whose grants it maps */
	int fd;	   /* -1 until it is needed */
	const struct window *told;
	struct armed *armed;
	u32 nr, room;
	char *pages; /* a page for each ref of the window, NULL before the first copy */
	s16 *status; /* result of each ref's last copy (GNTST_*) */
	u32 nr_pages;
	u32 copied; /* refs of the last copy-from: pages with status 0 have the read data */
};

void mapper__init(struct mapper *mapper, const struct repro_ops *ops, void *ctx, u32 domid,
		  const struct window *told);
void mapper__cleanup(struct mapper *mapper);

/* Announces the window in one request, or @each ref in one. */
void mapper__arm(struct mapper *mapper, bool each, struct outcome *out);
/* Maps all announced refs. Fails unless all of them could be mapped. */
void mapper__map(struct mapper *mapper, struct outcome *out);
/*
 * Tries until one ref is mapped, or @deadline: first the announced refs, then new announcements of
 * each.
 */
void mapper__map_retry(struct mapper *mapper, u64 deadline, struct outcome *out);
/* Copies every page of the window, or @to_refs zeros to it. Fails unless all were copied. */
void mapper__copy(struct mapper *mapper, bool to_refs, struct outcome *out);
/* Tries until Xen has copied at least one page, or @deadline. */
void mapper__copy_retry(struct mapper *mapper, bool to_refs, u64 deadline, struct outcome *out);
/*
 * Fails unless every page has the granter's data: mapped pages, or copied ones if none is mapped.
 */
void mapper__check(struct mapper *mapper, struct outcome *out);
void mapper__unmap(struct mapper *mapper, struct outcome *out);
/* Do something else to all that is mapped; its pages may be lost. */
void mapper__disturb(struct mapper *mapper, enum disturb how, struct outcome *out);
void mapper__disarm(struct mapper *mapper, struct outcome *out);

/* Returns the number of mapped refs. */
u32 mapper__holds(const struct mapper *mapper);

#endif
