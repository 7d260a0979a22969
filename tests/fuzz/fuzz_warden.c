// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as requests to the warden, which has privileges, from a parser under
 * an attacker's control. The warden serves only defined requests, with names that stay in one
 * directory. Descriptors reach the parser, and no copy stays open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"
#include "util/warden.h"

#define MOST_REQUESTS 64

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u32 served;

static int serve(void *ctx, enum warden_request request, const char *name)
{
	if (request < WARDEN_END_SOURCES || request >= WARDEN_MAX || strlen(name) >= WARDEN_NAME ||
	    *name == '.' || strchr(name, '/'))
		abort();
	served++;
	/* Returns a descriptor, 0, or an error. */
	switch (request % 3) {
	case 0:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case 1:
		return 0;
	default:
		return -ENOENT;
	}
}

/* Sends one message. The first byte is its length, at most twice that of a request. */
static size_t send_one(int fd, const u8 *data, size_t size)
{
	u8 message[256] = {0};
	size_t len = data[0] ? data[0] : WARDEN_NAME + sizeof(u32), n = min(size - 1, len);

	memcpy(message, data + 1, n);
	if (send(fd, message, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
	return 1 + n;
}

/* Returns the lowest free descriptor. */
static int lowest(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct warden warden = {.serve = serve};
	int fds[2], before = lowest();
	u32 sent = 0;

	log_level = -1;
	served = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		abort();
	while (size && sent < MOST_REQUESTS) {
		size_t used = send_one(fds[1], data, size);

		data += used;
		size -= used;
		sent++;
		if (!warden__serve(&warden, fds[0]))
			abort();
	}
	if (served > sent)
		abort();
	close(fds[1]);
	/* The warden ends when the parser has closed its socket. */
	if (warden__serve(&warden, fds[0]))
		abort();
	close(fds[0]);
	if (lowest() != before)
		abort();
	return 0;
}
