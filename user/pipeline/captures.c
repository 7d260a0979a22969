// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "merge/hosts.h"
#include "pipeline/captures.h"
#include "pipeline/input_kind.h"
#include "pipeline/segments.h"
#include "util/log.h"
#include "util/privileges.h"

struct feed *captures__add(struct pipeline *pipeline, int fd, const char *path, const char *name)
{
	struct feed *feed;
	int err;

	if (input_kind__check(fd, path, CONTENT_CAPTURE)) {
		close(fd);
		return NULL;
	}
	feed = feed__new(fd, name, DOMID_UNKNOWN);
	err = feed ? pipeline__add(pipeline, feed) : -ENOMEM;
	if (!err)
		return feed;
	if (err == -ENOSPC)
		pr_err("%s: too many captures: %u at most", path, MERGE_MAX_FEEDS);
	else
		pr_err("%s: out of memory", path);
	if (!feed)
		close(fd);
	feed__free(feed);
	return NULL;
}

struct feed *captures__add_path(struct pipeline *pipeline, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return captures__add(pipeline, fd, path, name);
	pr_err("%s: %s", path, strerror(errno));
	return NULL;
}

const char *captures__base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Returns the last @parts parts of @path. */
static const char *tail(const char *path, u32 parts)
{
	const char *at = path + strlen(path);

	while (at > path && (at[-1] != '/' || --parts))
		at--;
	return at;
}

/* Whether another capture with a different path has the same last @parts parts. */
static bool is_alike(char const *const *path, u32 nr, u32 i, u32 parts)
{
	u32 j;

	for (j = 0; j < nr; j++)
		if (path[i] && path[j] && strcmp(path[i], path[j]) != 0 &&
		    !strcmp(tail(path[i], parts), tail(path[j], parts)))
			return true;
	return false;
}

void captures__tell_apart(struct pipeline *pipeline, char const *const *path)
{
	u32 i, parts;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		for (parts = 1; path[i] && tail(path[i], parts) > path[i]; parts++)
			if (!is_alike(path, pipeline->nr_feeds, i, parts))
				break;
		if (parts > 1 && feed__rename(pipeline->feeds[i], tail(path[i], parts)))
			return;
	}
}

int captures__open(struct pipeline *pipeline, const struct opt_list *paths)
{
	unsigned int i;

	for (i = 0; i < paths->nr; i++)
		if (!captures__add_path(pipeline, paths->item[i],
					captures__base_name(paths->item[i])))
			return -1;
	captures__tell_apart(pipeline, paths->item);
	return 0;
}

int captures__check_hosts(const struct pipeline *pipeline)
{
	struct merge_input *const *input = pipeline->merge.input;
	struct host_difference difference;
	u32 i, j;

	for (i = 0; i < pipeline->nr_feeds; i++)
		for (j = 0; j < i; j++) {
			if (hosts__compare(input[j], input[i], &difference) != HOST_OTHER)
				continue;
			pr_err("%s and %s are of different hosts or boots: %s is %s in the first, "
			       "%s in the second; give captures of one host, recorded at the "
			       "same time",
			       pipeline->feeds[j]->name, pipeline->feeds[i]->name, difference.what,
			       difference.a, difference.b);
			return -1;
		}
	return 0;
}

int captures__read(struct pipeline *pipeline)
{
	char text[160];
	u32 i;
	int err;

	if (privileges__drop() || segments__join(pipeline))
		return -1;
	do {
		err = pipeline__run(pipeline);
	} while (err == MERGE_WAIT);
	if (err < 0) {
		pr_err("out of memory");
		return -1;
	}
	for (i = 0; i < pipeline->nr_feeds; i++) {
		if (!feed__is_bad(pipeline->feeds[i]))
			continue;
		pr_err("%s: %s", pipeline->feeds[i]->name,
		       feed__complaint(pipeline->feeds[i], text, sizeof(text)));
		return -1;
	}
	return captures__check_hosts(pipeline);
}
