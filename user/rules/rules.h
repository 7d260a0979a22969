/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules: what the settled books mean. docs/detection.md says for each class what proves it and what
 * does not; a rule here is the same in C.
 */
#ifndef GRANTWATCH_RULES_H
#define GRANTWATCH_RULES_H

#include "rules/finding.h"

struct frames; /* what rightful maps taught about guest frames, frames.h */

struct rules {
	struct findings findings;
	struct frames *frames[LEDGER_MAX_DOMAINS]; /* by granter's domain index */
};

struct rules *rules__new(void);
void rules__free(struct rules *rules);

/* The listener that a ledger needs to be judged by @rules. */
struct ledger_listener rules__listener(struct rules *rules);

/* --- shared by the rules' own files --- */

/* Which generation a map landed on, as far as can be known. */
struct landing {
	struct gen *gen[LEDGER_HISTORY + 2]; /* every generation that it may have been, newest first */
	u32 nr;
	bool outside;	  /* or one that nobody saw or that left the history */
	bool by_frame;	  /* the returned machine frame decided */
	struct gen *best; /* the likeliest of them, NULL if none */
};

void rules__landing(struct rules *rules, struct ledger *ledger, const struct map *map,
		    struct landing *landing);

/* The map's task on record. */
const struct feed_task *rules__task(struct ledger *ledger, const struct map *map);

void rules__stale_map(struct rules *rules, struct ledger *ledger, u32 nr, struct landing *landing);
void rules__refused_map(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__arm(struct rules *rules, struct ledger *ledger, u32 nr);
void rules__end_ok(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		   struct gen *gen, const struct span *at);
void rules__end_refused(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
			struct gen *gen, const struct span *at, u32 stack, u32 task);
void rules__freed(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		  struct gen *gen, const struct span *at, u32 stack, u32 task);
void rules__log(struct rules *rules, struct ledger *ledger, struct domain *domain,
		const struct span *at, const char *text);

/* Steps of a ref's history: generations, arms of @mapper, maps; up to @last. */
void rules__history(struct ledger *ledger, struct finding *finding, struct domain *granter, u32 ref,
		    u32 key_map);

/* Losses and missing probes of @domain that touch @events between two of its own times; notes them in
 * @finding and returns whether there were any. A domain without a capture is blind altogether. */
bool rules__blind(struct finding *finding, const struct domain *domain, u32 events, u64 from, u64 to,
		  const char *what);

/* Lower @certainty to at most @top. */
static inline enum certainty certainty__cap(enum certainty certainty, enum certainty top)
{
	return certainty > top ? top : certainty;
}

#endif
