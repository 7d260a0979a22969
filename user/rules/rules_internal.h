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

struct frames; /* what rightful maps taught about guest frames, frames.h */
struct candidates;

struct rules {
	struct rules_counters counters;
	struct findings findings;
	struct finding *last_incident; /* of logs */
	u32 nr_incidents;
	struct log_stretch stretch[LOG_STRETCHES];
	u32 nr_stretches;
	struct frames *frames[LEDGER_MAX_DOMAINS]; /* by granter's domain index */
	/* granter's CLOCK_MONOTONIC; 0: it is not over the limit */
	u64 backlog_since[LEDGER_MAX_DOMAINS];
	/* the first side of a refused copy from ref to ref, whose other side comes next */
	struct {
		u64 out;
		u8 mapper;
		bool explained;
	} side;
};

/*
 * What a class is asked to judge, and what every finding says of it. A class that needs more embeds
 * this in a structure of its own.
 */
struct judging {
	struct rules *rules;
	struct ledger *ledger;
	struct domain *granter;
	struct domain *mapper; /* NULL: as the generation says */
	u32 ref;
	const struct span *at; /* when it happened, on the clock of the domain that tells */
	const struct map *map; /* the finding's generation, NULL none */
	u32 map_nr;	       /* its number if it is the event itself, 0 otherwise */
	const struct gen *gen; /* the finding's generation, NULL none */
	/* 1 + the certainty that needs no comparison of two domains' clocks; 0 none */
	u32 without_order;
	/*
	 * The verdict assumes no later grant. A grant within the ledger's slack after the event may
	 * not have been entered yet.
	 */
	bool newest;
};

struct judging judging__of_map(struct rules *rules, struct ledger *ledger, u32 map_nr);
/* @map, NULL none: which has to do with it. */
struct judging judging__of_event(struct rules *rules, struct ledger *ledger,
				 const struct gen_event *event, const struct map *map);

/* A read of the granter's table, and @map of the domain that read it. */
struct judging judging__of_table(struct rules *rules, struct ledger *ledger,
				 const struct table_event *event, const struct map *map);

/* struct finding_key.other of what a table showed, where a class is told in another way as well. */
#define KEY_TABLE 2
/* The same of a copy, where the class is about maps as well. */
#define KEY_COPY 3

/* Starts the key of a finding with the two domains. The class adds what else makes one cause. */
struct finding_key judging__key(const struct judging *judging);

/*
 * Counts an occurrence of @class with @key. Returns the finding, or NULL at the limit of findings.
 * @fill adds the evidence, for the first occurrence only. Both domains, the ref, the generation,
 * the time and the parties of @judging are set before. @weigh returns the certainty of this
 * occurrence and adds the blind spots.
 */
struct finding *judging__report(struct judging *judging, enum finding_class class,
				const struct finding_key *key,
				void (*fill)(struct judging *judging, struct finding *finding),
				enum certainty (*weigh)(struct judging *judging,
							struct finding *finding));

/* For judging__report(): always the same certainty. */
enum certainty judging__proven(struct judging *judging, struct finding *finding);
enum certainty judging__likely(struct judging *judging, struct finding *finding);

/* The task on record that made @map; an empty one without a capture of the mapper. */
const struct feed_task *map__task(const struct ledger *ledger, const struct map *map);

/* Whether @domain is a PV domain by its own capture; false without one. */
bool domain__says_pv(const struct domain *domain);

/* Makes an incident of a log an alarm if the line reports a lost device. */
void device_lost__judge(struct finding *finding, const struct log_event *event, const char *text);

/* Removes the near-miss of @arm (NULL: none), which became a worse finding. */
void judging__supersede(struct rules *rules, struct arm *arm);

/* --- classes --- */

enum stale {
	STALE_NO,
	STALE_OPEN, /* it, or the other of two mappers: a finding, but not proven of this one */
	STALE_YES,
};

/* @again: the map was judged before, and counted where it is in doubt. */
enum stale stale_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr,
			    struct candidates *candidates, bool again);

/*
 * @map is in the way of @end, by a frontend that it surely does not serve, or hardly: then it is
 * stale, and the finding is returned. NULL if it may be meant.
 */
struct finding *stale_map__judge_holder(struct rules *rules, struct ledger *ledger,
					const struct gen_event *end, struct map *map);

/*
 * A map or a copy that Xen refused. False if nothing on record explains why, and Xen's status says
 * that the ref was to blame.
 */
bool stale_map_refused__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

/*
 * A copy that succeeded; true if a finding was made or confirmed. @again: it was judged before, and
 * counted where it is in doubt.
 */
bool stale_copy__judge(struct rules *rules, struct ledger *ledger, u32 copy_nr,
		       struct candidates *candidates, bool again);
/*
 * Whether a map decides about this copy, and its unmap may have been under way: to be judged once
 * more when that is known.
 */
bool stale_copy__is_contested(struct ledger *ledger, const struct map *copy);

/* A generation ended: had a process announced the ref and never mapped it? */
void near_miss__judge_end(struct rules *rules, struct ledger *ledger, const struct gen_event *end);
/* A process announced a ref: had its generation ended before? */
void near_miss__judge_arm(struct rules *rules, struct ledger *ledger, u32 arm_nr);
/* A table was read: a process that announced the ref and has not mapped it may be too late. */
void near_miss__judge_table(struct rules *rules, struct ledger *ledger, struct domain *granter,
			    const struct ref *state, const struct table_read *read);

/* The finding, NULL if @map, which is in the way of @end, makes nobody give up. */
struct finding *revoke_blocked__judge(struct rules *rules, struct ledger *ledger,
				      const struct gen_event *end, struct map *map);

void freed_while_mapped__judge(struct rules *rules, struct ledger *ledger,
			       const struct gen_event *freed);
/* At the end of all captures. */
void freed_while_mapped__judge_all(struct rules *rules, struct ledger *ledger);
/* Whether the map returned the page of a console's ring that was freed without an end before. */
bool freed_while_mapped__judge_console_map(struct rules *rules, struct ledger *ledger, u32 map_nr,
					   const struct candidates *candidates);
/* The finding, NULL if @map, which is in the way of @end, is not one of such a ring. */
struct finding *freed_while_mapped__judge_console_end(struct rules *rules, struct ledger *ledger,
						      const struct gen_event *end,
						      const struct map *map);
void freed_while_mapped__judge_table(struct rules *rules, struct ledger *ledger,
				     const struct table_event *event);

bool foreign_ref_freed__applies(const struct gen_event *end);
void foreign_ref_freed__judge(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end);

/* @end succeeded, or @freed was freed: after the ref had been given back? */
bool double_free__applies(const struct ledger *ledger, const struct gen_event *end);
void double_free__judge_end(struct rules *rules, struct ledger *ledger,
			    const struct gen_event *end);
void double_free__judge_free(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *freed);
void double_grant__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *grant);

void double_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

/* @blocked, by @map at @end, may be the work of a backend that keeps what it maps. */
void persistent_mismatch__judge(struct rules *rules, struct ledger *ledger,
				const struct finding *blocked, const struct gen_event *end,
				const struct map *map);

void lingering_map__judge_retry(struct rules *rules, struct ledger *ledger,
				const struct gen_event *retry);
void lingering_map__judge_table(struct rules *rules, struct ledger *ledger,
				const struct table_event *event);

void partial_map_leak__judge(struct rules *rules, struct ledger *ledger, u32 map_nr);

void deferral_backlog__judge(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *end);

/* At the end of all captures. */
void grant_leak__judge_all(struct rules *rules, struct ledger *ledger);
void grant_leak__judge_log(struct rules *rules, struct ledger *ledger, struct domain *domain,
			   const struct span *at, const char *text);

/* @end was refused and queued, @map (NULL: nobody known) in its way; it succeeded after all. */
void deferral__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
		     const struct map *map);
void deferral__over(struct rules *rules, struct ledger *ledger, const struct gen_event *end);

/* --- events that concern several classes --- */

/* Whether @end, which was refused, waits for maps that came at about the same time. */
bool rules__end_waits(const struct ledger *ledger, const struct gen_event *end);
void rules__end_refused(struct rules *rules, struct ledger *ledger, const struct gen_event *end);
/* A copy was refused. */
void rules__copy_refused(struct rules *rules, struct ledger *ledger, u32 copy_nr);
void rules__table_read(struct rules *rules, struct ledger *ledger, const struct table_event *event);

#endif
