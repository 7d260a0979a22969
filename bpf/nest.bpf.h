/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nested calls. From 5.12 on the kernel does not enter a program which already runs on this CPU.
 * blkfront's completion can interrupt an end in process context (gntalloc's), and its own ends
 * would be lost, mostly under load. The same holds for netfront's releases and its softirq,
 * blkback's maps and netback's, and netback's copies to and from guests. A function whose calls can
 * nest therefore has two programs. The second one records a call which the first one missed.
 *
 * The second program recognises such a call by an entry which the first one has not removed. Where
 * the entry itself is recorded, the first program sets a mark and the second one clears it.
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

/* @left: the entry is still there, so the first program missed the call. */
#define SECOND(kind, left, call) ((left) && count_covered(kind) ? call : 0)

#endif
