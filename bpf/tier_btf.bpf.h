/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of a tier (emit.bpf.h), by CO-RE. */
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

/* From 5.12 on. Earlier the program runs, and preemption is disabled meanwhile. */
static __always_inline bool tier_skips_nested(void)
{
	return bpf_core_field_exists(struct bpf_prog, active);
}

/* The trampoline saves the parameters on the stack; the callers are above them. */
static __always_inline void *tier_stack(void *ctx)
{
	return ctx;
}

/* Reads beyond the stack's end fail, which is harmless. */
static __always_inline u32 tier_stack_words(const void *from)
{
	return GW_STACK_WORDS;
}

/*
 * Parameters, and the return value after them, as plain numbers. Typed pointers could not be used
 * in calculations, and some kernels' verifiers refuse pointers to pointers and to numbers.
 */
#define READ_ARGS(ctx, arg) bpf_probe_read_kernel(arg, sizeof(arg), ctx)

#endif
