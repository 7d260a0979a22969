/* SPDX-License-Identifier: GPL-2.0 */
/* Completion for shells, made from the commands' tables: every command, option and word. */
#ifndef GRANTWATCH_COMPLETION_H
#define GRANTWATCH_COMPLETION_H

#include <stdio.h>

#include "util/options.h"

/*
 * What a kind of argument may be: WORDS with blanks between; a word that ends with '=' or ':' goes
 * on. "@file" and "@dir" are paths.
 */
struct completion {
	const char *command; /* NULL: of any command */
	const char *metavar; /* of an option, or the command's positional arguments */
	const char *words;
};

/*
 * What @cmd's option @opt takes: its names, or by its metavar what @values has. @buf holds names.
 * "" where there is nothing to offer: nothing is better than a word that is wrong.
 */
const char *completion__of_option(const struct command *cmd, const struct opt *opt,
				  const struct completion *values, char *buf, size_t size);

/* The same for @cmd's positional arguments. */
const char *completion__of_arguments(const struct command *cmd, const struct completion *values);

/* Whether a word of @words goes on, so that no blank follows it. */
bool completion__goes_on(const char *words);

/*
 * A script for each shell. @commands ends with NULL, @values with an entry without a metavar; the
 * first that fits counts.
 */
void completion__print_bash(const struct command *const *commands, const struct completion *values,
			    FILE *out);
void completion__print_zsh(const struct command *const *commands, const struct completion *values,
			   FILE *out);
void completion__print_fish(const struct command *const *commands, const struct completion *values,
			    FILE *out);

#endif
