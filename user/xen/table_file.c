// SPDX-License-Identifier: GPL-2.0
/* Grant tables in files, for tests of the commands that read them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xen/table_internal.h"

static int open_file(const char *dir, u16 domid)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%u", dir, domid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

int table_file__query(const char *dir, u16 domid, struct table_size *size)
{
	int fd = open_file(dir, domid), err = 0;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_size / TABLE_FRAME_BYTES > TABLE_MAX_FRAMES)
		err = -E2BIG;
	else
		*size = (struct table_size){1, (u32)(st.st_size / TABLE_FRAME_BYTES),
					    (u32)(st.st_size / TABLE_FRAME_BYTES)};
	close(fd);
	return err;
}

int table_file__map(const char *dir, struct table *table, u32 first, u32 nr)
{
	const u32 i = table->nr_parts;
	int fd = open_file(dir, table->domid), err;
	void *at;

	if (fd < 0)
		return fd;
	at = mmap(NULL, (size_t)nr * TABLE_FRAME_BYTES, PROT_READ, MAP_SHARED, fd,
		  (off_t)first * TABLE_FRAME_BYTES);
	err = errno;
	close(fd);
	if (at == MAP_FAILED)
		return -err;
	table->part[i] = table->resource[i] = at;
	table->nr_parts++;
	table->mapped += nr;
	return 0;
}

void table_file__unmap(const struct table *table, u32 part)
{
	const u32 left = table->mapped - part * TABLE_BATCH;

	munmap(table->resource[part], (size_t)min(left, TABLE_BATCH) * TABLE_FRAME_BYTES);
}
