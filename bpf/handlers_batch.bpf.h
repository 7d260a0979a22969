/* SPDX-License-Identifier: GPL-2.0 */
/* The mapper's side: calls on batches of refs. */
#ifndef GRANTWATCH_BPF_HANDLERS_BATCH_H
#define GRANTWATCH_BPF_HANDLERS_BATCH_H

#include "emit.bpf.h"
#include "handlers_copy.bpf.h"

/*
 * page->private of a page mapped through gnttab_map_refs holds the granter and its ref. The word is
 * 0 for other pages, and if it cannot be read.
 */
static __always_inline void copy_unmap(void *dst, struct gw_call *call, u32 first, u32 n, u32 cap)
{
	u64 *foreign = dst + cap * sizeof(struct gw_op_unmap);
	u32 i;

	bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_unmap),
			      (void *)(call->ops + first * sizeof(struct gw_op_unmap)));
	/*
	 * Reads the pages' addresses, and then replaces each address by the contents of its
	 * page->private.
	 */
	if (bpf_probe_read_kernel(foreign, n * sizeof(u64),
				  (void *)(call->pages ? call->pages + first * sizeof(u64) : 0)))
		return;
	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		bpf_probe_read_kernel(&foreign[i], sizeof(u64),
				      (void *)(foreign[i] + tier_page_private()));
	}
}

static __always_inline void copy_ring(void *dst, struct gw_call *call, u32 n, u32 cap)
{
	struct gw_op_ring *op = dst;
	u32 i;

	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		op[i].granter = call->peer;
		op[i].ref = 0;
		bpf_probe_read_kernel(&op[i].ref, sizeof(u32),
				      (void *)(call->ops + i * sizeof(u32)));
	}
}

/* Copies @n operations of a call of @type, from @first on. @cap: the record's room. */
static __always_inline void copy_ops(void *dst, struct gw_call *call, u32 type, u32 first, u32 n,
				     u32 cap)
{
	if (type == GW_EV_MAP)
		bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_map),
				      (void *)(call->ops + first * sizeof(struct gw_op_map)));
	else if (type == GW_EV_UNMAP)
		copy_unmap(dst, call, first, n, cap);
	else if (type == GW_EV_ARM && call->in_user)
		bpf_probe_read_user(dst, n * sizeof(struct gw_op_arm),
				    (void *)(call->ops + first * sizeof(struct gw_op_arm)));
	else if (type == GW_EV_ARM)
		bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_arm),
				      (void *)(call->ops + first * sizeof(struct gw_op_arm)));
	else
		copy_ring(dst, call, n, cap);
}

/*
 * Emits up to @cap operations from @first on. @type (the call's) and @cap are constants, so the
 * program has no code for other types for the verifier to check.
 */
static __always_inline int emit_ops(struct gw_call *call, u32 type, u32 first, u32 cap)
{
	struct gw_event *e =
		event__begin(type, sizeof(*e) + cap * OP_BYTES, call->t_in, call->stack);
	u32 n = call->count - first;
	void *dst;

	if (!e)
		return 0;
	if (n > cap)
		n = cap;
	dst = e + 1;
	e->flags |= call->flags;
	e->nr = n;
	e->first = first;
	e->total = call->count;
	e->file = call->file;
	e->index = call->index;
	copy_ops(dst, call, type, first, n, cap);
	if (in_flight() && type == GW_EV_MAP)
		e->alarm = find_alarm(dst, n, cap, call);
	else if (in_flight() && type == GW_EV_UNMAP)
		drop_holds(dst, n, cap);
	event__submit(e);
	return 0;
}

static __always_inline int emit_part(struct gw_call *call, u32 type, u32 first, u32 cap)
{
	return type == GW_EV_COPY ? emit_copies(call, first, cap)
				  : emit_ops(call, type, first, cap);
}

/* Emits one of the later records of a long batch. */
static __always_inline int emit_chunk(u64 key, u32 type, u32 first)
{
	struct gw_call *call = bpf_map_lookup_elem(&calls, &key);

	return call && first < call->count ? emit_part(call, type, first, GW_CHUNK) : 0;
}

/* Records in a row: two short nested loops cost the verifier less than a long one. */
#define CHUNKS_PER_ROW 32

/*
 * Later records of a long batch, for each type. Global functions are verified once instead of in
 * each of a thousand iterations. They take only numbers, so the call is passed through the map.
 */
#define EMIT_ROW(name, type)                                                            \
	__attribute__((noinline)) int gw_emit_##name##_chunk(u64 key, u32 first)        \
	{                                                                               \
		return emit_chunk(key, type, first);                                    \
	}                                                                               \
	__attribute__((noinline)) int gw_emit_##name##_row(u64 key, u32 row, u32 count) \
	{                                                                               \
		u32 i;                                                                  \
                                                                                        \
		for (i = 0; i < CHUNKS_PER_ROW; i++) {                                  \
			u32 first = GW_FIRST + (row * CHUNKS_PER_ROW + i) * GW_CHUNK;   \
                                                                                        \
			if (first >= count)                                             \
				break;                                                  \
			gw_emit_##name##_chunk(key, first);                             \
		}                                                                       \
		return 0;                                                               \
	}

EMIT_ROW(map, GW_EV_MAP)
EMIT_ROW(unmap, GW_EV_UNMAP)
EMIT_ROW(copy, GW_EV_COPY)
EMIT_ROW(arm, GW_EV_ARM)

static __always_inline int emit_row(u64 key, u32 type, u32 row, u32 count)
{
	switch (type) {
	case GW_EV_MAP:
		return gw_emit_map_row(key, row, count);
	case GW_EV_UNMAP:
		return gw_emit_unmap_row(key, row, count);
	case GW_EV_COPY:
		return gw_emit_copy_row(key, row, count);
	default:
		return gw_emit_arm_row(key, row, count);
	}
}

/* Emits the operations for which the first record has no room. */
static __always_inline int emit_rest(u64 key, u32 type, u32 count)
{
	u32 row;

	for (row = 0; row < GW_CHUNKS_MAX / CHUNKS_PER_ROW; row++) {
		if (row * CHUNKS_PER_ROW * GW_CHUNK + GW_FIRST >= count)
			break;
		emit_row(key, type, row, count);
	}
	if (count > GW_CHUNKS_MAX * GW_CHUNK + GW_FIRST)
		count_loss(LOST_TRUNCATED, type);
	return 0;
}

/* In a tier without a stack at the exit, the entry noted it. */
static __always_inline void note_call_stack(void *ctx, struct gw_call *call)
{
	if (!call->stack)
		call->stack = note_stack(ctx, GW_STACK_WORDS);
}

/* @type: the call's, a constant. */
static __always_inline int emit_call(void *ctx, u64 key, struct gw_call *call, u32 type)
{
	u32 count = call->count;

	if (!count)
		return 0;
	note_call_stack(ctx, call);
	if (count == 1)
		return emit_part(call, type, 0, 1);
	emit_part(call, type, 0, GW_FIRST);
	return emit_rest(key, type, count);
}

static __always_inline int handle_call_entry(u64 key, u32 type, u64 ops, u64 pages, u32 count)
{
	struct gw_call call = {
		.t_in = bpf_ktime_get_ns(),
		.type = type,
		.ops = ops,
		.pages = pages,
		.count = count,
	};

	/* If this fails, the exit finds no entry and counts the loss. */
	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
	return 0;
}

static __always_inline bool is_call_entered(u64 key)
{
	return bpf_map_lookup_elem(&calls, &key);
}

/*
 * Returns the entry of a call, a substitute if it was missed. NULL without room, after counting a
 * loss.
 */
static __always_inline struct gw_call *find_call(u64 key, u32 type, u64 ops, u64 pages, u32 count)
{
	struct gw_call *call = bpf_map_lookup_elem(&calls, &key);

	if (call)
		return call;
	handle_call_entry(key, type, ops, pages, count);
	call = bpf_map_lookup_elem(&calls, &key);
	if (call)
		call->t_in = 0;
	else
		count_loss(LOST_ENTRY, type);
	return call;
}

static __always_inline int handle_map(void *ctx, u64 ops, u32 count, u32 flags)
{
	struct gw_call *call = find_call(ops, GW_EV_MAP, ops, 0, count);
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct gw_mmap *mmap;

	if (!call)
		return 0;
	mmap = bpf_map_lookup_elem(&mmaps, &tid);
	if (mmap) {
		call->file = mmap->file;
		call->index = mmap->index;
		call->late = in_flight() && is_late(mmap);
	}
	call->flags = flags;
	emit_call(ctx, ops, call, GW_EV_MAP);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

static __always_inline int handle_unmap(void *ctx, u64 ops, u64 pages, u32 count)
{
	struct gw_call *call = find_call(ops, GW_EV_UNMAP, ops, pages, count);

	if (!call)
		return 0;
	emit_call(ctx, ops, call, GW_EV_UNMAP);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

/*
 * The results in @ops are final: the kernel has repeated operations that Xen could not do at once.
 */
static __always_inline int handle_copy(void *ctx, u64 ops, u32 count)
{
	struct gw_call *call = find_call(ops, GW_EV_COPY, ops, 0, count);

	if (!call)
		return 0;
	emit_call(ctx, ops, call, GW_EV_COPY);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

/* A process announced @count refs, an array of struct ioctl_gntdev_grant_ref in the kernel. */
static __always_inline int handle_arm(void *ctx, u64 key, u64 file, u64 index, u64 refs, u32 count)
{
	struct gw_call *call = find_call(key, GW_EV_ARM, refs, 0, count);

	if (!call)
		return 0;
	call->file = file;
	call->index = index;
	call->ops = refs;
	call->count = count;
	if (in_flight())
		note_arm(file, index);
	emit_call(ctx, key, call, GW_EV_ARM);
	bpf_map_delete_elem(&calls, &key);
	return 0;
}

static __always_inline int handle_disarm(u64 t_in, u64 file, u64 index, u32 count, u32 flags)
{
	struct gw_event *e = event__begin(GW_EV_DISARM, sizeof(*e), t_in, 0);

	if (!e)
		return 0;
	e->flags |= flags;
	e->nr = 0;
	e->total = count;
	e->file = file;
	e->index = index;
	event__submit(e);
	return 0;
}

/* @refs: grant_ref_t[]; @vaddr: the ring's address, valid if @ret is 0. */
static __always_inline int handle_ring(void *ctx, u64 refs, u32 count, u16 peer, u64 vaddr, s32 ret)
{
	struct gw_call *call = find_call(refs, GW_EV_RING, refs, 0, count);

	if (!call)
		return 0;
	call->peer = peer;
	call->file = ret ? 0 : vaddr;
	call->index = (s64)ret;
	if (count > GW_FIRST)
		count_loss(LOST_TRUNCATED, GW_EV_RING);
	note_call_stack(ctx, call);
	emit_ops(call, GW_EV_RING, 0, GW_FIRST);
	bpf_map_delete_elem(&calls, &refs);
	return 0;
}

static __always_inline int handle_ring_unmap(void *ctx, u64 vaddr, s32 ret)
{
	struct gw_call *call = find_call(vaddr, GW_EV_RING_UNMAP, 0, 0, 0);
	struct gw_event *e;

	if (!call)
		return 0;
	e = event__begin(GW_EV_RING_UNMAP, sizeof(*e), call->t_in,
			 call->stack ? call->stack : note_stack(ctx, GW_STACK_WORDS));
	if (e) {
		e->nr = 0;
		e->total = 0;
		e->file = vaddr;
		e->index = (s64)ret;
		event__submit(e);
	}
	bpf_map_delete_elem(&calls, &vaddr);
	return 0;
}

#endif
