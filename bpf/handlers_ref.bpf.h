/* SPDX-License-Identifier: GPL-2.0 */
/* The granter's side: grants, ends and frees of one ref, and resets of the table. */
#ifndef GRANTWATCH_BPF_HANDLERS_REF_H
#define GRANTWATCH_BPF_HANDLERS_REF_H

#include "emit.bpf.h"

static __always_inline struct gw_slot *slot_of(enum slot_kind kind, u32 ref)
{
	u32 i = kind * SLOTS_PER_KIND + (ref & (SLOTS_PER_KIND - 1));

	return bpf_map_lookup_elem(&slots, &i);
}

static __always_inline int handle_ref_entry(enum slot_kind kind, u32 ref)
{
	u32 index = kind;
	u64 *begun = bpf_map_lookup_elem(&entering, &index);
	struct gw_slot *slot;
	u64 now;

	if (!begun)
		return 0;
	*begun = now = bpf_ktime_get_ns();
	slot = slot_of(kind, ref);
	if (slot) {
		slot->stolen |= slot->t_in != 0;
		slot->ref = ref;
		slot->tid = (u32)bpf_get_current_pid_tgid();
		slot->t_in = now;
		slot->ended = false;
	}
	return 0;
}

/* Whether this task has entered the call for @ref and its entry was not taken yet. */
static __always_inline bool is_entered(enum slot_kind kind, u32 ref)
{
	struct gw_slot *slot = slot_of(kind, ref);

	return slot && slot->ref == ref && slot->tid == (u32)bpf_get_current_pid_tgid() &&
	       slot->t_in;
}

/* The time of entry, or 0. */
static __always_inline u64 take_entry(enum slot_kind kind, u32 ref)
{
	struct gw_slot *slot = slot_of(kind, ref);
	u64 t_in;

	if (!slot || slot->ref != ref || slot->tid != (u32)bpf_get_current_pid_tgid())
		return 0;
	t_in = slot->t_in;
	slot->t_in = 0;
	return t_in;
}

/*
 * The time of entry, or an earlier one, or 0. The kernel does not run the program for entries if it
 * already runs on this CPU: in a task which was preempted, or below an interrupt. A call has begun
 * after that program if it cannot migrate and no entry was overwritten.
 */
static __always_inline u64 entry_time(enum slot_kind kind, u32 ref)
{
	u64 t_in = take_entry(kind, ref);
	struct gw_slot *slot;
	u32 index = kind;
	u64 *begun;

	if (t_in || !tier_skips_nested() || !in_atomic(bpf_get_smp_processor_id()))
		return t_in;
	slot = slot_of(kind, ref);
	begun = bpf_map_lookup_elem(&entering, &index);
	if (!slot || !begun)
		return 0;
	t_in = slot->stolen ? 0 : *begun;
	slot->stolen = false;
	return t_in;
}

static __always_inline int leave_mark(enum slot_kind kind, u32 ref)
{
	return handle_ref_entry(kind, ref);
}

static __always_inline bool take_mark(enum slot_kind kind, u32 ref)
{
	return take_entry(kind, ref);
}

struct event_grant {
	struct gw_event e;
	struct gw_op_grant op;
};

static __always_inline int emit_grant(u64 t_in, u64 stack, u32 ref, u16 peer, u64 frame, u32 flags)
{
	struct event_grant *ev = (void *)event__begin(GW_EV_GRANT, sizeof(*ev), t_in, stack);

	if (!ev)
		return 0;
	ev->op.ref = ref;
	ev->op.peer = peer;
	ev->op.flags = flags;
	ev->op.frame = frame;
	event__submit(&ev->e);
	return 0;
}

static __always_inline int handle_grant(void *ctx, u32 ref, u16 peer, u64 frame, u32 flags)
{
	u64 t_in = entry_time(SLOT_GRANT, ref);

	return emit_grant(t_in, note_stack(ctx, GW_REF_WORDS), ref, peer, frame, flags);
}

/* Notes a successful end, for the free that follows. */
static __always_inline void note_end(u32 ref)
{
	struct gw_slot *slot = slot_of(SLOT_END, ref);

	if (!slot)
		return;
	slot->ref = ref;
	slot->tid = (u32)bpf_get_current_pid_tgid();
	slot->t_in = 0;
	slot->ended = true;
}

/* Whether this task has just ended @ref successfully, so that this free belongs to the end. */
static __always_inline bool is_behind_end(u32 ref)
{
	struct gw_slot *slot = slot_of(SLOT_END, ref);

	if (!slot || !slot->ended || slot->ref != ref ||
	    slot->tid != (u32)bpf_get_current_pid_tgid())
		return false;
	slot->ended = false;
	return true;
}

struct event_end {
	struct gw_event e;
	struct gw_op_end op;
};

static __always_inline int emit_end(u64 t_in, u64 stack, u32 ref, s32 ret, u32 design)
{
	struct event_end *ev = (void *)event__begin(GW_EV_END, sizeof(*ev), t_in, stack);

	if (!ev)
		return 0;
	ev->op.ref = ref;
	ev->op.ret = ret;
	if (ret)
		note_end(ref);
	if (in_flight() && !ret)
		ev->e.alarm = judge_refused(&ev->e, design);
	event__submit(&ev->e);
	return 0;
}

static __always_inline int handle_end(void *ctx, u32 ref, s32 ret)
{
	u64 t_in = entry_time(SLOT_END, ref);

	return emit_end(t_in, note_stack(ctx, GW_REF_WORDS), ref, ret,
			in_flight() && !ret ? find_design(ctx) : 0);
}

struct event_ref {
	struct gw_event e;
	struct gw_op_ref op;
};

static __always_inline int emit_ref(u32 type, u32 ref, u32 i, u64 t_in, u64 stack)
{
	struct event_ref *ev = (void *)event__begin(type, sizeof(*ev), t_in, stack);

	if (!ev)
		return 0;
	ev->e.first = i;
	ev->op.ref = ref;
	ev->op.pad = 0;
	event__submit(&ev->e);
	return 0;
}

/*
 * FREE and RELEASE run under this domain's own locks, so their entry, with one reading of the
 * clock, is enough.
 */
static __always_inline int handle_ref(void *ctx, u32 type, u32 ref)
{
	u64 stack = is_behind_end(ref) ? 0 : note_stack(ctx, GW_REF_WORDS);

	return emit_ref(type, ref, 0, AT_ONCE, stack);
}

/* lower refs were set up by the toolstack; since 6.1 freeing one has no effect */
#define RESERVED_REFS 8

static __always_inline int handle_free_locked(void *ctx, u32 ref)
{
	return ref < RESERVED_REFS ? 0 : handle_ref(ctx, GW_EV_FREE, ref);
}

#define CHAIN_MAX     512
#define CHAIN_END     0xffffffffu
#define REFS_PER_PAGE 1024

/* Number @i of a chain. */
__attribute__((noinline)) int gw_emit_free(u32 ref, u32 i, u64 t_in, u64 stack)
{
	return emit_ref(GW_EV_FREE, ref, i, t_in, stack);
}

/* Returns the ref after @ref in a chain: gnttab_list[ref / 1024][ref % 1024]. */
static __always_inline u32 next_ref(u64 list, u32 ref)
{
	u64 page = 0;
	u32 next = CHAIN_END;

	if (bpf_probe_read_kernel(&page, sizeof(page), (void *)(list + ref / REFS_PER_PAGE * 8)))
		return CHAIN_END;
	if (bpf_probe_read_kernel(&next, sizeof(next), (void *)(page + ref % REFS_PER_PAGE * 4)))
		return CHAIN_END;
	return next;
}

static __always_inline int handle_free_chain(void *ctx, u32 head)
{
	u64 list = 0, now = bpf_ktime_get_ns(), stack = note_stack(ctx, GW_REF_WORDS);
	u32 i, ref = head;

	bpf_probe_read_kernel(&list, sizeof(list), (void *)gw_config.gnttab_list);
	for (i = 0; i < CHAIN_MAX; i++) {
		if (ref == CHAIN_END)
			return 0;
		gw_emit_free(ref, i, now, stack);
		if (!list)
			break;
		ref = next_ref(list, ref);
	}
	if (ref != CHAIN_END)
		count_loss(LOST_TRUNCATED, GW_EV_FREE);
	return 0;
}

int suspend_cancelled;

static __always_inline int handle_post_suspend(int cancelled)
{
	suspend_cancelled = cancelled;
	return 0;
}

/* After a cancelled suspend the table is unchanged. */
static __always_inline int handle_reset(void *ctx)
{
	u64 now = bpf_ktime_get_ns();
	struct gw_event *e;

	if (suspend_cancelled)
		return 0;
	e = event__begin(GW_EV_RESET, sizeof(*e), now, note_stack(ctx, GW_REF_WORDS));
	if (!e)
		return 0;
	e->nr = 0;
	e->total = 0;
	event__submit(e);
	return 0;
}

#endif
