/* SPDX-License-Identifier: GPL-2.0 */
/* gntdev: announcements and withdrawals through its ioctls. */
#ifndef GRANTWATCH_BPF_HANDLERS_GNTDEV_H
#define GRANTWATCH_BPF_HANDLERS_GNTDEV_H

#include "handlers_batch.bpf.h"

/* ioctl numbers and arguments of the user ABI */
#define GNTDEV_MAP_GRANT_REF   0x184700
#define GNTDEV_UNMAP_GRANT_REF 0x104701

/* struct gw_op_arm refs[] follow. */
struct gntdev_map {
	u32 count;
	u32 pad;
	u64 index;
};

struct gntdev_unmap {
	u64 index;
	u32 count;
	u32 pad;
};

static __always_inline int handle_mmap_entry(u64 file, u64 index)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct gw_mmap mmap = {.file = file, .index = index};

	if (bpf_map_update_elem(&mmaps, &tid, &mmap, BPF_ANY))
		count_loss(LOST_ENTRY, GW_EV_MAP);
	return 0;
}

static __always_inline int handle_mmap_exit(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&mmaps, &tid);
	return 0;
}

/* The key is the thread's id, which differs from kernel addresses, the other keys. */
static __always_inline int handle_ioctl_entry(u32 cmd)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	return cmd == GNTDEV_UNMAP_GRANT_REF ? handle_call_entry(tid, GW_EV_DISARM, 0, 0, 0) : 0;
}

/* Called at the exit: gntdev has read the argument, so it is in memory. */
static __always_inline int handle_ioctl(u64 file, u32 cmd, u64 arg, long ret)
{
	struct gntdev_unmap unmap = {};
	struct gw_call *call;
	u64 key = (u32)bpf_get_current_pid_tgid();

	if (cmd != GNTDEV_UNMAP_GRANT_REF)
		return 0;
	call = find_call(key, GW_EV_DISARM, 0, 0, 0);
	if (!call)
		return 0;
	if (!ret) {
		if (bpf_probe_read_user(&unmap, sizeof(unmap), (void *)arg))
			count_loss(LOST_TRUNCATED, GW_EV_DISARM);
		else
			handle_disarm(call->t_in, file, unmap.index, unmap.count, 0);
	}
	bpf_map_delete_elem(&calls, &key);
	return 0;
}

static __always_inline int handle_file_release(u64 file)
{
	return handle_disarm(bpf_ktime_get_ns(), file, 0, 0, GW_F_WHOLE);
}

#endif
