/* SPDX-License-Identifier: GPL-2.0 */
/* What emit.bpf.h asks of a tier, by CO-RE. */
#ifndef GRANTWATCH_BPF_TIER_BTF_H
#define GRANTWATCH_BPF_TIER_BTF_H

#include "event.h"

static __always_inline u32 tier_task_flags(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags);
}

static __always_inline void tier_process(char *name)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	bpf_probe_read_kernel(name, GW_COMM_LEN, &leader->comm);
}

static __always_inline u32 tier_page_private(void)
{
	return bpf_core_field_offset(struct page, private);
}

/* The trampoline saves the parameters on the stack: what called it is above them. */
static __always_inline void *tier_stack(void *ctx)
{
	return ctx;
}

/* What lies beyond the stack's end is not read, and no harm is done. */
static __always_inline u32 tier_stack_words(const void *from)
{
	return GW_STACK_WORDS;
}

/*
 * Parameters (and behind them what the function returned) as plain numbers. The verifier would hand
 * pointers out with their types: those to pointers and to numbers it refuses on some kernels, and
 * none may be calculated with.
 */
#define READ_ARGS(ctx, arg) bpf_probe_read_kernel(arg, sizeof(arg), ctx)

#endif
