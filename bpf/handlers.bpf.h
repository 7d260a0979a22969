/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes do, whichever way the kernel was entered. A tier (btf.bpf.c: fentry and fexit;
 *kprobe.bpf.c: kprobes without BTF) takes the arguments apart and calls a handler with plain
 *numbers. What differs inside the kernel is behind three functions that a tier defines before it
 *includes this file:
 *
 *	u32 tier_task_flags(void)       flags of the current task
 *	u32 tier_page_private(void)     offset of page->private
 *	void *tier_stack(void *ctx)     where to look for return addresses on the stack
 *
 * Rules: no loop without a constant bound, no allocation, t_out is read after room in the ring is
 *reserved (then the ring's order and time agree, see recorder.c), whatever cannot be recorded is
 *counted.
 */
#ifndef GRANTWATCH_BPF_HANDLERS_H
#define GRANTWATCH_BPF_HANDLERS_H

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "maps.bpf.h"

#define OP_BYTES 32 /* room for one operation in a batch record, whatever its type */

enum loss { LOST_RING, LOST_TRUNCATED, LOST_ENTRY };

static __always_inline void count_loss(enum loss kind, u32 type)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct gw_losses *l = bpf_map_lookup_elem(&losses, &cpu);

	if (!l || type >= GW_EV_MAX)
		return;
	if (kind == LOST_RING)
		__sync_fetch_and_add(&l->ring[type], 1);
	else if (kind == LOST_TRUNCATED)
		__sync_fetch_and_add(&l->truncated[type], 1);
	else
		__sync_fetch_and_add(&l->entry[type], 1);
}

/* No helper tells the context in all kernels; the loader knows where each CPU keeps its
 * preempt_count. */
static __always_inline bool in_interrupt(u32 cpu)
{
	u64 addr = gw_config.preempt_addr[cpu & (GW_CPUS - 1)];
	u32 count = 0;

	if (!addr || cpu >= GW_CPUS)
		return false;
	bpf_probe_read_kernel(&count, sizeof(count), (void *)addr);
	return count & IN_IRQ_MASK;
}

/* --- stacks, see struct gw_stack --- */

/* Not the whole kernel: what lies in its uppermost 2 GiB, text and modules among it. */
static __always_inline bool is_text(u64 word)
{
	return word >> 31 == 0x1ffffffff;
}

#define WORDS_AT_ONCE 16

/*
 * How many words can be read from @ctx upwards before the stack ends. A fault there would do no harm but one: before 5.14
 * the kernel counts it as a kprobe passed over. Stacks are aligned to their size; of larger ones (KASAN) less is read.
 * What the last words hold is the registers of the system call or interrupt, no callers.
 */
#define STACK_SIZE 16384

static __always_inline u32 words_left(const void *ctx)
{
	return (STACK_SIZE - ((u64)ctx & (STACK_SIZE - 1))) / sizeof(u64);
}

/* On the BPF stack: in a buffer of the CPU's an interrupt could put its own words. */
static __always_inline u64 number_stack(void *ctx)
{
	u64 hash = 0, word[WORDS_AT_ONCE] = {};
	u32 part, i, left = words_left(ctx);

	for (part = 0; part < GW_STACK_WORDS / WORDS_AT_ONCE; part++) {
		if ((part + 1) * WORDS_AT_ONCE > left)
			break;
		if (bpf_probe_read_kernel(word, sizeof(word), ctx + part * sizeof(word)))
			break;
		for (i = 0; i < WORDS_AT_ONCE; i++) {
			u64 place = part * WORDS_AT_ONCE + i;

			if (is_text(word[i]))
				hash = (hash ^ word[i] ^ place << 40) * 0x9e3779b97f4a7c15ull;
		}
	}
	return hash;
}

static __always_inline void describe_stack(void *ctx, void *from, u64 number)
{
	struct gw_stack *stack = bpf_ringbuf_reserve(&ring, sizeof(*stack), 0);
	u32 part, left = words_left(from);
	long n;

	if (!stack) {
		count_loss(LOST_RING, GW_EV_STACK);
		return;
	}
	stack->type = GW_EV_STACK;
	stack->number = number;
	for (part = 0; part < GW_STACK_WORDS / WORDS_AT_ONCE; part++) {
		u64 *to = &stack->word[part * WORDS_AT_ONCE];

		/* The ring's memory is not cleared. */
		if ((part + 1) * WORDS_AT_ONCE > left ||
		    bpf_probe_read_kernel(to, WORDS_AT_ONCE * sizeof(u64),
					  from + part * WORDS_AT_ONCE * sizeof(u64)))
			__builtin_memset(to, 0, WORDS_AT_ONCE * sizeof(u64));
	}
	n = bpf_get_stack(ctx, stack->ip, sizeof(stack->ip), 0);
	stack->nr = n > 0 ? n / sizeof(u64) : 0;
	bpf_ringbuf_submit(stack, BPF_RB_NO_WAKEUP);
}

static __always_inline bool is_known(u64 number)
{
	u32 zero = 0, i;
	struct gw_known *known = bpf_map_lookup_elem(&known_stacks, &zero);

	for (i = 0; known && i < GW_STACK_TRIES; i++)
		if (known->number[(number + i) & (GW_STACKS - 1)] == number)
			return true;
	return false;
}

/* The number of the stack that led to the probe. To be asked for before the event takes its place
 * in the ring. */
static __always_inline u64 note_stack(void *ctx)
{
	void *from = tier_stack(ctx);
	u64 number = number_stack(from);

	if (number && !is_known(number))
		describe_stack(ctx, from, number);
	return number;
}

/* Reserve a record and fill the head in. @size is a constant. @t_in 0: the entry was not seen. */
static __always_inline struct gw_event *event__begin(u32 type, u64 size, u64 t_in, u64 stack)
{
	struct gw_event *e = bpf_ringbuf_reserve(&ring, size, 0);
	u64 id;

	if (!e) {
		count_loss(LOST_RING, type);
		return NULL;
	}
	id = bpf_get_current_pid_tgid();
	e->t_out = bpf_ktime_get_ns();
	e->t_in = t_in ? t_in : e->t_out;
	e->type = type;
	e->flags = t_in ? 0 : GW_F_NO_ENTRY;
	e->cpu = bpf_get_smp_processor_id();
	if (in_interrupt(e->cpu))
		e->flags |= GW_F_IRQ;
	else if (tier_task_flags() & PF_EXITING)
		e->flags |= GW_F_EXITING;
	e->nr = 1;
	e->pad = 0;
	e->stack = stack;
	e->pid = id >> 32;
	e->tid = (u32)id;
	e->first = 0;
	e->total = 1;
	e->file = 0;
	e->index = 0;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	return e;
}

/* The recorder comes by ten times a second; it is woken only when the ring fills up before. */
static __always_inline void event__submit(struct gw_event *e)
{
	bool full = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > gw_config.wakeup_bytes;

	bpf_ringbuf_submit(e, full ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* --- calls on one ref --- */

static __always_inline struct gw_slot *slot_of(enum slot_kind kind, u32 ref)
{
	u32 i = kind * SLOTS_PER_KIND + (ref & (SLOTS_PER_KIND - 1));

	return bpf_map_lookup_elem(&slots, &i);
}

static __always_inline int handle_ref_entry(enum slot_kind kind, u32 ref)
{
	struct gw_slot *slot = slot_of(kind, ref);

	if (slot) {
		slot->ref = ref;
		slot->tid = (u32)bpf_get_current_pid_tgid();
		slot->t_in = bpf_ktime_get_ns();
	}
	return 0;
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
	u64 t_in = take_entry(SLOT_GRANT, ref);

	return emit_grant(t_in, note_stack(ctx), ref, peer, frame, flags);
}

struct event_end {
	struct gw_event e;
	struct gw_op_end op;
};

static __always_inline int emit_end(u64 t_in, u64 stack, u32 ref, s32 ret)
{
	struct event_end *ev = (void *)event__begin(GW_EV_END, sizeof(*ev), t_in, stack);

	if (!ev)
		return 0;
	ev->op.ref = ref;
	ev->op.ret = ret;
	event__submit(&ev->e);
	return 0;
}

static __always_inline int handle_end(void *ctx, u32 ref, s32 ret)
{
	u64 t_in = take_entry(SLOT_END, ref);

	return emit_end(t_in, note_stack(ctx), ref, ret);
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

/* FREE and RELEASE happen under this domain's own locks: their entry is all there is to know. */
static __always_inline int handle_ref(void *ctx, u32 type, u32 ref)
{
	u64 now = bpf_ktime_get_ns();

	return emit_ref(type, ref, 0, now, note_stack(ctx));
}

/* Below this are the refs that the toolstack seeded; since 6.1 freeing one does nothing. */
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

/* What follows @ref in a chain: gnttab_list[ref / 1024][ref % 1024]. */
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
	u64 list = 0, now = bpf_ktime_get_ns(), stack = note_stack(ctx);
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

/* After a suspend that was cancelled the table is as it was. */
static __always_inline int handle_reset(void *ctx)
{
	u64 now = bpf_ktime_get_ns();
	struct gw_event *e;

	if (suspend_cancelled)
		return 0;
	e = event__begin(GW_EV_RESET, sizeof(*e), now, note_stack(ctx));
	if (!e)
		return 0;
	e->nr = 0;
	e->total = 0;
	event__submit(e);
	return 0;
}

/* --- calls on batches --- */

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
	return emit_ops(call, first, GW_CHUNK);
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

static __always_inline int emit_call(void *ctx, u64 key, struct gw_call *call)
{
	u32 row, count = call->count;

	if (!count)
		return 0;
	/* A tier that sees no stack at the exit has noted it at the entry. */
	if (!call->stack)
		call->stack = note_stack(ctx);
	if (count == 1)
		return emit_ops(call, 0, 1);
	emit_ops(call, 0, GW_FIRST);
	for (row = 0; row < GW_CHUNKS_MAX / CHUNKS_PER_ROW; row++) {
		if (row * CHUNKS_PER_ROW * GW_CHUNK + GW_FIRST >= count)
			break;
		gw_emit_row(key, row, count);
	}
	if (count > GW_CHUNKS_MAX * GW_CHUNK + GW_FIRST)
		count_loss(LOST_TRUNCATED, call->type);
	return 0;
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
	if (!call->stack)
		call->stack = note_stack(ctx);
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
			 call->stack ? call->stack : note_stack(ctx));
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

/* --- gntdev --- */

/* ioctl numbers and arguments of the user ABI */
#define GNTDEV_MAP_GRANT_REF   0x184700
#define GNTDEV_UNMAP_GRANT_REF 0x104701

/* The refs, struct gw_op_arm each, follow. */
struct gntdev_map {
	u32 count;
	u32 pad;
	u64 index;
};

struct gntdev_unmap {
	u64 index;
	u32 count;
	u32 pad;
};

static __always_inline int handle_mmap_entry(u64 file, u64 index)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct gw_mmap mmap = {.file = file, .index = index};

	if (bpf_map_update_elem(&mmaps, &tid, &mmap, BPF_ANY))
		count_loss(LOST_ENTRY, GW_EV_MAP);
	return 0;
}

static __always_inline int handle_mmap_exit(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&mmaps, &tid);
	return 0;
}

/* Thread ids can't be mistaken for the kernel addresses that are the other keys. */
static __always_inline int handle_ioctl_entry(u32 cmd)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	return cmd == GNTDEV_UNMAP_GRANT_REF ? handle_call_entry(tid, GW_EV_DISARM, 0, 0, 0) : 0;
}

/* After the call, when gntdev itself has read the argument, so that it is in memory. */
static __always_inline int handle_ioctl(u64 file, u32 cmd, u64 arg, long ret)
{
	struct gntdev_unmap unmap = {};
	struct gw_call *call;
	u64 key = (u32)bpf_get_current_pid_tgid();

	if (cmd != GNTDEV_UNMAP_GRANT_REF)
		return 0;
	call = find_call(key, GW_EV_DISARM, 0, 0, 0);
	if (!call)
		return 0;
	if (!ret) {
		if (bpf_probe_read_user(&unmap, sizeof(unmap), (void *)arg))
			count_loss(LOST_TRUNCATED, GW_EV_DISARM);
		else
			handle_disarm(call->t_in, file, unmap.index, unmap.count, 0);
	}
	bpf_map_delete_elem(&calls, &key);
	return 0;
}

static __always_inline int handle_file_release(u64 file)
{
	return handle_disarm(bpf_ktime_get_ns(), file, 0, 0, GW_F_WHOLE);
}

/* --- copies: only those that Xen refused --- */

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
