/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads the BPF programs and attaches them, one function at a time. A function that cannot be
 * probed makes its events blind. Functions of modules that are loaded later are attached then.
 */
#ifndef GRANTWATCH_PROBES_H
#define GRANTWATCH_PROBES_H

#include <sys/types.h>

#include "capture/format.h"
#include "event.h"
#include "record/ksyms.h"
#include "record/tier.h"

struct probes;

/* The result of an attempt, as in a PROBE record. @time: ns of CLOCK_MONOTONIC, 0 for now. */
typedef void (*probe_report_fn)(void *arg, u64 time, enum probe_state state, u32 events,
				const char *name, const char *detail);

struct probes_config {
	enum tier tier;		 /* not TIER_AUTO */
	bool forced;		 /* the user chose this tier */
	int ring_fd;		 /* the clock sampler's ring buffer */
	struct gw_config config; /* for the programs */
	probe_report_fn report;
	/* called between the steps of probes__attach_late(), each of which may take seconds */
	void (*turn)(void *arg);
	void *arg;
};

/* Adds the kernel symbols that probes__new() needs to the list for ksyms__new(). */
unsigned int probes__wanted(struct ksym_want *want, unsigned int room);

/*
 * Attaches all points that exist. @want is from ksyms__new(). Returns NULL with errno set if
 * nothing could be attached: ENOENT without grant functions, ENODATA without BTF, else the error of
 * bpf(2).
 */
struct probes *probes__new(const struct probes_config *config, const struct ksym_want *want,
			   unsigned int nr_want);

/*
 * Called before probes__new(): if all disks use persistent grants (disks__all_persistent()), a
 * refused end of blkfront's is no alarm. @want as for probes__new().
 */
void probes_config__permit_persistent(struct probes_config *config, const struct ksym_want *want,
				      unsigned int nr_want);

/* Detach everything. */
void probes__free(struct probes *probes);

/* Another process inherited the descriptors of the probes: probes__free() does not detach them. */
void probes__leave(struct probes *probes);

/*
 * Checks which modules came or went since the last call. New ones count as missing from @since on
 * (ns of CLOCK_MONOTONIC, not before the last call), until probes__attach_late().
 */
void probes__see_modules(struct probes *probes, u64 since);

/* Returns the inode of a module's directory in sysfs, which each load changes; 0: not loaded. */
ino_t probes__find_module(const char *module);

/* Whether a module with unprobed functions was there at the last check. */
bool probes__is_late(const struct probes *probes);

/* Attaches the points of the modules found by the last check. @want: from a new ksyms__new(). */
void probes__attach_late(struct probes *probes, const struct ksym_want *want, unsigned int nr_want);

unsigned int probes__attached(const struct probes *probes);
unsigned int probes__missing(const struct probes *probes);

/* Makes the programs describe all stacks again. */
void probes__forget_stacks(struct probes *probes);

/* Adds up the programs' losses of all CPUs. Returns 0 or -errno. */
int probes__losses(const struct probes *probes, struct gw_losses *sum);

/* Reads the suspicious events so far (struct gw_alarms). Needs late_ns in the configuration. */
void probes__alarms(const struct probes *probes, struct gw_alarms *alarms);

/*
 * Returns how often the kernel skipped a program since the last call. @events: the records that may
 * be missing.
 */
u64 probes__missed(struct probes *probes, u32 *events);

/* Returns why skipped calls may be uncounted on this kernel, NULL if they are counted. */
const char *probes__uncounted(const struct probes *probes);

#endif
