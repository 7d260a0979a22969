/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the probes: attaching (probes.c), maps, modules and losses. */
#ifndef GRANTWATCH_PROBES_INTERNAL_H
#define GRANTWATCH_PROBES_INTERNAL_H

#include <bpf/libbpf.h>

#include "record/kprobe_misses.h"
#include "record/points.h"
#include "record/probes.h"

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

/* Whose functions are probed together: the kernel proper's, and each module's that has probes. */
#define NR_MODULES 2
extern const char *const probe_modules[NR_MODULES];

struct probes {
	struct probes_config config;
	struct point_run run[MAX_POINTS];
	struct shared_map shared[MAX_SHARED];
	unsigned int nr_shared;
	int last_error;
	/* of its directory in sysfs: another one each time that it is loaded; 0: it is not */
	ino_t module[NR_MODULES];
	bool late;			     /* something else is going on meanwhile */
	u64 covered[GW_NEST_KINDS];	     /* of the misses that were reported */
	struct kprobe_misses *kprobe_misses; /* NULL: nothing to be asked, or no way to ask */
	bool uncounted;			     /* kprobes passed over come without a number */
};

/* @time: 0 for now */
void probes__report(struct probes *probes, unsigned int point, u64 time, enum probe_state state,
		    u32 events, const char *detail);

void probe_run__detach(struct point_run *run);

/* probe_modules.c */
bool probes__same_module(const char *a, const char *b);
/* Whether @module was there at the last look. */
bool probes__has_module(const struct probes *probes, const char *module);

/*
 * Give @obj, which is not loaded, the maps that other objects have, and its read-only data the
 * configuration. 0 or -errno.
 */
int probes__prepare_maps(struct probes *probes, struct bpf_object *obj);

/* Keep the maps of @obj, which is loaded, or @fd, for the objects that follow. 0 or -errno. */
int probes__remember_maps(struct probes *probes, struct bpf_object *obj);
int probes__remember_map(struct probes *probes, const char *name, int fd);

/* The memory of a map that the objects share, NULL if none of them has it. */
void *probes__memory(const struct probes *probes, const char *name);

#endif
