/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules judge settled events of the ledger and make findings. docs/detection.md defines the
 * evidence and the exceptions of each class; `rules/CLASS.c' implements it.
 */
#ifndef GRANTWATCH_RULES_H
#define GRANTWATCH_RULES_H

#include "ledger/ledger.h"
#include "rules/finding.h"
#include "rules/log_event.h"

#define RULES_PAIRS 16

/* Maps by a subsystem of another's grants, a pair in no table of who serves whom. */
struct unknown_pair {
	enum kind owner, mapper;
	u64 maps;
};

/* What the rules saw that is no finding, for the summary. */
struct rules_counters {
	struct unknown_pair pair[RULES_PAIRS];
	u32 nr_pairs;
	u64 more_pairs;	      /* maps of pairs for which there was no room */
	u64 ended_twice;      /* refs, and grants in between may not have been probed */
	u64 unexplained_ends; /* generations whose end was refused though nobody had them mapped */
	u64 unknown_ends;     /* generations whose end was refused to who may have given them up */
	u64 half_known_ends;  /* ends of refs, the granter or the ender of which is in no table */
	/* refused ends of blkfront's, of disks that may have persistent grants or not */
	u64 unknown_persistence;
	u64 unknown_mappers;	/* maps of which no stack tells who made them */
	u64 unknown_owners;	/* maps by backend drivers of grants of unknown subsystems */
	u64 unknown_processes;	/* maps of frontends' grants by processes that were not recorded */
	u64 unlisted_processes; /* by such whose names are in no table of backends */
	u64 unlinked;		/* announcements of which it is not known whether they had a map */
	u64 unexplained_refusals; /* maps that Xen refused though by the record it need not */
	u64 close_ends;		  /* announcements of refs that ended at about the same time */
	u64 undecided;		  /* maps that may be stale, but for the clocks' bounds */
	u64 unjudged;		  /* maps of refs whose granter was not recorded at that time */
	/* reads of the table of a granter that is recorded itself */
	u64 agreed, disagreed;
	char disagreement[160]; /* the first of the latter */
	/* maps that a domain says it made, of what its granter grants to others only */
	u64 disputed;
	/* lines of logs that speak of grants and are not known; the first ones, redacted */
	u64 unknown_lines;
	char sample[LOG_SAMPLES][LOG_SAMPLE];
	u32 nr_samples;
	u64 quoted_lines;    /* that speak of a known message in a sentence */
	u64 lost_lines;	     /* that logs say were dropped before they were written */
	u64 log_troubles;    /* lines of logs that tell of trouble, and no finding explains them */
	u64 copies_unknown;  /* copies, of whom or of whose ref is not known */
	u64 copies_unlisted; /* of frontends' grants, by processes that are no known backends */
	u64 copies_close;    /* copies that may be stale, but for the clocks' bounds */
	u64 copies_strange;  /* copies that no generation on record permits */
	u64 copies_refused;  /* copies that Xen refused although the record permits them */
	u64 withdrawn;	     /* occurrences of findings that rested on an order which is in doubt */
	u64 strays; /* maps that are of no generation on record, by their page or by the time */
};

struct rules;

/* NULL without memory. */
struct rules *rules__new(void);
void rules__free(struct rules *rules);

/* Valid as long as @rules. */
struct findings *rules__findings(struct rules *rules);
const struct rules_counters *rules__counters(const struct rules *rules);

/* The listener that a ledger needs to be judged by @rules. */
struct ledger_listener rules__listener(struct rules *rules);

/* What a line of a log says. After everything that may explain it. */
void rules__log_event(struct rules *rules, const struct log_event *event);

/* A new stretch of a log, valid as long as @rules; when there are too many, a shared one. */
struct log_stretch *rules__new_stretch(struct rules *rules, u16 domid, u32 boot, bool xen_log);
/* The stretches in their order, NULL behind the last one. */
const struct log_stretch *rules__stretch(const struct rules *rules, u32 i);

/* A line that speaks of grants and is not known; @text is redacted, "" for no sample. */
void rules__unknown_line(struct rules *rules, const char *text);

/* A line that has a known message within a sentence: it is no line of a log. */
void rules__quoted_line(struct rules *rules);

/* A log says that @nr lines were dropped before they were written. */
void rules__lost_lines(struct rules *rules, u64 nr);

/* A record of @domid's capture: a known line of its kernel's log, read at @at. */
void rules__log_line(struct rules *rules, u16 domid, const struct span *at, const char *line);

/* Everything is settled: lines that no finding explains are findings. */
void rules__settle_logs(struct rules *rules);

/* Everything is settled: what never came. */
void rules__finish(struct rules *rules, struct ledger *ledger);

#endif
