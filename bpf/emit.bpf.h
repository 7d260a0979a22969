/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Begin and end of every handler: space in the ring, the head of a record, the stack, losses. A
 * tier defines six functions before it includes handlers.bpf.h.
 *
 * 	void tier_process(char *name)   name of the current task's process
 * 	u32 tier_task_flags(void)       flags of the current task
 * 	u32 tier_page_private(void)     offset of page->private
 * 	void *tier_stack(void *ctx)     where to look for return addresses on the stack
 * 	u32 tier_stack_words(from)      how many words may be read from there
 * 	bool tier_skips_nested(void)    whether a program does not run while it already runs
 */
#ifndef GRANTWATCH_BPF_EMIT_H
#define GRANTWATCH_BPF_EMIT_H

#include <bpf/bpf_helpers.h>

#include "alarms.bpf.h"
#include "event.h"
#include "maps.bpf.h"

#define OP_BYTES 32 /* the handle of an unused operation in a batch, of any type */

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

/*
 * No helper shows the context in all kernels. The loader knows the address of each CPU's
 * preempt_count.
 */
static __always_inline u32 preempt_count(u32 cpu)
{
	u64 addr = gw_config.preempt_addr[cpu & (GW_CPUS - 1)];
	u32 count = 0;

	if (addr && cpu < GW_CPUS)
		bpf_probe_read_kernel(&count, sizeof(count), (void *)addr);
	return count;
}

static __always_inline bool in_interrupt(u32 cpu)
{
	return preempt_count(cpu) & gw_config.irq_mask;
}

/* Whether what runs here stays on this CPU: in an interrupt, or with a spinlock. */
static __always_inline bool in_atomic(u32 cpu)
{
	return preempt_count(cpu) & (gw_config.irq_mask | 0xff);
}

/* --- stacks, see struct gw_stack --- */

#define HASH_FACTOR 0x9e3779b97f4a7c15ull

/*
 * Only addresses in the top 2 GiB count, where text and modules are. Without branches: the verifier
 * would keep a state for each word.
 */
static __always_inline u64 hash_word(u64 hash, u64 word, u64 place)
{
	u64 other = (word >> 31) - 0x1ffffffff, text = -other;

	/* The barrier keeps the compiler from making it a branch. */
	barrier_var(text);
	text = ~((s64)(other | text) >> 63);
	hash ^= (word ^ place << 40) & text;
	return hash * ((HASH_FACTOR & text) | 1);
}

#define WORDS_AT_ONCE 16

static __always_inline u64 number_stack(void *ctx, u32 words)
{
	u64 hash = 0, word[WORDS_AT_ONCE] = {};
	u32 part, i, left = tier_stack_words(ctx);

	for (part = 0; part < words / WORDS_AT_ONCE; part++) {
		if ((part + 1) * WORDS_AT_ONCE > left)
			break;
		if (bpf_probe_read_kernel(word, sizeof(word), ctx + part * sizeof(word)))
			break;
#pragma unroll
		for (i = 0; i < WORDS_AT_ONCE; i++) {
			hash = hash_word(hash, word[i], i);
			barrier();
		}
		hash *= HASH_FACTOR;
	}
	return hash;
}

static __always_inline bool describe_stack(void *ctx, void *from, u64 number, u32 words)
{
	struct gw_stack *stack = bpf_ringbuf_reserve(&ring, sizeof(*stack), 0);
	u32 part, left = tier_stack_words(from);
	long n;

	if (!stack) {
		count_loss(LOST_RING, GW_EV_STACK);
		return false;
	}
	stack->type = GW_EV_STACK;
	stack->number = number;
	for (part = 0; part < GW_STACK_WORDS / WORDS_AT_ONCE; part++) {
		u64 *to = &stack->word[part * WORDS_AT_ONCE];

		/* The ring's memory is not cleared. */
		if (part >= words / WORDS_AT_ONCE || (part + 1) * WORDS_AT_ONCE > left ||
		    bpf_probe_read_kernel(to, WORDS_AT_ONCE * sizeof(u64),
					  from + part * WORDS_AT_ONCE * sizeof(u64)))
			__builtin_memset(to, 0, WORDS_AT_ONCE * sizeof(u64));
	}
	n = bpf_get_stack(ctx, stack->ip, sizeof(stack->ip), 0);
	stack->nr = n > 0 ? n / sizeof(u64) : 0;
	bpf_ringbuf_submit(stack, BPF_RB_NO_WAKEUP);
	return true;
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

/*
 * Descriptions lie in the ring before the events that refer to them. If all places for a number are
 * taken, one is overwritten, and that stack is described again.
 */
static __always_inline void know(u64 number)
{
	u32 zero = 0, i;
	struct gw_known *known = bpf_map_lookup_elem(&known_stacks, &zero);

	if (!known)
		return;
	for (i = 0; i < GW_STACK_TRIES; i++) {
		u64 *place = &known->number[(number + i) & (GW_STACKS - 1)];

		if (!*place) {
			*place = number;
			return;
		}
	}
	known->number[number & (GW_STACKS - 1)] = number;
}

/*
 * Returns the number of the stack that led to the probe, by its topmost @words, a constant. Called
 * before the event's space in the ring is reserved.
 */
static __always_inline u64 note_stack(void *ctx, u32 words)
{
	void *from = tier_stack(ctx);
	u64 number = number_stack(from, words);

	if (number && !is_known(number) && describe_stack(ctx, from, number, words))
		know(number);
	return number;
}

/* @t_in of an event that begins when it is recorded */
#define AT_ONCE ((u64)-1)

/*
 * Reserves a record and fills in its header. @size is a constant. @t_in 0: the entry was missed.
 * The clock is read after the reservation: the recorder relies on this order.
 */
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
	e->t_in = t_in && t_in != AT_ONCE ? t_in : e->t_out;
	e->type = type;
	e->flags = t_in ? 0 : GW_F_NO_ENTRY;
	e->cpu = bpf_get_smp_processor_id();
	if (in_interrupt(e->cpu))
		e->flags |= GW_F_IRQ;
	else if (tier_task_flags() & PF_EXITING)
		e->flags |= GW_F_EXITING;
	e->nr = 1;
	e->alarm = GW_ALARM_NONE;
	e->stack = stack;
	e->pid = id >> 32;
	e->tid = (u32)id;
	e->first = 0;
	e->total = 1;
	e->file = 0;
	e->index = 0;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (e->pid == e->tid)
		e->process[0] = 0;
	else
		tier_process(e->process);
	return e;
}

/*
 * The recorder polls the ring ten times a second. It is woken earlier if the ring fills up, and at
 * an announcement, to read the ref's entry before it can change. The fill level is queried by each
 * batch event and by one in eight events with one ref.
 */
#define IS_ASKING(e) ((e)->total > 1 || !((e)->t_out >> 4 & 7))

static __always_inline void event__submit(struct gw_event *e)
{
	bool wake = is_urgent(e) || (IS_ASKING(e) && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >
							     gw_config.wakeup_bytes);

	bpf_ringbuf_submit(e, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
