// SPDX-License-Identifier: GPL-2.0
#include "util/xen_abi.h" /* the Xen headers below want its types */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/gntalloc.h>
#include <xen/gntdev.h>
#include <xenstore.h>

#include "repro/device.h"
#include "util/log.h"

#define GNTALLOC_LIMIT "/sys/module/xen_gntalloc/parameters/limit"

static const char *const paths[NR_SIDES] = {"/dev/xen/gntalloc", "/dev/xen/gntdev"};
static const char *const modules[NR_SIDES] = {"xen-gntalloc", "xen-gntdev"};

static int dev_open(void *ctx, enum side side)
{
	int fd = open(paths[side], O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fd;
}

static void dev_close(void *ctx, int fd)
{
	close(fd);
}

static int dev_alloc(void *ctx, int fd, u32 domid, u32 count, bool writable, u32 *refs, u64 *index)
{
	struct ioctl_gntalloc_alloc_gref *arg;
	int err = 0;

	arg = calloc(1, sizeof(*arg) + count * sizeof(arg->gref_ids[0]));
	if (!arg)
		return -ENOMEM;
	arg->domid = (u16)domid;
	arg->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	arg->count = count;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, arg)) {
		err = -errno;
	} else {
		memcpy(refs, arg->gref_ids, count * sizeof(*refs));
		*index = arg->index;
	}
	free(arg);
	return err;
}

static int dev_dealloc(void *ctx, int fd, u64 index, u32 count)
{
	struct ioctl_gntalloc_dealloc_gref arg = {.index = index, .count = count};

	return ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &arg) ? -errno : 0;
}

static int dev_arm(void *ctx, int fd, u32 domid, const u32 *refs, u32 count, u64 *index)
{
	struct ioctl_gntdev_map_grant_ref *arg;
	int err = 0;
	u32 i;

	arg = calloc(1, sizeof(*arg) + count * sizeof(arg->refs[0]));
	if (!arg)
		return -ENOMEM;
	arg->count = count;
	for (i = 0; i < count; i++)
		arg->refs[i] = (struct ioctl_gntdev_grant_ref){.domid = domid, .ref = refs[i]};
	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, arg))
		err = -errno;
	*index = arg->index;
	free(arg);
	return err;
}

static int dev_disarm(void *ctx, int fd, u64 index, u32 count)
{
	struct ioctl_gntdev_unmap_grant_ref arg = {.index = index, .count = count};

	return ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &arg) ? -errno : 0;
}

static struct gntdev_grant_copy_segment make_segment(const struct repro_copy *copy, u32 i)
{
	struct gntdev_grant_copy_segment segment = {.len = REPRO_PAGE_SIZE};
	void *page = copy->pages + (size_t)i * REPRO_PAGE_SIZE;

	if (copy->to_refs) {
		segment.flags = GNTCOPY_dest_gref;
		segment.source.virt = page;
		segment.dest.foreign.ref = copy->refs[i];
		segment.dest.foreign.domid = (domid_t)copy->domid;
	} else {
		segment.flags = GNTCOPY_source_gref;
		segment.source.foreign.ref = copy->refs[i];
		segment.source.foreign.domid = (domid_t)copy->domid;
		segment.dest.virt = page;
	}
	return segment;
}

static int dev_copy(void *ctx, int fd, const struct repro_copy *copy, s16 *status)
{
	struct gntdev_grant_copy_segment *segments = calloc(copy->count, sizeof(*segments));
	struct ioctl_gntdev_grant_copy arg = {.count = copy->count, .segments = segments};
	int err = 0;
	u32 i;

	if (!segments)
		return -ENOMEM;
	for (i = 0; i < copy->count; i++)
		segments[i] = make_segment(copy, i);
	if (ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &arg))
		err = -errno;
	for (i = 0; i < copy->count; i++)
		status[i] = segments[i].status;
	free(segments);
	return err;
}

static int dev_map(void *ctx, int fd, u64 index, u32 count, bool write, void **addr)
{
	void *p = mmap(NULL, (size_t)count * REPRO_PAGE_SIZE,
		       write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, (off_t)index);

	*addr = p;
	return p == MAP_FAILED ? -errno : 0;
}

static int dev_unmap(void *ctx, void *addr, u32 count)
{
	return munmap(addr, (size_t)count * REPRO_PAGE_SIZE) ? -errno : 0;
}

static int move(void **addr, size_t size)
{
	/* cppcheck-suppress invalidFunctionArg ; no file */
	void *to = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *moved;

	if (to == MAP_FAILED)
		return -errno;
	moved = mremap(*addr, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (moved == MAP_FAILED)
		return -errno;
	*addr = moved;
	return 0;
}

/* "4": the bits which tell of pages that are written to; so their entries change. */
static int clear_refs(void)
{
	int err = 0, fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static int dev_disturb(void *ctx, void **addr, u32 count, enum disturb how)
{
	const size_t size = (size_t)count * REPRO_PAGE_SIZE;
	const size_t half = (size_t)(count / 2) * REPRO_PAGE_SIZE;
	int failed;

	switch (how) {
	case DISTURB_HALVE:
		failed = munmap((char *)*addr + half, size - half);
		break;
	case DISTURB_PROTECT:
		failed = mprotect(*addr, size, PROT_NONE) || mprotect(*addr, size, PROT_READ);
		break;
	case DISTURB_ZAP:
		failed = madvise(*addr, size, MADV_DONTNEED);
		break;
	case DISTURB_MOVE:
		return move(addr, size);
	default:
		return clear_refs();
	}
	return failed ? -errno : 0;
}

static int dev_raise_limit(void *ctx, u32 count, struct outcome *out)
{
	u32 limit, wanted;
	FILE *file = fopen(GNTALLOC_LIMIT, "r+e");
	int err = 0;

	if (!file)
		return -errno;
	/* A limit with room for twice this window is not what failed. */
	wanted = 2 * count + 1024;
	if (fscanf(file, "%u", &limit) != 1)
		err = -EIO;
	else if (limit >= wanted)
		err = -ENOSPC;
	rewind(file);
	if (!err && fprintf(file, "%u\n", wanted) < 0)
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	if (!err)
		outcome__note(out, "gntalloc's limit was %u and is now %u (%s)", limit, wanted,
			      GNTALLOC_LIMIT);
	return err;
}

const struct repro_ops device_ops = {
	.open = dev_open,
	.close = dev_close,
	.alloc = dev_alloc,
	.dealloc = dev_dealloc,
	.arm = dev_arm,
	.disarm = dev_disarm,
	.copy = dev_copy,
	.map = dev_map,
	.unmap = dev_unmap,
	.disturb = dev_disturb,
	.raise_limit = dev_raise_limit,
};

int device__check(enum side side)
{
	struct stat st;
	int err;

	if (!access(paths[side], R_OK | W_OK))
		return 0;
	err = errno;
	if (stat("/dev/xen", &st) && stat("/proc/xen", &st)) {
		pr_err("not a Xen domain: no /dev/xen");
		return -ENODEV;
	}
	if (err == ENOENT)
		pr_err("no %s: modprobe %s", paths[side], modules[side]);
	else
		pr_err("%s: %s; run this as root", paths[side], strerror(err));
	return -err;
}

int device__own_domid(void)
{
	struct xs_handle *xs = xs_open(0);
	unsigned int len;
	char *value, *end;
	long domid = -ENOENT;

	if (!xs)
		return -errno;
	value = xs_read(xs, XBT_NULL, "domid", &len);
	if (value) {
		domid = strtol(value, &end, 10);
		if (end == value || *end || domid < 0 || domid >= DOMID_FIRST_RESERVED)
			domid = -EINVAL;
	}
	free(value);
	xs_close(xs);
	return (int)domid;
}
