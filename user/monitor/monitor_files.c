// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/monitor_files.h"

#define PATH_SIZE 4096

/* --- in the warden --- */

static int open_new(const char *path, mode_t mode)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

	// cppcheck-suppress resourceLeak; it is the caller's
	return fd < 0 ? -errno : fd;
}

static int result_path(const struct monitor_config *config, const char *name, char *path)
{
	int len;

	if (*name ? !config->results : !config->metrics)
		return -EINVAL;
	len = *name ? snprintf(path, PATH_SIZE, "%s/%s", config->results, name)
		    : snprintf(path, PATH_SIZE, "%s", config->metrics);
	/* Leaves room for the suffix of the next version. */
	return len >= PATH_SIZE - 8 ? -ENAMETOOLONG : 0;
}

/* node_exporter reads every *.prom, so the next version needs another suffix. */
static int serve_result(const struct monitor_config *config, bool publish, const char *name)
{
	char path[PATH_SIZE], next[PATH_SIZE + 8];
	int err = result_path(config, name, path);

	if (err)
		return err;
	snprintf(next, sizeof(next), "%s.tmp", path);
	if (publish)
		return rename(next, path) ? -errno : 0;
	return open_new(next, 0644);
}

/* "flight-…" is a file, "saved-1-stale-map.d0.gwc" the file d0.gwc in a directory of its own. */
static int serve_flight(const struct monitor_config *config, const char *name)
{
	const char *dot = strchr(name, '.');
	char path[PATH_SIZE];
	int len;

	if (!config->results || !dot)
		return -EINVAL;
	if (!strncmp(name, "flight-", 7)) {
		len = snprintf(path, sizeof(path), "%s/%s", config->results, name);
		return len < PATH_SIZE ? open_new(path, 0600) : -ENAMETOOLONG;
	}
	if (strncmp(name, "saved-", 6))
		return -EINVAL;
	len = snprintf(path, sizeof(path), "%s/%.*s", config->results, (int)(dot - name), name);
	if (len >= PATH_SIZE - WARDEN_NAME)
		return -ENAMETOOLONG;
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	snprintf(path + len, sizeof(path) - (size_t)len, "/%s", dot + 1);
	return open_new(path, 0600);
}

int monitor_files__serve(const struct monitor_config *config, enum warden_request request,
			 const char *name)
{
	switch (request) {
	case WARDEN_RESULT:
	case WARDEN_PUBLISH:
		return serve_result(config, request == WARDEN_PUBLISH, name);
	case WARDEN_FLIGHT:
		return serve_flight(config, name);
	default:
		return -EINVAL;
	}
}

/* --- in the monitor --- */

int monitor_files__open_result(const char *name)
{
	return warden__ask(WARDEN_RESULT, name);
}

int monitor_files__publish(const char *name)
{
	return warden__ask(WARDEN_PUBLISH, name);
}

int monitor_files__open_segment(u32 lane, u32 slot)
{
	char name[WARDEN_NAME];

	snprintf(name, sizeof(name), "flight-%u-%u.gwc", lane, slot);
	return warden__ask(WARDEN_FLIGHT, name);
}

int monitor_files__open_saved(const char *save, u32 domid)
{
	char name[WARDEN_NAME];
	int len = snprintf(name, sizeof(name), "%s.d%u.gwc", save, domid);

	return len < (int)sizeof(name) ? warden__ask(WARDEN_FLIGHT, name) : -ENAMETOOLONG;
}
