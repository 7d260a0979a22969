/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_RULES_HISTORY_H
#define GRANTWATCH_RULES_HISTORY_H

#include "rules/rules_internal.h"

/*
 * Adds the history of a ref to the steps of @finding: its newest generations, announcements, maps
 * and table reads. @key_map: pool number of the map that makes it a finding, 0 none.
 */
void history__add_steps(struct ledger *ledger, struct finding *finding, struct domain *granter,
			u32 ref, u32 key_map);

#endif
