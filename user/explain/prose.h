/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quotes of a known message in sentences, as in mails, issues and sources. They are no lines of a
 * log.
 */
#ifndef GRANTWATCH_EXPLAIN_PROSE_H
#define GRANTWATCH_EXPLAIN_PROSE_H

#include "known/messages.h"

/*
 * Whether @match is in a sentence or in a program's source. @from to @to: the text of the line
 * around it without other messages. In doubt it is a log's line.
 */
bool prose__quotes(const struct message_match *match, const char *from, const char *to);

#endif
