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

struct summary {
	u64 events, ops, lost;
	u64 by_class[CLASS_MAX];
	u64 dropped; /* findings over the limit */
	struct summary_side side[SUMMARY_SIDES];
	u32 nr_sides;
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
