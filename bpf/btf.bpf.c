// SPDX-License-Identifier: GPL-2.0
/*
 * The btf tier, functions of the kernel proper: fentry and fexit, CO-RE. Which functions and why these:
 * docs/attach-points.md. user/sources/points.c says which programs serve which function.
 */
#define GW_TIER_BTF
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "tier_btf.bpf.h"
#include "handlers.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline u64 arg(void *ctx, u32 n)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (u64 *)ctx + n);
	return value;
}

/* --- granter ------------------------------------------------------------------------------------------------- */

#define GRANT_PROGRAMS(version)                                                                     \
	SEC("?fentry/gnttab_update_entry_" #version)                                                \
	int BPF_PROG(grant_##version##_in, u32 ref)                                                 \
	{                                                                                           \
		return handle_ref_entry(SLOT_GRANT, ref);                                           \
	}                                                                                           \
	SEC("?fexit/gnttab_update_entry_" #version)                                                 \
	int BPF_PROG(grant_##version##_out, u32 ref, u16 peer, u64 frame, u32 flags)                \
	{                                                                                           \
		return handle_grant(ctx, ref, peer, frame, flags);                                  \
	}

GRANT_PROGRAMS(v1)
GRANT_PROGRAMS(v2)

/* Up to 5.15 there is a second parameter, and what a function returns comes behind its parameters. */
#define END_PROGRAMS(version)                                                                       \
	SEC("?fentry/gnttab_end_foreign_access_ref_" #version)                                      \
	int BPF_PROG(end_##version##_in, u32 ref)                                                   \
	{                                                                                           \
		return handle_ref_entry(SLOT_END, ref);                                             \
	}                                                                                           \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                       \
	int BPF_PROG(end_##version##_out, u32 ref, int ret)                                         \
	{                                                                                           \
		return handle_end(ctx, ref, ret);                                                   \
	}                                                                                           \
	SEC("?fexit/gnttab_end_foreign_access_ref_" #version)                                       \
	int BPF_PROG(end_##version##_out_readonly, u32 ref, int readonly, int ret)                  \
	{                                                                                           \
		return handle_end(ctx, ref, ret);                                                   \
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
	return handle_ref(ctx, GW_EV_FREE, ref);
}

/* Up to 5.15 this puts a whole chain back at once, without a call for each. */
SEC("?fentry/gnttab_free_grant_references")
int BPF_PROG(free_chain, u32 head)
{
	return handle_free_chain(ctx, head);
}

SEC("?fentry/gnttab_release_grant_reference")
int BPF_PROG(release, u32 *private_head, u32 ref)
{
	return handle_ref(ctx, GW_EV_RELEASE, ref);
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

/* --- mapper -------------------------------------------------------------------------------------------------- */

SEC("?fentry/gnttab_map_refs")
int BPF_PROG(map_in)
{
	u64 ops = arg(ctx, 0);

	return handle_call_entry(ops, GW_EV_MAP, ops, 0, arg(ctx, 3));
}

SEC("?fexit/gnttab_map_refs")
int BPF_PROG(map_out)
{
	return handle_map(ctx, arg(ctx, 0), arg(ctx, 3), 0);
}

SEC("?fentry/gnttab_batch_map")
int BPF_PROG(batch_map_in)
{
	u64 ops = arg(ctx, 0);

	return handle_call_entry(ops, GW_EV_MAP, ops, 0, arg(ctx, 1));
}

SEC("?fexit/gnttab_batch_map")
int BPF_PROG(batch_map_out)
{
	return handle_map(ctx, arg(ctx, 0), arg(ctx, 1), GW_F_BATCH_MAP);
}

SEC("?fentry/gnttab_unmap_refs")
int BPF_PROG(unmap_in)
{
	u64 ops = arg(ctx, 0);

	return handle_call_entry(ops, GW_EV_UNMAP, ops, arg(ctx, 2), arg(ctx, 3));
}

SEC("?fexit/gnttab_unmap_refs")
int BPF_PROG(unmap_out)
{
	return handle_unmap(ctx, arg(ctx, 0), arg(ctx, 2), arg(ctx, 3));
}

SEC("?fentry/gnttab_batch_copy")
int BPF_PROG(copy_in)
{
	return handle_copy_entry(arg(ctx, 0));
}

SEC("?fexit/gnttab_batch_copy")
int BPF_PROG(copy_out)
{
	return handle_copy(arg(ctx, 0), arg(ctx, 1));
}

SEC("?fentry/xenbus_map_ring_valloc")
int BPF_PROG(ring_in)
{
	u64 refs = arg(ctx, 1);

	return handle_call_entry(refs, GW_EV_RING, refs, 0, arg(ctx, 2));
}

SEC("?fexit/xenbus_map_ring_valloc")
int BPF_PROG(ring_out)
{
	struct xenbus_device *dev = (void *)arg(ctx, 0);
	u64 where = 0;

	bpf_probe_read_kernel(&where, sizeof(where), (void *)arg(ctx, 3));
	return handle_ring(ctx, arg(ctx, 1), arg(ctx, 2), BPF_CORE_READ(dev, otherend_id), where,
			   arg(ctx, 4));
}

SEC("?fentry/xenbus_unmap_ring_vfree")
int BPF_PROG(ring_unmap_in)
{
	return handle_call_entry(arg(ctx, 1), GW_EV_RING_UNMAP, 0, 0, 0);
}

SEC("?fexit/xenbus_unmap_ring_vfree")
int BPF_PROG(ring_unmap_out)
{
	return handle_ring_unmap(ctx, arg(ctx, 1), arg(ctx, 2));
}
