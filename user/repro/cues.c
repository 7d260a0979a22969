// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenstore.h>

#include "repro/cues.h"
#include "util/log.h"
#include "util/monotonic.h"

#define PATH_LEN 512
/* interval of checks for files and nodes */
#define INTERVAL (20 * NSEC_PER_MSEC)

enum where { AT_STDIN, AT_DIR, AT_XENSTORE };

struct cues {
	enum where where;
	const char *path;
	struct xs_handle *xs;
};

struct cues *cues__open(const char *where)
{
	struct cues *cues = calloc(1, sizeof(*cues));

	if (!cues)
		return NULL;
	if (!strncmp(where, "dir:", 4)) {
		cues->where = AT_DIR;
		cues->path = where + 4;
	} else if (!strncmp(where, "xenstore:", 9)) {
		cues->where = AT_XENSTORE;
		cues->path = where + 9;
		cues->xs = xs_open(0);
	} else if (strcmp(where, "stdin") != 0) {
		pr_err("--cues takes stdin, dir:DIR or xenstore:PATH, not '%s'", where);
		goto bad;
	}
	if (cues->path && (!*cues->path || strlen(cues->path) > PATH_LEN / 2)) {
		pr_err("--cues %s: the path must have at most %d bytes", where, PATH_LEN / 2);
		goto bad;
	}
	if (cues->where == AT_XENSTORE && !cues->xs) {
		pr_err("xenstore cannot be reached: %s", strerror(errno));
		goto bad;
	}
	return cues;
bad:
	cues__close(cues);
	return NULL;
}

void cues__close(struct cues *cues)
{
	if (cues && cues->xs)
		xs_close(cues->xs);
	free(cues);
}

int cues__give(struct cues *cues, const char *name)
{
	char path[PATH_LEN];
	int fd;

	switch (cues->where) {
	case AT_STDIN:
		fprintf(stderr, "cue %s\n", name);
		return 0;
	case AT_DIR:
		snprintf(path, sizeof(path), "%s/%s", cues->path, name);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return -errno;
		close(fd);
		return 0;
	case AT_XENSTORE:
		snprintf(path, sizeof(path), "%s/%s", cues->path, name);
		return xs_write(cues->xs, XBT_NULL, path, "1", 1) ? 0 : -errno;
	}
	return -EINVAL;
}

/* Reads byte by byte, so that nothing after the line is taken from standard input. */
static int await_line(const char *name, u64 deadline)
{
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64], c;
	size_t used = 0;

	fprintf(stderr, "waiting for the line '%s'\n", name);
	while (now_mono() < deadline) {
		if (poll(&pfd, 1, 100) <= 0)
			continue;
		if (read(STDIN_FILENO, &c, 1) != 1)
			return -EPIPE;
		if (c != '\n') {
			used = min(used + 1, sizeof(line));
			line[used - 1] = c;
			continue;
		}
		if (used == strlen(name) && !memcmp(line, name, used))
			return 0;
		used = 0;
	}
	return -ETIMEDOUT;
}

static bool is_given(struct cues *cues, const char *path)
{
	unsigned int len;
	char *value;
	bool given;

	if (cues->where == AT_DIR)
		return !access(path, F_OK);
	value = xs_read(cues->xs, XBT_NULL, path, &len);
	given = value;
	free(value);
	return given;
}

int cues__await(struct cues *cues, const char *name, u64 deadline)
{
	char path[PATH_LEN];

	if (cues->where == AT_STDIN)
		return await_line(name, deadline);
	snprintf(path, sizeof(path), "%s/%s", cues->path, name);
	while (!is_given(cues, path)) {
		if (now_mono() >= deadline)
			return -ETIMEDOUT;
		repro__sleep_until(now_mono() + INTERVAL);
	}
	return 0;
}
