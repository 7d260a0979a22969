// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/format.h"
#include "capture/text.h"
#include "explain/content.h"
#include "util/log.h"
#include "util/output.h"
#include "util/privileges.h"

/* bytes that a full disk has no room for */
#define PROBE_BYTES (1 << 20)
/* exit status of a child whose program could not be started */
#define NO_PROGRAM 127

static const struct {
	enum content content;
	size_t at, len;
	const char *bytes;
	const char *program;
} kinds[] = {
	{CONTENT_CAPTURE, 0, 8, CAPTURE_MAGIC, NULL},
	{CONTENT_CAPTURE_TEXT, 0, sizeof(TEXT_HEADER) - 1, TEXT_HEADER, NULL},
	/* Each line of JSON begins with its type and schema. */
	{CONTENT_REPORT, 0, 9, "{\"type\":\"", NULL},
	/* The record of a CPU's buffer: every file of xentrace begins with one. */
	{CONTENT_XENTRACE, 0, 4, "\x03\xf0\x01\x20", NULL},
	{CONTENT_TAR, 257, 5, "ustar", NULL},
	{CONTENT_GZIP, 0, 2, "\x1f\x8b", "gzip"},
	{CONTENT_XZ, 0, 6, "\xfd\x37\x7a\x58\x5a\x00", "xz"},
	{CONTENT_ZSTD, 0, 4, "\x28\xb5\x2f\xfd", "zstd"},
	{CONTENT_BZIP2, 0, 3, "BZh", "bzip2"},
};

/* Bytes that this process may still unpack or store, of CONTENT_ROOM. */
static u64 room = CONTENT_ROOM;

enum content content__of(const void *bytes, size_t len)
{
	const char *pos = bytes;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (len >= kinds[i].at + kinds[i].len &&
		    !memcmp(pos + kinds[i].at, kinds[i].bytes, kinds[i].len))
			return kinds[i].content;
	return CONTENT_LOG;
}

int content__of_file(int fd)
{
	char bytes[CONTENT_BYTES];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	return n < 0 ? -errno : (int)content__of(bytes, (size_t)n);
}

const char *content__program(enum content content)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].content == content)
			return kinds[i].program;
	return NULL;
}

static int new_file(void)
{
	FILE *file = tmpfile();
	int fd;

	if (!file)
		return -errno;
	fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		fd = -errno;
	fclose(file);
	return fd;
}

/* The largest file that may be written now. */
static u64 size_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) ? room : min((u64)limit.rlim_cur, room);
}

/* Runs in the child: without privileges and with limited output, as the input may be hostile. */
static void run(int in, int out, char *const argv[])
{
	const struct rlimit limit = {size_limit(), size_limit()};
	int null = open("/dev/null", O_WRONLY);

	if (lseek(in, 0, SEEK_SET) < 0 || setrlimit(RLIMIT_FSIZE, &limit) ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || null < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || privileges__give_up())
		_exit(EXIT_FAILURE);
	execvp(argv[0], argv);
	_exit(NO_PROGRAM);
}

/* Counts the bytes in @fd. Returns 0, or -EFBIG if there is no room left. */
static int charge(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if ((u64)st.st_size >= room)
		return -EFBIG;
	room -= (u64)st.st_size;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* Why a program failed that wrote to @out: its input, or the room for its output. */
static int explain_failure(int out)
{
	struct stat st;
	int err;

	if (fstat(out, &st))
		return -errno;
	if ((u64)st.st_size >= size_limit())
		return -EFBIG;
	err = posix_fallocate(out, st.st_size, PROBE_BYTES);
	if (err == ENOSPC || err == EDQUOT)
		return -err;
	return st.st_size ? -EBADMSG : -ENODATA;
}

static int unpack(int fd, char *const argv[])
{
	int out = new_file(), status, err = 0;
	pid_t pid;

	if (out < 0)
		return out;
	fflush(NULL);
	pid = fork();
	if (!pid)
		run(fd, out, argv);
	if (pid < 0)
		err = -errno;
	while (!err && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err = -errno;
	if (!err && (!WIFEXITED(status) || WEXITSTATUS(status)))
		err = WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM ? -ENOENT
									     : explain_failure(out);
	if (!err)
		err = charge(out);
	if (!err)
		return out;
	close(out);
	return err;
}

int content__unpack(int fd, enum content content)
{
	char *argv[] = {(char *)content__program(content), "-dc", NULL};

	return argv[0] ? unpack(fd, argv) : -EINVAL;
}

int content__unpack_member(int fd, const char *member)
{
	char *argv[] = {"tar", "-xOf", "-", "--", (char *)member, NULL};

	return unpack(fd, argv);
}

int content__store(int fd)
{
	int out = new_file(), err;
	char buf[65536];
	u64 total = 0;
	ssize_t n;

	if (out < 0)
		return out;
	while (total < room && (n = read(fd, buf, sizeof(buf))) > 0) {
		if (output__write(out, buf, (size_t)n))
			break;
		total += (u64)n;
	}
	err = total < room && n ? -errno : charge(out);
	if (!err)
		return out;
	close(out);
	return err;
}

void content__complain(const char *path, enum content content, int err)
{
	const char *program = content == CONTENT_TAR ? "tar" : content__program(content);

	if (err == -ENOENT)
		pr_err("%s: %s is needed to unpack it, and is not installed", path, program);
	else if (err == -EBADMSG || err == -ENODATA)
		pr_err("%s: %s cannot unpack it: it is damaged", path, program);
	else if (err == -EFBIG)
		pr_err("%s: too large: all files together may unpack to %llu GiB, or to the limit of the file size: unpack it and give a part",
		       path, CONTENT_ROOM >> 30);
	else
		pr_err("%s: %s", path, strerror(-err));
}
