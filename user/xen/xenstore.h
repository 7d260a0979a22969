/* SPDX-License-Identifier: GPL-2.0 */
/* Read access to xenstore. All answers are bounded and printable. */
#ifndef GRANTWATCH_XEN_XENSTORE_H
#define GRANTWATCH_XEN_XENSTORE_H

#include "util/types.h"

#define XENSTORE_NAME_MAX 64
#define XENSTORE_ENTRIES  512 /* maximum of entries read from one directory */

struct xenstore;

/*
 * Returns NULL with errno set if there is no xenstore, or it may not be read. For tests, the
 * variable GRANTWATCH_XENSTORE names a directory for xenstore__open_files().
 */
struct xenstore *xenstore__open(void);

/* A tree of files instead of xenstore, for tests. A node's value is in its file "value". */
struct xenstore *xenstore__open_files(const char *dir);
void xenstore__close(struct xenstore *xenstore);

/*
 * Reads the value of @path as printable text. Returns false if there is none. Relative paths are
 * this domain's own.
 */
bool xenstore__read(struct xenstore *xenstore, const char *path, char *value, size_t size);

/* Returns the number at @path, -1 if there is none. */
long xenstore__read_number(struct xenstore *xenstore, const char *path);

/*
 * Calls @each for each name in @path until it returns false. Names that cannot be part of a path
 * are left out.
 */
void xenstore__each(struct xenstore *xenstore, const char *path,
		    bool (*each)(void *ctx, const char *name), void *ctx);

/* Watches @path and all below. Returns 0 or -errno; -ENOTSUP without a xenstore. */
int xenstore__watch(struct xenstore *xenstore, const char *path);

/* Whether a watched path may have changed since the last call. Does not wait. */
bool xenstore__has_news(struct xenstore *xenstore);

/* Watches for the end of domains. Returns 0 or -errno; -ENOTSUP without a xenstore. */
int xenstore__watch_releases(struct xenstore *xenstore);

/* Whether a domain ended since the last call. Does not wait. */
bool xenstore__has_released(struct xenstore *xenstore);

/* Whether xenstore serves @domid. It does not serve a dying domain. */
bool xenstore__has_domain(struct xenstore *xenstore, u16 domid);

/* Returns the domid of the domain @name, -1 if there is none, -2 if there is more than one. */
int xenstore__find_domain(struct xenstore *xenstore, const char *name);

#endif
