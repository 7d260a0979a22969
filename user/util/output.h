/* SPDX-License-Identifier: GPL-2.0 */
/*
 * --output FILE and --force, the same for every command that writes a file. What exists is never
 * lost by accident: a file with content is replaced only by --force, and never while it is an
 * input of this command or another process writes it.
 */
#ifndef GRANTWATCH_OUTPUT_H
#define GRANTWATCH_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

#include "util/options.h"

struct output_config {
	const char *path; /* "-": standard output */
	bool force;	  /* replace a file that has content */
};

/* Entries of a command's option table whose configuration has a struct output_config @field. */
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
/* clang-format on */

/* Whether @config is standard output. */
bool output__is_stdout(const struct output_config *config);

/*
 * Open @config's file for writing, new with @mode or empty. Inputs must be open by then, so that
 * they are known. Returns a descriptor, or -errno for output__complain().
 */
int output__create(const struct output_config *config, mode_t mode);

/* Log why output__create() of @path failed. */
void output__complain(const char *path, int err);

/*
 * At the start of long work whose output is opened at its end: whether @config's file may be
 * written then. Returns 0, or -1 after logging the error.
 */
int output__check(const struct output_config *config);

/*
 * The same for files that are made in the directory @dir, which must exist: @is_ours tells them by
 * their names. Returns 0, or -1 after logging the error.
 */
int output__check_dir(const char *dir, bool (*is_ours)(const char *name), bool force);

/*
 * Keep @path, if it exists, as @path.1, an older @path.1 as @path.2 and so on; of those not more
 * than @keep remain. Returns 0, or -1 after logging the error.
 */
int output__rotate(const char *path, u32 keep);

/* Make @path known as an input of this process, for a file that another process reads. */
void output__protect(const char *path);

/* output__create() as a stream. Returns NULL after logging the error. */
FILE *output__open(const struct output_config *config);

/*
 * Flush, and close unless it is standard output. Returns 0, or -1 after logging that something was
 * not written.
 */
int output__close(FILE *out, const char *path);

#endif
