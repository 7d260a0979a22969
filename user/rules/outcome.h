/* SPDX-License-Identifier: GPL-2.0 */
/* What a finding led to: a revoke that was refused, a device that was given up. */
#ifndef GRANTWATCH_RULES_OUTCOME_H
#define GRANTWATCH_RULES_OUTCOME_H

#include "rules/rules_internal.h"

/* @by could not end access: @end was refused because of what @finding is about. */
void outcome__refused(struct finding *finding, const struct gen_event *end, const struct party *by);

/* A line of @domain's kernel log tells what became of findings about its refs. */
void outcome__log(struct rules *rules, const struct domain *domain, const struct span *at,
		  const char *text);

#endif
