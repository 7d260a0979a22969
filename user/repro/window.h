/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A window: pages that were granted together, like those of a GUI window. It is in memory that the
 * processes of one side share.
 */
#ifndef GRANTWATCH_REPRO_WINDOW_H
#define GRANTWATCH_REPRO_WINDOW_H

#include "util/types.h"

/* gntdev's maximum for one request (its parameter "limit", since Linux 5.10). */
#define WINDOW_MAX 65536

struct window {
	u64 nonce; /* of the granting run, to recognise windows of other runs */
	u32 nr;
	u32 ref[WINDOW_MAX];
	u32 serial[WINDOW_MAX]; /* number of the window in its run; a mapper may know two windows */
};

/*
 * Writes refs from @first on to @buf as runs in the order of granting: "8-135" counts up, "135-8"
 * down. Complete runs only. Returns the first ref that did not fit, window->nr if all did.
 */
u32 window__ranges(const struct window *window, u32 first, char *buf, size_t size);

/*
 * Appends refs of window @serial, as written by window__ranges(), up to @total in all. Returns 0,
 * or -EINVAL for any other text.
 */
int window__append(struct window *window, const char *text, u32 serial, u32 total);

/* Appends all of @from. Returns 0 or -ENOSPC. */
int window__join(struct window *window, const struct window *from);

/*
 * For people: a single ref or run in decimal and hex; "and N more" if it does not fit @size bytes.
 */
void window__describe(const struct window *window, char *buf, size_t size);

/* The contents of a page, by its pattern. */
enum page_content {
	PAGE_OURS,	/* the announced window and page */
	PAGE_REGRANTED, /* another window of this run: the ref was granted for another page */
	PAGE_OTHER_RUN, /* written by another run of repro */
	PAGE_ZERO,
	PAGE_FOREIGN, /* other data */
	NR_PAGE_CONTENT,
};

void window__fill(const struct window *window, u32 index, void *page);
enum page_content window__examine(const struct window *window, u32 index, const void *page);

#endif
