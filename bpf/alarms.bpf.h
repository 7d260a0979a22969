/* SPDX-License-Identifier: GPL-2.0 */
/* record --flight: the suspicious events that start a collection. */
#ifndef GRANTWATCH_BPF_ALARMS_H
#define GRANTWATCH_BPF_ALARMS_H

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "maps.bpf.h"

/* Counters by kind of alarm. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_alarms);
} alarms SEC(".maps");

/* CLOCK_MONOTONIC (ns) of the last announcement at an offset of a file. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct gw_mmap);
	__type(value, u64);
} arms SEC(".maps");

/*
 * The process for which gntdev mapped a ref, by Xen's handle: a small number that is reused soon
 * after an unmap. Also the last handle of a ref, in a slot by hash of ref and granter. A collision
 * may only miss an alarm. Without --flight the loader gives these maps one entry.
 */
struct gw_hold {
	u32 handle;
	u32 ref;
	u32 granter;
	u32 pid; /* 0: undone */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_HOLDS);
	__type(key, u32);
	__type(value, struct gw_hold);
} holds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_HOLDS);
	__type(key, u32);
	__type(value, u32);
} handles SEC(".maps");

static __always_inline bool in_flight(void)
{
	return gw_config.late_ns;
}

static __always_inline void count_alarm(u32 alarm)
{
	u32 zero = 0;
	struct gw_alarms *a = bpf_map_lookup_elem(&alarms, &zero);

	if (a && alarm < GW_ALARMS)
		__sync_fetch_and_add(&a->count[alarm], 1);
}

/* With --flight only alarms wake the recorder; otherwise events that must be handled in time do. */
static __always_inline bool is_urgent(const struct gw_event *e)
{
	if (!in_flight())
		return e->type == GW_EV_ARM;
	if (!e->alarm)
		return false;
	count_alarm(e->alarm);
	return true;
}

/* --- refused ends --- */

#define CALLER_WORDS 32
/* Longer than either function; what follows them belongs to the same driver. */
#define CALLER_SIZE 4096

/*
 * Returns a bit mask of the functions of gw_config.by_design on the stack. Needs a readable stack.
 * A stack may hold addresses of finished calls, so a bit counts only for a function which runs in
 * this context.
 */
static __always_inline u32 find_design(void *ctx)
{
	u64 word[CALLER_WORDS] = {}, irq = gw_config.by_design[GW_DESIGN_IRQ],
	    task = gw_config.by_design[GW_DESIGN_TASK];
	void *from = tier_stack(ctx);
	u32 i, found = 0;

	if (!irq || tier_stack_words(from) < CALLER_WORDS ||
	    bpf_probe_read_kernel(word, sizeof(word), from))
		return 0;
	for (i = 0; i < CALLER_WORDS; i++)
		found |= (word[i] - irq < CALLER_SIZE) << GW_DESIGN_IRQ |
			 (task && word[i] - task < CALLER_SIZE) << GW_DESIGN_TASK;
	return found;
}

/* @design: the result of find_design() */
static __always_inline u32 judge_refused(const struct gw_event *e, u32 design)
{
	u32 context = e->flags & GW_F_IRQ ? GW_DESIGN_IRQ : GW_DESIGN_TASK;

	return design >> context & 1 ? GW_ALARM_NONE : GW_ALARM_END_REFUSED;
}

/* --- a map --- */

static __always_inline struct gw_hold *hold_of(u32 handle)
{
	u32 slot = handle & (GW_HOLDS - 1);

	return bpf_map_lookup_elem(&holds, &slot);
}

/*
 * Process @pid mapped a ref through gntdev. Returns 1 if another process has it mapped. Global
 * functions are verified once instead of once for each operation, and take plain numbers only.
 */
__attribute__((noinline)) int gw_take_hold(u32 granter, u32 ref, u32 handle, u32 pid)
{
	u32 slot = ((ref ^ granter << 16) * 0x9e3779b1u) >> (32 - GW_HOLDS_BITS);
	u32 *last = bpf_map_lookup_elem(&handles, &slot);
	struct gw_hold *hold;
	int others = 0;

	if (!last || !pid)
		return 0;
	hold = hold_of(*last);
	if (hold)
		others = hold->pid && hold->pid != pid && hold->handle == *last &&
			 hold->ref == ref && hold->granter == granter;
	*last = handle;
	hold = hold_of(handle);
	if (hold) {
		hold->handle = handle;
		hold->ref = ref;
		hold->granter = granter;
		hold->pid = pid;
	}
	return others;
}

__attribute__((noinline)) int gw_drop_hold(u32 handle)
{
	struct gw_hold *hold = hold_of(handle);

	if (hold && hold->handle == handle)
		hold->pid = 0;
	return 0;
}

static __always_inline void drop_holds(const struct gw_op_unmap *op, u32 n, u32 cap)
{
	u32 i;

	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		gw_drop_hold(op[i].handle);
	}
}

static __always_inline u32 find_alarm(const struct gw_op_map *op, u32 n, u32 cap,
				      const struct gw_call *call)
{
	u32 i, others = 0, pid = call->file ? bpf_get_current_pid_tgid() >> 32 : 0;
	s16 refused = 0;

	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		refused |= op[i].status;
		others |= gw_take_hold(op[i].granter, op[i].ref, op[i].handle,
				       op[i].status ? 0 : pid);
	}
	if (call->late)
		return GW_ALARM_MAP_LATE;
	if (others)
		return GW_ALARM_MAP_DOUBLE;
	return refused ? GW_ALARM_MAP_REFUSED : GW_ALARM_NONE;
}

static __always_inline bool is_late(const struct gw_mmap *mmap)
{
	struct gw_mmap key = *mmap;
	u64 *armed = bpf_map_lookup_elem(&arms, &key);

	return armed && bpf_ktime_get_ns() - *armed > gw_config.late_ns;
}

static __always_inline void note_arm(u64 file, u64 index)
{
	struct gw_mmap key = {.file = file, .index = index};
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&arms, &key, &now, BPF_ANY);
}

#endif
