/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_RULES_PARTY_H
#define GRANTWATCH_RULES_PARTY_H

#include "ledger/ledger.h"
#include "rules/finding.h"

/* Fills in the subsystem and task behind @stack and @task of @domain. */
void party__fill(struct party *party, struct domain *domain, u32 stack, u32 task);

/*
 * Fills in who owned @gen of @granter: who granted it, or, if the grant was not recorded, who ended
 * it.
 */
void party__fill_owner(struct party *party, const struct ledger *ledger, struct domain *granter,
		       const struct gen *gen);

/* Fills in the process of @task of @feed, and the thread if its name differs. */
void party__fill_task(struct party *party, const struct feed *feed, u32 task);

/* Fills in who made @map. A map may have a known subsystem without a stack. */
void party__fill_mapper(struct party *party, const struct ledger *ledger, const struct map *map);

#endif
