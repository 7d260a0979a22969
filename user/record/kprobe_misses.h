/* SPDX-License-Identifier: GPL-2.0 */
/* How often the kernel skipped kprobes. bpf/kprobe_misses.bpf.c finds the counters. */
#ifndef GRANTWATCH_KPROBE_MISSES_H
#define GRANTWATCH_KPROBE_MISSES_H

#include "util/types.h"

#include "event.h"

#define KPROBE_MISSES_UNKNOWN UINT64_MAX

struct kprobe_misses;

/* @table: address of the kernel's kprobe_table. Returns NULL with errno set. */
struct kprobe_misses *kprobe_misses__new(u64 table);
void kprobe_misses__free(struct kprobe_misses *misses);

/*
 * For each of @nr (up to GW_KPROBES) addresses of functions: the number of skipped probes since
 * they were attached, KPROBE_MISSES_UNKNOWN without a probe. Returns 0 or -errno.
 */
int kprobe_misses__read(struct kprobe_misses *misses, const u64 *addr, u64 *missed,
			unsigned int nr);

#endif
