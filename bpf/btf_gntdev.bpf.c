// SPDX-License-Identifier: GPL-2.0
/* The btf tier, functions of the module xen_gntdev: an object of its own, because it may load later or never. */
#define GW_TIER_BTF
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "tier_btf.bpf.h"
#include "handlers.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("?fentry/gntdev_add_map")
int BPF_PROG(arm_in, void *priv, struct gntdev_grant_map *map)
{
	u64 key = 0;

	bpf_probe_read_kernel(&key, 8, (u64 *)ctx + 1);
	return handle_call_entry(key, GW_EV_ARM, 0, 0, 0);
}

/* On return gntdev has chosen the offset, which is in pages; its ioctl tells bytes, and so do we. */
SEC("?fexit/gntdev_add_map")
int BPF_PROG(arm_out, void *priv, struct gntdev_grant_map *map)
{
	u64 index = (u64)(u32)BPF_CORE_READ(map, index) << PAGE_SHIFT;
	u64 key = 0, file = 0;

	bpf_probe_read_kernel(&file, 8, (u64 *)ctx);
	bpf_probe_read_kernel(&key, 8, (u64 *)ctx + 1);
	return handle_arm(ctx, key, file, index, (u64)BPF_CORE_READ(map, grants),
			  BPF_CORE_READ(map, count));
}

SEC("?fentry/gntdev_mmap")
int BPF_PROG(mmap_in, struct file *file, struct vm_area_struct *vma)
{
	return handle_mmap_entry((u64)BPF_CORE_READ(file, private_data),
				 (u64)BPF_CORE_READ(vma, vm_pgoff) << PAGE_SHIFT);
}

SEC("?fexit/gntdev_mmap")
int BPF_PROG(mmap_out)
{
	return handle_mmap_exit();
}

SEC("?fentry/gntdev_ioctl")
int BPF_PROG(ioctl_in, struct file *file, u32 cmd)
{
	return handle_ioctl_entry(cmd);
}

SEC("?fexit/gntdev_ioctl")
int BPF_PROG(ioctl_out, struct file *file, u32 cmd, u64 arg, long ret)
{
	return handle_ioctl((u64)BPF_CORE_READ(file, private_data), cmd, arg, ret);
}

/* At the entry: afterwards the address may already belong to another opener. */
SEC("?fentry/gntdev_release")
int BPF_PROG(file_release, void *inode, struct file *file)
{
	return handle_file_release((u64)BPF_CORE_READ(file, private_data));
}
