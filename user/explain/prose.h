/* SPDX-License-Identifier: GPL-2.0 */
/* Sentences that speak of a known message, as mails, issues and sources do: no line of a log. */
#ifndef GRANTWATCH_EXPLAIN_PROSE_H
#define GRANTWATCH_EXPLAIN_PROSE_H

#include "known/messages.h"

/*
 * Whether @match stands in a sentence or in a program's source. @from to @to is what of the line
 * is not another message's. Anything in doubt is a log's line.
 */
bool prose__quotes(const struct message_match *match, const char *from, const char *to);

#endif
