/* SPDX-License-Identifier: GPL-2.0 */
/* Lines about grants that are in no table: counted, and shown without names. */
#ifndef GRANTWATCH_EXPLAIN_UNKNOWN_H
#define GRANTWATCH_EXPLAIN_UNKNOWN_H

#include "rules/rules.h"

/* Whether the line is a function in a stack: no message, whatever the function is called. */
bool unknown__is_frame(const char *line, size_t len);

void unknown__line(struct rules *rules, const char *line, size_t len);

/*
 * Keeps words of known messages, and numbers, from the @len bytes at @line; "_" replaces all else.
 */
void unknown__redact(const char *line, size_t len, char *buf, size_t size);

#endif
