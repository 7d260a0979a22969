/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps. Every object defines the ones it uses; the loader makes objects that define the same name
 * share one map. Nothing here is allocated while a probe runs.
 */
#ifndef GRANTWATCH_BPF_MAPS_H
#define GRANTWATCH_BPF_MAPS_H

#include "event.h"

/* Filled in by the loader before the programs load. */
const volatile struct gw_config gw_config = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

/*
 * The recorder maps these arrays and does not use bpf(2) while probes run. During a lookup by
 * bpf(2) the kernel runs no kprobe program on that CPU, and up to 6.11 does not count the misses.
 */

/* What could not be recorded, counted where it happens; by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_CPUS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_losses);
} losses SEC(".maps");

/*
 * A call on a batch between its entry and its exit. The key is the address of the operations (or of
 * whatever is that call's alone): two calls can't use one array at a time, so neither interrupts
 * nor migration mix them up. Also how the later records of a long batch get their arguments.
 */
struct gw_call {
	u64 t_in;
	u64 ops;
	u64 pages; /* UNMAP: struct page *[] */
	u64 file;
	u64 index;
	u64 stack;
	u32 count;
	u16 peer; /* RING: the domain at the other end */
	u8 type;
	u8 flags;
	bool in_user; /* ARM: ops are in the process's memory */
	bool late;    /* MAP: long after its arm */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct gw_call);
} calls SEC(".maps");

/*
 * Entry times of calls too frequent for a hash: a slot by ref, valid for one task and
 * ref. An interrupt that takes the slot or a migration shows as a mismatch, and the event
 * says GW_F_NO_ENTRY. FREE and RELEASE: which call is recorded; a mismatch records it twice, which
 * says no more than once.
 */
#define SLOTS_PER_KIND 16
enum slot_kind { SLOT_GRANT, SLOT_END, SLOT_FREE, SLOT_RELEASE, SLOT_KINDS };

struct gw_slot {
	u64 t_in;
	u32 ref;
	u32 tid;
	u64 ended; /* END: it succeeded, and has not been followed by a free yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS_PER_KIND *SLOT_KINDS);
	__type(key, u32);
	__type(value, struct gw_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_known);
} known_stacks SEC(".maps");

/* A file of gntdev's and an offset in it, which together name what was armed. */
struct gw_mmap {
	u64 file;
	u64 index;
};

/* Threads inside gntdev_mmap: which file and offset their map calls serve. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct gw_mmap);
} mmaps SEC(".maps");

#endif
