/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules: what the settled books mean. docs/detection.md says for each class what proves it and
 * what does not; a rule here is the same in C.
 */
#ifndef GRANTWATCH_RULES_H
#define GRANTWATCH_RULES_H

#include "rules/finding.h"

struct frames; /* what rightful maps taught about guest frames, frames.h */

/* What the user may set. */
struct rules_config {
	u64 linger_ns, leak_ns, backlog, persistent_refs; /* limits.h says what they mean */
};

struct rules {
	struct rules_config config;
	struct findings findings;
	struct frames *frames[LEDGER_MAX_DOMAINS]; /* by granter's domain index */
	/* granter's CLOCK_MONOTONIC; 0: it is not over the limit */
	u64 backlog_since[LEDGER_MAX_DOMAINS];
	u64 undecided;		/* maps that may be stale, but for the clocks' bounds */
	u64 unjudged;		/* maps of refs whose granter was not recorded at that time */
	u64 agreed, disagreed;	/* looks into the table of a granter that is recorded itself */
	char disagreement[160]; /* the first of the latter */
	/* maps that a domain says it made, of what its granter grants to others only */
	u64 disputed;
	u64 strays; /* maps whose machine frame is of no generation on record */
};

struct rules *rules__new(void);
void rules__free(struct rules *rules);

/* The listener that a ledger needs to be judged by @rules. */
struct ledger_listener rules__listener(struct rules *rules);

/*
 * A line of a log that a report is to be made of: of @domid (DOMID_UNKNOWN: of somebody); @at NULL
 * if its time is not one of Xen's. After everything that may explain it.
 */
void rules__log_line(struct rules *rules, u16 domid, const struct span *at, const char *line);

/* Everything is settled: lines that no finding explains are findings. */
void rules__settle_logs(struct rules *rules);

/* Everything is settled: what never came. */
void rules__finish(struct rules *rules, struct ledger *ledger);

/* --- shared by the rules' own files --- */

/* Which generation a map landed on, as far as can be known. */
struct landing {
	/* every generation that it may have been, newest first */
	struct gen *gen[LEDGER_HISTORY + 2];
	u32 nr;
	bool outside;  /* or one that nobody saw or that left the history */
	bool by_frame; /* the returned machine frame is that of a candidate … */
	bool learned;  /* … and ruled others out by what earlier maps taught: not beyond doubt */
	struct gen *floor; /* surely granted before the map; nothing older is possible */
	struct gen *best;  /* the likeliest of them, NULL if none */
	bool stray;	   /* the machine frame is that of no generation on record */
	/* ns: by this much more than their bounds the clocks must be off; 0: they need not */
	u64 off;
};

/* By its own capture; false without one. */
bool rules__is_pv(const struct domain *domain);

void rules__landing(struct rules *rules, struct ledger *ledger, const struct map *map,
		    struct landing *landing);

/* The map's task on record. */
const struct feed_task *rules__task(struct ledger *ledger, const struct map *map);

/* Whether both were surely mapped at one time, by one domain. */
bool rules__at_once(const struct ledger *ledger, const struct map *a, const struct map *b);

/*
 * Whether another map of the same page seems open. Its unmap may be under way, so nothing rests on
 * that when @map is judged for the first time.
 */
bool rules__is_contested(const struct ledger *ledger, const struct map *map);

/* True if a finding was made or confirmed. */
bool rules__stale_map(struct rules *rules, struct ledger *ledger, u32 nr, struct landing *landing);
void rules__refused_map(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__double_map(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__partial(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__arm(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__sighted(struct rules *rules, struct ledger *ledger, const struct look *look);
void rules__marks(struct rules *rules, struct ledger *ledger, const struct look *look);
void rules__end_ok(struct rules *rules, struct ledger *ledger, const struct happening *end);
void rules__end_refused(struct rules *rules, struct ledger *ledger, const struct happening *end);
void rules__foreign(struct rules *rules, struct ledger *ledger, const struct happening *end);
void rules__freed(struct rules *rules, struct ledger *ledger, const struct happening *freed);
void rules__deferred(struct rules *rules, struct ledger *ledger, const struct happening *end,
		     const struct map *map);
void rules__deferral_over(struct rules *rules, struct ledger *ledger, const struct happening *end);
void rules__backlog(struct rules *rules, struct ledger *ledger, const struct happening *end);
void rules__retried(struct rules *rules, struct ledger *ledger, const struct happening *retry);
void rules__persistent(struct rules *rules, struct ledger *ledger, const struct finding *blocked,
		       const struct happening *end, const struct map *map);
void rules__leak_log(struct rules *rules, struct ledger *ledger, struct domain *domain,
		     const struct span *at, const char *text);
void rules__log(struct rules *rules, struct ledger *ledger, struct domain *domain,
		const struct span *at, const char *text);

/* The map that most likely keeps the ref busy at @at: a stale one if there is one. */
struct map *rules__blocker(struct ledger *ledger, struct domain *granter, u32 ref,
			   const struct span *at);

/* Count an occurrence of @certainty in @finding, at @at. */
void finding__count(struct finding *finding, enum certainty certainty, u32 ref,
		    const struct span *at, bool fresh);

/* The near miss of @arm turned into something worse: it counts no more. */
void rules__supersede(struct rules *rules, struct arm *arm);

/* How Xen's word came to us: to dom0, or told by a guest. The mapper's domid follows. */
static inline const char *rules__xens_word(u16 mapper)
{
	return mapper ? "Xen's, as told by" : "Xen's word to";
}

/* Note whose word it is that @mapper, other than dom0, was told of a ref or mapped it. */
void rules__whose_word(struct finding *finding, const struct domain *mapper,
		       const struct domain *granter);

/* Steps of a ref's history: generations, arms of @mapper, maps; up to @last. */
void rules__history(struct ledger *ledger, struct finding *finding, struct domain *granter, u32 ref,
		    u32 key_map);

/*
 * Whether anything of @events in @domain between two of its own times may not have been captured:
 * no capture at all, losses, damage, missing probes, or judged before all was read. Says so in
 * @finding, which may be NULL.
 */
bool rules__blind(const struct ledger *ledger, struct finding *finding, const struct domain *domain,
		  u32 events, u64 from, u64 to, const char *what);

/* The same for times of @domain between two spans of its own or of @other's, with their bounds. */
bool rules__blind_between(const struct ledger *ledger, struct finding *finding,
			  const struct domain *domain, const struct domain *other,
			  const struct span *mine, u32 events, const struct span *from,
			  const struct span *to, const char *what);

/*
 * Whether @a's and @b's clocks were measured, so that the order of their events can prove
 * something.
 */
bool rules__clocks_hold(struct finding *finding, const struct domain *a, const struct domain *b);

/* Lower @certainty to at most @top. */
static inline enum certainty certainty__cap(enum certainty certainty, enum certainty top)
{
	return certainty > top ? top : certainty;
}

#endif
