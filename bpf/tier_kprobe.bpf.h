/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of a tier (emit.bpf.h) without BTF: the kernel's own structures are unknown. A
 * call's arguments are in registers at its entry and gone at its exit, so the entry saves them. The
 * key is the stack pointer: both ends of a call have it, and concurrent calls differ in it.
 */
#ifndef GRANTWATCH_BPF_TIER_KPROBE_H
#define GRANTWATCH_BPF_TIER_KPROBE_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.h"

/*
 * Threads that entered do_exit(), and when, as this tier cannot read task flags. After a minute the
 * thread id counts as reused.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u64);
} exiting SEC(".maps");

#define EXIT_NS 60000000000ull

static __always_inline int handle_task_exit(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&exiting, &tid, &now, BPF_ANY);
	return 0;
}

static __always_inline u32 tier_task_flags(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	u64 *since = bpf_map_lookup_elem(&exiting, &tid);

	return since && bpf_ktime_get_ns() - *since < EXIT_NS ? PF_EXITING : 0;
}

/* The recorder reads it from /proc. */
static __always_inline void tier_process(char *name)
{
	name[0] = 0;
}

/* The kernel skips the exit of such a call too. */
static __always_inline bool tier_skips_nested(void)
{
	return false;
}

static __always_inline u32 tier_page_private(void)
{
	return 0; /* unused: unmaps have no pages in this tier */
}

/* At the entry the return address is on top. */
static __always_inline void *tier_stack(void *ctx)
{
	return (void *)PT_REGS_SP((struct pt_regs *)ctx);
}

/*
 * Before 5.14 the kernel counts a fault in this program as a skipped kprobe, so nothing beyond the
 * stack's end is read. Stacks are aligned to their size; of larger ones (KASAN) less is read. The
 * last words hold registers of the system call or interrupt, and no callers.
 */
#define STACK_SIZE 16384

static __always_inline u32 tier_stack_words(const void *from)
{
	return (STACK_SIZE - ((u64)from & (STACK_SIZE - 1))) / sizeof(u64);
}

#include "handlers.bpf.h"

struct gw_args {
	u64 t_in;
	u64 stack;
	u64 arg[4];
	u32 type;   /* enum gw_event_type */
	u32 design; /* see find_design() */
};

/* An entry whose exit was missed is overwritten by the next call at the same place, or evicted. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct gw_args);
} args SEC(".maps");

/* Saves the arguments of a call of @type, and returns the key for find_args(). */
static __always_inline u64 keep_args(struct pt_regs *ctx, u32 type)
{
	struct gw_args a = {
		.t_in = bpf_ktime_get_ns(),
		.arg = {PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx),
			PT_REGS_PARM4(ctx)},
		.type = type,
	};
	u64 key = PT_REGS_SP(ctx);
	struct gw_args *before = bpf_map_lookup_elem(&args, &key);

	/* Its exit never came, as the kernel had no room for the return probe. */
	if (before)
		count_loss(LOST_ENTRY, before->type);
	a.stack = note_stack(ctx, type == GW_EV_GRANT || type == GW_EV_END ? GW_REF_WORDS
									   : GW_STACK_WORDS);
	if (in_flight() && type == GW_EV_END)
		a.design = find_design(ctx);
	bpf_map_update_elem(&args, &key, &a, BPF_ANY);
	return key;
}

/*
 * At the exit the return address has been popped. Returns NULL, and counts a loss, if the entry was
 * missed.
 */
static __always_inline struct gw_args *find_args(struct pt_regs *ctx, u32 type)
{
	u64 key = PT_REGS_SP(ctx) - sizeof(u64);
	struct gw_args *a = bpf_map_lookup_elem(&args, &key);

	if (!a)
		count_loss(LOST_ENTRY, type);
	return a;
}

static __always_inline int drop_args(struct pt_regs *ctx)
{
	u64 key = PT_REGS_SP(ctx) - sizeof(u64);

	bpf_map_delete_elem(&args, &key);
	return 0;
}

/* Starts a call on a batch: stores under @key what the entry saw, for the chunked emitter. */
static __always_inline void begin_call(const struct gw_args *a, u64 key, u64 ops, u32 count)
{
	struct gw_call call = {
		.t_in = a->t_in,
		.stack = a->stack,
		.type = a->type,
		.ops = ops,
		.count = count,
	};

	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
}

#endif
