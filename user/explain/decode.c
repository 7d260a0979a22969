// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "explain/decode.h"

#define ESC 0x1b
/* bytes of the line before "\"MESSAGE\"", if that is its first key */
#define KEY_BYTES 40

/*
 * Returns the text after "MESSAGE", the key of a journal's entry: as the whole line, or as one of
 * its keys.
 */
static char *message_key(const char *line, size_t len)
{
	static const char key[] = "\"MESSAGE\"";
	char *pos = NULL;

	if (len && *line == '{')
		pos = memmem(line, len, key, sizeof(key) - 1);
	else if (len && (*line == '"' || *line == ' ' || *line == '\t'))
		pos = memmem(line, min(len, (size_t)KEY_BYTES), key, sizeof(key) - 1);
	return pos ? pos + sizeof(key) - 1 : NULL;
}

bool decode__is_needed(const char *line, size_t len)
{
	static const u8 special[256] = {
		[ESC] = 1, ['\0'] = 1, ['&'] = 1, ['\\'] = 1, ['<'] = 1, [0xc2] = 1, [0xe2] = 1};
	size_t i;

	if (len && (*line == '{' || message_key(line, len)))
		return true;
	for (i = 0; i < len; i++)
		if (special[(u8)line[i]])
			return true;
	return false;
}

/* "\e[0;1;31m", "\e]0;title\a", "\e(B" */
static size_t escape_len(const char *pos, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	if (pos[1] == '[') {
		while (i < len && (pos[i] < '@' || pos[i] > '~'))
			i++;
		return min(i + 1, len);
	}
	if (pos[1] == ']') {
		while (i < len && pos[i] != '\a' && pos[i] != ESC)
			i++;
		return min(i + 1, len);
	}
	return min(pos[1] == '(' || pos[1] == ')' ? (size_t)3 : (size_t)2, len);
}

/* An HTML tag. A syslog's priority is in "<" and ">" too. */
static size_t tag_len(const char *pos, size_t len)
{
	size_t i;

	if (len < 3 || (!isalpha((unsigned char)pos[1]) && pos[1] != '/'))
		return 0;
	for (i = 1; i < min(len, (size_t)200); i++)
		if (pos[i] == '>')
			return i + 1;
	return 0;
}

/* "&lt;", "&#39;", "&#x27;": its character in @c, its length, 0 if it is none. */
static size_t entity_len(const char *pos, size_t len, char *c)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {{"&lt;", '<'},   {"&gt;", '>'},	{"&amp;", '&'},
		     {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}};
	u32 value = 0, base = 10;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (len >= strlen(names[i].name) &&
		    !strncasecmp(pos, names[i].name, strlen(names[i].name))) {
			*c = names[i].c;
			return strlen(names[i].name);
		}
	if (len < 4 || pos[1] != '#')
		return 0;
	i = 2;
	if ((pos[i] | 0x20) == 'x') {
		base = 16;
		i++;
	}
	for (; i < min(len, (size_t)9) && isxdigit((unsigned char)pos[i]); i++)
		value = value * base + (u32)(isdigit((unsigned char)pos[i])
						     ? pos[i] - '0'
						     : (pos[i] | 0x20) - 'a' + 10);
	if (i >= len || pos[i] != ';')
		return 0;
	*c = value >= 0x20 && value < 0x7f ? (char)value : ' ';
	return i + 1;
}

/* An escape sequence of a JSON string. */
static size_t json_len(const char *pos, size_t len, char *c)
{
	u32 value = 0;
	size_t i;

	if (len < 2)
		return 0;
	switch (pos[1]) {
	case 'n':
	case 'r':
	case 't':
		*c = ' ';
		return 2;
	case '"':
	case '\\':
	case '/':
	case '_':
	case '*':
	case '`':
		*c = pos[1];
		return 2;
	case 'u':
		if (len < 6)
			return 0;
		for (i = 2; i < 6; i++) {
			if (!isxdigit((unsigned char)pos[i]))
				return 0;
			value = value * 16 + (u32)(isdigit((unsigned char)pos[i])
							   ? pos[i] - '0'
							   : (pos[i] | 0x20) - 'a' + 10);
		}
		*c = value >= 0x20 && value < 0x7f ? (char)value : '\0';
		/* A terminal's escape sequence, escaped by JSON. */
		if (value == ESC)
			*c = ESC;
		return 6;
	default:
		return 0;
	}
}

/* Blanks of web pages: no-break and zero-width. */
static size_t blank_len(const char *pos, size_t len, char *c)
{
	if (len >= 2 && !memcmp(pos, "\xc2\xa0", 2)) {
		*c = ' ';
		return 2;
	}
	if (len >= 3 && !memcmp(pos, "\xe2\x80\x8b", 3)) {
		*c = '\0';
		return 3;
	}
	return 0;
}

static size_t resolve(char *line, size_t len)
{
	size_t in = 0, out = 0;

	while (in < len) {
		char c = line[in];
		size_t skip = 1;

		if (c == '&')
			skip = entity_len(line + in, len - in, &c);
		else if (c == '\\')
			skip = json_len(line + in, len - in, &c);
		else if ((u8)c >= 0x80)
			skip = blank_len(line + in, len - in, &c);
		if (!skip) {
			c = line[in];
			skip = 1;
		}
		/* Without a width. */
		if (c != '\0')
			line[out++] = c;
		in += skip;
	}
	return out;
}

/* Removes markup and terminal sequences. Tags only if the line itself has them. */
static size_t strip(char *line, size_t len, bool tags)
{
	size_t in = 0, out = 0;

	while (in < len) {
		size_t skip = 0;

		if (line[in] == ESC)
			skip = escape_len(line + in, len - in);
		else if (line[in] == '\0')
			skip = 1;
		else if (line[in] == '<' && tags)
			skip = tag_len(line + in, len - in);
		if (!skip)
			line[out++] = line[in++];
		in += skip;
	}
	return out;
}

/*
 * "\"MESSAGE\":[120,101,110]": journald writes a text that is not UTF-8 as numbers. Converts them
 * to bytes, in place.
 */
static size_t resolve_bytes(char *line, size_t len)
{
	char *pos = message_key(line, len), *in = pos;
	char *const end = line + len;
	u32 value = 0;
	bool has = false;

	if (!pos)
		return len;
	while (in < end && (*in == ' ' || *in == ':'))
		in++;
	if (in == end || *in != '[')
		return len;
	for (pos = ++in; in < end; in++) {
		if (isdigit((unsigned char)*in)) {
			value = value * 10 + (u32)(*in - '0');
			has = true;
			continue;
		}
		if (has)
			*pos++ = (char)value;
		has = false;
		value = 0;
		if (*in == ']')
			break;
	}
	memmove(pos, in, (size_t)(end - in));
	return (size_t)(pos - line) + (size_t)(end - in);
}

size_t decode__line(char *line, size_t len)
{
	len = resolve_bytes(line, len);
	len = strip(line, len, true);
	len = resolve(line, len);
	return strip(line, len, false);
}

static bool is_hex(char c)
{
	return isdigit((unsigned char)c) || (c >= 'A' && c <= 'F');
}

static char hex(const char *pos)
{
	return (char)((pos[0] <= '9' ? pos[0] - '0' : pos[0] - 'A' + 10) * 16 +
		      (pos[1] <= '9' ? pos[1] - '0' : pos[1] - 'A' + 10));
}

/* "=3D" is a "=" itself, and mailers escape a point that begins a line. "limit=20" is a number. */
static bool is_escape(const char *pos, const char *line)
{
	const char c = hex(pos + 1);

	return c == '=' || (u8)c >= 0x80 || (c == '.' && pos == line);
}

size_t decode__quoted_printable(char *line, size_t len, bool sure)
{
	size_t in = 0, out = 0;

	if (!memchr(line, '=', len))
		return len;
	while (in < len) {
		char c = line[in];
		size_t skip = 1;

		if (c == '=' && in + 2 < len && is_hex(line[in + 1]) && is_hex(line[in + 2]) &&
		    (sure || is_escape(line + in, line))) {
			c = hex(line + in + 1);
			skip = 3;
		}
		/* What ends a line within one is nobody's. */
		line[out++] = c == '\n' || c == '\r' ? ' ' : c;
		in += skip;
	}
	return out;
}

size_t decode__loosely(char *line, size_t len)
{
	size_t in = 0, out = 0;

	while (in < len) {
		char c = line[in];
		size_t skip = 1;

		if (c == '=' && in + 2 < len && is_hex(line[in + 1]) && is_hex(line[in + 2])) {
			c = hex(line + in + 1);
			skip = 3;
		} else if (c == '\xc2' && in + 1 < len && line[in + 1] == '\xa0') {
			/* no-break space */
			c = ' ';
			skip = 2;
		}
		in += skip;
		if (c == '\t' || c == '\n' || c == '\r')
			c = ' ';
		if (c != ' ' || (out && line[out - 1] != ' '))
			line[out++] = c;
	}
	return out;
}

size_t decode__quote_len(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && (line[i] == '>' || line[i] == '|' || line[i] == ' ' || line[i] == '\t'))
		i++;
	return i;
}

size_t decode__utf16(char *out, const char *in, size_t len, bool big_endian)
{
	size_t i, n = 0;

	for (i = 0; i + 1 < len; i += 2) {
		u8 high = (u8)in[i + !big_endian], low = (u8)in[i + big_endian];

		out[n++] = high ? '?' : low < 0x80 ? (char)low : '?';
	}
	return n;
}
