/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the rules' own files only. The layers, from top to bottom:
 *
 * - The ledger calls rules.c.
 * - Events which concern several classes have a file each (table_events.c, refused_end.c).
 * - A class is one file named after its id. It calls no other class.
 * - Common parts are judging.c and outcome.c.
 * - Kinds of evidence are candidates, identity, owner, order, persistent, table_evidence, blocker,
 *   history and blind.
 */
#ifndef GRANTWATCH_RULES_INTERNAL_H
#define GRANTWATCH_RULES_INTERNAL_H

#include "rules/party.h"
#include "rules/rules.h"

struct frames; /* what rightful maps taught about guest frames (frames.h) */
struct candidates;

struct rules {
	struct rules_counters counters;
	struct findings findings;
	struct finding *last_incident; /* of logs */
	struct finding *refusal;       /* of this log: the last one of which Xen itself speaks */
	u64 refusal_line;
	u32 nr_incidents;
	struct frames *frames[LEDGER_MAX_DOMAINS]; /* by the granter's domain index */
	/* start of a backlog above the limit, ns of the granter's CLOCK_MONOTONIC, 0 none */
	u64 backlog_since[LEDGER_MAX_DOMAINS];
	/*
	 * The first side of a refused copy between two granted refs. Its second side settles next.
	 */
	struct {
		u64 out;
		u8 mapper;
		bool explained;
	} side;
	u32 nr_stretches;
	/* the first nr_stretches are valid, others are not cleared */
	struct log_stretch stretch[LOG_STRETCHES];
};

/*
 * What a class judges, and what every finding reports. A class that needs more embeds it in a
 * structure of its own.
 */
struct judging {
	struct rules *rules;
	struct ledger *ledger;
	struct domain *granter;
	struct domain *mapper; /* NULL: the generation's peer */
	u32 ref;
	const struct span *at; /* the time, on the clock of the reporting domain */
	const struct map *map; /* the finding's map, NULL none */
	u32 map_nr;	       /* its pool number if the map itself is judged, 0 otherwise */
	const struct gen *gen; /* the finding's generation, NULL none */
	/* 1 + the certainty which compares no two domains' clocks, 0 none */
	u32 without_order;
	/*
	 * The verdict assumes that no later grant exists. A grant within the ledger's slack may not
	 * have been entered yet.
	 */
	bool newest;
};

struct judging judging__of_map(struct rules *rules, struct ledger *ledger, u32 map_nr);
/* Starts judging @event. @map: a map that the finding is about, NULL none. */
struct judging judging__of_event(struct rules *rules, struct ledger *ledger,
				 const struct gen_event *event, const struct map *map);

/* Starts judging a read of the granter's table, with @map by the domain that read it. */
struct judging judging__of_table(struct rules *rules, struct ledger *ledger,
				 const struct table_event *event, const struct map *map);

/* finding_key.other of findings by table reads, in classes with other evidence too */
#define KEY_TABLE 2
/* finding_key.other of findings about copies, in classes about maps too */
#define KEY_COPY 3

/* Returns a key with the two domains. The class adds the rest of the cause. */
struct finding_key judging__key(const struct judging *judging);

/*
 * Counts an occurrence of @class with @key. Returns the finding, or NULL at the limit of findings.
 * Sets both domains, the ref, generation, time and parties of @judging. Then @fill adds the
 * evidence, for the first occurrence only. @weigh returns the certainty of this occurrence and adds
 * its blind spots.
 */
struct finding *judging__report(struct judging *judging, enum finding_class class,
				const struct finding_key *key,
				void (*fill)(struct judging *judging, struct finding *finding),
				enum certainty (*weigh)(struct judging *judging,
							struct finding *finding));

/* @weigh functions of a constant certainty. */
enum certainty judging__proven(struct judging *judging, struct finding *finding);
enum certainty judging__likely(struct judging *judging, struct finding *finding);

/* The recorded task that made @map, an empty one without a capture of the mapper. */
const struct feed_task *map__task(const struct ledger *ledger, const struct map *map);

/* Whether @domain's own capture says that it is a PV domain. */
bool domain__says_pv(const struct domain *domain);

/* Turns an incident of a log into an alarm if its line reports a lost device. */
void device_lost__judge(struct finding *finding, const struct log_event *event, const char *text);

/* Withdraws the near-miss of @arm (NULL: none), as its map became a worse finding. */
void judging__supersede(struct rules *rules, struct arm *arm);

/* --- classes --- */

enum stale {
	STALE_NO,
	STALE_OPEN, /* one of two maps is stale, and it is unknown which */
	STALE_YES,
};

/* @again: second verdict on the map, which is already counted if it was doubtful. */
enum stale stale_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr,
			    struct candidates *candidates, bool again);

/*
 * Reports @map, which may be a copy, as stale if it is of the generation of a frontend's @end and
 * is surely, or nearly surely, not the frontend's backend. Returns the finding, or NULL if the map
 * may be rightful.
 */
struct finding *stale_map__judge_holder(struct rules *rules, struct ledger *ledger,
					const struct gen_event *end, struct map *map);

/*
 * Judges a refused map or copy. Returns false if no record explains the refusal, and Xen's status
 * blames the ref.
 */
bool stale_map_refused__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

/*
 * Judges a successful copy. Returns true if it is a finding. @again: second verdict on the copy,
 * which is already counted if it was doubtful.
 */
bool stale_copy__judge(struct rules *rules, struct ledger *ledger, u32 copy_nr,
		       struct candidates *candidates, bool again);
/*
 * Whether the verdict on the copy depends on @map, whose unmap may have been under way. The copy is
 * judged again later.
 */
bool stale_copy__is_contested(struct ledger *ledger, const struct map *copy);

/* Judges an end: had a process announced the ref without mapping it? */
void near_miss__judge_end(struct rules *rules, struct ledger *ledger, const struct gen_event *end);
/* Judges an announcement: had the announced generation ended before? */
void near_miss__judge_arm(struct rules *rules, struct ledger *ledger, u32 arm_nr);
/* Judges a table read: is a process too late that announced the ref and has not mapped it? */
void near_miss__judge_table(struct rules *rules, struct ledger *ledger, struct domain *granter,
			    const struct ref *state, const struct table_read *read);

/* Judges @map, which made @end fail. Returns NULL if nobody gives up. */
struct finding *revoke_blocked__judge(struct rules *rules, struct ledger *ledger,
				      const struct gen_event *end, struct map *map);

void freed_while_mapped__judge(struct rules *rules, struct ledger *ledger,
			       const struct gen_event *freed);
/* Called at the end of all captures. */
void freed_while_mapped__judge_all(struct rules *rules, struct ledger *ledger);
/* Whether @map returned the page of a console's ring that was freed without an end. */
bool freed_while_mapped__judge_console_map(struct rules *rules, struct ledger *ledger, u32 map_nr,
					   const struct candidates *candidates);
/* Judges @map, which made @end fail. Returns NULL if it is not of a console's ring. */
struct finding *freed_while_mapped__judge_console_end(struct rules *rules, struct ledger *ledger,
						      const struct gen_event *end,
						      const struct map *map);
void freed_while_mapped__judge_table(struct rules *rules, struct ledger *ledger,
				     const struct table_event *event);

bool foreign_ref_freed__applies(const struct gen_event *end);
void foreign_ref_freed__judge(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end);

/* Whether @end, a successful end or a free, came after the ref was given back. */
bool double_free__applies(const struct ledger *ledger, const struct gen_event *end);
void double_free__judge_end(struct rules *rules, struct ledger *ledger,
			    const struct gen_event *end);
void double_free__judge_free(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *freed);
void double_grant__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *grant);

void double_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

/* Judges the backend behind @blocked, a finding about @map at @end: it may keep what it maps. */
void persistent_mismatch__judge(struct rules *rules, struct ledger *ledger,
				const struct finding *blocked, const struct gen_event *end,
				const struct map *map);

void lingering_map__judge_retry(struct rules *rules, struct ledger *ledger,
				const struct gen_event *retry);
void lingering_map__judge_table(struct rules *rules, struct ledger *ledger,
				const struct table_event *event);

void partial_map_leak__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

/* Something else than its process ended the map. */
void mapping_lost__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

void deferral_backlog__judge(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *end);

/* Called at the end of all captures. */
void grant_leak__judge_all(struct rules *rules, struct ledger *ledger);
void grant_leak__judge_log(struct rules *rules, struct ledger *ledger, struct domain *domain,
			   const struct span *at, const char *text);

/* Counts a refused and queued @end behind @map (NULL: unknown), or a queued end that succeeded. */
void deferral__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
		     const struct map *map);
void deferral__over(struct rules *rules, struct ledger *ledger, const struct gen_event *end);

/* --- events that concern several classes --- */

/* Whether the refused @end is judged after maps of about the same time. */
bool rules__end_waits(const struct ledger *ledger, const struct gen_event *end);
void rules__end_refused(struct rules *rules, struct ledger *ledger, const struct gen_event *end);
/* The ender of a generation without a recorded grant owns it: judges the maps of it. */
void rules__end_tells_owner(struct rules *rules, struct ledger *ledger,
			    const struct gen_event *end);
/* A copy was refused. */
void rules__copy_refused(struct rules *rules, struct ledger *ledger, u32 copy_nr);
/* Called at the end of all captures: counts announcements of refs without a recorded grant. */
void rules__count_ungranted(struct rules *rules, struct ledger *ledger);
/* Likewise: counts refs used by backend drivers of which neither grant nor end is recorded. */
void rules__count_ownerless(struct rules *rules, struct ledger *ledger);
void rules__table_read(struct rules *rules, struct ledger *ledger, const struct table_event *event);

#endif
