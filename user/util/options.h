/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options as data. Each command has a table, which parsing, defaults, --help, the manual and the
 * completion follow.
 */
#ifndef GRANTWATCH_OPTIONS_H
#define GRANTWATCH_OPTIONS_H

#include "util/types.h"

enum opt_type {
	OPT_FLAG,   /* bool *: set to true */
	OPT_STRING, /* const char **: the argument */
	OPT_U32,    /* u32 *: decimal or 0x hex, within .min and .max */
	OPT_LIST,   /* struct opt_list *: may be repeated */
	OPT_TIME,   /* u32 *: seconds, as a number or a duration, within .min and .max */
	OPT_ENUM,   /* an enum *: the argument's index in .names */
	OPT_CONFIG, /* const char **: a file with options, config_file.h */
};

struct opt_list {
	const char *item[64];
	unsigned int nr;
};

struct opt {
	const char *name; /* long name without dashes */
	char letter;	  /* short form, 0 for none */
	enum opt_type type;
	size_t offset;		  /* offset of the value in the command's configuration */
	const char *metavar;	  /* "FILE"; NULL for flags */
	const char *help;	  /* one line, no full stop */
	u32 min, max;		  /* OPT_U32 and OPT_TIME; max 0: no upper limit */
	const char *const *names; /* OPT_ENUM only: permitted values, ends with NULL */
};

/* An exit status of a command, and its meaning there. */
struct exit_status {
	int code;
	const char *meaning; /* NULL ends a table */
};

struct command {
	const char *name;
	const char *args;    /* positional arguments as in the usage, "" for none */
	const char *summary; /* one line */
	const char *help;    /* paragraphs below the usage line; may be NULL */
	const struct opt *opts;
	unsigned int nr_opts;
	const struct exit_status *exits; /* NULL: exit_statuses[] */
	int (*run)(int argc, char **argv);
};

/* Exit statuses of the contract. */
enum {
	EXIT_CLEAN = 0,
	EXIT_ERROR = 1,
	EXIT_RACE = 2,
	EXIT_BLIND = 3,
	EXIT_UNSUPPORTED = 77,
};

extern const struct exit_status exit_statuses[];

/* Returned by opts__parse() if the command has to end. */
enum { OPTS_DONE = -1, OPTS_BAD = -2 };

/*
 * Parses @argv by @cmd's table into @cfg. -h/--help, -v/--verbose and -q/--quiet belong to every
 * command. Returns the index of the first positional argument, OPTS_DONE after --help (exit 0), or
 * OPTS_BAD after logging the error (exit 1).
 */
int opts__parse(const struct command *cmd, int argc, char **argv, void *cfg);

/*
 * Set @opt of @cmd in @cfg to @arg, which must stay; NULL for a flag. Returns 0, or OPTS_BAD after
 * logging the error.
 */
int opts__set(const struct command *cmd, const struct opt *opt, void *cfg, const char *arg);

/* Logs that there is no command @name, and a similar one. @commands ends with NULL. */
void commands__complain(const struct command *const *commands, const char *name);

/* Returns the option of @cmd with this index, the common ones last; NULL after them. */
const struct opt *opts__at(const struct command *cmd, unsigned int index);

/* Prints usage and the option table of @cmd to standard output. */
void opts__help(const struct command *cmd);

#endif
