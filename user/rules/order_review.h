/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The review at the end of findings that rest on the order of two domains' events. A contradiction
 * between their clocks may show up after the finding was made.
 */
#ifndef GRANTWATCH_RULES_ORDER_REVIEW_H
#define GRANTWATCH_RULES_ORDER_REVIEW_H

#include "rules/rules_internal.h"

/*
 * Called after all events settled. Lowers the certainty of findings that rest on a doubtful order,
 * and withdraws those without other evidence.
 */
void order_review__all(struct rules *rules, const struct ledger *ledger);

#endif
