// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "known/messages.h"
#include "record/kmsg.h"
#include "util/log.h"
#include "util/monotonic.h"

bool kmsg__is_known(const char *message)
{
	return message__find(message) != NULL;
}

int kmsg__open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* "priority,sequence,microseconds,flags[,…];message\n", then lines " KEY=value" */
bool kmsg__parse(const char *line, u64 *usec, const char **message, size_t *len)
{
	const char *field = strchr(line, ',');
	char *end;

	if (field)
		field = strchr(field + 1, ',');
	if (!field)
		return false;
	*usec = strtoull(field + 1, &end, 10);
	if (end == field + 1 || *end != ',')
		return false;
	*message = strchr(end, ';');
	if (!*message)
		return false;
	(*message)++;
	*len = strcspn(*message, "\n");
	return true;
}

int kmsg__next(int fd, u64 *time, char *text, size_t size)
{
	for (;;) {
		char line[8192];
		const char *message;
		size_t len;
		u64 usec;
		ssize_t n = read(fd, line, sizeof(line) - 1);

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		line[n] = '\0';
		if (!kmsg__parse(line, &usec, &message, &len))
			continue;
		line[message - line + (ssize_t)len] = '\0';
		if (!kmsg__is_known(message))
			continue;
		/*
		 * The log's own time is of the scheduler's clock. In a Xen domain it may differ
		 * from CLOCK_MONOTONIC by more than the delay of reading. So this is the time of
		 * reading.
		 */
		*time = now_mono();
		str_sanitize(text, size, message, len);
		return 1;
	}
}
