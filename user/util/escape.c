// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/escape.h"
#include "util/memory.h"

#define PLUS_MINUS "\xc2\xb1"

/* Columns of a UTF-8 text. print_escaped() lets no multi-byte character but ± through. */
static u32 columns(const char *text, size_t len)
{
	u32 n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static void print_xml(FILE *out, char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	default:
		fputc(c, out);
	}
}

/* Whether the characters before @pos are @what, in any case. */
static bool comes_behind(const char *text, const char *pos, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(pos - text) >= n && !strncasecmp(pos - n, what, n);
}

/* Escapes as little as possible, so that the text is readable as it is. */
static void print_markdown(FILE *out, const char *text, const char *pos)
{
	char c = *pos;
	/* Renderers make links of www.x and x://y, emojis of :x:, and references of GH-1. */
	bool linking = (c == '.' && comes_behind(text, pos, "www")) ||
		       (c == ':' && pos[1] && pos[1] != ' ') ||
		       (c == '-' && comes_behind(text, pos, "gh"));

	/* A mention works in spite of a backslash, and not before a comment. */
	if (c == '@')
		fputs("&#64;<!-- -->", out);
	else if (c == '#')
		fputs("&#35;<!-- -->", out);
	else if (c == '<' || c == '>' || c == '&')
		print_xml(out, c);
	else if (linking || strchr("\\`*_[]!|~$", c))
		fprintf(out, "\\%c", c);
	else
		fputc(c, out);
}

static void print_char(FILE *out, enum escape how, const char *text, const char *pos)
{
	char c = *pos;

	switch (how) {
	case ESCAPE_MARKDOWN:
		print_markdown(out, text, pos);
		break;
	case ESCAPE_XML:
		print_xml(out, c);
		break;
	case ESCAPE_CODE:
		fputs(c == '`' ? "\\x60" : (char[]){c, '\0'}, out);
		break;
	case ESCAPE_TAP:
		if (c == '#')
			fputs("\\#", out);
		else
			fputc(c, out);
		break;
	default:
		fputc(c, out);
	}
}

/* By the environment: a static program has no locales to load. POSIX has this order. */
static bool locale_is_utf8(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(variables) && (!locale || !*locale); i++)
		locale = getenv(variables[i]);
	return locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8"));
}

bool is_printable(const char *text)
{
	while (*text >= 0x20 && *text <= 0x7e)
		text++;
	return !*text;
}

void print_escaped(FILE *out, enum escape how, const char *text)
{
	const bool ascii = how == ESCAPE_ASCII || how == ESCAPE_TAP ||
			   (how == ESCAPE_PLAIN && !locale_is_utf8());
	const char *pos;

	for (pos = text; *pos; pos++) {
		unsigned char c = (unsigned char)*pos;

		if (c >= 0x20 && c <= 0x7e) {
			print_char(out, how, text, pos);
		} else if (!strncmp(pos, PLUS_MINUS, 2)) {
			fputs(ascii ? "+-" : PLUS_MINUS, out);
			pos++;
		} else if (how == ESCAPE_MARKDOWN) {
			fprintf(out, "\\\\x%02x", c);
		} else {
			fprintf(out, "\\x%02x", c);
		}
	}
}

char *escape__dup(enum escape how, const char *text)
{
	char *copy = NULL;
	size_t size;
	FILE *out = open_memstream(&copy, &size);

	if (!out)
		memory__end();
	print_escaped(out, how, text);
	if (fclose(out))
		memory__end();
	return copy;
}

static bool is_unit(const char *word)
{
	static const char *const units[] = {"s", "ms", "us", "ns", "KiB", "MiB"};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		len = strlen(units[i]);
		if (!strncmp(word, units[i], len) && !isalnum((unsigned char)word[len]))
			return true;
	}
	return false;
}

/* Whether a line may not end between the word before @pos, a blank, and the next one. */
static bool belongs_to_next(const char *word, const char *pos)
{
	if (!strncmp(word, PLUS_MINUS " ", 3) || !strncmp(word, "+- ", 3))
		return true;
	return isdigit((unsigned char)pos[-1]) && is_unit(pos + 1);
}

/* Returns the length of what stays in one line: a word, or a number with its unit and bound. */
static size_t unbroken(const char *pos)
{
	const char *word = pos, *end = pos + strcspn(pos, " ");

	while (*end && end[1] != ' ' && end > word && belongs_to_next(word, end)) {
		word = end + 1;
		end = word + strcspn(word, " ");
	}
	return (size_t)(end - pos);
}

void print_wrapped(FILE *out, enum escape how, const char *first, const char *rest, u32 width,
		   const char *text)
{
	char *copy = escape__dup(how, text);
	const char *pos = copy;
	u32 used;

	fputs(first, out);
	used = columns(first, strlen(first));
	while (*pos) {
		size_t len = unbroken(pos);
		u32 need = columns(pos, len);

		if (pos != copy && used + 1 + need > width) {
			fprintf(out, "\n%s", rest);
			used = columns(rest, strlen(rest));
		} else if (pos != copy) {
			fputc(' ', out);
			used++;
		}
		fwrite(pos, 1, len, out);
		used += need;
		pos += len;
		pos += strspn(pos, " ");
	}
	fputc('\n', out);
	free(copy);
}
