// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "known/message_format.h"

/* No real line has a name or number that is longer. */
#define WORD_MAX 128

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

/* A literal ends at a hole and at two spaces. */
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

/* What <text> is has to be told from the literals around it. */
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

/* --- numbers --- */

static int digit(char c, u32 base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

	if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value < (int)base ? value : -1;
}

static u64 number(const char *pos, const char *end, u32 base)
{
	u64 value = 0;

	if (pos == end)
		return UINT64_MAX;
	for (; pos < end; pos++) {
		int d = digit(*pos, base);

		if (d < 0 || value > (UINT64_MAX - (u64)d) / base)
			return UINT64_MAX;
		value = value * base + (u64)d;
	}
	return value;
}

static bool has_prefix(const char *pos, const char *end)
{
	return end - pos > 2 && pos[0] == '0' && (pos[1] | 0x20) == 'x';
}

/* The number that is all of @pos to @end, as @base writes it. */
static bool read_number(struct message_value *value, const char *pos, const char *end, u8 base)
{
	u32 radix = base ? base : 10;

	value->negative = pos < end && *pos == '-';
	pos += value->negative;
	if (base != 10 && has_prefix(pos, end)) {
		pos += 2;
		radix = 16;
	}
	if (pos == end || digit(*pos, radix) < 0)
		return false;
	for (const char *c = pos; c < end; c++)
		if (digit(*c, radix) < 0)
			return false;
	value->number = number(pos, end, radix);
	return true;
}

static bool read_domain(struct message_value *value, const char *pos, const char *end)
{
	if (end - pos > 3 && !strncasecmp(pos, "dom", 3))
		pos += 3;
	else if (end - pos > 1 && (*pos | 0x20) == 'd')
		pos++;
	return read_number(value, pos, end, 10);
}

/* --- names --- */

static bool begins(const char *pos, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - pos) >= len && !strncasecmp(pos, word, len);
}

static bool all_digits(const char *pos, const char *end)
{
	if (pos == end)
		return false;
	while (pos < end && isdigit((unsigned char)*pos))
		pos++;
	return pos == end;
}

/* Letters, then digits or nothing. */
static bool letters_digits(const char *pos, const char *end)
{
	const char *begin = pos;

	while (pos < end && isalpha((unsigned char)*pos))
		pos++;
	return pos > begin && (pos == end || all_digits(pos, end));
}

/* "51712", "5-51712", "5/51712" */
static bool is_numbered(const char *pos, const char *end)
{
	for (; pos < end; pos++)
		if (!isdigit((unsigned char)*pos) && *pos != '-' && *pos != '/')
			return false;
	return isdigit((unsigned char)end[-1]);
}

static bool is_disk(const char *pos, const char *end)
{
	static const char *const leads[] = {"backend/vbd/", "backend/qdisk/", "vbd-", "vbd/",
					    "qdisk-",	    "xen-disk-",      "xbd"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(leads); i++)
		if (begins(pos, end, leads[i]) && pos + strlen(leads[i]) < end)
			return is_numbered(pos + strlen(leads[i]), end);
	/* Other names are other drivers' disks, too. */
	if (begins(pos, end, "xvd"))
		return end - pos > 3 && letters_digits(pos, end);
	return is_numbered(pos, end);
}

/* "eth0", "enX0", "ens5", "xn0", "vif5.0": no other word, it may be anybody's name. */
static bool is_net(const char *pos, const char *end)
{
	static const char *const leads[] = {"eth", "en", "xnf", "xn", "vif", "net"};
	const char *dot;
	size_t i;

	if (begins(pos, end, "backend/vif/"))
		return pos + 12 < end && is_numbered(pos + 12, end);
	if (begins(pos, end, "vif-"))
		return pos + 4 < end && is_numbered(pos + 4, end);
	dot = memchr(pos, '.', (size_t)(end - pos));
	if (dot)
		return begins(pos, dot, "vif") && letters_digits(pos, dot) && dot + 1 < end &&
		       all_digits(dot + 1, end);
	for (i = 0; i < ARRAY_SIZE(leads); i++)
		if (begins(pos, end, leads[i]))
			return end - pos <= 7 && letters_digits(pos, end) &&
			       isdigit((unsigned char)end[-1]);
	return false;
}

/* A virtio device, or one that does not say which kind it is. */
static bool is_device(const char *pos, const char *end)
{
	if (begins(pos, end, "virtio") || begins(pos, end, "scsi") || begins(pos, end, "host"))
		return letters_digits(pos, end);
	return is_disk(pos, end) || is_net(pos, end);
}

static bool in_word(enum message_hole hole, char c)
{
	switch (hole) {
	case HOLE_REF:
	case HOLE_HANDLE:
	case HOLE_PFN:
	case HOLE_NUMBER:
	case HOLE_STATUS:
		return isxdigit((unsigned char)c) || (c | 0x20) == 'x' || c == '-';
	case HOLE_GRANTER:
	case HOLE_MAPPER:
	case HOLE_DOMAIN:
		return isalnum((unsigned char)c);
	case HOLE_VERB:
		return islower((unsigned char)c) || c == '_';
	case HOLE_VERSION:
		return isalnum((unsigned char)c) || (c && strchr(".-+_~", c));
	case HOLE_TASK:
		return c > ' ' && c < 0x7f && !strchr(":,[]()<>\"'", c);
	default:
		return isalnum((unsigned char)c) || (c && strchr("./_-", c));
	}
}

static bool read_value(struct message_value *value, const struct format_token *token)
{
	const char *pos = value->begin, *end = value->end;

	value->number = UINT64_MAX;
	if (pos == end || end - pos > WORD_MAX)
		return false;
	switch (token->hole) {
	case HOLE_REF:
	case HOLE_HANDLE:
	case HOLE_PFN:
	case HOLE_NUMBER:
	case HOLE_STATUS:
		return read_number(value, pos, end, token->base);
	case HOLE_GRANTER:
	case HOLE_MAPPER:
	case HOLE_DOMAIN:
		return read_domain(value, pos, end);
	case HOLE_DISK:
		return is_disk(pos, end);
	case HOLE_NET:
		return is_net(pos, end);
	case HOLE_DEVICE:
		return is_device(pos, end);
	default:
		return true;
	}
}

/* --- tokens and a line --- */

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

/* The literal that <text> reaches to, from @pos on. */
static const char *find_forward(const struct cursor *cursor, const struct format_token *token)
{
	const char *pos;

	for (pos = cursor->pos; pos + token->len <= cursor->end; pos++)
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
		while (pos < cursor->end && in_word(token->hole, *pos))
			pos++;
	}
	if (!pos)
		return false;
	value->end = cursor->pos = pos;
	/* A sentence's or a path's punctuation is no part of a name. */
	while (token->hole >= HOLE_DISK && token->hole <= HOLE_DEVICE && pos > value->begin &&
	       strchr("./-", pos[-1]))
		value->end = cursor->pos = --pos;
	return token->hole == HOLE_TEXT || read_value(value, token);
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
	const char *pos;

	for (pos = cursor->pos - token->len; pos >= cursor->line; pos--)
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
		while (pos > cursor->line && in_word(token->hole, pos[-1]))
			pos--;
	if (!pos)
		return false;
	value->begin = cursor->pos = pos;
	return token->hole == HOLE_TEXT || read_value(value, token);
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

/* Those that were found backwards are in the wrong order. */
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
