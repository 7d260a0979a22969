// SPDX-License-Identifier: GPL-2.0
/*
 * The btf tier for functions of the module xen_gntdev, in an object of its own, as the module may
 * be loaded later or never.
 */
#define GW_TIER_BTF
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "tier_btf.bpf.h"
#include "handlers.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline u64 file_private(u64 addr)
{
	struct file *file = (void *)addr;

	return (u64)BPF_CORE_READ(file, private_data);
}

/* (priv, map) */
SEC("?fentry/gntdev_add_map")
int arm_in(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[1], GW_EV_ARM, 0, 0, 0);
}

/* gntdev has chosen the offset when it returns, in pages. Its ioctl and the records use bytes. */
SEC("?fexit/gntdev_add_map")
int arm_out(void *ctx)
{
	struct gntdev_grant_map *map;
	u64 arg[2] = {}, index;

	READ_ARGS(ctx, arg);
	map = (void *)arg[1];
	index = (u64)(u32)BPF_CORE_READ(map, index) << PAGE_SHIFT;
	return handle_arm(ctx, arg[1], arg[0], index, (u64)BPF_CORE_READ(map, grants),
			  BPF_CORE_READ(map, count));
}

/* (file, vma) */
SEC("?fentry/gntdev_mmap")
int mmap_in(void *ctx)
{
	struct vm_area_struct *vma;
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	vma = (void *)arg[1];
	return handle_mmap_entry(file_private(arg[0]), (u64)BPF_CORE_READ(vma, vm_pgoff)
							       << PAGE_SHIFT);
}

SEC("?fexit/gntdev_mmap")
int mmap_out(void *ctx)
{
	return handle_mmap_exit();
}

/* (file, cmd, arg), then long */
SEC("?fentry/gntdev_ioctl")
int ioctl_in(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_ioctl_entry(arg[1]);
}

SEC("?fexit/gntdev_ioctl")
int ioctl_out(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return handle_ioctl(file_private(arg[0]), arg[1], arg[2], arg[3]);
}

/* (inode, file). At the entry, as the file's address may be reused after the release. */
SEC("?fentry/gntdev_release")
int file_release(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_file_release(file_private(arg[1]));
}
