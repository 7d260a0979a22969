/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was concluded from the order of two domains' events, looked at once more at the end: a
 * contradiction between their clocks may come after what it casts doubt on.
 */
#ifndef GRANTWATCH_RULES_ORDER_REVIEW_H
#define GRANTWATCH_RULES_ORDER_REVIEW_H

#include "rules/rules_internal.h"

/*
 * After all events are settled: lowers the certainty of findings which rest on a doubtful order of
 * two domains' events, and withdraws those without other evidence.
 */
void order_review__all(struct rules *rules, const struct ledger *ledger);

#endif
