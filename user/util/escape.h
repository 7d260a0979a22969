/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes text from captures harmless for its output format. Every byte that is not printable ASCII
 * (control bytes, terminal escapes, bidirectional marks, broken UTF-8) becomes \xNN. The exception
 * is ±, which findings put between a time and its bound. Characters with a meaning in the format
 * are escaped.
 */
#ifndef GRANTWATCH_ESCAPE_H
#define GRANTWATCH_ESCAPE_H

#include <stdio.h>

#include "util/types.h"

enum escape {
	ESCAPE_PLAIN, /* for people: ± if the locale is UTF-8, +- otherwise */
	ESCAPE_UTF8,  /* the same for formats that are UTF-8: always ± */
	ESCAPE_ASCII, /* the same: always +- */
	/* GitHub's, outside of code: no markup, mention, reference or link */
	ESCAPE_MARKDOWN,
	ESCAPE_CODE, /* within a fence of backticks */
	ESCAPE_XML,  /* text and attributes of XML and HTML */
	ESCAPE_TAP,  /* a description, without directives */
	ESCAPE_MAX,
};

/* Whether all of @text is printable ASCII, so that only a format's own characters need escaping. */
bool is_printable(const char *text);

void print_escaped(FILE *out, enum escape how, const char *text);

/*
 * Returns the result as a string that the caller frees. Without memory the process ends
 * (util/memory.h).
 */
char *escape__dup(enum escape how, const char *text);

/*
 * Prints @text, escaped, in lines of @width columns at most (longer words stay whole). @first
 * begins the first line, @rest the others.
 */
void print_wrapped(FILE *out, enum escape how, const char *first, const char *rest, u32 width,
		   const char *text);

#endif
