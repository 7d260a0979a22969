// SPDX-License-Identifier: GPL-2.0
/*
 * The kprobe tier for functions of the module xen_gntdev, in an object of its own: the module may
 * be loaded later or never, and kernels with BTF may have none for modules. Reads gntdev's ioctl
 * arguments from the process's memory after the call, when gntdev itself has read them.
 */
#define GW_TIER_KPROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "tier_kprobe.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Threads in mmap: the requested file and offset. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct gw_mmap);
} mmap_args SEC(".maps");

/*
 * (file, addr, len, prot, flags, pgoff) in every version. gntdev_mmap() gets them in a structure
 * only.
 */
SEC("?kprobe/vm_mmap_pgoff")
int mmap_pgoff_in(struct pt_regs *ctx)
{
	struct gw_mmap mmap = {.file = PT_REGS_PARM1(ctx), .index = ctx->r9 << PAGE_SHIFT};
	u32 tid = (u32)bpf_get_current_pid_tgid();

	if (mmap.file)
		bpf_map_update_elem(&mmap_args, &tid, &mmap, BPF_ANY);
	return 0;
}

/* (file, vma) */
SEC("?kprobe/gntdev_mmap")
int mmap_in(struct pt_regs *ctx)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct gw_mmap *mmap = bpf_map_lookup_elem(&mmap_args, &tid);

	if (!mmap || mmap->file != PT_REGS_PARM1(ctx)) {
		count_loss(LOST_ENTRY, GW_EV_MAP);
		return 0;
	}
	handle_mmap_entry(mmap->file, mmap->index);
	bpf_map_delete_elem(&mmap_args, &tid);
	return 0;
}

SEC("?kretprobe/gntdev_mmap")
int mmap_out(struct pt_regs *ctx)
{
	return handle_mmap_exit();
}

static __always_inline bool is_ours(u32 cmd)
{
	return cmd == GNTDEV_MAP_GRANT_REF || cmd == GNTDEV_UNMAP_GRANT_REF;
}

/* (file, cmd, arg), then long */
SEC("?kprobe/gntdev_ioctl")
int ioctl_in(struct pt_regs *ctx)
{
	u32 cmd = PT_REGS_PARM2(ctx);

	if (is_ours(cmd))
		keep_args(ctx, cmd == GNTDEV_MAP_GRANT_REF ? GW_EV_ARM : GW_EV_DISARM);
	return 0;
}

static __always_inline int armed(struct pt_regs *ctx, const struct gw_args *a)
{
	u64 user = a->arg[2], key = PT_REGS_SP(ctx);
	struct gntdev_map map = {};
	struct gw_call *call;

	if (bpf_probe_read_user(&map, sizeof(map), (void *)user)) {
		count_loss(LOST_TRUNCATED, GW_EV_ARM);
		return 0;
	}
	begin_call(a, key, user + sizeof(map), map.count);
	call = bpf_map_lookup_elem(&calls, &key);
	if (call)
		call->in_user = true;
	return handle_arm(ctx, key, a->arg[0], map.index, user + sizeof(map), map.count);
}

static __always_inline int disarmed(const struct gw_args *a)
{
	struct gntdev_unmap unmap = {};

	if (bpf_probe_read_user(&unmap, sizeof(unmap), (void *)a->arg[2])) {
		count_loss(LOST_TRUNCATED, GW_EV_DISARM);
		return 0;
	}
	return handle_disarm(a->t_in, a->arg[0], unmap.index, unmap.count, 0);
}

/* Other commands stored no entry, which is no loss. */
SEC("?kretprobe/gntdev_ioctl")
int ioctl_out(struct pt_regs *ctx)
{
	u64 key = PT_REGS_SP(ctx) - sizeof(u64);
	struct gw_args *a = bpf_map_lookup_elem(&args, &key);

	if (!a)
		return 0;
	if (!PT_REGS_RC(ctx) && a->type == GW_EV_ARM)
		armed(ctx, a);
	else if (!PT_REGS_RC(ctx) && a->type == GW_EV_DISARM)
		disarmed(a);
	return drop_args(ctx);
}

/* (inode, file). At the entry, as the file's address may be reused after the release. */
SEC("?kprobe/gntdev_release")
int file_release(struct pt_regs *ctx)
{
	return handle_file_release(PT_REGS_PARM2(ctx));
}
