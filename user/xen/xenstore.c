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

struct xenstore {
	struct xs_handle *xs; /* NULL: files */
	/*
	 * The library's static form has no thread, and takes a watch's message for an answer. So
	 * watches have a connection of their own, NULL without any.
	 */
	struct xs_handle *watch; /* NULL: nothing is watched */
	char *dir;
};

struct xenstore *xenstore__open(void)
{
	const char *dir = getenv("GRANTWATCH_XENSTORE");
	struct xenstore *xenstore;
	int err;

	if (dir)
		return xenstore__open_files(dir);
	xenstore = calloc(1, sizeof(*xenstore));
	if (!xenstore)
		return NULL;
	xenstore->xs = xs_open(0);
	if (xenstore->xs)
		return xenstore;
	err = errno;
	free(xenstore);
	errno = err;
	return NULL;
}

struct xenstore *xenstore__open_files(const char *dir)
{
	struct xenstore *xenstore = calloc(1, sizeof(*xenstore));

	if (!xenstore)
		return NULL;
	xenstore->dir = strdup(dir);
	if (xenstore->dir)
		return xenstore;
	free(xenstore);
	return NULL;
}

void xenstore__close(struct xenstore *xenstore)
{
	if (!xenstore)
		return;
	if (xenstore->watch)
		xs_close(xenstore->watch);
	if (xenstore->xs)
		xs_close(xenstore->xs);
	free(xenstore->dir);
	free(xenstore);
}

static bool read_file(const struct xenstore *xenstore, const char *path, char *value, size_t size)
{
	char name[1024], raw[512];
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "%s/%s/value", xenstore->dir, path);
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

bool xenstore__read(struct xenstore *xenstore, const char *path, char *value, size_t size)
{
	unsigned int len = 0;
	char *raw;

	if (!xenstore->xs)
		return read_file(xenstore, path, value, size);
	raw = xs_read(xenstore->xs, XBT_NULL, path, &len);
	if (!raw)
		return false;
	str_sanitize(value, size, raw, len);
	free(raw);
	return true;
}

long xenstore__read_number(struct xenstore *xenstore, const char *path)
{
	char value[24], *end;
	long number;

	if (!xenstore__read(xenstore, path, value, sizeof(value)) ||
	    !isdigit((unsigned char)value[0]))
		return -1;
	errno = 0;
	number = strtol(value, &end, 10);
	return *end || errno ? -1 : number;
}

/* Guests choose names of nodes: none may lead out of the directory. */
static bool is_name(const char *name)
{
	const char *pos;

	for (pos = name; *pos; pos++)
		if (!isalnum((unsigned char)*pos) && !strchr("-_@:.", *pos))
			return false;
	return *name && *name != '.' && strlen(name) < XENSTORE_NAME_MAX;
}

static void each_file(const struct xenstore *xenstore, const char *path,
		      bool (*each)(void *ctx, const char *name), void *ctx)
{
	char name[1024];
	const struct dirent *entry;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/%s", xenstore->dir, path);
	dir = opendir(name);
	/* cppcheck-suppress readdirCalled ; one thread */
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && is_name(entry->d_name) && !each(ctx, entry->d_name))
			break;
	if (dir)
		closedir(dir);
}

void xenstore__each(struct xenstore *xenstore, const char *path,
		    bool (*each)(void *ctx, const char *name), void *ctx)
{
	unsigned int i, nr = 0;
	char **names;

	if (!xenstore->xs) {
		each_file(xenstore, path, each, ctx);
		return;
	}
	names = xs_directory(xenstore->xs, XBT_NULL, path, &nr);
	for (i = 0; names && i < nr && i < XENSTORE_ENTRIES; i++)
		if (is_name(names[i]) && !each(ctx, names[i]))
			break;
	free(names);
}

int xenstore__watch(struct xenstore *xenstore, const char *path)
{
	int err;

	if (!xenstore->xs)
		return -ENOTSUP;
	xenstore->watch = xs_open(0);
	if (!xenstore->watch)
		return -errno;
	if (xs_watch(xenstore->watch, path, "grantwatch"))
		return 0;
	err = errno;
	xs_close(xenstore->watch);
	xenstore->watch = NULL;
	return -err;
}

int xenstore__watch_releases(struct xenstore *xenstore)
{
	return xenstore__watch(xenstore, "@releaseDomain");
}

bool xenstore__has_news(struct xenstore *xenstore)
{
	bool news = !xenstore->watch;
	char **event;

	while (xenstore->watch && (event = xs_check_watch(xenstore->watch))) {
		news = true;
		free(event);
	}
	return news;
}

bool xenstore__has_released(struct xenstore *xenstore)
{
	return xenstore->watch && xenstore__has_news(xenstore);
}

bool xenstore__has_domain(struct xenstore *xenstore, u16 domid)
{
	return !xenstore->xs || xs_is_domain_introduced(xenstore->xs, domid);
}

struct xenstore_search {
	struct xenstore *xenstore;
	const char *name;
	int domid;
};

static bool compare_name(void *ctx, const char *id)
{
	struct xenstore_search *search = ctx;
	char path[128], name[XENSTORE_NAME_MAX];

	snprintf(path, sizeof(path), "/local/domain/%s/name", id);
	if (!isdigit((unsigned char)id[0]) ||
	    !xenstore__read(search->xenstore, path, name, sizeof(name)) ||
	    strcmp(name, search->name))
		return true;
	search->domid = search->domid == -1 ? atoi(id) : -2;
	return true;
}

int xenstore__find_domain(struct xenstore *xenstore, const char *name)
{
	struct xenstore_search search = {xenstore, name, -1};

	xenstore__each(xenstore, "/local/domain", compare_name, &search);
	return search.domid;
}
