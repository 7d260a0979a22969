// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repro/message.h"
#include "util/log.h"

#define PREFIX	  "gw-repro "
#define ERRNO_MAX 4095

static const char *const type_names[NR_MESSAGES] = {
	[MSG_HELLO] = "hello", [MSG_JOIN] = "join", [MSG_REFS] = "refs",
	[MSG_DONE] = "done",   [MSG_STOP] = "stop",
};

/* The numbers of a message, in order; text follows them. */
struct layout {
	u64 top[6];
	unsigned int numbers;
	bool text;
};

static const struct layout layouts[NR_MESSAGES] = {
	[MSG_HELLO] = {{UINT32_MAX, UINT64_MAX, UINT64_MAX}, 3, false},
	[MSG_JOIN] = {{UINT64_MAX}, 1, false},
	[MSG_REFS] = {{UINT32_MAX, UINT32_MAX, UINT64_MAX, UINT32_MAX, WINDOW_MAX, WINDOW_MAX},
		      6,
		      true},
	[MSG_DONE] = {{UINT32_MAX, UINT32_MAX, ERRNO_MAX}, 3, true},
	[MSG_STOP] = {{0}, 0, true},
};

void message__format(const struct message *msg, char *buf, size_t size)
{
	const u64 values[NR_MESSAGES][6] = {
		[MSG_HELLO] = {msg->version, msg->id, msg->hash},
		[MSG_JOIN] = {msg->id},
		[MSG_REFS] = {msg->round, msg->step, msg->nonce, msg->serial, msg->first,
			      msg->total},
		[MSG_DONE] = {msg->round, msg->step, (u64)msg->err},
	};
	const struct layout *layout = &layouts[msg->type];
	size_t used;
	unsigned int i;

	used = (size_t)snprintf(buf, size, PREFIX "%s %s", side_names[msg->side],
				type_names[msg->type]);
	for (i = 0; i < layout->numbers && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, " %" PRIu64,
					 values[msg->type][i]);
	if (layout->text && used + 1 < size) {
		buf[used++] = ' ';
		str_sanitize(buf + used, size - used, msg->text, sizeof(msg->text));
	}
}

/* Reads a blank and a decimal number up to @top. */
static int take_number(const char **line, u64 top, u64 *value)
{
	const char *p = *line;
	u64 v = 0;

	if (*p++ != ' ' || *p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		u64 digit = (u64)(*p - '0');

		if (v > (top - digit) / 10)
			return -EINVAL;
		v = v * 10 + digit;
	}
	if (v > top)
		return -EINVAL;
	*value = v;
	*line = p;
	return 0;
}

/* One of @nr words. Returns its index, -EINVAL for another. */
static int take_word(const char **line, const char *const *words, int nr)
{
	size_t len = strcspn(*line, " ");
	int i;

	for (i = 0; i < nr; i++) {
		if (strlen(words[i]) != len || strncmp(*line, words[i], len) != 0)
			continue;
		*line += len;
		return i;
	}
	return -EINVAL;
}

static int take_head(struct message *msg, const char **line)
{
	int side, type;

	side = take_word(line, side_names, NR_SIDES);
	if (side < 0 || *(*line)++ != ' ')
		return -EINVAL;
	type = take_word(line, type_names, NR_MESSAGES);
	if (type < 0)
		return -EINVAL;
	msg->side = (enum side)side;
	msg->type = (enum message_type)type;
	return 0;
}

static void set_numbers(struct message *msg, const u64 *v)
{
	switch (msg->type) {
	case MSG_HELLO:
		msg->version = (u32)v[0];
		msg->id = v[1];
		msg->hash = v[2];
		break;
	case MSG_JOIN:
		msg->id = v[0];
		break;
	case MSG_REFS:
		msg->nonce = v[2];
		msg->serial = (u32)v[3];
		msg->first = (u32)v[4];
		msg->total = (u32)v[5];
		msg->round = (u32)v[0];
		msg->step = (u32)v[1];
		break;
	case MSG_DONE:
		msg->round = (u32)v[0];
		msg->step = (u32)v[1];
		msg->err = (int)v[2];
		break;
	default:
		break;
	}
}

int message__parse(struct message *msg, const char *line)
{
	const struct layout *layout;
	u64 values[6] = {0};
	unsigned int i;

	memset(msg, 0, sizeof(*msg));
	if (strncmp(line, PREFIX, strlen(PREFIX)) != 0)
		return -EINVAL;
	line += strlen(PREFIX);
	if (take_head(msg, &line))
		return -EINVAL;
	layout = &layouts[msg->type];
	for (i = 0; i < layout->numbers; i++)
		if (take_number(&line, layout->top[i], &values[i]))
			return -EINVAL;
	set_numbers(msg, values);
	if (!layout->text)
		return *line ? -EINVAL : 0;
	if (*line++ != ' ')
		return -EINVAL;
	str_sanitize(msg->text, sizeof(msg->text), line, strlen(line));
	return 0;
}
