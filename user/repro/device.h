/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices, as raw ioctls: libxengnttab would arm and map in one call. Granter and mapper see
 * them through this table only, so that their logic can be tested where there is no Xen.
 */
#ifndef GRANTWATCH_REPRO_DEVICE_H
#define GRANTWATCH_REPRO_DEVICE_H

#include "repro/actor.h"

/* Whole pages, one for each ref. */
struct repro_copy {
	u32 domid; /* of the refs */
	const u32 *refs;
	u32 count;
	char *pages;
	bool to_refs; /* from the pages to the refs; otherwise the other way */
};

/* All return 0 or -errno, unless said otherwise. */
struct repro_ops {
	int (*open)(void *ctx, enum side side); /* a descriptor */
	void (*close)(void *ctx, int fd);

	/* gntalloc: grant @count new pages to @domid, to read or @writable. */
	int (*alloc)(void *ctx, int fd, u32 domid, u32 count, bool writable, u32 *refs, u64 *index);
	int (*dealloc)(void *ctx, int fd, u64 index, u32 count);

	/* gntdev: tell it of refs, without mapping them, and take that back. */
	int (*arm)(void *ctx, int fd, u32 domid, const u32 *refs, u32 count, u64 *index);
	int (*disarm)(void *ctx, int fd, u64 index, u32 count);

	/*
	 * gntdev: copy @count pages between refs and memory at @pages. 0 when Xen was asked; then
	 * @status tells of each ref (GNTST_*).
	 */
	int (*copy)(void *ctx, int fd, const struct repro_copy *copy, s16 *status);

	/* Both: mmap what alloc or arm gave the index of. */
	int (*map)(void *ctx, int fd, u64 index, u32 count, bool write, void **addr);
	int (*unmap)(void *ctx, void *addr, u32 count);

	/* Let gntalloc have @count pages more; says in @out what it changed. */
	int (*raise_limit)(void *ctx, u32 count, struct outcome *out);
};

extern const struct repro_ops device_ops;

/*
 * Whether @side can work here: 0; -ENODEV without Xen; -errno otherwise, after a message that says
 * what to do.
 */
int device__check(enum side side);

/* The domain that this runs in, from xenstore; -errno where that does not tell. */
int device__own_domid(void);

#endif
