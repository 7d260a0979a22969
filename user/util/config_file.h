/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file with options, for units: sections named after commands, "option = value" lines. The
 * options are those of the command's table.
 */
#ifndef GRANTWATCH_CONFIG_FILE_H
#define GRANTWATCH_CONFIG_FILE_H

#include <stdio.h>

#include "util/options.h"

/*
 * Set the options in the section of @cmd of the file @path in @cfg. Strings stay allocated. Returns
 * 0, or OPTS_BAD after logging the error.
 */
int config_file__read(const struct command *cmd, void *cfg, const char *path);

/* Print a file with all options of @commands that take one, each as a comment. */
void config_file__print(const struct command *const *commands, FILE *out);

/* An entry of a command's option table; the configuration's @field is a const char *. */
/* clang-format off */
#define CONFIG_OPT(config, field) \
	{.name = "config", \
	 .type = OPT_CONFIG, \
	 .offset = offsetof(config, field), \
	 .metavar = "FILE", \
	 .help = "take options from FILE, as /etc/grantwatch.conf; options which follow replace them"}
/* clang-format on */

#endif
