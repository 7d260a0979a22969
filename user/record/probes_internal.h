/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the probes: attaching (probes.c), maps, modules and losses. */
#ifndef GRANTWATCH_PROBES_INTERNAL_H
#define GRANTWATCH_PROBES_INTERNAL_H

#include <bpf/libbpf.h>

#include "record/kprobe_misses.h"
#include "record/points.h"
#include "record/probes.h"

#define MAX_PROGS  3
#define NESTED	   2 /* index of the program for calls in interrupts */
#define MAX_SHARED 16

enum point_state { POINT_NEW, POINT_WAITING, POINT_ATTACHED, POINT_MISSING, POINT_UNNEEDED };

/* What remains of a point after its object is closed: the links keep the programs. */
struct point_run {
	enum point_state state;
	struct bpf_link *link[MAX_PROGS];
	int prog_fd[MAX_PROGS];
	u64 missed[MAX_PROGS];
	u64 kprobe_addr; /* kprobe tier: address of the function */
	u64 kprobe_missed;
};

struct shared_map {
	char name[BPF_OBJ_NAME_LEN];
	int fd;
	void *memory; /* NULL if the map cannot be mapped into memory */
	size_t size;
};

/* Functions are probed in groups: those of the kernel proper, and of each module with probes. */
#define NR_MODULES 2
extern const char *const probe_modules[NR_MODULES];

struct probes {
	struct probes_config config;
	struct point_run run[MAX_POINTS];
	struct shared_map shared[MAX_SHARED];
	unsigned int nr_shared;
	int last_error;
	/* inode of the module's directory in sysfs, which changes with each load, 0 not loaded */
	ino_t module[NR_MODULES];
	bool late;			     /* attaching while other probes record */
	u64 covered[GW_NEST_KINDS];	     /* of the reported misses */
	struct kprobe_misses *kprobe_misses; /* NULL: not needed or not possible */
	bool uncounted;			     /* kprobes may be skipped without a count */
};

/* @time: 0 for now */
void probes__report(struct probes *probes, unsigned int point, u64 time, enum probe_state state,
		    u32 events, const char *detail);

void probe_run__detach(struct point_run *run);

/* probe_modules.c */
bool probes__same_module(const char *a, const char *b);
/* Whether @module was loaded at the last check. */
bool probes__has_module(const struct probes *probes, const char *module);

/*
 * Gives @obj, not yet loaded, the shared maps, and the configuration as its read-only data. Returns
 * 0 or -errno.
 */
int probes__prepare_maps(struct probes *probes, struct bpf_object *obj);

/* Keeps the maps of @obj, which is loaded, or @fd, for later objects. Returns 0 or -errno. */
int probes__remember_maps(struct probes *probes, struct bpf_object *obj);
int probes__remember_map(struct probes *probes, const char *name, int fd);

/* Returns the memory of a shared map, NULL if none has that name. */
void *probes__memory(const struct probes *probes, const char *name);

#endif
