/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options as data. Each command has one table; parsing, defaults, --help, the man page check and
 * the shell completion all follow from it.
 */
#ifndef GRANTWATCH_OPTIONS_H
#define GRANTWATCH_OPTIONS_H

#include "util/types.h"

enum opt_type {
	OPT_FLAG,   /* bool *: set to true */
	OPT_STRING, /* const char **: the argument as it is */
	OPT_U32,    /* u32 *: decimal or 0x hex, checked against .min and .max */
	OPT_LIST,   /* struct opt_list *: may be given more than once */
	OPT_TIME,   /* u32 *: seconds, as a number or a duration; checked against .min and .max */
	OPT_ENUM,   /* an enum *: the index of the argument in .names */
};

struct opt_list {
	const char *item[64];
	unsigned int nr;
};

struct opt {
	const char *name; /* long name without dashes */
	char letter;	  /* short form, 0 for none */
	enum opt_type type;
	size_t offset;		  /* of the value in the command's configuration struct */
	const char *metavar;	  /* "FILE"; NULL for flags */
	const char *help;	  /* one line, no full stop */
	u32 min, max;		  /* OPT_U32 and OPT_TIME; max 0 means no upper limit */
	const char *const *names; /* OPT_ENUM only: what may be given, ends with NULL */
};

/* A command's exit status and what it means there. */
struct exit_status {
	int code;
	const char *meaning; /* NULL ends a table */
};

struct command {
	const char *name;
	const char *args;    /* positional arguments as shown in usage, "" for none */
	const char *summary; /* one line */
	const char *help;    /* paragraphs under the usage line; may be NULL */
	const struct opt *opts;
	unsigned int nr_opts;
	const struct exit_status *exits; /* NULL: the contract's, exit_statuses[] */
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

/* What opts__parse() tells its caller when the command shall go no further. */
enum { OPTS_DONE = -1, OPTS_BAD = -2 };

/*
 * Parse @argv by @cmd's table into @cfg. -h/--help, -v/--verbose and -q/--quiet are known to every
 * command. Returns the index of the first positional argument, OPTS_DONE after --help (exit 0),
 * OPTS_BAD after a message about what is wrong (exit 1).
 */
int opts__parse(const struct command *cmd, int argc, char **argv, void *cfg);

/* Log that there is no command @name, and which one it may be. @commands ends with NULL. */
void commands__complain(const struct command *const *commands, const char *name);

/* The option of @cmd with this index, those that every command knows last; NULL: no more. */
const struct opt *opts__at(const struct command *cmd, unsigned int index);

/* Print usage and the option table of @cmd to standard output. */
void opts__help(const struct command *cmd);

#endif
