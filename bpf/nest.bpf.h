/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From 5.12 on the kernel does not enter a program that is already running on this CPU. An end in
 * process context (gntalloc's) may be interrupted by blkfront's completion, whose ends would then
 * all go unseen, exactly under the load where they matter; likewise netfront's releases by those of
 * its softirq, blkback's maps by netback's, and netback's copies to a guest by those from one. So
 * where calls can nest a function has two programs that record it, of which the second one takes
 * over a call that the first one was not entered for.
 *
 * Where there is an entry, which the first one takes away, that tells: it is still there. Where the
 * entry is what is recorded, the first one leaves a mark, and the second one takes that away.
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

static __always_inline bool count_covered(enum gw_nest_kind kind)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct gw_nest *n = bpf_map_lookup_elem(&nest, &cpu);

	if (n)
		n->covered[kind]++;
	return true;
}

/* @left: the first program has not been there. */
#define SECOND(kind, left, call) ((left) && count_covered(kind) ? call : 0)

#endif
