/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules judge settled items of the ledger and make findings. docs/detection.md defines the
 * evidence and the exceptions of each class; rules/CLASS.c implements it.
 */
#ifndef GRANTWATCH_RULES_H
#define GRANTWATCH_RULES_H

#include "ledger/ledger.h"
#include "rules/finding.h"
#include "rules/log_event.h"

#define RULES_PAIRS 16

/* A pair of owner and mapper in no table, and the number of maps. */
struct unknown_pair {
	enum kind owner, mapper;
	u64 maps;
};

/* Counts of what the rules could not judge or found contradictory, for the summary. */
struct rules_counters {
	struct unknown_pair pair[RULES_PAIRS];
	u32 nr_pairs;
	u64 more_pairs;	      /* maps of pairs beyond RULES_PAIRS */
	u64 ended_twice;      /* refs ended twice, whose grants were perhaps not yet probed */
	u64 unexplained_ends; /* refused ends of generations without a known map */
	u64 unknown_ends;     /* refused ends by an unknown subsystem, which may have given up */
	u64 left_over;	      /* grants, without an end in between, of refs of the baseline */
	u64 half_known_ends;  /* ends of refs whose granter or ender is in no table */
	/* refused ends of blkfront, for disks whose persistent grants are unknown */
	u64 unknown_persistence;
	u64 unknown_mappers;   /* maps by an unknown subsystem */
	u64 unknown_owners;    /* maps by backend drivers of grants by an unknown subsystem */
	u64 unknown_processes; /* maps of frontends' grants by unrecorded processes */
	/* maps of frontends' grants by processes that are no known backends */
	u64 unlisted_processes;
	u64 other_uses;		  /* rings taken for pages of requests, or the other way round */
	u64 unlinked;		  /* announcements which perhaps had a map */
	u64 ungranted;		  /* announcements of refs without a recorded grant */
	u64 ownerless;		  /* refs used by backend drivers, of no recorded owner */
	u64 unexplained_refusals; /* refused maps which the recorded grants permit */
	u64 late_refusals;	  /* maps or copies after the end, refused for another reason */
	u64 close_ends;		  /* announcements of refs that ended at about the same time */
	u64 undecided;		  /* maps which are stale or not within the clock error bounds */
	u64 unjudged;		  /* maps of refs whose granter was not recorded at that time */
	/* table reads of a recorded granter which agree with its records, and which do not */
	u64 agreed, disagreed;
	char disagreement[160]; /* the first of the latter */
	/* maps reported by a domain, that no grant on the granter's record permits */
	u64 disputed;
	/* unknown log lines about grants, and the first of them, redacted */
	u64 unknown_lines;
	char sample[LOG_SAMPLES][LOG_SAMPLE];
	u32 nr_samples;
	u64 quoted_lines;   /* lines which quote a known message */
	u64 lost_lines;	    /* lines which logs report as dropped */
	u64 log_troubles;   /* lines about trouble with grants which no finding explains */
	u64 copies_unknown; /* copies with an unknown copier or ref */
	/* copies of frontends' grants by processes that are no known backends */
	u64 copies_unlisted;
	u64 copies_close;     /* copies which are stale or not within the clock error bounds */
	u64 copies_strange;   /* copies which no recorded generation permits */
	u64 copies_refused;   /* refused copies which the recorded grants permit */
	u64 copies_forbidden; /* refused copies which write to a grant for reading only */
	u64 withdrawn;	      /* occurrences whose only evidence was an order now in doubt */
	u64 strays;	      /* maps of no recorded generation, by page or time */
	/* maps with another frame than was granted, by a domain of a type that is not recorded */
	u64 untyped;
	/* maps by threads of blkback which are named for another guest than the granter */
	u64 misnamed;
};

struct rules;

/* NULL without memory. */
struct rules *rules__new(void);
void rules__free(struct rules *rules);

/* Valid as long as @rules. */
struct findings *rules__findings(struct rules *rules);
const struct rules_counters *rules__counters(const struct rules *rules);

/* The listener by which a ledger calls @rules. Valid as long as @rules. */
struct ledger_listener rules__listener(struct rules *rules);

/* The lines that follow are of another log. */
void rules__begin_log(struct rules *rules);

/*
 * Enters a known message of a log. Must come after all events that may explain it. Returns its
 * incident, NULL if it is evidence of another finding, routine, or beyond the limit of findings.
 */
struct finding *rules__log_event(struct rules *rules, const struct log_event *event);

/*
 * Returns a new stretch of a log, valid as long as @rules. Above the limit, returns one shared
 * stretch.
 */
struct log_stretch *rules__new_stretch(struct rules *rules, u16 domid, u32 boot, bool xen_log);
/* Returns stretch @i in order of creation, NULL after the last. */
const struct log_stretch *rules__stretch(const struct rules *rules, u32 i);

/* Counts an unknown line about grants. @text is its redacted sample, "" for none. */
void rules__unknown_line(struct rules *rules, const char *text);

/* Counts a line that quotes a known message within a sentence. */
void rules__quoted_line(struct rules *rules);

/* Counts @nr lines that a log reports as dropped. */
void rules__lost_lines(struct rules *rules, u64 nr);

/*
 * Enters a line of @domid's kernel log, a record of its capture at @at. Returns its incident, or
 * NULL.
 */
struct finding *rules__log_line(struct rules *rules, u16 domid, const struct span *at,
				const char *line);

/* Called after all is settled: makes findings of lines that no finding explains. */
void rules__settle_logs(struct rules *rules);

/* Called after all is settled: judges what never happened. */
void rules__finish(struct rules *rules, struct ledger *ledger);

#endif
