// SPDX-License-Identifier: GPL-2.0
/*
 * The kprobe tier for functions of the kernel proper: kprobes and kretprobes, for kernels without
 * BTF (stock Qubes). Reads argument registers and Xen's public ABI only.
 */
#define GW_TIER_KPROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "tier_kprobe.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* --- granter --- */

static __always_inline int grant_exit(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_GRANT);

	if (!a)
		return 0;
	emit_grant(a->t_in, a->stack, a->arg[0], a->arg[1], a->arg[2], a->arg[3]);
	return drop_args(ctx);
}

static __always_inline int end_exit(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_END);

	if (!a)
		return 0;
	emit_end(a->t_in, a->stack, a->arg[0], PT_REGS_RC(ctx), a->design);
	return drop_args(ctx);
}

#define VERSIONED_PROGRAMS(version)                               \
	SEC("?kprobe/gnttab_update_entry_" #version)              \
	int grant_##version##_in(struct pt_regs *ctx)             \
	{                                                         \
		keep_args(ctx, GW_EV_GRANT);                      \
		return 0;                                         \
	}                                                         \
	SEC("?kretprobe/gnttab_update_entry_" #version)           \
	int grant_##version##_out(struct pt_regs *ctx)            \
	{                                                         \
		return grant_exit(ctx);                           \
	}                                                         \
	SEC("?kprobe/gnttab_end_foreign_access_ref_" #version)    \
	int end_##version##_in(struct pt_regs *ctx)               \
	{                                                         \
		keep_args(ctx, GW_EV_END);                        \
		return 0;                                         \
	}                                                         \
	SEC("?kretprobe/gnttab_end_foreign_access_ref_" #version) \
	int end_##version##_out(struct pt_regs *ctx)              \
	{                                                         \
		return end_exit(ctx);                             \
	}

VERSIONED_PROGRAMS(v1)
VERSIONED_PROGRAMS(v2)

SEC("?kprobe/put_free_entry_locked")
int free_locked(struct pt_regs *ctx)
{
	return handle_free_locked(ctx, PT_REGS_PARM1(ctx));
}

SEC("?kprobe/put_free_entry")
int free_one(struct pt_regs *ctx)
{
	return handle_ref(ctx, GW_EV_FREE, PT_REGS_PARM1(ctx));
}

SEC("?kprobe/gnttab_free_grant_references")
int free_chain(struct pt_regs *ctx)
{
	return handle_free_chain(ctx, PT_REGS_PARM1(ctx));
}

/* (&private_head, ref) */
SEC("?kprobe/gnttab_release_grant_reference")
int release(struct pt_regs *ctx)
{
	return handle_ref(ctx, GW_EV_RELEASE, PT_REGS_PARM2(ctx));
}

SEC("?kprobe/xen_arch_post_suspend")
int post_suspend(struct pt_regs *ctx)
{
	return handle_post_suspend(PT_REGS_PARM1(ctx));
}

SEC("?kprobe/gnttab_resume")
int resume(struct pt_regs *ctx)
{
	return handle_reset(ctx);
}

SEC("?kprobe/do_exit")
int task_exit(struct pt_regs *ctx)
{
	return handle_task_exit();
}

/* --- mapper --- */

/* (map_ops, kmap_ops, pages, count) */
SEC("?kprobe/gnttab_map_refs")
int map_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_MAP);
	return 0;
}

SEC("?kretprobe/gnttab_map_refs")
int map_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_MAP);

	if (!a)
		return 0;
	begin_call(a, a->arg[0], a->arg[0], a->arg[3]);
	handle_map(ctx, a->arg[0], a->arg[3], 0);
	return drop_args(ctx);
}

/*
 * The granter of a ring: xenbus_map_ring_valloc() maps its refs by one call of gnttab_batch_map(),
 * whose operations name the domain.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} ring_peers SEC(".maps");

/* (batch, count) */
SEC("?kprobe/gnttab_batch_map")
int batch_map_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_MAP);
	return 0;
}

SEC("?kretprobe/gnttab_batch_map")
int batch_map_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_MAP);
	u32 tid = (u32)bpf_get_current_pid_tgid(), peer;
	struct gw_op_map op = {};

	if (!a)
		return 0;
	if (!bpf_probe_read_kernel(&op, sizeof(op), (void *)a->arg[0])) {
		peer = op.granter;
		bpf_map_update_elem(&ring_peers, &tid, &peer, BPF_ANY);
	}
	begin_call(a, a->arg[0], a->arg[0], a->arg[1]);
	handle_map(ctx, a->arg[0], a->arg[1], GW_F_BATCH_MAP);
	return drop_args(ctx);
}

/*
 * (unmap_ops, kunmap_ops, pages, count); the pages' owners are in structures of the kernel, which
 * this tier does not know
 */
SEC("?kprobe/gnttab_unmap_refs")
int unmap_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_UNMAP);
	return 0;
}

SEC("?kretprobe/gnttab_unmap_refs")
int unmap_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_UNMAP);

	if (!a)
		return 0;
	begin_call(a, a->arg[0], a->arg[0], a->arg[3]);
	handle_unmap(ctx, a->arg[0], 0, a->arg[3]);
	return drop_args(ctx);
}

/* (batch, count) */
SEC("?kprobe/gnttab_batch_copy")
int copy_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_COPY);
	return 0;
}

SEC("?kretprobe/gnttab_batch_copy")
int copy_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_COPY);

	if (!a)
		return 0;
	begin_call(a, a->arg[0], a->arg[0], a->arg[1]);
	handle_copy(ctx, a->arg[0], a->arg[1]);
	return drop_args(ctx);
}

/* (dev, refs, count, &vaddr), then int */
SEC("?kprobe/xenbus_map_ring_valloc")
int ring_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_RING);
	return 0;
}

SEC("?kretprobe/xenbus_map_ring_valloc")
int ring_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_RING);
	u32 tid = (u32)bpf_get_current_pid_tgid(), *peer;
	u64 vaddr = 0;

	if (!a)
		return 0;
	bpf_probe_read_kernel(&vaddr, sizeof(vaddr), (void *)a->arg[3]);
	peer = bpf_map_lookup_elem(&ring_peers, &tid);
	begin_call(a, a->arg[1], a->arg[1], a->arg[2]);
	handle_ring(ctx, a->arg[1], a->arg[2], peer ? *peer : GW_NO_DOMAIN, vaddr, PT_REGS_RC(ctx));
	bpf_map_delete_elem(&ring_peers, &tid);
	return drop_args(ctx);
}

/* (dev, vaddr), then int */
SEC("?kprobe/xenbus_unmap_ring_vfree")
int ring_unmap_in(struct pt_regs *ctx)
{
	keep_args(ctx, GW_EV_RING_UNMAP);
	return 0;
}

SEC("?kretprobe/xenbus_unmap_ring_vfree")
int ring_unmap_out(struct pt_regs *ctx)
{
	struct gw_args *a = find_args(ctx, GW_EV_RING_UNMAP);

	if (!a)
		return 0;
	begin_call(a, a->arg[1], 0, 0);
	handle_ring_unmap(ctx, a->arg[1], PT_REGS_RC(ctx));
	return drop_args(ctx);
}
