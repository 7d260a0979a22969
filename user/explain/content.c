// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/format.h"
#include "capture/text.h"
#include "explain/content.h"
#include "util/privileges.h"

/* bytes; compressed files may unpack to any size */
#define UNPACKED_MAX (4ull << 30)
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

/* Runs in the child: without privileges and with limited output, as the input may be hostile. */
static void run(int in, int out, char *const argv[])
{
	const struct rlimit limit = {UNPACKED_MAX, UNPACKED_MAX};
	int null = open("/dev/null", O_WRONLY);

	if (lseek(in, 0, SEEK_SET) < 0 || setrlimit(RLIMIT_FSIZE, &limit) ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || null < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || privileges__give_up())
		_exit(EXIT_FAILURE);
	execvp(argv[0], argv);
	_exit(NO_PROGRAM);
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
		err = WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM ? -ENOENT : -EBADMSG;
	if (!err && lseek(out, 0, SEEK_SET) < 0)
		err = -errno;
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
	ssize_t n;

	if (out < 0)
		return out;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	err = n < 0 ? -errno : n > 0 ? -EIO : 0;
	if (!err && lseek(out, 0, SEEK_SET) == 0)
		return out;
	close(out);
	return err ? err : -errno;
}
