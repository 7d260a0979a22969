/* SPDX-License-Identifier: GPL-2.0 */
/* What probes.c (attaching) and probe_losses.c (accounting) share. */
#ifndef GRANTWATCH_PROBES_INTERNAL_H
#define GRANTWATCH_PROBES_INTERNAL_H

#include <bpf/libbpf.h>

#include "sources/kprobe_misses.h"
#include "sources/points.h"
#include "sources/probes.h"

#define MAX_POINTS 64
#define MAX_PROGS  3
#define NESTED	   2 /* of a point's programs: the one for calls in interrupts */
#define MAX_SHARED 16

enum point_state { POINT_NEW, POINT_WAITING, POINT_ATTACHED, POINT_MISSING, POINT_UNNEEDED };

/* What stays of a point once its object is closed: the links hold the programs in the kernel. */
struct point_run {
	enum point_state state;
	struct bpf_link *link[MAX_PROGS];
	int prog_fd[MAX_PROGS];
	u64 missed[MAX_PROGS];
	u64 kprobe_addr; /* kprobe tier: of the function */
	u64 kprobe_missed;
};

struct shared_map {
	char name[BPF_OBJ_NAME_LEN];
	int fd;
	void *memory; /* NULL unless the map's memory can be mapped */
	size_t size;
};

struct probes {
	struct probes_config config;
	struct point_run run[MAX_POINTS];
	struct shared_map shared[MAX_SHARED];
	unsigned int nr_shared;
	int last_error;
	u64 covered; /* of the misses that were reported */
	struct kprobe_misses *kprobe_misses; /* NULL: nothing to be asked, or no way to ask */
	bool uncounted; /* kprobes passed over come without a number */
};

/* The memory of a map that the objects share, NULL if none of them has it. */
void *probes__memory(const struct probes *probes, const char *name);

#endif
