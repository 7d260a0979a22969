/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel definitions for the programs, instead of a generated vmlinux.h of a megabyte. They are the
 * user ABI of bpf(2) and of registers, short type names, and for the btf tier the structures with
 * relocated fields (CO-RE). Xen's operation structures are public ABI and defined in event.h.
 */
#ifndef GRANTWATCH_BPF_KERNEL_H
#define GRANTWATCH_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/ptrace.h> /* struct pt_regs, what a kprobe's program gets */
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#define PAGE_SHIFT 12
#define PF_EXITING 0x4

#ifdef GW_TIER_BTF
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	unsigned int flags;
	struct task_struct *group_leader;
	char comm[16];
};

struct page {
	unsigned long private;
};

struct file {
	void *private_data;
};

struct bpf_prog {
	int *active; /* exists if a program is not entered while it runs on the CPU */
};

struct vm_area_struct {
	unsigned long vm_pgoff;
};

struct xenbus_device {
	int otherend_id;
};

struct gntdev_grant_map {
	int index;
	int count;
	void *grants;
};

#pragma clang attribute pop
#endif

#endif
