/* SPDX-License-Identifier: GPL-2.0 */
/* Completion for shells, made from the commands' tables: every command, option and value. */
#ifndef GRANTWATCH_COMPLETION_H
#define GRANTWATCH_COMPLETION_H

#include <stdio.h>

#include "util/options.h"

/*
 * The values of a kind of argument: WORDS separated by blanks. A word that ends with '=' or ':'
 * continues. "@file" and "@dir" are paths.
 */
struct completion {
	const char *command; /* NULL: of any command */
	const char *metavar; /* of an option, or of the command's positional arguments */
	const char *words;
};

/*
 * Returns the values of @cmd's option @opt: its names, or those of its metavar in @values. @buf
 * holds names. "" if there are none to offer.
 */
const char *completion__of_option(const struct command *cmd, const struct opt *opt,
				  const struct completion *values, char *buf, size_t size);

/* Returns the same for @cmd's positional arguments. */
const char *completion__of_arguments(const struct command *cmd, const struct completion *values);

/* Whether one of @words continues, so that no blank follows it. */
bool completion__goes_on(const char *words);

/*
 * Each prints a script for a shell. @commands ends with NULL, @values with an entry without a
 * metavar; the first match counts.
 */
void completion__print_bash(const struct command *const *commands, const struct completion *values,
			    FILE *out);
void completion__print_zsh(const struct command *const *commands, const struct completion *values,
			   FILE *out);
void completion__print_fish(const struct command *const *commands, const struct completion *values,
			    FILE *out);

#endif
