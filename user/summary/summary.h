/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The summary of a run: the counts, the captures, Xen's trace, and the blind spots as sentences
 * (sentences.h). The exit status follows from it.
 */
#ifndef GRANTWATCH_SUMMARY_H
#define GRANTWATCH_SUMMARY_H

#include "rules/classes.h"
#include "util/types.h"

struct ledger;
struct merge;
struct rules;

#define SUMMARY_SIDES  64
#define SUMMARY_BLIND  64
#define SUMMARY_LIMITS 8
#define SUMMARY_STUBS  64

/* A domain's wall clock while it was recorded, ns since 1970, 0 unknown. */
struct summary_wall {
	u64 since, until;
	/* the largest jump of more than a second, 0 none, and Xen system time around it */
	s64 step;
	u64 step_from, step_to;
};

/* One capture. Unknown texts are empty. */
struct summary_side {
	u16 domid;
	char name[64];	       /* the qube's name, shown only with --no-redact */
	char kernel[64];       /* uname -r */
	char kernel_build[96]; /* uname -v */
	char kernel_from[48];  /* who provides it */
	char os[64];
	char guest_type[16];
	char tier[16];
	char role[16];
	char xen[64];
	char xen_build[96];
	char clocksource[32];
	char persistent[192]; /* of each disk: "xvda backend-only, xvdb yes" */
	u64 events, ops, lost;
	u64 clock_err; /* largest bound, ns; CLOCK_ERR_UNKNOWN without samples */
	struct summary_wall wall;
};

/* A stub domain and the domain whose devices it emulates, as dom0 reports it. */
struct summary_stub {
	u16 domid, target;
	char name[64]; /* of the target, shown only with --no-redact; "" unknown */
};

/* A reason, and how often. */
struct summary_count {
	const char *why;
	u64 nr;
};

/* A mapper and a granter, by Xen's trace. */
struct summary_peer {
	u16 mapper, granter;
	u64 maps, unmaps;
	u64 first, last; /* Xen system time */
};

#define SUMMARY_WHYS  16
#define SUMMARY_PEERS 64

/* Xen's trace and the results of the pairing. */
struct summary_trace {
	bool present;
	u64 records, lost, maps, unmaps;
	u64 ops, paired;
	/* with a patched hypervisor: operations whose trace record names ref and handle */
	u64 named;
	struct summary_count ops_left[SUMMARY_WHYS], records_left[SUMMARY_WHYS];
	u32 nr_ops_left, nr_records_left;
	struct summary_peer peer[SUMMARY_PEERS];
	u32 nr_peers;
	u64 clock_err; /* largest bound between the TSC and dom0's clock, ns; CLOCK_ERR_UNKNOWN */
};

/* The time that two captures cover both, Xen system time: only events in it can be compared. */
struct summary_pair {
	u16 a, b;
	u64 from, to;
};

struct summary {
	u64 events, ops, lost;
	u64 by_class[CLASS_MAX];
	u64 dropped; /* findings over the limit */
	u32 nr_sides;
	struct summary_stub stub[SUMMARY_STUBS]; /* that granted or mapped pages */
	u32 nr_stubs;
	/* dom0's capture, or that of the lowest domid, with each other one */
	struct summary_pair compared[SUMMARY_SIDES];
	u32 nr_compared;
	struct summary_trace trace;
	u32 nr_blind;
	u64 more_blind;			    /* beyond that */
	const char *limits[SUMMARY_LIMITS]; /* that applied; static */
	u32 nr_limits;
	int exit_status;
	/* the first nr_sides and nr_blind are valid, others are not cleared */
	struct summary_side side[SUMMARY_SIDES];
	char blind[SUMMARY_BLIND][400];
};

/* The inputs of a summary. The caller keeps them. */
struct summary_input {
	const struct merge *merge;
	const struct ledger *ledger;
	struct rules *rules;
	u32 nr_logs;	  /* that were read */
	u32 strange_logs; /* of @nr_logs: those that look like no log */
};

/* Sums up the run so far, with its exit status. */
void summary__collect(struct summary *summary, const struct summary_input *input);

/* Adds a blind spot once. Above the limit it is only counted. */
void summary__blind(struct summary *summary, const char *fmt, ...) __printf(2, 3);

/* Returns the side of @domid, NULL if it was not recorded. */
const struct summary_side *summary__side(const struct summary *summary, u16 domid);

/* Returns @domid as a stub domain, NULL if it is none. */
const struct summary_stub *summary__stub(const struct summary *summary, u16 domid);

#endif
