/* SPDX-License-Identifier: GPL-2.0 */
/* Records as text and as NDJSON. */
#ifndef GRANTWATCH_TRACE_PRINT_H
#define GRANTWATCH_TRACE_PRINT_H

#include <stdio.h>

#include "xentrace.h"

void xt_rec__print(const struct xt_rec *rec, FILE *out);
void xt_rec__print_json(const struct xt_rec *rec, FILE *out);

/* Prints the table of records for the manual, one line for each. */
void xt_event__print_all(FILE *out);
void xt_event__print_all_json(FILE *out);

#endif
