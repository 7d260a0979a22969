/* SPDX-License-Identifier: GPL-2.0 */
/* xenstore, to look things up in: only reading, every answer bounded and printable. */
#ifndef GRANTWATCH_XEN_XENSTORE_H
#define GRANTWATCH_XEN_XENSTORE_H

#include "util/types.h"

#define STORE_NAME_MAX 64
#define STORE_ENTRIES  512 /* of a directory, that are looked at */

struct store;

/* NULL with errno set when there is no xenstore, or we may not ask it. */
struct store *store__open(void);

/* A tree of files in place of xenstore, a node's value in its file "value": for tests. */
struct store *store__open_files(const char *dir);
void store__close(struct store *store);

/* The value of @path, printable; false when there is none. Relative paths are this domain's own. */
bool store__read(struct store *store, const char *path, char *value, size_t size);

/* A number; -1 when there is none, or something else. */
long store__read_number(struct store *store, const char *path);

/*
 * The names in @path, one call of @each for each, until it returns false. Names that could not be
 * part of a path are left out.
 */
void store__each(struct store *store, const char *path, bool (*each)(void *ctx, const char *name),
		 void *ctx);

/* Note from now on when a domain goes away. 0 or -errno; -ENOTSUP without a xenstore. */
int store__watch_releases(struct store *store);

/* Whether one has gone since this was asked last; does not wait. */
bool store__has_released(struct store *store);

/* Whether @domid still is a domain that xenstore serves; a dying one is not. */
bool store__has_domain(struct store *store, u16 domid);

/* The domain that is called @name; -1 when none is, -2 when more than one is. */
int store__find_domain(struct store *store, const char *name);

#endif
