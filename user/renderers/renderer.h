/* SPDX-License-Identifier: GPL-2.0 */
/* How findings are shown. A renderer knows findings and the summary, nothing else. */
#ifndef GRANTWATCH_RENDERER_H
#define GRANTWATCH_RENDERER_H

#include <stdio.h>

#include "rules/finding.h"

#define SUMMARY_SIDES 64
#define SUMMARY_BLIND 64

/* One capture that took part. */
struct summary_side {
	u16 domid;
	char kernel[64];
	char guest_type[16];
	char tier[16];
	char role[16];
	char xen[64];
	u64 events, ops, lost;
	u64 clock_err; /* widest bound, ns; CLOCK_ERR_UNKNOWN without calibration */
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
	struct summary_count ops_left[SUMMARY_WHYS], records_left[SUMMARY_WHYS];
	u32 nr_ops_left, nr_records_left;
	struct summary_peer peer[SUMMARY_PEERS];
	u32 nr_peers;
	u64 clock_err; /* widest bound between the TSC and dom0's clock; CLOCK_ERR_UNKNOWN */
};

struct summary {
	u64 events, ops, lost;
	u64 by_class[CLASS_MAX];
	u64 dropped; /* findings over the limit */
	struct summary_side side[SUMMARY_SIDES];
	u32 nr_sides;
	struct summary_trace trace;
	char blind[SUMMARY_BLIND][200];
	u32 nr_blind;
	int exit_status;
};

struct renderer {
	const char *name;
	void (*finding)(FILE *out, const struct finding *finding, const struct summary *summary);
	void (*summary)(FILE *out, const struct summary *summary);
};

extern const struct renderer text_renderer, json_renderer;

void summary__blind(struct summary *summary, const char *fmt, ...) __printf(2, 3);

#endif
