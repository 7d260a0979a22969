/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little of the kernel that the programs touch, instead of a generated vmlinux.h of a megabyte:
 * short type names, the constants of the bpf(2) user ABI, and in the btf tier the structures whose
 * fields are relocated (CO-RE) when the programs load. Xen's operation structures are public ABI
 * and live in event.h.
 */
#ifndef GRANTWATCH_BPF_KERNEL_H
#define GRANTWATCH_BPF_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* bpf_helper_defs.h wants these names. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;

#include <stdbool.h>
#include <stddef.h>

/* enum bpf_map_type and friends, user ABI */
#define BPF_MAP_TYPE_HASH	  1
#define BPF_MAP_TYPE_ARRAY	  2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LRU_HASH	  9
#define BPF_MAP_TYPE_RINGBUF	  27
#define BPF_ANY			  0
#define BPF_F_MMAPABLE		  (1u << 10)
#define BPF_RB_NO_WAKEUP	  (1ull << 0)
#define BPF_RB_FORCE_WAKEUP	  (1ull << 1)
#define BPF_RB_AVAIL_DATA	  0
#define BPF_RB_CONS_POS		  2
#define BPF_RB_PROD_POS		  3

#define PAGE_SHIFT 12
#define PF_EXITING 0x4

#ifdef GW_TIER_BTF
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	unsigned int flags;
};

struct page {
	unsigned long private;
};

struct file {
	void *private_data;
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

#ifdef GW_TIER_KPROBE
/* Registers as the user ABI has them (x86-64 asm/ptrace.h): what a kprobe's program gets. */
struct pt_regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax, rip, cs, eflags, rsp, ss;
};
#endif

#endif
