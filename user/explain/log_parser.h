/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds messages about grants in the lines of one log. A log may have several streams (Xen's own
 * lines, "(d5)" lines of guests, others) and several boots in each. A version belongs to such a
 * stretch, not to the file. Lines that a mailer wrapped are joined.
 */
#ifndef GRANTWATCH_EXPLAIN_LOG_PARSER_H
#define GRANTWATCH_EXPLAIN_LOG_PARSER_H

#include "rules/rules.h"

struct log_parser;

/*
 * Returns a parser for a log of @domid (DOMID_UNKNOWN: unknown), which passes results to @rules.
 * @live: lines are written during the run. NULL without memory.
 */
struct log_parser *log_parser__new(struct rules *rules, u16 domid, bool live);

/* Takes the next line, without its end. May change it in place. */
void log_parser__line(struct log_parser *parser, char *line, size_t len);

/* The same for a line of no mail, whose parts container__join() has put together. */
void log_parser__whole_line(struct log_parser *parser, char *line, size_t len);

/* Whether a line that was just written must be kept: it is no routine message. */
bool log_parser__is_worth(const char *line, size_t len);

/* The log is at its end. */
void log_parser__end(struct log_parser *parser);

/* The number of known messages; and whether any line has a log's time or is about grants. */
u64 log_parser__known(const struct log_parser *parser);
bool log_parser__looks_right(const struct log_parser *parser);

void log_parser__free(struct log_parser *parser);

#endif
