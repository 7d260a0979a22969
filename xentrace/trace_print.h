/* SPDX-License-Identifier: GPL-2.0 */
/* Records as text and as NDJSON. */
#ifndef GRANTWATCH_TRACE_PRINT_H
#define GRANTWATCH_TRACE_PRINT_H

#include <stdio.h>

#include "xentrace.h"

#define XT_SCHEMA 1

/*
 * A line under construction. Only numbers and names of the table go in, so nothing needs escaping.
 */
struct xt_line {
	u32 len;
	char text[1024];
};

void xt_line__text(struct xt_line *line, const char *text);
void xt_line__dec(struct xt_line *line, u64 value);
void xt_line__hex(struct xt_line *line, u64 value, u32 digits);
/* Ends the line. Errors stay in @out's state. */
void xt_line__write(struct xt_line *line, FILE *out);

void xt_rec__print(const struct xt_rec *rec, FILE *out);
void xt_rec__print_json(const struct xt_rec *rec, FILE *out);

/* The table of records as the manual has it, one line a record. */
void xt_event__print_all(FILE *out);

#endif
