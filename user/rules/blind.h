/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blind spots: what may have happened and was not recorded. A class asks for everything that could
 * excuse what it is about to report.
 */
#ifndef GRANTWATCH_RULES_BLIND_H
#define GRANTWATCH_RULES_BLIND_H

#include "rules/rules_internal.h"

/*
 * Whether anything of @events in @domain between two of its own times may not have been captured:
 * no capture at all, losses, damage, missing probes, or judged before all was read. Says so in
 * @finding, which may be NULL.
 */
bool blind__within(const struct ledger *ledger, struct finding *finding,
		   const struct domain *domain, u32 events, u64 from, u64 to, const char *what);

/* The same for times of @domain between two spans of its own or of @other's, with their bounds. */
bool blind__between(const struct ledger *ledger, struct finding *finding,
		    const struct domain *domain, const struct domain *other,
		    const struct span *mine, u32 events, const struct span *from,
		    const struct span *to, const char *what);

/*
 * Whether another call on the ref was under way while @gen was granted or ended, so that the order
 * of the two is unknown. Says so in @finding, which may be NULL.
 */
bool blind__overlapped(struct finding *finding, const struct gen *gen);

/*
 * Whether calls in @domain that were under way at @at may have no record, because recording ended
 * before they returned. Says so in @finding, which may be NULL.
 */
bool blind__unreturned(struct finding *finding, const struct domain *domain, u64 at);

/*
 * Whether @a's and @b's clocks were measured, so that the order of their events can prove
 * something. If not, says so in @finding, which may be NULL.
 */
bool blind__clocks_hold(struct finding *finding, const struct domain *a, const struct domain *b);

#endif
