/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who grants and who maps: the subsystems by name, how a kernel stack tells them, and who may serve
 * whom. One table each; docs/detection.md lists them from here.
 */
#ifndef GRANTWATCH_KINDS_H
#define GRANTWATCH_KINDS_H

#include "util/types.h"

struct policy;

enum kind {
	KIND_UNKNOWN, /* no stack, or nothing in it that the table knows */
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

/* Which of the kernel's functions an owner granted, ended or freed through, from the stack. */
enum via {
	VIA_UNKNOWN,
	VIA_REF,   /* gnttab_end_foreign_access_ref: the caller looks at the result */
	VIA_TRY,   /* gnttab_try_end_foreign_access: the same, and frees on success */
	VIA_DEFER, /* gnttab_end_foreign_access: a refusal is queued and retried */
	VIA_RETRY, /* gnttab_handle_deferred: such a retry */
	VIA_FREE,  /* gnttab_free_grant_reference: one ref that has been ended */
	/*
	 * gnttab_free_grant_references, _reference_seq: a list of refs, of which some may never
	 * have been granted since they were allocated
	 */
	VIA_LIST,
	/* gnttab_grant_foreign_access: the kernel takes a ref off the free list and grants it */
	VIA_NEW,
};

/* Whether an end on this way frees the ref by itself once it has succeeded. */
static inline bool via__frees(enum via via)
{
	return via == VIA_TRY || via == VIA_DEFER || via == VIA_RETRY;
}

/* May a mapper of one kind be meant by a granter of another? */
enum serves {
	SERVES_NO,	/* never */
	SERVES_BACKEND, /* only as a user-space backend (QEMU, tapdisk, …) known by its comm */
	SERVES_YES,
	SERVES_UNKNOWN,
};

const char *kind__name(enum kind kind);

/* Kind by name, KIND_UNKNOWN if there is none such. */
enum kind kind__by_name(const char *name);

/* Whether the task of an event of this kind is the one responsible (gntalloc, gntdev), not a
 * bystander. */
bool kind__has_task(enum kind kind);

/* Whether a refused end makes this frontend give up its device. */
bool kind__gives_up(enum kind kind);

/* Whether it is a backend driver of the kernel's, which maps what one kind of frontend grants. */
bool kind__is_backend(enum kind kind);

/* Whether this frontend's backend copies from and to its grants, by GNTTABOP_copy. */
bool kind__is_copied(enum kind kind);

/* Returns the subsystem of a stack text (struct rec_stack); @func gets the telling function. */
enum kind kind__from_stack(const char *frames, char *func, size_t size);

enum via via__from_stack(const char *frames);

/*
 * Whether a map with these frames was made by gntdev's export of a dma-buf: in the ioctl that
 * names the refs, and not in an mmap later.
 */
bool stack__is_export(const char *frames);

/* By the table, and what @policy adds to it. */
enum serves kind__serves(const struct policy *policy, enum kind owner, enum kind mapper);

/*
 * Whether @comm is a user-space backend of @owner, of anything if that is KIND_UNKNOWN: a known
 * one, or one of @policy's.
 */
bool comm__is_backend(const struct policy *policy, const char *comm, enum kind owner);

/* The frontend that the backend driver @mapper serves, KIND_UNKNOWN if it is no backend driver. */
enum kind kind__frontend_of(enum kind mapper);

#endif
