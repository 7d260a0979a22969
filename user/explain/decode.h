/* SPDX-License-Identifier: GPL-2.0 */
/* Restores a program's line from the output of terminals, mailers and log collectors. */
#ifndef GRANTWATCH_EXPLAIN_DECODE_H
#define GRANTWATCH_EXPLAIN_DECODE_H

#include "util/types.h"

/*
 * In place: removes terminals' escape sequences, HTML tags and NULs; resolves HTML entities and
 * escapes of JSON strings. Returns the new length, at most @len. Not terminated.
 */
size_t decode__line(char *line, size_t len);

/*
 * In place, for a line that matches nothing else: resolves quoted-printable, and makes any blanks
 * one space. Returns the new length.
 */
size_t decode__loosely(char *line, size_t len);

/*
 * In place: decodes quoted-printable without soft line breaks, which were removed before. If the
 * text is not @sure to be encoded, decodes only what is unlikely to be anything else. Returns the
 * new length.
 */
size_t decode__quoted_printable(char *line, size_t len, bool sure);

/* Whether decode__line() would change the line. */
bool decode__is_needed(const char *line, size_t len);

/* Returns the length of the line's quote marks, such as "> > " or "> `" in a mail or an issue. */
size_t decode__quote_len(const char *line, size_t len);

/* UTF-16 to ASCII, '?' for other characters. @len is even. Returns the new length. */
size_t decode__utf16(char *out, const char *in, size_t len, bool big_endian);

#endif
