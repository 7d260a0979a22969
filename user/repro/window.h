/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A window: pages that were granted together, as a GUI window's are. Lives in memory that the
 * processes of one side share.
 */
#ifndef GRANTWATCH_REPRO_WINDOW_H
#define GRANTWATCH_REPRO_WINDOW_H

#include "util/types.h"

/* gntdev takes no more in one request (its parameter "limit", since Linux 5.10). */
#define WINDOW_MAX 65536

struct window {
	u64 nonce; /* of the run that granted it: leftovers of another run are not taken for ours */
	u32 nr;
	u32 ref[WINDOW_MAX];
	u32 serial[WINDOW_MAX]; /* counts the windows of a run; a mapper may be told of two windows
				 */
};

/*
 * Write refs from @first on to @buf as comma separated runs in the order in which they were
 * granted: "8-135" counts up, "135-8" down. Whole runs only. Returns the first ref that did not
 * fit, window->nr when all did.
 */
u32 window__ranges(const struct window *window, u32 first, char *buf, size_t size);

/*
 * Append refs of window @serial, written by window__ranges(), up to @total in all. 0, or -EINVAL
 * for anything else.
 */
int window__append(struct window *window, const char *text, u32 serial, u32 total);

/* Append all of @from. 0 or -ENOSPC. */
int window__join(struct window *window, const struct window *from);

/*
 * For people: a single ref or run in decimal and hex, at most @size bytes, "and N more" where it is
 * cut.
 */
void window__describe(const struct window *window, char *buf, size_t size);

/* The pattern that tells whose a page is. */
enum page_content {
	PAGE_OURS,	/* the very window and page that was told */
	PAGE_REGRANTED, /* of this run, but of a later or earlier window: the ref went to another
			   page */
	PAGE_OTHER_RUN, /* written by a repro, but not by this one */
	PAGE_ZERO,
	PAGE_FOREIGN, /* anything else: somebody's data */
	NR_PAGE_CONTENT,
};

void window__fill(const struct window *window, u32 index, void *page);
enum page_content window__examine(const struct window *window, u32 index, const void *page);

#endif
