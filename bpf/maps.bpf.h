/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps. An object defines those that it uses; the loader lets maps of one name be shared. Nothing
 * is allocated while a probe runs.
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

/* Losses, counted where they happen, by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_CPUS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_losses);
} losses SEC(".maps");

/*
 * A call on a batch between its entry and its exit. The key is the address of the operations, or of
 * other data of this call only. Two calls cannot use one array at a time, so interrupts and
 * migration do no harm. The later records of a long batch get their arguments from it too.
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
	bool in_user; /* MAP: long after its announcement */
	bool late;    /* MAP: long after its arm */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct gw_call);
} calls SEC(".maps");

/*
 * Entry times of calls that are too frequent for a hash: a slot by ref, valid for one task and ref.
 * An interrupt that takes the slot, or a migration, shows as a mismatch. Then the event gets
 * GW_F_NO_ENTRY, unless its earliest time is known. FREE and RELEASE: marks the call that is
 * recorded. A mismatch records it twice, which is harmless.
 */
#define SLOTS_PER_KIND 16
enum slot_kind { SLOT_GRANT, SLOT_END, SLOT_FREE, SLOT_RELEASE, SLOT_KINDS };

struct gw_slot {
	u64 t_in;
	u32 ref;
	u32 tid;
	bool ended;  /* END: it succeeded, and its free has not come yet */
	bool stolen; /* an entry was overwritten before the exit of its call */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS_PER_KIND *SLOT_KINDS);
	__type(key, u32);
	__type(value, struct gw_slot);
} slots SEC(".maps");

/* The time at which the program that takes entries was last begun on this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOT_KINDS);
	__type(key, u32);
	__type(value, u64);
} entering SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct gw_known);
} known_stacks SEC(".maps");

/* gntdev's file and an offset in it, which identify an announcement. */
struct gw_mmap {
	u64 file;
	u64 index;
};

/* Threads inside gntdev_mmap: the file and offset of their map calls. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct gw_mmap);
} mmaps SEC(".maps");

#endif
