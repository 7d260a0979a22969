// SPDX-License-Identifier: GPL-2.0
/*
 * Maps tables by Xen's stable libraries: libxencall for the sizes, libxenforeignmemory for the
 * frames.
 */
#include "util/xen_abi.h" /* before those libraries include an older version of it */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xencall.h>
#include <xenforeignmemory.h>

#include "xen/table_internal.h"

/* From Xen's public memory.h, which cannot be included in user space. */
#define RESOURCE_GRANT_TABLE	    1 /* XENMEM_resource_grant_table and its ids */
#define RESOURCE_GRANT_TABLE_SHARED 0
#define RESOURCE_GRANT_TABLE_STATUS 1

#define STATUS_PER_FRAME (TABLE_FRAME_BYTES / sizeof(u16))

struct table_reader {
	const char *dir; /* files instead of Xen, NULL none */
	xencall_handle *call;
	xenforeignmemory_handle *memory; /* NULL until a table is mapped */
};

bool table_reader__uses_files(void)
{
	return getenv("GRANTWATCH_TABLES");
}

struct table_reader *table_reader__new(void)
{
	struct table_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return NULL;
	reader->dir = getenv("GRANTWATCH_TABLES");
	if (reader->dir)
		return reader;
	reader->call = xencall_open(NULL, 0);
	if (reader->call)
		return reader;
	err = errno;
	table_reader__free(reader);
	errno = err;
	return NULL;
}

void table_reader__free(struct table_reader *reader)
{
	if (!reader)
		return;
	if (reader->memory)
		xenforeignmemory_close(reader->memory);
	if (reader->call)
		xencall_close(reader->call);
	free(reader);
}

const char *table__why(int err)
{
	switch (-err) {
	case ESRCH:
		return "there is no such domain; xl list shows those that there are";
	case EPERM:
		return "only the control domain may read another domain's table; run it as root in dom0";
	case EACCES:
	case ENOENT:
		return "/dev/xen/privcmd cannot be opened; run it as root in dom0, modprobe xen-privcmd";
	case E2BIG:
		return "its grant table is larger than any that grantwatch reads (8192 frames)";
	case EOPNOTSUPP:
		return "this Xen or this kernel does not share grant tables; Linux 4.18 and Xen 4.11 are needed";
	default:
		return strerror(-err);
	}
}

/* --- sizes --- */

static int grant_op(struct table_reader *reader, unsigned int op, void *arg, size_t size)
{
	void *buf = xencall_alloc_buffer(reader->call, size);
	int err;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, arg, size);
	err = xencall3(reader->call, __HYPERVISOR_grant_table_op, op, (u64)(uintptr_t)buf, 1)
		      ? -errno
		      : 0;
	memcpy(arg, buf, size);
	xencall_free_buffer(reader->call, buf);
	return err;
}

static int from_status(s16 status)
{
	switch (status) {
	case GNTST_okay:
		return 0;
	case GNTST_bad_domain:
		return -ESRCH;
	case GNTST_permission_denied:
		return -EPERM;
	default:
		return -EIO;
	}
}

int table_reader__query(struct table_reader *reader, u16 domid, struct table_size *size)
{
	struct gnttab_get_version version = {.dom = domid};
	struct gnttab_query_size query = {.dom = domid};
	int err;

	if (reader->dir)
		return table_file__query(reader->dir, domid, size);
	err = grant_op(reader, GNTTABOP_query_size, &query, sizeof(query));
	if (!err)
		err = from_status(query.status);
	if (!err)
		err = grant_op(reader, GNTTABOP_get_version, &version, sizeof(version));
	if (err)
		return err;
	if (query.nr_frames > TABLE_MAX_FRAMES)
		return -E2BIG;
	if (!version.version || version.version > 2)
		return -EIO;
	*size = (struct table_size){version.version, query.nr_frames, query.max_nr_frames};
	return 0;
}

/* --- frames --- */

static void unmap(struct table *table)
{
	u32 i;

	for (i = 0; i < table->nr_parts && table->resource; i++)
		if (table->reader->dir)
			table_file__unmap(table, i);
		else
			xenforeignmemory_unmap_resource(table->reader->memory, table->resource[i]);
	free(table->part);
	free(table->resource);
	free(table->status);
	table->part = NULL;
	table->resource = NULL;
	table->status = NULL;
	table->nr_parts = table->nr_status = table->mapped = 0;
}

static int explain_errno(int err)
{
	/* Xen returns -EINVAL for an unknown resource or type, the kernel for an unknown ioctl. */
	return err == EINVAL || err == ENOTTY || err == ENOSYS ? -EOPNOTSUPP : -(err ? err : EIO);
}

static int map_part(struct table *table, u32 first, u32 nr)
{
	u32 i = table->nr_parts;
	void *at = NULL;

	if (table->reader->dir)
		return table_file__map(table->reader->dir, table, first, nr);
	table->resource[i] =
		xenforeignmemory_map_resource(table->reader->memory, table->domid,
					      RESOURCE_GRANT_TABLE, RESOURCE_GRANT_TABLE_SHARED,
					      first, nr, &at, PROT_READ, 0);
	if (!table->resource[i])
		return explain_errno(errno);
	table->part[i] = at;
	table->nr_parts++;
	table->mapped += nr;
	return 0;
}

static int map_frames(struct table *table)
{
	u32 frames = table->size.nr_frames, parts = (frames + TABLE_BATCH - 1) / TABLE_BATCH, first;
	int err = 0;

	table->part = calloc(parts + 1, sizeof(*table->part));
	table->resource = calloc(parts + 1, sizeof(*table->resource));
	if (!table->part || !table->resource)
		return -ENOMEM;
	for (first = 0; first < frames && !err; first += TABLE_BATCH)
		err = map_part(table, first, min(frames - first, TABLE_BATCH));
	return err;
}

/* Opened on first use: queries of sizes do not need it. */
static int open_memory(struct table_reader *reader)
{
	if (!reader->memory && !reader->dir)
		reader->memory = xenforeignmemory_open(NULL, 0);
	return reader->memory || reader->dir ? 0 : -errno;
}

int table__open(struct table_reader *reader, u16 domid, struct table **result)
{
	struct table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	table->reader = reader;
	table->domid = domid;
	err = open_memory(reader);
	if (!err)
		err = table__follow(table);
	if (err) {
		table__close(table);
		return err;
	}
	*result = table;
	return 0;
}

int table__follow(struct table *table)
{
	struct table_size size;
	int err;

	if (!table->reader)
		return 0;
	err = table_reader__query(table->reader, table->domid, &size);
	if (!err && table->part && size.version == table->size.version &&
	    size.nr_frames == table->mapped) {
		table->size = size;
		return 0;
	}
	unmap(table);
	if (err)
		return err;
	table->size = size;
	err = map_frames(table);
	if (err)
		unmap(table);
	return err;
}

void table__close(struct table *table)
{
	if (!table)
		return;
	unmap(table);
	free(table);
}

struct table *table__over(const void *shared, const u16 *status, u32 version, u32 nr_frames)
{
	struct table *table = calloc(1, sizeof(*table));
	size_t nr = version == 2 && status ? (size_t)nr_frames * TABLE_V2_PER_FRAME : 0;
	u32 parts = (nr_frames + TABLE_BATCH - 1) / TABLE_BATCH;

	if (!table)
		return NULL;
	table->size = (struct table_size){version, nr_frames, nr_frames};
	table->mapped = nr_frames;
	table->part = calloc(parts + 1, sizeof(*table->part));
	table->status = nr ? malloc(nr * sizeof(u16)) : NULL;
	if (!table->part || (nr && !table->status)) {
		table__close(table);
		return NULL;
	}
	for (; table->nr_parts < parts; table->nr_parts++)
		table->part[table->nr_parts] = (const char *)shared + (size_t)table->nr_parts *
									      TABLE_BATCH *
									      TABLE_FRAME_BYTES;
	if (nr)
		memcpy(table->status, status, nr * sizeof(u16));
	table->nr_status = (u32)nr;
	return table;
}

/* --- the status of version 2 --- */

static int copy_status_frames(struct table *table, u32 frame, u32 nr)
{
	void *resource, *at = NULL;

	resource = xenforeignmemory_map_resource(table->reader->memory, table->domid,
						 RESOURCE_GRANT_TABLE, RESOURCE_GRANT_TABLE_STATUS,
						 frame, nr, &at, PROT_READ, 0);
	if (!resource)
		return explain_errno(errno);
	memcpy(table->status + (size_t)frame * STATUS_PER_FRAME, at,
	       (size_t)nr * TABLE_FRAME_BYTES);
	xenforeignmemory_unmap_resource(table->reader->memory, resource);
	return 0;
}

int table__copy_status(struct table *table)
{
	u32 entries = table__nr_entries(table), frame;
	u32 frames = (u32)((entries + STATUS_PER_FRAME - 1) / STATUS_PER_FRAME);
	int err = 0;

	/* Debug builds of Xen 4.15 and 4.16 stop if asked for version 1's status. */
	if (table->size.version != 2 || !table->reader)
		return 0;
	if (!table->status)
		table->status = malloc((size_t)frames * TABLE_FRAME_BYTES);
	if (!table->status)
		return -ENOMEM;
	for (frame = 0; frame < frames && !err; frame += TABLE_BATCH)
		err = copy_status_frames(table, frame, min(frames - frame, TABLE_BATCH));
	table->nr_status = err ? 0 : entries;
	if (err) {
		free(table->status);
		table->status = NULL;
	}
	return err;
}
