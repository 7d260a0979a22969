// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "known/message_value.h"

static const char *const hole_names[HOLE_MAX] = {
#define HOLE_NAME(symbol, name) [HOLE_##symbol] = name,
	MESSAGE_HOLES(HOLE_NAME)
#undef HOLE_NAME
};

/* --- from a format to tokens --- */

static int parse_hole(struct format_token *token, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t name = colon ? (size_t)(colon - text) : len, i;

	*token = (struct format_token){.type = TOKEN_HOLE, .base = 10};
	if (colon)
		token->base = colon[1] == '#' ? 0 : 16;
	for (i = 0; i < HOLE_MAX; i++) {
		if (strlen(hole_names[i]) != name || memcmp(hole_names[i], text, name))
			continue;
		token->hole = (enum message_hole)i;
		return 0;
	}
	return -1;
}

/* A literal ends at a hole or at two spaces. */
static size_t literal_len(const char *text)
{
	size_t len;

	for (len = 1; text[len] && text[len] != '<'; len++)
		if (text[len] == ' ' && text[len + 1] == ' ')
			break;
	return len;
}

static void choose_anchor(struct format *format)
{
	u32 i, len = 0;

	for (i = 0; i < format->nr; i++) {
		const struct format_token *token = &format->token[i];

		if (token->type != TOKEN_LITERAL)
			continue;
		format->weight += token->len;
		if (token->len > len) {
			len = token->len;
			format->anchor = i;
		}
	}
}

/* The extent of <text> must follow from the literals around it. */
static bool texts_are_bounded(const struct format *format)
{
	u32 i;

	for (i = 0; i < format->nr; i++) {
		const struct format_token *token = &format->token[i];

		if (token->type == TOKEN_HOLE && token->hole == HOLE_TEXT &&
		    (!i || i + 1 == format->nr || token[-1].type != TOKEN_LITERAL ||
		     token[1].type != TOKEN_LITERAL))
			return false;
	}
	return true;
}

int format__parse(struct format *format, const char *text)
{
	memset(format, 0, sizeof(*format));
	while (*text) {
		struct format_token *token = &format->token[format->nr];
		const char *close = *text == '<' ? strchr(text, '>') : NULL;

		if (format->nr++ == FORMAT_TOKENS)
			return -1;
		if (close) {
			if (parse_hole(token, text + 1, (size_t)(close - text - 1)))
				return -1;
			text = close + 1;
		} else if (text[0] == ' ' && text[1] == ' ') {
			*token = (struct format_token){.type = TOKEN_SPACE};
			text += strspn(text, " ");
		} else {
			*token = (struct format_token){.type = TOKEN_LITERAL, .text = text};
			token->len = (u32)literal_len(text);
			text += token->len;
		}
	}
	choose_anchor(format);
	if (!texts_are_bounded(format))
		return -1;
	return format->weight && format->token[format->anchor].type == TOKEN_LITERAL ? 0 : -1;
}

/* --- tokens and a line --- */

/* bytes of the longest <text>, which bounds the cost of hostile lines */
#define TEXT_BYTES 400

struct cursor {
	const struct format *format;
	const char *line, *end; /* of the line */
	const char *pos;
	struct message_match *match;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct message_value *new_value(struct cursor *cursor, enum message_hole hole)
{
	struct message_match *match = cursor->match;
	struct message_value *value = &match->value[match->nr];

	if (match->nr == MESSAGE_MAX_HOLES)
		return NULL;
	match->nr++;
	*value = (struct message_value){.hole = hole, .number = UINT64_MAX};
	return value;
}

/* Returns the literal after <text>, from @pos on. */
static const char *find_forward(const struct cursor *cursor, const struct format_token *token)
{
	size_t left = (size_t)(cursor->end - cursor->pos);
	const char *end = cursor->pos + min(left, (size_t)TEXT_BYTES), *pos;

	for (pos = cursor->pos; pos + token->len <= end; pos++)
		if (!strncasecmp(pos, token->text, token->len))
			return pos;
	return NULL;
}

static bool hole_forward(struct cursor *cursor, u32 i)
{
	const struct format_token *token = &cursor->format->token[i];
	struct message_value *value = new_value(cursor, token->hole);
	const char *pos = cursor->pos;

	if (!value)
		return false;
	value->begin = pos;
	if (token->hole == HOLE_TEXT) {
		pos = find_forward(cursor, token + 1);
	} else {
		while (pos < cursor->end && message_hole__takes(token->hole, *pos))
			pos++;
	}
	if (!pos)
		return false;
	value->end = cursor->pos = pos;
	/* Punctuation of a sentence or path is no part of a name. */
	while (token->hole >= HOLE_DISK && token->hole <= HOLE_DEVICE && pos > value->begin &&
	       strchr("./-", pos[-1]))
		value->end = cursor->pos = --pos;
	return token->hole == HOLE_TEXT || message_value__read(value, token);
}

static bool forward(struct cursor *cursor, u32 i)
{
	const struct format_token *token = &cursor->format->token[i];

	switch (token->type) {
	case TOKEN_LITERAL:
		if (cursor->pos + token->len > cursor->end ||
		    strncasecmp(cursor->pos, token->text, token->len))
			return false;
		cursor->pos += token->len;
		return true;
	case TOKEN_SPACE:
		if (cursor->pos == cursor->end || !is_space(*cursor->pos))
			return false;
		while (cursor->pos < cursor->end && is_space(*cursor->pos))
			cursor->pos++;
		return true;
	default:
		return hole_forward(cursor, i);
	}
}

static const char *find_backward(const struct cursor *cursor, const struct format_token *token)
{
	size_t left = (size_t)(cursor->pos - cursor->line);
	const char *begin = cursor->pos - min(left, (size_t)TEXT_BYTES), *pos;

	for (pos = cursor->pos - token->len; pos >= begin; pos--)
		if (!strncasecmp(pos, token->text, token->len))
			return pos + token->len;
	return NULL;
}

static bool hole_backward(struct cursor *cursor, u32 i)
{
	const struct format_token *token = &cursor->format->token[i];
	struct message_value *value = new_value(cursor, token->hole);
	const char *pos = cursor->pos;

	if (!value)
		return false;
	value->end = pos;
	if (token->hole == HOLE_TEXT)
		pos = find_backward(cursor, token - 1);
	else
		while (pos > cursor->line && message_hole__takes(token->hole, pos[-1]))
			pos--;
	if (!pos)
		return false;
	value->begin = cursor->pos = pos;
	return token->hole == HOLE_TEXT || message_value__read(value, token);
}

static bool backward(struct cursor *cursor, u32 i)
{
	const struct format_token *token = &cursor->format->token[i];

	switch (token->type) {
	case TOKEN_LITERAL:
		if (cursor->pos - cursor->line < (ptrdiff_t)token->len ||
		    strncasecmp(cursor->pos - token->len, token->text, token->len))
			return false;
		cursor->pos -= token->len;
		return true;
	case TOKEN_SPACE:
		if (cursor->pos == cursor->line || !is_space(cursor->pos[-1]))
			return false;
		while (cursor->pos > cursor->line && is_space(cursor->pos[-1]))
			cursor->pos--;
		return true;
	default:
		return hole_backward(cursor, i);
	}
}

/* Values that were found backwards are in reverse order. */
static void sort_values(struct message_match *match)
{
	u32 i, j;

	for (i = 1; i < match->nr; i++)
		for (j = i; j && match->value[j].begin < match->value[j - 1].begin; j--) {
			struct message_value value = match->value[j];

			match->value[j] = match->value[j - 1];
			match->value[j - 1] = value;
		}
}

bool format__match(const struct format *format, const char *line, const char *end, const char *at,
		   struct message_match *match)
{
	struct cursor cursor = {format, line, end, at, match};
	u32 i;

	match->nr = 0;
	for (i = format->anchor; i > 0; i--)
		if (!backward(&cursor, i - 1))
			return false;
	match->begin = cursor.pos;
	cursor.pos = at;
	for (i = format->anchor; i < format->nr; i++)
		if (!forward(&cursor, i))
			return false;
	match->end = cursor.pos;
	sort_values(match);
	return true;
}
