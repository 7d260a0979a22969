/* SPDX-License-Identifier: GPL-2.0 */
/* Lines that speak of grants and are in no table: counted, and shown without anybody's names. */
#ifndef GRANTWATCH_EXPLAIN_UNKNOWN_H
#define GRANTWATCH_EXPLAIN_UNKNOWN_H

#include "rules/rules.h"

void unknown__line(struct rules *rules, const char *line, size_t len);

/*
 * Of the @len bytes at @line the words that known messages have, and numbers; "_" for anything
 * else.
 */
void unknown__redact(const char *line, size_t len, char *buf, size_t size);

#endif
