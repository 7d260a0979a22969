// SPDX-License-Identifier: GPL-2.0
/*
 * The btf tier for functions of the kernel proper: fentry and fexit, CO-RE. user/record/points.c
 * lists the functions, their programs and the reasons.
 */
#define GW_TIER_BTF
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "tier_btf.bpf.h"
#include "handlers.bpf.h"
#include "nest.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* --- granter --- */

#define GRANT_PROGRAMS(version)                                                         \
	SEC("?fentry/gnttab_update_entry_" #version)                                    \
	int BPF_PROG(grant_##version##_in, u32 ref)                                     \
	{                                                                               \
		return handle_ref_entry(SLOT_GRANT, ref);                               \
	}                                                                               \
	SEC("?fexit/gnttab_update_entry_" #version)                                     \
	int BPF_PROG(grant_##version##_out, u32 ref, u16 peer, u64 frame, u32 flags)    \
	{                                                                               \
		return handle_grant(ctx, ref, peer, frame, flags);                      \
	}                                                                               \
	SEC("?fexit/gnttab_update_entry_" #version)                                     \
	int BPF_PROG(grant_##version##_nested, u32 ref, u16 peer, u64 frame, u32 flags) \
	{                                                                               \
		return SECOND(GW_NEST_GRANT, is_entered(SLOT_GRANT, ref),               \
			      handle_grant(ctx, ref, peer, frame, flags));              \
	}

GRANT_PROGRAMS(v1)
GRANT_PROGRAMS(v2)

/* Up to 5.15 the functions have a second parameter. The return value comes after the parameters. */
#define END_PROGRAMS(version)                                                                     \
	SEC("?fentry/gnttab_end_foreign_access_ref_" #version)                                    \
	int BPF_PROG(end_##version##_in, u32 ref)                                                 \
	{                                                                                         \
		return handle_ref_entry(SLOT_END, ref);                                           \
	}                                                                                         \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                     \
	int BPF_PROG(end_##version##_out, u32 ref, int ret)                                       \
	{                                                                                         \
		return handle_end(ctx, ref, ret);                                                 \
	}                                                                                         \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                     \
	int BPF_PROG(end_##version##_nested, u32 ref, int ret)                                    \
	{                                                                                         \
		return SECOND(GW_NEST_END, is_entered(SLOT_END, ref), handle_end(ctx, ref, ret)); \
	}                                                                                         \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                     \
	int BPF_PROG(end_##version##_out_readonly, u32 ref, int readonly, int ret)                \
	{                                                                                         \
		return handle_end(ctx, ref, ret);                                                 \
	}                                                                                         \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                     \
	int BPF_PROG(end_##version##_nested_readonly, u32 ref, int readonly, int ret)             \
	{                                                                                         \
		return SECOND(GW_NEST_END, is_entered(SLOT_END, ref), handle_end(ctx, ref, ret)); \
	}

END_PROGRAMS(v1)
END_PROGRAMS(v2)

SEC("?fentry/put_free_entry_locked")
int BPF_PROG(free_locked, u32 ref)
{
	return handle_free_locked(ctx, ref);
}

SEC("?fentry/put_free_entry")
int BPF_PROG(free_one, u32 ref)
{
	handle_ref(ctx, GW_EV_FREE, ref);
	return leave_mark(SLOT_FREE, ref);
}

SEC("?fentry/put_free_entry")
int BPF_PROG(free_one_nested, u32 ref)
{
	return SECOND(GW_NEST_FREE, !take_mark(SLOT_FREE, ref), handle_ref(ctx, GW_EV_FREE, ref));
}

/* Up to 5.15 it frees a whole chain itself, without a call for each ref. */
SEC("?fentry/gnttab_free_grant_references")
int BPF_PROG(free_chain, u32 head)
{
	return handle_free_chain(ctx, head);
}

SEC("?fentry/gnttab_release_grant_reference")
int BPF_PROG(release, u32 *private_head, u32 ref)
{
	handle_ref(ctx, GW_EV_RELEASE, ref);
	return leave_mark(SLOT_RELEASE, ref);
}

SEC("?fentry/gnttab_release_grant_reference")
int BPF_PROG(release_nested, u32 *private_head, u32 ref)
{
	return SECOND(GW_NEST_RELEASE, !take_mark(SLOT_RELEASE, ref),
		      handle_ref(ctx, GW_EV_RELEASE, ref));
}

SEC("?fentry/xen_arch_post_suspend")
int BPF_PROG(post_suspend, int cancelled)
{
	return handle_post_suspend(cancelled);
}

SEC("?fentry/gnttab_resume")
int BPF_PROG(resume)
{
	return handle_reset(ctx);
}

/* --- mapper --- */

/* (map_ops, kmap_ops, pages, count) */
SEC("?fentry/gnttab_map_refs")
int map_in(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[0], GW_EV_MAP, arg[0], 0, arg[3]);
}

SEC("?fexit/gnttab_map_refs")
int map_out(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return handle_map(ctx, arg[0], arg[3], 0);
}

SEC("?fexit/gnttab_map_refs")
int map_nested(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return SECOND(GW_NEST_MAP, is_call_entered(arg[0]), handle_map(ctx, arg[0], arg[3], 0));
}

/* (batch, count) */
SEC("?fentry/gnttab_batch_map")
int batch_map_in(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[0], GW_EV_MAP, arg[0], 0, arg[1]);
}

SEC("?fexit/gnttab_batch_map")
int batch_map_out(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_map(ctx, arg[0], arg[1], GW_F_BATCH_MAP);
}

/* (unmap_ops, kunmap_ops, pages, count) */
SEC("?fentry/gnttab_unmap_refs")
int unmap_in(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[0], GW_EV_UNMAP, arg[0], arg[2], arg[3]);
}

SEC("?fexit/gnttab_unmap_refs")
int unmap_out(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return handle_unmap(ctx, arg[0], arg[2], arg[3]);
}

SEC("?fexit/gnttab_unmap_refs")
int unmap_nested(void *ctx)
{
	u64 arg[4] = {};

	READ_ARGS(ctx, arg);
	return SECOND(GW_NEST_UNMAP, is_call_entered(arg[0]),
		      handle_unmap(ctx, arg[0], arg[2], arg[3]));
}

/* (batch, count) */
SEC("?fentry/gnttab_batch_copy")
int copy_in(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[0], GW_EV_COPY, arg[0], 0, arg[1]);
}

SEC("?fexit/gnttab_batch_copy")
int copy_out(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_copy(ctx, arg[0], arg[1]);
}

SEC("?fexit/gnttab_batch_copy")
int copy_nested(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return SECOND(GW_NEST_COPY, is_call_entered(arg[0]), handle_copy(ctx, arg[0], arg[1]));
}

/* (dev, refs, count, &vaddr), then int */
SEC("?fentry/xenbus_map_ring_valloc")
int ring_in(void *ctx)
{
	u64 arg[3] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[1], GW_EV_RING, arg[1], 0, arg[2]);
}

SEC("?fexit/xenbus_map_ring_valloc")
int ring_out(void *ctx)
{
	u64 arg[5] = {}, vaddr = 0;
	struct xenbus_device *dev;

	READ_ARGS(ctx, arg);
	dev = (void *)arg[0];
	bpf_probe_read_kernel(&vaddr, sizeof(vaddr), (void *)arg[3]);
	return handle_ring(ctx, arg[1], arg[2], BPF_CORE_READ(dev, otherend_id), vaddr, arg[4]);
}

/* (dev, vaddr), then int */
SEC("?fentry/xenbus_unmap_ring_vfree")
int ring_unmap_in(void *ctx)
{
	u64 arg[2] = {};

	READ_ARGS(ctx, arg);
	return handle_call_entry(arg[1], GW_EV_RING_UNMAP, 0, 0, 0);
}

SEC("?fexit/xenbus_unmap_ring_vfree")
int ring_unmap_out(void *ctx)
{
	u64 arg[3] = {};

	READ_ARGS(ctx, arg);
	return handle_ring_unmap(ctx, arg[1], arg[2]);
}
