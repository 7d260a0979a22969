/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blind spots: what may have happened without a record. A class asks for every event that could
 * excuse the finding it is about to report.
 */
#ifndef GRANTWATCH_RULES_BLIND_H
#define GRANTWATCH_RULES_BLIND_H

#include "rules/rules_internal.h"

/*
 * Whether events of @events in @domain between two of its own times may be unrecorded: no capture,
 * losses, damage, missing probes, or early settling. Adds the blind spots to @finding, which may be
 * NULL.
 */
bool blind__within(const struct ledger *ledger, struct finding *finding,
		   const struct domain *domain, u32 events, u64 from, u64 to, const char *what);

/* The same between two spans on @domain's or @other's clock, with their bounds. */
bool blind__between(const struct ledger *ledger, struct finding *finding,
		    const struct domain *domain, const struct domain *other,
		    const struct span *mine, u32 events, const struct span *from,
		    const struct span *to, const char *what);

/* The same from @from, a time of @domain's own clock, without a finding. */
bool blind__until(const struct ledger *ledger, const struct domain *domain,
		  const struct domain *other, u64 from, u32 events, const struct span *to);

/*
 * Whether another call on the ref overlapped the grant or end of @gen, so that their order is
 * unknown. Adds the blind spot to @finding, which may be NULL.
 */
bool blind__overlapped(struct finding *finding, const struct gen *gen);

/*
 * Whether recording ended before calls in @domain that were under way at @at returned: such calls
 * have no record. Adds the blind spot to @finding, which may be NULL.
 */
bool blind__unreturned(struct finding *finding, const struct domain *domain, u64 at);

/*
 * Whether the clocks of @a and @b were measured, so that the order of their events can prove
 * something. If not, adds the blind spot to @finding, which may be NULL.
 */
bool blind__clocks_hold(struct finding *finding, const struct domain *a, const struct domain *b);

#endif
