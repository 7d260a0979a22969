/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of one log to what they say about grants. A log may hold several streams (Xen's own lines,
 * "(d5)" lines of guests, the rest) and several boots of each; a version belongs to such a stretch,
 * never to the file. Lines that a mailer wrapped are joined.
 */
#ifndef GRANTWATCH_EXPLAIN_LOG_PARSER_H
#define GRANTWATCH_EXPLAIN_LOG_PARSER_H

#include "rules/rules.h"

struct log_parser;

/*
 * Of a log of @domid, DOMID_UNKNOWN: of somebody. What its lines say goes to @rules. @live: the
 * lines are written now. NULL without memory.
 */
struct log_parser *log_parser__new(struct rules *rules, u16 domid, bool live);

/* The next line, without its end. May be changed in place. */
void log_parser__line(struct log_parser *parser, char *line, size_t len);

/* Whether a line that was just written is worth to be kept: not what happens every day. */
bool log_parser__is_worth(const char *line, size_t len);

/* The log is at its end. */
void log_parser__end(struct log_parser *parser);

/*
 * Lines that were known messages, whatever they say; and whether any line has a log's time or
 * speaks of grants.
 */
u64 log_parser__known(const struct log_parser *parser);
bool log_parser__looks_right(const struct log_parser *parser);

void log_parser__free(struct log_parser *parser);

#endif
