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
/* Fails unless every page holds what the granter wrote to it. */
void mapper__check(struct mapper *mapper, struct outcome *out);
void mapper__unmap(struct mapper *mapper, struct outcome *out);
void mapper__disarm(struct mapper *mapper, struct outcome *out);

/* How many refs are mapped. */
u32 mapper__holds(const struct mapper *mapper);

#endif
