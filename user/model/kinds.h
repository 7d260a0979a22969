/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subsystems that grant and map, how a kernel stack shows them, and which of them serve each
 * other. One table for each; docs/detection.md lists them.
 */
#ifndef GRANTWATCH_KINDS_H
#define GRANTWATCH_KINDS_H

#include "util/types.h"

struct policy;

enum kind {
	KIND_UNKNOWN, /* no stack, or no known function in it */
	KIND_TOOLSTACK,
	KIND_GNTALLOC,
	KIND_GNTDEV,
	KIND_BLKFRONT,
	KIND_BLKBACK,
	KIND_NETFRONT,
	KIND_NETBACK,
	KIND_SCSIFRONT,
	KIND_SCSIBACK,
	KIND_USBFRONT,
	KIND_PCIFRONT,
	KIND_PCIBACK,
	KIND_TPMFRONT,
	KIND_KBDFRONT,
	KIND_DISPLFRONT,
	KIND_SNDFRONT,
	KIND_9PFRONT,
	KIND_PVCALLSFRONT,
	KIND_PVCALLSBACK,
	KIND_CONSOLE,
	KIND_GRANT_DMA,
	KIND_XENBUS,
	KIND_MAX,
};

/* The kernel function by which an owner granted, ended or freed a ref, from the stack. */
enum via {
	VIA_UNKNOWN,
	VIA_REF,   /* gnttab_end_foreign_access_ref: the caller checks the result */
	VIA_TRY,   /* gnttab_try_end_foreign_access: the same, and frees the ref on success */
	VIA_DEFER, /* gnttab_end_foreign_access: a refused end is queued and retried */
	VIA_RETRY, /* gnttab_handle_deferred: such a retry */
	VIA_FREE,  /* gnttab_free_grant_reference: one ended ref */
	/*
	 * gnttab_free_grant_references, _reference_seq: a list of refs, some of which may not have
	 * been granted since their allocation
	 */
	VIA_LIST,
	/* gnttab_grant_foreign_access: takes a ref from the free list and grants it */
	VIA_NEW,
};

/* Whether a successful end by this function also frees the ref. */
static inline bool via__frees(enum via via)
{
	return via == VIA_TRY || via == VIA_DEFER || via == VIA_RETRY;
}

/* Whether a mapper of one kind may be meant by a granter of another. */
enum serves {
	SERVES_NO,	/* never */
	SERVES_BACKEND, /* only as a user-space backend (QEMU, tapdisk, …) with a known comm */
	SERVES_YES,
	SERVES_UNKNOWN,
};

const char *kind__name(enum kind kind);

/* Returns the kind of this name, or KIND_UNKNOWN. */
enum kind kind__by_name(const char *name);

/*
 * Whether the task of an event of this kind is responsible for it (gntalloc, gntdev). Others run in
 * any task.
 */
bool kind__has_task(enum kind kind);

/* Whether this frontend gives its device up when an end is refused. */
bool kind__gives_up(enum kind kind);

/* Whether it is a kernel backend driver, which maps the grants of one kind of frontend. */
bool kind__is_backend(enum kind kind);

/* Whether this frontend's backend copies its grants by GNTTABOP_copy. */
bool kind__is_copied(enum kind kind);

/*
 * Returns the subsystem in a stack text (struct rec_stack). @func is set to the function that shows
 * it.
 */
enum kind kind__from_stack(const char *frames, char *func, size_t size);

enum via via__from_stack(const char *frames);

/*
 * Whether these frames are of gntdev's export of a dma-buf, which maps in the ioctl that names the
 * refs instead of a later mmap.
 */
bool stack__is_export(const char *frames);

/* By the table and by @policy's additions. */
enum serves kind__serves(const struct policy *policy, enum kind owner, enum kind mapper);

/*
 * Whether @comm is a user-space backend of @owner, or of any frontend if @owner is KIND_UNKNOWN: a
 * known one, or one of @policy's.
 */
bool comm__is_backend(const struct policy *policy, const char *comm, enum kind owner);

/*
 * Whether this frontend reads the refs to end from a page which its backend can write. Then they
 * may be another owner's. Linux: net/9p/trans_xen.c, drivers/xen/pvcalls-front.c.
 */
bool kind__borrows_refs(enum kind kind);

/* Returns the frontend that the backend driver @mapper serves, KIND_UNKNOWN if it is none. */
enum kind kind__frontend_of(enum kind mapper);

#endif
