/* SPDX-License-Identifier: GPL-2.0 */
/*
 * --output FILE and --force, the same for every command. An existing file is never lost by
 * accident: a file with contents is replaced only with --force, and never while it is an input of
 * this command or written by another process.
 */
#ifndef GRANTWATCH_OUTPUT_H
#define GRANTWATCH_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

#include "util/options.h"

struct output_config {
	const char *path; /* "-": standard output */
	bool force;	  /* replace a file with contents */
	bool no_pager;
};

/*
 * Entries for the option table of a command whose configuration has a struct output_config @field.
 */
/* clang-format off */
#define OUTPUT_FORCE_OPT(config, field) \
	{.name = "force", \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.force), \
	 .help = "replace files that exist; an input is never replaced"}
#define OUTPUT_OPT(config, field, text) \
	{.name = "output", \
	 .letter = 'o', \
	 .type = OPT_STRING, \
	 .offset = offsetof(config, field.path), \
	 .metavar = "FILE", \
	 .help = text}
#define OUTPUT_OPTS(config, field) \
	OUTPUT_OPT(config, field, "write to FILE, which must be new, instead of standard output"), \
	OUTPUT_FORCE_OPT(config, field)
#define PAGER_OPT(config, field) \
	{.name = "no-pager", \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.no_pager), \
	 .help = "on a terminal: print long text without a pager"}
/* clang-format on */

/*
 * Lets a pager show what is written to standard output, if that is a terminal. For text for people,
 * before privileges are dropped.
 */
void output__page(const struct output_config *config);

/* Whether @config is for standard output. */
bool output__is_stdout(const struct output_config *config);

/*
 * Checks that binary output does not go to a terminal. @what: "a capture". Returns 0, or -1 after
 * logging the error.
 */
int output__check_binary(const struct output_config *config, const char *what);

/*
 * Opens @config's file for writing, new with @mode, or emptied. Inputs must be open before, so that
 * they are recognised. Returns a descriptor, or -errno for output__complain().
 */
int output__create(const struct output_config *config, mode_t mode);

/* Logs why output__create() of @path failed. */
void output__complain(const char *path, int err);

/*
 * At the start of long work: checks that @config's file may be written at its end. Returns 0, or -1
 * after logging the error.
 */
int output__check(const struct output_config *config);

/*
 * The same for files in the directory @dir, which must exist; @is_ours recognises them by name.
 * Returns 0, or -1 after logging the error.
 */
int output__check_dir(const char *dir, bool (*is_ours)(const char *name), bool force);

/*
 * Renames @path, if it exists, to @path.1, an older @path.1 to @path.2 and so on, and keeps up to
 * @keep of them. Returns 0, or -1 after logging the error.
 */
int output__rotate(const char *path, u32 keep);

/* Marks @path as an input of this process; another process reads it. */
void output__protect(const char *path);

/* Writes all of @buf to @fd. Returns 0, or -1 with errno. */
int output__write(int fd, const void *buf, size_t len);

/* Like output__create(), as a stream. Returns NULL after logging the error. */
FILE *output__open(const struct output_config *config);

/*
 * Takes @fd, the result of output__create() for @path, perhaps in another process, as a stream.
 * Returns NULL after logging the error.
 */
FILE *output__stream(const char *path, int fd);

/* Returns 0, or -1 after logging that something was not written, now or earlier. */
int output__flush(FILE *out, const char *path);

/* The same, and closes @out unless it is standard output. */
int output__close(FILE *out, const char *path);

#endif
