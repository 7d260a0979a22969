// SPDX-License-Identifier: GPL-2.0
/*
 * Reads this domain's own grant table, some frames at a time. The recorder itself runs the program
 * (BPF_PROG_TEST_RUN). Addresses come from /proc/kallsyms, so it needs neither BTF nor a probe. The
 * entries may change while they are read.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "event.h"

char LICENSE[] SEC("license") = "GPL";

/* Addresses of the kernel's own variables. */
const volatile u64 shared_addr = 0;    /* the table's address */
const volatile u64 status_addr = 0;    /* the address of version 2's status words */
const volatile u64 frames_addr = 0;    /* unsigned int nr_grant_frames */
const volatile u64 interface_addr = 0; /* const struct gnttab_ops *gnttab_interface */

u32 first; /* the frame to begin at */
struct gw_table_part part;

/* struct gnttab_ops begins with both. */
struct interface {
	u32 version;
	u32 per_frame;
};

static __always_inline bool read_shape(u64 *shared, u64 *status, u32 *nr, struct interface *is)
{
	u64 at = 0;

	return !bpf_probe_read_kernel(nr, sizeof(*nr), (void *)frames_addr) &&
	       !bpf_probe_read_kernel(shared, sizeof(*shared), (void *)shared_addr) &&
	       !bpf_probe_read_kernel(status, sizeof(*status), (void *)status_addr) &&
	       !bpf_probe_read_kernel(&at, sizeof(at), (void *)interface_addr) &&
	       !bpf_probe_read_kernel(is, sizeof(*is), (void *)at);
}

static __always_inline bool read_frame(u32 i, u64 shared, u64 status, u32 version)
{
	u64 frame = first + i;

	if (bpf_probe_read_kernel(part.frame[i], sizeof(part.frame[i]),
				  (void *)(shared + frame * sizeof(part.frame[i]))))
		return false;
	return version != 2 ||
	       !bpf_probe_read_kernel(part.status[i], sizeof(part.status[i]),
				      (void *)(status + frame * sizeof(part.status[i])));
}

SEC("raw_tp")
int read_part(void *ctx)
{
	struct interface is = {}, then = {};
	u64 shared = 0, status = 0, other = 0;
	u32 nr = 0, i;

	part.nr = 0;
	if (!read_shape(&shared, &status, &nr, &is))
		return 1;
	part.nr_frames = nr;
	part.version = is.version;
	part.per_frame = is.per_frame;
	for (i = 0; i < GW_TABLE_FRAMES; i++) {
		if (first + i >= nr)
			break;
		if (!read_frame(i, shared, status, is.version))
			return 1;
	}
	/* A resume may set up another table, of another version. */
	if (!read_shape(&other, &status, &nr, &then) || other != shared ||
	    then.version != is.version)
		return 1;
	part.nr = i;
	return 0;
}
