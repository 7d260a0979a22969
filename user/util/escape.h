/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text from captures, made harmless for where it is shown. Every byte that is not printable ASCII
 * (control bytes, terminal escapes, bidirectional marks, broken UTF-8) becomes \xNN; the one
 * exception is the ± that findings put between a time and its bound. What has a meaning in the
 * target format is escaped on top.
 */
#ifndef GRANTWATCH_ESCAPE_H
#define GRANTWATCH_ESCAPE_H

#include <stdio.h>

#include "util/types.h"

enum escape {
	ESCAPE_PLAIN, /* for terminals */
	ESCAPE_ASCII, /* the same with +- for ± */
	/* GitHub's, outside of code: no markup, mention, reference or link comes of it */
	ESCAPE_MARKDOWN,
	ESCAPE_CODE, /* inside a fence of backticks */
	ESCAPE_XML,  /* text and attributes of XML and HTML */
	ESCAPE_TAP,  /* a description: no directive comes of it */
	ESCAPE_MAX,
};

void print_escaped(FILE *out, enum escape how, const char *text);

/* The same as a string of its own. Without memory the process ends (util/memory.h). */
char *escape__dup(enum escape how, const char *text);

/*
 * @text escaped and broken into lines of @width columns at most (a longer word stays whole). @first
 * begins the first line, @rest the others.
 */
void print_wrapped(FILE *out, enum escape how, const char *first, const char *rest, u32 width,
		   const char *text);

#endif
