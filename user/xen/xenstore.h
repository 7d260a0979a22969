/* SPDX-License-Identifier: GPL-2.0 */
/* xenstore, to look things up in: only reading, every answer bounded and printable. */
#ifndef GRANTWATCH_XEN_XENSTORE_H
#define GRANTWATCH_XEN_XENSTORE_H

#include "util/types.h"

#define XENSTORE_NAME_MAX 64
#define XENSTORE_ENTRIES  512 /* of a directory, that are looked at */

struct xenstore;

/*
 * NULL with errno set when there is no xenstore, or we may not ask it. For tests, the environment's
 * GRANTWATCH_XENSTORE names a directory as xenstore__open_files() reads it.
 */
struct xenstore *xenstore__open(void);

/* A tree of files in place of xenstore, a node's value in its file "value": for tests. */
struct xenstore *xenstore__open_files(const char *dir);
void xenstore__close(struct xenstore *xenstore);

/* The value of @path, printable; false when there is none. Relative paths are this domain's own. */
bool xenstore__read(struct xenstore *xenstore, const char *path, char *value, size_t size);

/* A number; -1 when there is none, or something else. */
long xenstore__read_number(struct xenstore *xenstore, const char *path);

/*
 * The names in @path, one call of @each for each, until it returns false. Names that could not be
 * part of a path are left out.
 */
void xenstore__each(struct xenstore *xenstore, const char *path,
		    bool (*each)(void *ctx, const char *name), void *ctx);

/* Note from now on what changes at @path and below. 0 or -errno; -ENOTSUP without a xenstore. */
int xenstore__watch(struct xenstore *xenstore, const char *path);

/* Whether something may have changed there since this was asked last; does not wait. */
bool xenstore__has_news(struct xenstore *xenstore);

/* Note from now on when a domain goes away. 0 or -errno; -ENOTSUP without a xenstore. */
int xenstore__watch_releases(struct xenstore *xenstore);

/* Whether one has gone since this was asked last; does not wait. */
bool xenstore__has_released(struct xenstore *xenstore);

/* Whether @domid still is a domain that xenstore serves; a dying one is not. */
bool xenstore__has_domain(struct xenstore *xenstore, u16 domid);

/* The domain that is called @name; -1 when none is, -2 when more than one is. */
int xenstore__find_domain(struct xenstore *xenstore, const char *name);

#endif
