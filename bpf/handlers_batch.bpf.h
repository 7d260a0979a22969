/* SPDX-License-Identifier: GPL-2.0 */
/* The mapping side: calls on many refs at once. */
#ifndef GRANTWATCH_BPF_HANDLERS_BATCH_H
#define GRANTWATCH_BPF_HANDLERS_BATCH_H

#include "emit.bpf.h"
#include "handlers_copy.bpf.h"

/* page->private of a page that is mapped through gnttab_map_refs holds the granter and its ref. */
static __always_inline void read_foreign(struct gw_page_foreign *foreign)
{
	u64 page = *(u64 *)foreign;

	if (bpf_probe_read_kernel(foreign, sizeof(*foreign),
				  (void *)(page + tier_page_private())) ||
	    !*(u64 *)foreign)
		foreign->granter = GW_NO_DOMAIN;
}

static __always_inline void copy_unmap(void *dst, struct gw_call *call, u32 first, u32 n, u32 cap)
{
	struct gw_page_foreign *foreign = dst + cap * sizeof(struct gw_op_unmap);
	u32 i;

	bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_unmap),
			      (void *)(call->ops + first * sizeof(struct gw_op_unmap)));
	/* First the addresses of the pages, each of which then gives way to what that page says. */
	if (!call->pages || bpf_probe_read_kernel(foreign, n * sizeof(u64),
						  (void *)(call->pages + first * sizeof(u64)))) {
		for (i = 0; i < cap; i++)
			foreign[i].granter = GW_NO_DOMAIN;
		return;
	}
	for (i = 0; i < cap; i++) {
		if (i >= n)
			break;
		read_foreign(&foreign[i]);
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

/* Emit operations from @first on, at most @cap, a constant. */
static __always_inline int emit_ops(struct gw_call *call, u32 first, u32 cap)
{
	struct gw_event *e =
		event__begin(call->type, sizeof(*e) + cap * OP_BYTES, call->t_in, call->stack);
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
	if (call->type == GW_EV_MAP)
		bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_map),
				      (void *)(call->ops + first * sizeof(struct gw_op_map)));
	else if (call->type == GW_EV_UNMAP)
		copy_unmap(dst, call, first, n, cap);
	else if (call->type == GW_EV_ARM && call->in_user)
		bpf_probe_read_user(dst, n * sizeof(struct gw_op_arm),
				    (void *)(call->ops + first * sizeof(struct gw_op_arm)));
	else if (call->type == GW_EV_ARM)
		bpf_probe_read_kernel(dst, n * sizeof(struct gw_op_arm),
				      (void *)(call->ops + first * sizeof(struct gw_op_arm)));
	else if (cap == GW_FIRST)
		copy_ring(dst, call, n, cap);
	if (in_flight() && call->type == GW_EV_MAP)
		e->alarm = find_alarm(dst, n, cap, call);
	else if (in_flight() && call->type == GW_EV_UNMAP)
		drop_holds(dst, n, cap);
	event__submit(e);
	return 0;
}

/*
 * The later records of a long batch. Global, so that the verifier looks at it once instead of once
 * for each of a thousand iterations; its arguments can only be numbers, hence the detour through
 * the map.
 */
__attribute__((noinline)) int gw_emit_chunk(u64 key, u32 first)
{
	struct gw_call *call = bpf_map_lookup_elem(&calls, &key);

	if (!call || first >= call->count)
		return 0;
	return call->type == GW_EV_COPY ? emit_copies(call, first, GW_CHUNK)
					: emit_ops(call, first, GW_CHUNK);
}

/* A row of records; two short loops cost the verifier much less than a long one. */
#define CHUNKS_PER_ROW 32

__attribute__((noinline)) int gw_emit_row(u64 key, u32 row, u32 count)
{
	u32 i;

	for (i = 0; i < CHUNKS_PER_ROW; i++) {
		u32 first = GW_FIRST + (row * CHUNKS_PER_ROW + i) * GW_CHUNK;

		if (first >= count)
			break;
		gw_emit_chunk(key, first);
	}
	return 0;
}

/* What the first record of a call has no room for. */
static __always_inline int emit_rest(u64 key, u32 type, u32 count)
{
	u32 row;

	for (row = 0; row < GW_CHUNKS_MAX / CHUNKS_PER_ROW; row++) {
		if (row * CHUNKS_PER_ROW * GW_CHUNK + GW_FIRST >= count)
			break;
		gw_emit_row(key, row, count);
	}
	if (count > GW_CHUNKS_MAX * GW_CHUNK + GW_FIRST)
		count_loss(LOST_TRUNCATED, type);
	return 0;
}

/* A tier that sees no stack at the exit has noted it at the entry. */
static __always_inline void note_call_stack(void *ctx, struct gw_call *call)
{
	if (!call->stack)
		call->stack = note_stack(ctx, GW_STACK_WORDS);
}

static __always_inline int emit_call(void *ctx, u64 key, struct gw_call *call)
{
	u32 count = call->count;

	if (!count)
		return 0;
	note_call_stack(ctx, call);
	if (count == 1)
		return emit_ops(call, 0, 1);
	emit_ops(call, 0, GW_FIRST);
	return emit_rest(key, call->type, count);
}

static __always_inline int emit_copy_call(void *ctx, u64 key, struct gw_call *call)
{
	u32 count = call->count;

	if (!count)
		return 0;
	note_call_stack(ctx, call);
	if (count == 1)
		return emit_copies(call, 0, 1);
	emit_copies(call, 0, GW_FIRST);
	return emit_rest(key, GW_EV_COPY, count);
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

	/* The exit counts the loss: it will not find its entry. */
	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
	return 0;
}

static __always_inline bool is_call_entered(u64 key)
{
	return bpf_map_lookup_elem(&calls, &key);
}

/* The entry of a call, made up when it was not seen. NULL when there is no room; then a loss was
 * counted. */
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
	emit_call(ctx, ops, call);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

static __always_inline int handle_unmap(void *ctx, u64 ops, u64 pages, u32 count)
{
	struct gw_call *call = find_call(ops, GW_EV_UNMAP, ops, pages, count);

	if (!call)
		return 0;
	emit_call(ctx, ops, call);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

/* @ops are final here: the kernel has repeated those that Xen could not do at once. */
static __always_inline int handle_copy(void *ctx, u64 ops, u32 count)
{
	struct gw_call *call = find_call(ops, GW_EV_COPY, ops, 0, count);

	if (!call)
		return 0;
	emit_copy_call(ctx, ops, call);
	bpf_map_delete_elem(&calls, &ops);
	return 0;
}

/* A process told gntdev about @count refs, an array of struct ioctl_gntdev_grant_ref in the kernel.
 */
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
	emit_call(ctx, key, call);
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

/* @refs: grant_ref_t[], @vaddr: where the ring is now, meaningful when @ret is 0. */
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
	emit_ops(call, 0, GW_FIRST);
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
