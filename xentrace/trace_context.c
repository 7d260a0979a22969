// SPDX-License-Identifier: GPL-2.0
/*
 * The state of each pCPU: which vCPU runs, which hypercall is open. Only the records of a pCPU
 * itself count: all else is unknown, and a loss makes the state unknown.
 */
#include "trace_internal.h"

/*
 * Contradictions after which a pCPU's scheduler records are ignored: with sched-gran=core one pCPU
 * writes those of its siblings.
 */
#define MAX_DOUBTS 8

/* Sets how many maps and unmaps may follow. */
static void set_limits(struct context *context, u32 maps, u32 unmaps)
{
	context->asked[GRANT_MAP] = maps;
	context->asked[GRANT_UNMAP] = unmaps;
	context->left[GRANT_MAP] = maps;
	context->left[GRANT_UNMAP] = unmaps;
}

/* Closes the hypercall. Its operations are kept for a continuation. */
static void close_hypercall(struct cpu *cpu, enum xt_hypercall_state state)
{
	struct context *context = &cpu->context;

	if (cpu->rec.state == XT_HC_OPEN && context->calls && context->calls->id == context->hc.id)
		context->calls->maps = context->asked[GRANT_MAP] - context->left[GRANT_MAP];
	set_limits(context, 0, 0);
	cpu->rec.state = (u8)state;
	cpu->rec.hypercall = NULL;
}

static void forget_vcpu(struct cpu *cpu)
{
	close_hypercall(cpu, XT_HC_UNKNOWN);
	cpu->rec.domid = XT_UNKNOWN;
	cpu->rec.vcpu = XT_UNKNOWN;
	cpu->context.calls = NULL;
}

void context__reset(struct cpu *cpu)
{
	cpu->context.switching = false;
	forget_vcpu(cpu);
}

static void set_vcpu(struct cpu *cpu, u32 domid, u32 vcpu, enum xt_hypercall_state state)
{
	if (cpu->context.distrusted)
		return;
	close_hypercall(cpu, state);
	cpu->rec.domid = (s32)domid;
	cpu->rec.vcpu = (s32)vcpu;
	cpu->context.calls = NULL;
}

static bool is_known(const struct cpu *cpu)
{
	return cpu->rec.domid != XT_UNKNOWN;
}

static bool is_running(const struct cpu *cpu, u32 domid, u32 vcpu)
{
	return cpu->rec.domid == (s32)domid && cpu->rec.vcpu == (s32)vcpu;
}

/* The record contradicts the state although no records are missing. */
static void contradicted(struct xentrace *xt, struct cpu *cpu)
{
	xt->stats.conflicts++;
	forget_vcpu(cpu);
}

static void scheduler_contradicted(struct xentrace *xt, struct cpu *cpu)
{
	struct context *context = &cpu->context;

	contradicted(xt, cpu);
	context->doubts += 2;
	if (context->doubts < MAX_DOUBTS || context->distrusted)
		return;
	context->distrusted = true;
	xt->stats.distrusted++;
}

/*
 * Only a switch writes `running' on the pCPU where it happens. Wake-ups are written on the waker's
 * pCPU and show nothing about it.
 */
static void runstate(struct xentrace *xt, struct cpu *cpu)
{
	u32 word = xt_rec__word(&cpu->rec, 0), vcpu = word & 0xffff, domid = word >> 16;
	bool from_running = !((cpu->rec.id >> 8) & 3), to_running = !((cpu->rec.id >> 4) & 3);
	bool known = is_known(cpu);

	if (from_running == to_running || cpu->context.distrusted)
		return;
	if (known && !cpu->context.switching && (to_running || !is_running(cpu, domid, vcpu)))
		return scheduler_contradicted(xt, cpu);
	cpu->context.switching = false;
	if (to_running) {
		/* A preempted hypercall is entered again. */
		set_vcpu(cpu, domid, vcpu, XT_HC_NONE);
		return;
	}
	if (known && cpu->context.doubts)
		cpu->context.doubts--;
	/* This record still belongs to the vCPU that ran until now. */
	set_vcpu(cpu, domid, vcpu, XT_HC_NONE);
	cpu->context.leaving = true;
}

static void continue_running(struct xentrace *xt, struct cpu *cpu)
{
	u32 word = xt_rec__word(&cpu->rec, 0), vcpu = word & 0xffff, domid = word >> 16;

	if (is_known(cpu) && !is_running(cpu, domid, vcpu))
		return scheduler_contradicted(xt, cpu);
	cpu->context.switching = false;
	set_vcpu(cpu, domid, vcpu, XT_HC_NONE);
}

static void lost_records(struct xentrace *xt, struct cpu *cpu)
{
	u32 word = xt_rec__word(&cpu->rec, 1);

	xt->stats.lost_times++;
	xt->stats.lost += xt_rec__word(&cpu->rec, 0);
	xt->generation++;
	context__reset(cpu);
	if (cpu->rec.nr_words < 2)
		return;
	set_vcpu(cpu, word & 0xffff, word >> 16, XT_HC_UNKNOWN);
	/*
	 * The last lost record may be the end of this vCPU's run, and the next record the start of
	 * another's.
	 */
	cpu->context.switching = true;
}

/* --- hypercalls --- */

static struct vcpu_calls *find_calls(struct xentrace *xt, struct cpu *cpu)
{
	u32 key = ((u32)cpu->rec.domid << 16 | (u32)cpu->rec.vcpu) + 1;
	u32 i = hash32(key, VCPU_BITS);

	if (cpu->context.calls && cpu->context.calls->key == key)
		return cpu->context.calls;
	while (xt->vcpus[i].key && xt->vcpus[i].key != key)
		i = (i + 1) % VCPU_SLOTS;
	if (!xt->vcpus[i].key && ++xt->nr_vcpus > VCPU_SLOTS / 2) {
		/* A long trace has more vCPUs, most of them dead, than any host runs at a time. */
		memset(xt->vcpus, 0, VCPU_SLOTS * sizeof(*xt->vcpus));
		xt->stats.vcpus_forgotten++;
		xt->nr_vcpus = 1;
		i = hash32(key, VCPU_BITS);
	}
	xt->vcpus[i].key = key;
	cpu->context.calls = &xt->vcpus[i];
	return cpu->context.calls;
}

/*
 * Whether the hypercall may be a continuation: a preempted grant operation is entered again by the
 * same vCPU with its remaining operations. Any smaller operation looks the same, so more must have
 * been requested before, and enough of it left.
 */
static bool may_continue(const struct xentrace *xt, const struct vcpu_calls *calls,
			 const struct xt_hypercall *hc)
{
	s64 done = calls->count - hc->count;

	return calls->generation == xt->generation && calls->cmd == hc->cmd && hc->count > 0 &&
	       done > 0 && done >= calls->maps;
}

static void note_grant_op(struct xentrace *xt, struct cpu *cpu)
{
	struct context *context = &cpu->context;
	struct xt_hypercall *hc = &context->hc;
	struct vcpu_calls *calls = find_calls(xt, cpu);
	u32 left = hc->count == XT_UNKNOWN ? UINT32_MAX : (u32)hc->count;

	if (may_continue(xt, calls, hc))
		hc->of = calls->id;
	*calls = (struct vcpu_calls){
		.key = calls->key,
		.generation = xt->generation,
		.id = hc->id,
		.cmd = hc->cmd,
		.count = hc->count,
	};
	if (hc->cmd == XT_UNKNOWN)
		set_limits(context, left, left);
	else if (hc->cmd == GNTTABOP_map_grant_ref)
		set_limits(context, left, 0);
	else if (hc->cmd == GNTTABOP_unmap_grant_ref || hc->cmd == GNTTABOP_unmap_and_replace)
		set_limits(context, 0, left);
}

/* Decodes the hypercall word: the number, and for each argument whether one or two words follow. */
static noinline void lay_out(struct entry_layout *layout, u32 word)
{
	u32 at = 1, i, kind;

	layout->word = word;
	for (i = 0; i < ENTRY_ARGS; i++) {
		kind = (word >> (20 + 2 * i)) & 3;
		layout->at[i] = kind == 1 || kind == 2 ? (u8)at : XT_MAX_WORDS;
		at += kind == 3 ? XT_MAX_WORDS : kind;
	}
}

/* Returns the places of an entry's arguments. Nearly all entries are of two or three kinds. */
static inline const struct entry_layout *layout_of(struct xentrace *xt, u32 word)
{
	struct entry_layout *layout = &xt->layouts[hash32(word, LAYOUT_BITS)];

	if (unlikely(layout->word != word))
		lay_out(layout, word);
	return layout;
}

static inline s64 hypercall_arg(const struct xt_rec *rec, const struct entry_layout *layout, u32 nr)
{
	u32 at = layout->at[nr];

	return at < rec->nr_words ? (s64)xt_rec__word(rec, at) : XT_UNKNOWN;
}

/* Contents of an entry's record. */
struct entry_words {
	u32 op;
	s32 cmd;
	s64 count;
	bool subcall, is_hvm;
};

static inline void enter(struct xentrace *xt, struct cpu *cpu, struct entry_words words)
{
	struct context *context = &cpu->context;
	struct xt_hypercall *hc = &context->hc;

	xt->hypercalls++;
	close_hypercall(cpu, XT_HC_UNKNOWN);
	/*
	 * Without scheduler records a switch would go unnoticed, and records would be attributed to
	 * the wrong vCPU.
	 */
	if (!is_known(cpu))
		return;
	if (unlikely(cpu->rec.domid == DOMID_IDLE))
		return contradicted(xt, cpu);
	xt->enters[cpu->rec.domid >> 3] |= (u8)(1 << (cpu->rec.domid & 7));
	/*
	 * Field by field: copying a structure that was just written in parts would stall the CPU.
	 */
	hc->tsc = cpu->rec.tsc;
	hc->id = xt->hypercalls;
	hc->of = 0;
	hc->count = words.count;
	hc->op = words.op;
	hc->cmd = words.cmd;
	hc->subcall = words.subcall;
	hc->is_hvm = words.is_hvm;
	cpu->rec.state = XT_HC_OPEN;
	cpu->rec.hypercall = hc;
	if (hc->op == __HYPERVISOR_grant_table_op) {
		note_grant_op(xt, cpu);
	} else if (hc->op == __HYPERVISOR_multicall) {
		/* The mask may leave out the records of a multicall's entries. */
		set_limits(context, UINT32_MAX, UINT32_MAX);
	}
}

static inline struct entry_words read_entry(struct xentrace *xt, const struct xt_rec *rec, u32 kind)
{
	const u32 word = xt_rec__word(rec, 0);
	struct entry_words words = {
		.op = word,
		.cmd = XT_UNKNOWN,
		.count = XT_UNKNOWN,
		.subcall = kind == XT_SUBCALL,
		.is_hvm = kind == XT_VMMCALL,
	};
	const struct entry_layout *layout;
	s64 arg;

	if (words.is_hvm)
		return words;
	words.op = word & 0xfffff;
	layout = layout_of(xt, word);
	if (words.op == __HYPERVISOR_grant_table_op) {
		arg = hypercall_arg(rec, layout, 0);
		words.cmd = arg == XT_UNKNOWN ? XT_UNKNOWN : (s32)(arg & GNTTABOP_BITS);
		words.count = hypercall_arg(rec, layout, 2);
	} else if (words.op == __HYPERVISOR_multicall) {
		words.count = hypercall_arg(rec, layout, 1);
	}
	return words;
}

static void hypercall(struct xentrace *xt, struct cpu *cpu, u32 kind)
{
	if (!cpu->rec.nr_words)
		return close_hypercall(cpu, XT_HC_UNKNOWN);
	enter(xt, cpu, read_entry(xt, &cpu->rec, kind));
}

/* --- grant records --- */

/*
 * The mask was changed during the trace, as by a second xentrace before it finds the first:
 * switches or hypercalls are not recorded any more.
 */
static bool is_left_behind(const struct xentrace *xt, const struct cpu *cpu)
{
	s32 domid = cpu->rec.domid;

	return is_known(cpu) && cpu->rec.state == XT_HC_NONE &&
	       (domid == DOMID_IDLE || xt->enters[domid >> 3] & (1 << (domid & 7)));
}

noinline void context__stray_grant(struct xentrace *xt, struct cpu *cpu)
{
	if (is_left_behind(xt, cpu))
		contradicted(xt, cpu);
	/* Maps and unmaps happen in hypercalls of their own kind only. */
	if (cpu->rec.state == XT_HC_OPEN)
		contradicted(xt, cpu);
	if (cpu->rec.state == XT_HC_NONE)
		close_hypercall(cpu, XT_HC_UNKNOWN);
	if (is_known(cpu))
		xt->stats.no_hypercall++;
	else
		xt->stats.no_vcpu++;
}

noinline void context__clean_slate(struct xentrace *xt, struct cpu *cpu)
{
	if (cpu->rec.flags & (XT_F_HOLE | XT_F_TSC_BACK)) {
		xt->generation++;
		context__reset(cpu);
	} else if (cpu->context.leaving) {
		forget_vcpu(cpu);
	}
	cpu->context.leaving = false;
}

noinline void context__apply_rarely(struct xentrace *xt, struct cpu *cpu)
{
	const u32 kind = cpu->rec.kind;

	/* Most records are of one of two kinds. */
	if (likely(kind == XT_HYPERCALL))
		return hypercall(xt, cpu, kind);
	if (likely(kind == XT_RUNSTATE))
		return runstate(xt, cpu);
	switch (kind) {
	case XT_CONTINUE:
		return continue_running(xt, cpu);
	case XT_LOST:
		return lost_records(xt, cpu);
	case XT_SUBCALL:
	case XT_VMMCALL:
		return hypercall(xt, cpu, kind);
	case XT_VMEXIT:
	case XT_VMENTRY:
	case XT_GUEST_MODE:
		if (is_known(cpu))
			close_hypercall(cpu, XT_HC_NONE);
		return;
	case XT_OTHER:
		xt->stats.unknown += !cpu->rec.event->name;
		return;
	default:
		return;
	}
}
