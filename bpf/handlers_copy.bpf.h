/* SPDX-License-Identifier: GPL-2.0 */
/* Copies: only those that Xen refused. */
#ifndef GRANTWATCH_BPF_HANDLERS_COPY_H
#define GRANTWATCH_BPF_HANDLERS_COPY_H

#include "handlers_ref.bpf.h"

/* struct gnttab_copy of Xen's public ABI */
struct xen_copy_ptr {
	u64 ref; /* or a frame */
	u16 domid;
	u16 offset;
	u32 pad;
};

struct xen_copy {
	struct xen_copy_ptr source;
	struct xen_copy_ptr dest;
	u16 len;
	u16 flags;
	s16 status;
	u16 pad;
};

#define GNTCOPY_SOURCE_GREF 1
#define GNTCOPY_DEST_GREF   2
#define COPY_STEP	    8  /* operations on the BPF stack at once */
#define COPY_MAX	    64 /* steps; netback's largest batch is 512 operations */

struct event_copy {
	struct gw_event e;
	struct gw_op_copy op;
};

static __always_inline void emit_copy_side(struct xen_copy *op, struct xen_copy_ptr *side, u32 flag,
					   u32 i, u32 total, u64 t_in)
{
	struct event_copy *ev = (void *)event__begin(GW_EV_COPY, sizeof(*ev), t_in, 0);

	if (!ev)
		return;
	ev->e.first = i;
	ev->e.total = total;
	ev->op.flags = flag;
	ev->op.status = op->status;
	ev->op.granter = side->domid;
	ev->op.ref = side->ref;
	ev->op.pad = 0;
	event__submit(&ev->e);
}

/* Copy number @i of @total at @ops, which Xen refused without telling which side it was about. */
__attribute__((noinline)) int gw_emit_copy(u64 ops, u32 i, u32 total, u64 t_in)
{
	struct xen_copy op = {};

	bpf_probe_read_kernel(&op, sizeof(op), (void *)(ops + i * sizeof(op)));
	if (op.flags & GNTCOPY_SOURCE_GREF)
		emit_copy_side(&op, &op.source, GNTCOPY_SOURCE_GREF, i, total, t_in);
	if (op.flags & GNTCOPY_DEST_GREF)
		emit_copy_side(&op, &op.dest, GNTCOPY_DEST_GREF, i, total, t_in);
	return 0;
}

/* The refused ones among COPY_STEP operations from number @first on. */
__attribute__((noinline)) int gw_emit_copies(u64 ops, u32 first, u32 total, u64 t_in)
{
	u32 i, k;

	for (k = 0; k < COPY_STEP; k++) {
		s16 status = 0;

		i = first + k;
		if (i >= total)
			break;
		bpf_probe_read_kernel(&status, sizeof(status),
				      (void *)(ops + i * sizeof(struct xen_copy) +
					       offsetof(struct xen_copy, status)));
		if (status)
			gw_emit_copy(ops, i, total, t_in);
	}
	return 0;
}

/* Nearly every batch has no refusal, so look at COPY_STEP operations with one read and one
 * question. */
__attribute__((noinline)) int gw_check_copies(u64 ops, u32 first, u32 total, u64 t_in)
{
	struct xen_copy op[COPY_STEP] = {};
	u32 i, n = total - first;
	s16 any = 0;

	if (n > COPY_STEP)
		n = COPY_STEP;
	bpf_probe_read_kernel(op, n * sizeof(op[0]), (void *)(ops + first * sizeof(op[0])));
	for (i = 0; i < COPY_STEP; i++)
		any |= op[i].status;
	return any ? gw_emit_copies(ops, first, total, t_in) : 0;
}

static __always_inline u32 copy_slot_key(u64 ops)
{
	return (u32)(ops >> 3);
}

static __always_inline int handle_copy_entry(u64 ops)
{
	return handle_ref_entry(SLOT_COPY, copy_slot_key(ops));
}

static __always_inline int emit_refused_copies(u64 t_in, u64 ops, u32 count)
{
	u32 step;

	for (step = 0; step < COPY_MAX; step++) {
		if (step * COPY_STEP >= count)
			return 0;
		gw_check_copies(ops, step * COPY_STEP, count, t_in);
	}
	if (count > COPY_MAX * COPY_STEP)
		count_loss(LOST_TRUNCATED, GW_EV_COPY);
	return 0;
}

static __always_inline int handle_copy(u64 ops, u32 count)
{
	return emit_refused_copies(take_entry(SLOT_COPY, copy_slot_key(ops)), ops, count);
}

#endif
