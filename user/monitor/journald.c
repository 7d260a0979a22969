// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/journald.h"
#include "renderers/renderer.h"

int journald__open(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int journald__send(int fd, const struct pipeline *pipeline, const struct finding *finding,
		   const struct report_config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct iovec iov;
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int err = 0;

	if (!out)
		return -errno;
	pipeline__show(pipeline, &journal_renderer, out, finding, config);
	if (fclose(out))
		err = -errno;
	iov = (struct iovec){.iov_base = text, .iov_len = size};
	if (!err && size && sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		err = -errno;
	free(text);
	return err;
}
