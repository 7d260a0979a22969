/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ended a map of gntdev's, from the stack of the unmap. One table: docs/detection.md lists
 * what counts as lost.
 */
#ifndef GRANTWATCH_TEARDOWN_H
#define GRANTWATCH_TEARDOWN_H

#include "util/types.h"

enum teardown {
	TEARDOWN_UNKNOWN,  /* no stack, one that was cut, or a worker's, which does not tell */
	TEARDOWN_MUNMAP,   /* munmap, or an mmap or mremap that took the addresses */
	TEARDOWN_EXIT,	   /* the address space ended: exit or exec */
	TEARDOWN_RELEASE,  /* the file was closed */
	TEARDOWN_WITHDRAW, /* an ioctl of gntdev's */
	TEARDOWN_FAILED,   /* gntdev undid an mmap that failed */
	/* From here on the process lost it: its addresses are still there, and the page is not. */
	TEARDOWN_LOSSES,
	TEARDOWN_PROTECT = TEARDOWN_LOSSES,
	TEARDOWN_MOVE,
	TEARDOWN_ZAP,
	TEARDOWN_CLEAR_REFS,
	TEARDOWN_OTHER, /* another caller of the MMU notifier: migration, for one */
	NR_TEARDOWNS,
};

/* @func gets the function that called the MMU notifier, "" where none did. */
enum teardown teardown__from_stack(const char *frames, char *func, size_t size);

/* Whether a process that did not ask for it has lost the map. */
static inline bool teardown__is_loss(enum teardown teardown)
{
	return teardown >= TEARDOWN_LOSSES;
}

/* Of a loss: one word. */
const char *teardown__name(enum teardown teardown);

/* Of a loss: what the process or the kernel did, a phrase behind "by". */
const char *teardown__text(enum teardown teardown);

#endif
