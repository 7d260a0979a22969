// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "explain/prose.h"

/* bytes of the longest English word; longer ones may be names */
#define WORD_BYTES 20
/* bytes before a message that are examined */
#define NEAR_BYTES 200

/* Quotation marks and Markdown's marks around a text. */
static bool is_mark(char c)
{
	return c && (strchr("\"'`*([", c) || (u8)c >= 0x80);
}

static const char *skip_back(const char *pos, const char *from)
{
	while (pos > from && (pos[-1] == ' ' || is_mark(pos[-1])))
		pos--;
	return pos;
}

/* Whether the text has a part of a log's prefix: "12:53", "742.81", "(XEN)", "kernel". */
static bool has_log_prefix(const char *from, const char *end)
{
	const char *pos;

	for (pos = from; pos + 2 < end; pos++) {
		if (isdigit((unsigned char)pos[0]) && (pos[1] == ':' || pos[1] == '.') &&
		    isdigit((unsigned char)pos[2]))
			return true;
		if (*pos == '(' &&
		    (pos[1] == 'X' || (pos[1] == 'd' && isdigit((unsigned char)pos[2]))))
			return true;
	}
	return memmem(from, (size_t)(end - from), "kernel:", 7) != NULL;
}

/*
 * Returns the plain word that ends at @end: letters only, and no driver's name. NULL if there is
 * none.
 */
static const char *word_before(const char *end, const char *from)
{
	const char *pos = end;

	while (pos > from && (isalpha((unsigned char)pos[-1]) || pos[-1] == '\''))
		pos--;
	if (pos == end || end - pos > WORD_BYTES ||
	    (pos > from && pos[-1] != ' ' && !is_mark(pos[-1])))
		return NULL;
	return pos;
}

/* Two words or more before the message: "I had a VM stop with a". */
static bool is_led_by_words(const char *begin, const char *from)
{
	const char *pos = skip_back(begin, from);

	/* Failure("TEXT"): from a program */
	if (*pos == '(')
		return false;
	/* "host","TEXT": a field of a table */
	if (pos > from && (pos[-1] == ',' || pos[-1] == '.') && pos < begin && *pos == ' ')
		pos--;
	pos = word_before(pos, from);
	if (!pos)
		return false;
	pos = skip_back(pos, from);
	return word_before(pos, from) != NULL;
}

/* A lower-case word follows: "80\" errors are common". */
static bool is_followed_by_word(const char *end, const char *to)
{
	const char *pos = end;

	while (pos < to && (is_mark(*pos) || *pos == ')' || *pos == ',' || *pos == '.'))
		pos++;
	if (pos == to || *pos != ' ')
		return false;
	while (pos < to && *pos == ' ')
		pos++;
	end = pos;
	while (pos < to && islower((unsigned char)*pos))
		pos++;
	return pos - end > 1 && (pos == to || strchr(" .,;!?'", *pos));
}

/* An argument: "pr_alert(dev, \"TEXT\\n\");". The "\\n" has ended the line. */
static bool is_in_source(const struct message_match *match, const char *from, const char *to)
{
	const char *pos = match->begin, *end = match->end;

	if (pos == from || *--pos != '"')
		return false;
	if (end != to && (to - end < 2 || *end != '"' ||
			  (end[1] != ',' && (to - end < 3 || memcmp(end + 1, ");", 2) != 0))))
		return false;
	if (pos > from && pos[-1] == '(')
		return true;
	while (pos > from && pos[-1] == ' ')
		pos--;
	return pos > from && pos[-1] == ',' && memchr(from, '(', (size_t)(pos - from));
}

/* A log's text directly before the message: "tag: TEXT", "] TEXT", "msg=\"TEXT". */
static bool is_tagged(const char *begin, const char *from)
{
	while (begin > from && (begin[-1] == ' ' || begin[-1] == '"' || begin[-1] == '\''))
		begin--;
	return begin > from && strchr("]=>|{}/$#", begin[-1]);
}

bool prose__quotes(const struct message_match *match, const char *from, const char *to)
{
	static const char subject[] = "Subject:";
	const char *begin = match->begin;

	if (begin - from >= (ptrdiff_t)strlen(subject) &&
	    !strncasecmp(from, subject, strlen(subject)))
		return true;
	if (begin - from > NEAR_BYTES)
		from = begin - NEAR_BYTES;
	if (has_log_prefix(from, begin))
		return false;
	if (is_in_source(match, from, to) || is_led_by_words(begin, from))
		return true;
	/* Other messages may continue, as their formats do not cover all of them. */
	return match->message->weight == MESSAGE_DEVICE_LOST && !is_tagged(begin, from) &&
	       is_followed_by_word(match->end, to);
}
