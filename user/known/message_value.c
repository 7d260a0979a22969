// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "known/message_value.h"

/* No real line has a name or number that is longer. */
#define WORD_MAX 128

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

bool message_hole__takes(enum message_hole hole, char c)
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

bool message_value__read(struct message_value *value, const struct format_token *token)
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
