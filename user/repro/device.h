/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices, by their ioctls, as libxengnttab would announce and map in one call. Granter and
 * mapper use them by this table only, so that they can be tested without Xen.
 */
#ifndef GRANTWATCH_REPRO_DEVICE_H
#define GRANTWATCH_REPRO_DEVICE_H

#include "repro/actor.h"

/* A copy of whole pages, one for each ref. */
struct repro_copy {
	u32 domid; /* of the refs */
	const u32 *refs;
	u32 count;
	char *pages;
	bool to_refs; /* from the pages to the refs, or the other way */
};

/* What a process may do to its own maps, apart from unmapping them whole. */
enum disturb {
	DISTURB_HALVE,	    /* munmap of the second half */
	DISTURB_PROTECT,    /* mprotect to nothing, and back */
	DISTURB_MOVE,	    /* mremap to other addresses */
	DISTURB_ZAP,	    /* madvise: MADV_DONTNEED */
	DISTURB_CLEAR_REFS, /* its own /proc/self/clear_refs, for soft-dirty bits */
};

/* All return 0 or -errno unless noted. */
struct repro_ops {
	int (*open)(void *ctx, enum side side); /* a descriptor */
	void (*close)(void *ctx, int fd);

	/* gntalloc: grants @count new pages to @domid, read-only or @writable. */
	int (*alloc)(void *ctx, int fd, u32 domid, u32 count, bool writable, u32 *refs, u64 *index);
	int (*dealloc)(void *ctx, int fd, u64 index, u32 count);

	/* gntdev: announces refs without mapping them, and withdraws them. */
	int (*arm)(void *ctx, int fd, u32 domid, const u32 *refs, u32 count, u64 *index);
	int (*disarm)(void *ctx, int fd, u64 index, u32 count);

	/*
	 * gntdev: copies @count pages between refs and the memory at @pages. Returns 0 if Xen was
	 * called; @status has each ref's result (GNTST_*) then.
	 */
	int (*copy)(void *ctx, int fd, const struct repro_copy *copy, s16 *status);

	/* Both: mmap of the index that alloc or arm returned. */
	int (*map)(void *ctx, int fd, u64 index, u32 count, bool write, void **addr);
	int (*unmap)(void *ctx, void *addr, u32 count);
	/* gntdev: what it was mapped at is another address then, if it was moved. */
	int (*disturb)(void *ctx, void **addr, u32 count, enum disturb how);

	/* Raises gntalloc's limit by @count pages. @out tells what was changed. */
	int (*raise_limit)(void *ctx, u32 count, struct outcome *out);
};

extern const struct repro_ops device_ops;

/*
 * Whether @side can work here. Returns 0, -ENODEV without Xen, or another -errno after logging the
 * error.
 */
int device__check(enum side side);

/* Returns this domain's domid from xenstore, or -errno. */
int device__own_domid(void);

#endif
