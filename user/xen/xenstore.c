// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "util/log.h"
#include "xen/xenstore.h"

struct store {
	struct xs_handle *xs; /* NULL: files */
	/*
	 * The library's static form has no thread, and takes a watch's message for the answer that
	 * it waits for.
	 */
	struct xs_handle *watch; /* NULL: nothing is watched */
	char *dir;
};

struct store *store__open(void)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return NULL;
	store->xs = xs_open(0);
	if (store->xs)
		return store;
	err = errno;
	free(store);
	errno = err;
	return NULL;
}

struct store *store__open_files(const char *dir)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->dir = strdup(dir);
	if (store->dir)
		return store;
	free(store);
	return NULL;
}

void store__close(struct store *store)
{
	if (!store)
		return;
	if (store->watch)
		xs_close(store->watch);
	if (store->xs)
		xs_close(store->xs);
	free(store->dir);
	free(store);
}

static bool read_file(const struct store *store, const char *path, char *value, size_t size)
{
	char name[1024], raw[512];
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "%s/%s/value", store->dir, path);
	file = fopen(name, "re");
	if (!file)
		return false;
	n = fread(raw, 1, sizeof(raw), file);
	fclose(file);
	while (n && raw[n - 1] == '\n')
		n--;
	str_sanitize(value, size, raw, n);
	return true;
}

bool store__read(struct store *store, const char *path, char *value, size_t size)
{
	unsigned int len = 0;
	char *raw;

	if (!store->xs)
		return read_file(store, path, value, size);
	raw = xs_read(store->xs, XBT_NULL, path, &len);
	if (!raw)
		return false;
	str_sanitize(value, size, raw, len);
	free(raw);
	return true;
}

long store__read_number(struct store *store, const char *path)
{
	char value[24], *end;
	long number;

	if (!store__read(store, path, value, sizeof(value)) || !isdigit((unsigned char)value[0]))
		return -1;
	errno = 0;
	number = strtol(value, &end, 10);
	return *end || errno ? -1 : number;
}

/* Guests name nodes too: nothing of theirs shall lead out of the directory that we look at. */
static bool is_name(const char *name)
{
	const char *pos;

	for (pos = name; *pos; pos++)
		if (!isalnum((unsigned char)*pos) && !strchr("-_@:.", *pos))
			return false;
	return *name && *name != '.' && strlen(name) < STORE_NAME_MAX;
}

static void each_file(const struct store *store, const char *path,
		      bool (*each)(void *ctx, const char *name), void *ctx)
{
	char name[1024];
	const struct dirent *entry;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/%s", store->dir, path);
	dir = opendir(name);
	/* cppcheck-suppress readdirCalled ; one thread */
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && is_name(entry->d_name) && !each(ctx, entry->d_name))
			break;
	if (dir)
		closedir(dir);
}

void store__each(struct store *store, const char *path, bool (*each)(void *ctx, const char *name),
		 void *ctx)
{
	unsigned int i, nr = 0;
	char **names;

	if (!store->xs) {
		each_file(store, path, each, ctx);
		return;
	}
	names = xs_directory(store->xs, XBT_NULL, path, &nr);
	for (i = 0; names && i < nr && i < STORE_ENTRIES; i++)
		if (is_name(names[i]) && !each(ctx, names[i]))
			break;
	free(names);
}

int store__watch_releases(struct store *store)
{
	if (!store->xs)
		return -ENOTSUP;
	store->watch = xs_open(0);
	if (!store->watch || !xs_watch(store->watch, "@releaseDomain", "grantwatch"))
		return -errno;
	return 0;
}

bool store__has_released(struct store *store)
{
	bool released = false;
	char **event;

	while (store->watch && (event = xs_check_watch(store->watch))) {
		released = true;
		free(event);
	}
	return released;
}

bool store__has_domain(struct store *store, u16 domid)
{
	return !store->xs || xs_is_domain_introduced(store->xs, domid);
}

struct search {
	struct store *store;
	const char *name;
	int domid;
};

static bool compare_name(void *ctx, const char *id)
{
	struct search *search = ctx;
	char path[128], name[STORE_NAME_MAX];

	snprintf(path, sizeof(path), "/local/domain/%s/name", id);
	if (!isdigit((unsigned char)id[0]) ||
	    !store__read(search->store, path, name, sizeof(name)) || strcmp(name, search->name))
		return true;
	search->domid = search->domid == -1 ? atoi(id) : -2;
	return true;
}

int store__find_domain(struct store *store, const char *name)
{
	struct search search = {store, name, -1};

	store__each(store, "/local/domain", compare_name, &search);
	return search.domid;
}
