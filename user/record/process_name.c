// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "record/process_name.h"

bool process_name__read(u32 pid, char *name, size_t size)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	/* A name ends with a newline, and may contain others. */
	name[n] = '\0';
	if (name[n - 1] == '\n')
		name[n - 1] = '\0';
	return name[0];
}
