/* SPDX-License-Identifier: GPL-2.0 */
/* How often the kernel passed over kprobes; see bpf/kprobe_misses.bpf.c for where that is found. */
#ifndef GRANTWATCH_KPROBE_MISSES_H
#define GRANTWATCH_KPROBE_MISSES_H

#include "util/types.h"

#include "event.h"

#define KPROBE_MISSES_UNKNOWN UINT64_MAX

struct kprobe_misses;

/* @table: address of the kernel's kprobe_table. NULL with errno set. */
struct kprobe_misses *kprobe_misses__new(u64 table);
void kprobe_misses__free(struct kprobe_misses *misses);

/*
 * For each of @nr addresses of probed functions, GW_KPROBES at most, how often its probes were
 * passed over since they were placed; KPROBE_MISSES_UNKNOWN where no probe is found. 0 or -errno.
 */
int kprobe_misses__read(struct kprobe_misses *misses, const u64 *addr, u64 *missed,
			unsigned int nr);

#endif
