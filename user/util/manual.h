/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What users read about commands, made from the commands' tables, so that it cannot say anything
 * else than what is true: the list of commands, manual pages (as source for scdoc(1)).
 */
#ifndef GRANTWATCH_MANUAL_H
#define GRANTWATCH_MANUAL_H

#include <stdio.h>

#include "util/options.h"

/* Lists of commands end with NULL. */

void manual__usage(const struct command *const *commands, FILE *out);

/* grantwatch(1), then one page a command. */
void manual__print_overview(const struct command *const *commands, FILE *out);
void manual__print_page(const struct command *cmd, FILE *out);

/* @text in a page's source, so that scdoc finds no markup in it. */
void manual__put_text(FILE *out, const char *text);

#endif
