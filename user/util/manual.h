/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts about commands, made from the commands' tables: the list of commands, and manual pages (as
 * source for scdoc(1)).
 */
#ifndef GRANTWATCH_MANUAL_H
#define GRANTWATCH_MANUAL_H

#include <stdio.h>

#include "util/options.h"

/* Lists of commands end with NULL. */

void manual__usage(const struct command *const *commands, FILE *out);

/* grantwatch(1), and a page for each command. */
void manual__print_overview(const struct command *const *commands, FILE *out);
void manual__print_page(const struct command *cmd, FILE *out);

/* Prints @text in a page's source, without markup for scdoc. */
void manual__put_text(FILE *out, const char *text);

#endif
