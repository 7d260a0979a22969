/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run read, and what it did not observe: the counts, the captures, Xen's trace, and the
 * blind spots as sentences (sentences.h). The exit status follows from it.
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

/* A domain's wall clock while it was recorded, ns since 1970; 0 unknown. */
struct summary_wall {
	u64 since, until;
	s64 step; /* the largest jump of more than a second, 0 none; Xen system time around it */
	u64 step_from, step_to;
};

/* One capture that took part. Texts are empty where it does not say. */
struct summary_side {
	u16 domid;
	char name[64];	       /* the qube's; shown only with --no-redact */
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
	u64 clock_err; /* widest bound, ns; CLOCK_ERR_UNKNOWN without calibration */
	struct summary_wall wall;
};

/* A reason, and how often. */
struct summary_count {
	const char *why;
	u64 nr;
};

/* Who maps and unmaps whose pages, by Xen's own record. */
struct summary_peer {
	u16 mapper, granter;
	u64 maps, unmaps;
	u64 first, last; /* Xen system time */
};

#define SUMMARY_WHYS  16
#define SUMMARY_PEERS 64

/* Xen's trace, and what became of it. */
struct summary_trace {
	bool present;
	u64 records, lost, maps, unmaps;
	u64 ops, paired;
	u64 named; /* of a patched hypervisor: operations whose record names their ref and handle */
	struct summary_count ops_left[SUMMARY_WHYS], records_left[SUMMARY_WHYS];
	u32 nr_ops_left, nr_records_left;
	struct summary_peer peer[SUMMARY_PEERS];
	u32 nr_peers;
	u64 clock_err; /* widest bound between the TSC and dom0's clock; CLOCK_ERR_UNKNOWN */
};

/* What two captures cover both, Xen system time: only that can be compared. */
struct summary_pair {
	u16 a, b;
	u64 from, to;
};

struct summary {
	u64 events, ops, lost;
	u64 by_class[CLASS_MAX];
	u64 dropped; /* findings over the limit */
	struct summary_side side[SUMMARY_SIDES];
	u32 nr_sides;
	/* dom0's capture, or the lowest domid's, with each other one */
	struct summary_pair compared[SUMMARY_SIDES];
	u32 nr_compared;
	struct summary_trace trace;
	char blind[SUMMARY_BLIND][400];
	u32 nr_blind;
	u64 more_blind;			    /* beyond that */
	const char *limits[SUMMARY_LIMITS]; /* that applied; static */
	u32 nr_limits;
	int exit_status;
};

/* What a run is summarized from; all of it stays the caller's. */
struct summary_input {
	const struct merge *merge;
	const struct ledger *ledger;
	struct rules *rules;
	u32 nr_logs;	  /* that were read */
	u32 strange_logs; /* of them, that do not look like one */
};

/* The state of the run so far, exit status included. */
void summary__collect(struct summary *summary, const struct summary_input *input);

/* Add a blind spot, if it is not there already. One that finds no room is counted. */
void summary__blind(struct summary *summary, const char *fmt, ...) __printf(2, 3);

/* The side of @domid, NULL if it was not recorded. */
const struct summary_side *summary__side(const struct summary *summary, u16 domid);

#endif
