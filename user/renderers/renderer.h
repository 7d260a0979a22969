/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How findings are shown: one renderer a format, one file a renderer. A renderer knows the report,
 * nothing else. What a report for people says and in which order is document.c's; text, github,
 * mail and html only print that.
 */
#ifndef GRANTWATCH_RENDERER_H
#define GRANTWATCH_RENDERER_H

#include <stdio.h>

#include "model/domid.h"
#include "rules/finding.h"

#define SUMMARY_SIDES 64
#define SUMMARY_BLIND 64

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

struct report {
	const struct summary *summary;
	const struct finding *const *findings; /* in the order of detection */
	u32 nr;
	bool soft;   /* findings are no failures (JUnit, TAP) */
	bool colour; /* a terminal that shows colours (text) */
};

struct merge_event;
struct trace_state;

struct renderer {
	const char *name;
	const char *what; /* for the help text */
	/* NULL: nothing to say there. */
	void (*begin)(FILE *out, const struct report *report);
	void (*finding)(FILE *out, const struct report *report, const struct finding *finding);
	void (*end)(FILE *out, const struct report *report);
	/*
	 * For a format of the whole capture: what of @event is to stand between begin and the
	 * findings. It is told while events are read, so before there is a report. @state begins as
	 * zeros.
	 */
	void (*event)(FILE *out, const struct merge_event *event, struct trace_state *state);
};

/* X(name) in the order of the help text; each is NAME_renderer in NAME.c. */
#define GRANTWATCH_RENDERERS(X) \
	X(text) X(github) X(mail) X(json) X(html) X(junit) X(tap) X(perfetto)

#define RENDERER_DECLARE(name) extern const struct renderer name##_renderer;
GRANTWATCH_RENDERERS(RENDERER_DECLARE)
#undef RENDERER_DECLARE

/* An entry of systemd's journal for each finding; no format to ask for. */
extern const struct renderer journal_renderer;

/* By name, NULL if there is none such. */
const struct renderer *renderer__find(const char *name);

/* "text, github, …", for messages. */
const char *renderer__names(void);

/* All of @report. */
void renderer__print(const struct renderer *renderer, FILE *out, const struct report *report);

void summary__blind(struct summary *summary, const char *fmt, ...) __printf(2, 3);

/* The side of @domid, NULL if it was not recorded. */
const struct summary_side *summary__side(const struct summary *summary, u16 domid);

#endif
