/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_RULES_PARTY_H
#define GRANTWATCH_RULES_PARTY_H

#include "ledger/ledger.h"
#include "rules/finding.h"

/* Who stands behind @stack and @task of @domain. */
void party__fill(struct party *party, struct domain *domain, u32 stack, u32 task);

/* The process behind @task of @feed, and the thread where it has another name. */
void party__fill_task(struct party *party, const struct feed *feed, u32 task);

/* Who made @map, which may be known without a stack. */
void party__fill_mapper(struct party *party, const struct ledger *ledger, const struct map *map);

#endif
