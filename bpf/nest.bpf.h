/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From 5.12 on the kernel does not enter a program that is already running on this CPU. An end in
 * process context (gntalloc's) may be interrupted by blkfront's completion, whose ends would then
 * all go unseen, exactly under the load where they matter; likewise blkback's maps by netback's. So
 * where calls can nest a function has two programs for its exit: the second one has nothing to do
 * unless the first one is running, which means that this call came in an interrupt and that the
 * first one was passed over.
 */
#ifndef GRANTWATCH_BPF_NEST_H
#define GRANTWATCH_BPF_NEST_H

#include <bpf/bpf_helpers.h>

#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_CPUS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_nest);
} nest SEC(".maps");

static __always_inline struct gw_nest *this_nest(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&nest, &cpu);
}

/* Older kernels do enter it: then the second program has to know that this call is done. */
static __always_inline void enter_first(enum gw_nest_kind kind)
{
	struct gw_nest *n = this_nest();

	if (n)
		n->running[kind]++;
}

static __always_inline int leave_first(enum gw_nest_kind kind)
{
	struct gw_nest *n = this_nest();

	if (n && --n->running[kind])
		n->done[kind] = 1;
	return 0;
}

static __always_inline bool is_for_second(enum gw_nest_kind kind)
{
	struct gw_nest *n = this_nest();

	if (!n || !n->running[kind])
		return false;
	if (n->done[kind]) {
		n->done[kind] = 0;
		return false;
	}
	n->covered++;
	return true;
}

#define FIRST(kind, call)  (enter_first(kind), call, leave_first(kind))
#define SECOND(kind, call) (is_for_second(kind) ? call : 0)

#endif
