// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "explain/unknown.h"
#include "known/messages.h"

/* maximum of lines examined for samples */
#define SAMPLED_LINES 64

/* Words of sentences about grants that are in no format of the table. */
static const char *const common[] = {
	"a",	     "an",	"and",	  "are",      "at",	 "by",	   "cannot",   "could",
	"entry",     "entries", "error",  "failed",   "failure", "for",	   "frame",    "frames",
	"from",	     "gnttab",	"gntdev", "gntalloc", "grant",	 "grants", "has",      "have",
	"in",	     "invalid", "is",	  "limit",    "map",	 "mapped", "mapping",  "maptrack",
	"no",	     "not",	"of",	  "on",	      "page",	 "pages",  "ref",      "refs",
	"reference", "status",	"table",  "the",      "to",	 "unmap",  "unmapped", "was",
	"went",	     "away",	"with",	  "version",  "warning", "xen"};

static bool is_common(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common); i++)
		if (strlen(common[i]) == len && !strncasecmp(common[i], word, len))
			return true;
	return false;
}

/* Whether @format has @word outside of its holes. */
static bool has_word(const char *format, const char *word, size_t len)
{
	const char *pos = format;
	bool hole = false;

	for (; *pos; pos++) {
		hole = (hole || *pos == '<') && *pos != '>';
		if (hole || strncasecmp(pos, word, len))
			continue;
		if ((pos == format || !isalnum((unsigned char)pos[-1])) &&
		    !isalnum((unsigned char)pos[len]))
			return true;
	}
	return false;
}

static bool is_public_word(const char *word, size_t len)
{
	const struct known_message *message;
	u32 i;

	if (is_common(word, len))
		return true;
	for (i = 0; (message = message__at(i)); i++)
		if (has_word(message->format, word, len))
			return true;
	return false;
}

/* "1300", "0x1a3", "d0v1" */
static bool is_number(const char *word, size_t len)
{
	size_t i = 0;

	if (len > 18)
		return false;
	if (len > 2 && word[0] == '0' && word[1] == 'x')
		i = 2;
	else if (len > 1 && (word[0] == 'd' || word[0] == 'v'))
		i = 1;
	for (; i < len; i++)
		if (!isdigit((unsigned char)word[i]) &&
		    !(i && word[1] == 'x' && isxdigit((unsigned char)word[i])) &&
		    !(word[0] == 'd' && word[i] == 'v'))
			return false;
	return true;
}

/* Names of source files of Xen and Linux: "common/grant_table.c". */
static bool is_source(const char *word, size_t len)
{
	static const char *const files[] = {"common/grant_table.c", "grant_table.c",
					    "grant-table.c",	    "gntdev.c",
					    "gntalloc.c",	    "arch/x86/mm.c"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (strlen(files[i]) == len && !strncmp(files[i], word, len))
			return true;
	return false;
}

static bool in_token(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_./'-", c)) || (u8)c >= 0x80;
}

/* Returns the length of the text's prefix: a time, a host, a tag. */
static size_t prefix_len(const char *line, size_t len)
{
	static const char *const ends[] = {"(XEN) ", "kernel: ", "] "};
	size_t e, i, begin = 0;

	for (e = 0; e < ARRAY_SIZE(ends); e++) {
		size_t n = strlen(ends[e]);

		for (i = begin; i + n <= len && i < 160; i++)
			if (!memcmp(line + i, ends[e], n))
				begin = i + n;
	}
	return begin;
}

void unknown__redact(const char *line, size_t len, char *buf, size_t size)
{
	size_t i = prefix_len(line, len), n = 0;

	while (i < len && n + 1 < size) {
		size_t word = 0;

		while (i + word < len && in_token(line[i + word]))
			word++;
		if (!word) {
			char c = line[i++];

			if (c == ' ' ? n && buf[n - 1] != ' ' : c && strchr(":()[],=#", c) != NULL)
				buf[n++] = c;
			continue;
		}
		if (!is_number(line + i, word) && !is_source(line + i, word) &&
		    !is_public_word(line + i, word)) {
			buf[n++] = '_';
		} else if (n + word + 1 < size) {
			memcpy(buf + n, line + i, word);
			n += word;
		} else {
			break;
		}
		i += word;
	}
	buf[n] = '\0';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* "+0x153/0x30e" */
static bool is_place(const char *pos, const char *end)
{
	if (end - pos < 8 || memcmp(pos, "+0x", 3) != 0)
		return false;
	for (pos += 3; pos < end && isxdigit((unsigned char)*pos);)
		pos++;
	return end - pos > 3 && !memcmp(pos, "/0x", 3);
}

bool unknown__is_frame(const char *line, size_t len)
{
	const char *end = line + len, *plus = memchr(line, '+', len), *pos;

	while (plus && !is_place(plus, end))
		plus = memchr(plus + 1, '+', (size_t)(end - plus - 1));
	if (!plus)
		return false;
	for (pos = plus; pos > line && is_name(pos[-1]);)
		pos--;
	if (pos == plus || (pos > line && pos[-1] != ' '))
		return false;
	while (pos > line && pos[-1] == ' ')
		pos--;
	/* Behind other words it is part of a message: "WARNING: … at gntalloc.c:12 gntalloc_…". */
	return pos == line || strchr("]?:>", pos[-1]) != NULL;
}

void unknown__line(struct rules *rules, const char *line, size_t len)
{
	char text[LOG_SAMPLE] = "";

	/* Only the first lines give samples, which bounds the cost. */
	if (rules__counters(rules)->unknown_lines < SAMPLED_LINES)
		unknown__redact(line, len, text, sizeof(text));
	rules__unknown_line(rules, text);
}
