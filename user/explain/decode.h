/* SPDX-License-Identifier: GPL-2.0 */
/* A line as its program wrote it, out of what terminals, mailers and log collectors made of it. */
#ifndef GRANTWATCH_EXPLAIN_DECODE_H
#define GRANTWATCH_EXPLAIN_DECODE_H

#include "util/types.h"

/*
 * In place: take escape sequences of terminals, HTML tags and NULs out; resolve HTML entities and
 * escapes of JSON strings. Returns the new length, never more than @len. Not terminated.
 */
size_t decode__line(char *line, size_t len);

/*
 * In place, for a line that is not known otherwise: resolve quoted-printable, take every kind and
 * number of blanks for one space. Returns the new length.
 */
size_t decode__loosely(char *line, size_t len);

/*
 * In place: resolve what quoted-printable escapes; the soft line break is cut off already. If the
 * text is not @sure to be so encoded, only what is hardly anything else. Returns the new length.
 */
size_t decode__quoted_printable(char *line, size_t len, bool sure);

/* Whether decode__line() would change anything. */
bool decode__is_needed(const char *line, size_t len);

/* The length of what quotes the line, e.g. "> > " or "> `" of a mail or an issue. */
size_t decode__quote_len(const char *line, size_t len);

/* UTF-16 to ASCII, '?' for anything else; @len is even. Returns the new length. */
size_t decode__utf16(char *out, const char *in, size_t len, bool big_endian);

#endif
