/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading the BPF programs and attaching them, each function by itself: one that cannot be had
 * makes its events blind, not the tool unusable. Functions of modules that load later are attached
 * then.
 */
#ifndef GRANTWATCH_PROBES_H
#define GRANTWATCH_PROBES_H

#include "capture/format.h"
#include "event.h"
#include "record/ksyms.h"
#include "record/tier.h"

struct probes;

/* How an attempt ended: what a PROBE record says. @time: 0 for now. */
typedef void (*probe_report_fn)(void *arg, u64 time, enum probe_state state, u32 events,
				const char *name, const char *detail);

struct probes_config {
	enum tier tier;		 /* not TIER_AUTO */
	bool forced;		 /* the user wants that tier and no other */
	int ring_fd;		 /* the ring buffer, made by the clock sampler */
	struct gw_config config; /* for the programs */
	probe_report_fn report;
	/* called between the steps of probes__attach_late(), which may take seconds each */
	void (*turn)(void *arg);
	void *arg;
};

/* What probes__new() wants to know about kernel symbols: add these to the list for ksyms__new(). */
unsigned int probes__wanted(struct ksym_want *want, unsigned int room);

/*
 * Attach what is there. @want as filled in by ksyms__new(). NULL with errno set when nothing could
 * be attached: ENOENT when this kernel has no grant functions, ENODATA when it has no BTF,
 * otherwise what bpf(2) said.
 */
struct probes *probes__new(const struct probes_config *config, const struct ksym_want *want,
			   unsigned int nr_want);

/*
 * Before probes__new(): where every disk works with persistent grants (disks__all_persistent()),
 * what blkfront is refused is no alarm. @want as for probes__new().
 */
void probes_config__permit_persistent(struct probes_config *config, const struct ksym_want *want,
				      unsigned int nr_want);

/* Detach everything. */
void probes__free(struct probes *probes);

/*
 * The probes are another process's now, which has inherited the descriptors: probes__free() lets
 * them be.
 */
void probes__leave(struct probes *probes);

/*
 * See which modules came or went since the last look. Those that came are reported missing from
 * @since (ns of CLOCK_MONOTONIC, a time before which the last look was) on, until
 * probes__attach_late().
 */
void probes__see_modules(struct probes *probes, u64 since);

/* Whether a module is there, by the last look, whose functions are not probed yet. */
bool probes__is_late(const struct probes *probes);

/* By the last look: attach what has become possible. @want as found now. */
void probes__attach_late(struct probes *probes, const struct ksym_want *want, unsigned int nr_want);

unsigned int probes__attached(const struct probes *probes);
unsigned int probes__missing(const struct probes *probes);

/* The programs have to describe all stacks again. */
void probes__forget_stacks(struct probes *probes);

/* What the programs could not record so far, all CPUs together. */
int probes__losses(const struct probes *probes, struct gw_losses *sum);

/*
 * What was suspicious so far, see struct gw_alarms; counts nothing unless the configuration has
 * late_ns.
 */
void probes__alarms(const struct probes *probes, struct gw_alarms *alarms);

/* Times that the kernel skipped a program since the last call; @events tells which records are
 * missing. */
u64 probes__missed(struct probes *probes, u32 *events);

/* Why such times may come uncounted on this kernel; NULL: they are counted. */
const char *probes__uncounted(const struct probes *probes);

#endif
