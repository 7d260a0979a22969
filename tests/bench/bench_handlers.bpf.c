// SPDX-License-Identifier: GPL-2.0
/*
 * The handlers as programs for bpf(2)'s test runs, which need no Xen. One program does the work of
 * the probes on both entry and exit.
 */
#define GW_TIER_BTF
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define tier_stack bench_no_stack
#include "tier_btf.bpf.h"
#undef tier_stack

/* A test run has no caller, so the stack is given here: thirteen return addresses. */
u64 stack_words[GW_STACK_WORDS] = {
	[1] = 0xffffffff81000101,  [6] = 0xffffffff81000201,  [9] = 0xffffffff81000301,
	[14] = 0xffffffff81000401, [19] = 0xffffffff81000501, [25] = 0xffffffff81000601,
	[28] = 0xffffffff81000701, [33] = 0xffffffff81000801, [39] = 0xffffffff81000901,
	[44] = 0xffffffff81000a01, [50] = 0xffffffff81000b01, [55] = 0xffffffff81000c01,
	[61] = 0xffffffff81000d01,
};

static __always_inline void *tier_stack(void *ctx)
{
	return stack_words;
}

#include "handlers.bpf.h"

char LICENSE[] SEC("license") = "GPL";

u32 next;

SEC("raw_tp")
int bench_grant(void *ctx)
{
	u32 ref = next++ & 4095;

	handle_ref_entry(SLOT_GRANT, ref);
	return handle_grant(ctx, ref, 0, 0x79d87, 0);
}

SEC("raw_tp")
int bench_end(void *ctx)
{
	u32 ref = next++ & 4095;

	handle_ref_entry(SLOT_END, ref);
	return handle_end(ctx, ref, 1);
}

/* A map of eleven refs, as of blkback. The operations are arbitrary kernel memory. */
SEC("raw_tp")
int bench_map(void *ctx)
{
	u64 ops = bpf_get_current_task();

	handle_call_entry(ops, GW_EV_MAP, ops, 0, 11);
	return handle_map(ctx, ops, 11, 0);
}

/* Eleven copies, as of netback. The operations are arbitrary kernel memory. */
SEC("raw_tp")
int bench_copy(void *ctx)
{
	u64 ops = bpf_get_current_task();

	handle_call_entry(ops, GW_EV_COPY, ops, 0, 11);
	return handle_copy(ctx, ops, 11);
}
