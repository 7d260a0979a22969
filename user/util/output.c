// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"
#include "util/output.h"
#include "util/pager.h"

#define PATH_SIZE 4096
/* Inputs have descriptors below this one: no command opens so many. */
#define INPUT_FDS 1024

/* Errors of output__create() for files that must not be replaced. */
enum {
	OUTPUT_EXISTS = -EEXIST,
	OUTPUT_BUSY = -EBUSY,
	OUTPUT_IS_INPUT = -EDEADLK,
};

bool output__is_stdout(const struct output_config *config)
{
	return !strcmp(config->path, "-");
}

int output__check_binary(const struct output_config *config, const char *what)
{
	if (!output__is_stdout(config) || !isatty(STDOUT_FILENO))
		return 0;
	pr_err("%s is binary: name a file with -o, or redirect standard output", what);
	return -1;
}

void output__page(const struct output_config *config)
{
	if (output__is_stdout(config) && !config->no_pager)
		pager__begin();
}

/* Whether this process reads the file @st. */
static bool is_input(const struct stat *st)
{
	struct stat other;
	int fd, flags;

	for (fd = 0; fd < INPUT_FDS; fd++) {
		flags = fcntl(fd, F_GETFL);
		if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &other))
			continue;
		if (other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return true;
	}
	return false;
}

void output__protect(const char *path)
{
	/* Opening it for reading would start the writer of a pipe. */
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		pr_debug("%s: %s", path, strerror(errno));
	// cppcheck-suppress resourceLeak; is_input() looks for it
}

/* Whether an existing file may be replaced. Returns 0 or -errno. */
static int may_replace(const struct output_config *config, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return 0;
	if (is_input(st))
		return OUTPUT_IS_INPUT;
	return st->st_size && !config->force ? OUTPUT_EXISTS : 0;
}

/*
 * Locks and empties the file @fd for this process. Devices are shared. The lock lasts as long as
 * the descriptor; some file systems have none. Returns 0 or -errno.
 */
static int take_over(const struct output_config *config, int fd)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return OUTPUT_BUSY;
	/* Checked again: it may have grown before it was locked. */
	if (fstat(fd, &st))
		return -errno;
	err = may_replace(config, &st);
	if (err)
		return err;
	return ftruncate(fd, 0) ? -errno : 0;
}

int output__create(const struct output_config *config, mode_t mode)
{
	int err, fd;

	if (output__is_stdout(config))
		return STDOUT_FILENO;
	fd = open(config->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		fd = open(config->path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = take_over(config, fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

void output__complain(const char *path, int err)
{
	if (err == OUTPUT_EXISTS)
		pr_err("%s: exists already: name another file, or replace it with --force", path);
	else if (err == OUTPUT_BUSY)
		pr_err("%s: another process writes this file: name another file", path);
	else if (err == OUTPUT_IS_INPUT)
		pr_err("%s: is an input of this command: name another file for the output", path);
	else
		pr_err("%s: %s", path, strerror(-err));
}

int output__check(const struct output_config *config)
{
	struct stat st;
	int err;

	if (output__is_stdout(config) || stat(config->path, &st))
		return 0;
	err = may_replace(config, &st);
	if (err)
		output__complain(config->path, err);
	return err ? -1 : 0;
}

int output__check_dir(const char *dir, bool (*is_ours)(const char *name), bool force)
{
	const struct dirent *entry;
	DIR *entries = opendir(dir);
	int err = 0;

	if (!entries || access(dir, W_OK | X_OK)) {
		pr_err("%s: %s", dir, strerror(errno));
		err = -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (!err && !force && (entry = readdir(entries))) {
		if (!is_ours(entry->d_name))
			continue;
		pr_err("%s/%s: exists already: name another directory, or replace files with --force",
		       dir, entry->d_name);
		err = -1;
	}
	if (entries)
		closedir(entries);
	return err;
}

int output__rotate(const char *path, u32 keep)
{
	char from[PATH_SIZE], to[PATH_SIZE];
	struct stat st;
	u32 n;

	/* The file is empty, so nothing is renamed. */
	if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	for (n = keep; n; n--) {
		snprintf(to, sizeof(to), "%s.%u", path, n);
		if (n > 1)
			snprintf(from, sizeof(from), "%s.%u", path, n - 1);
		else
			snprintf(from, sizeof(from), "%s", path);
		if (rename(from, to) && errno != ENOENT) {
			pr_err("%s: cannot be kept as %s: %s", from, to, strerror(errno));
			return -1;
		}
	}
	return 0;
}

int output__write(int fd, const void *buf, size_t len)
{
	const char *pos = buf;

	while (len) {
		ssize_t n = write(fd, pos, len);

		if (n < 0 && errno != EINTR)
			return -1;
		/* A disk that becomes full takes a part first. */
		if (n > 0) {
			pos += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

FILE *output__stream(const char *path, int fd)
{
	FILE *out = fd == STDOUT_FILENO ? stdout : fd < 0 ? NULL : fdopen(fd, "w");
	int err = fd < 0 ? fd : -errno;

	if (out)
		return out;
	if (fd >= 0)
		close(fd);
	output__complain(path, err);
	return NULL;
}

FILE *output__open(const struct output_config *config)
{
	return output__stream(config->path, output__create(config, 0666));
}

int output__flush(FILE *out, const char *path)
{
	/* The C library drops what it could not write, so a later flush may succeed. */
	bool failed = ferror(out);

	if (fflush(out))
		pr_err("%s: %s", path, strerror(errno));
	else if (failed)
		pr_err("%s: a part of it could not be written", path);
	else
		return 0;
	return -1;
}

int output__close(FILE *out, const char *path)
{
	int err = output__flush(out, path);

	if (out != stdout && fclose(out) && !err) {
		pr_err("%s: %s", path, strerror(errno));
		err = -1;
	}
	return err;
}
