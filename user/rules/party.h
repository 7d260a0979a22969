/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_RULES_PARTY_H
#define GRANTWATCH_RULES_PARTY_H

#include "ledger/ledger.h"
#include "rules/finding.h"

/* Who stands behind @stack and @task of @domain. */
void party__fill(struct party *party, struct domain *domain, u32 stack, u32 task);

#endif
