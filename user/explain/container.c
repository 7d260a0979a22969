// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "explain/container.h"

/*
 * docker splits lines at this length. A shorter line without an end is a part only if other lines
 * have ends.
 */
#define DOCKER_BYTES 16000u
/* "2026-03-30T12:53:08.123456789+02:00 " */
#define STAMP_BYTES 40u

void container__free(struct container *container)
{
	size_t i;

	for (i = 0; i < PARTS; i++)
		free(container->part[i]);
}

size_t container__frame_len(const char *line, size_t len)
{
	static const char event[] = "data: ";

	if (len > 1 && line[0] == 0x1e && line[1] == '{')
		return 1;
	return len >= sizeof(event) && line[sizeof(event) - 1] == '{' &&
			       !memcmp(line, event, sizeof(event) - 1)
		       ? sizeof(event) - 1
		       : 0;
}

/* --- parts --- */

/* Returns false at the limit or without memory. */
static bool append(struct container *container, enum container_part part, const char *text,
		   size_t len)
{
	if (!container->part[part])
		container->part[part] = malloc(CONTAINER_BYTES);
	if (!container->part[part] || len > CONTAINER_BYTES - container->len[part])
		return false;
	memcpy(container->part[part] + container->len[part], text, len);
	container->len[part] += len;
	return true;
}

static void take_out(struct container *container, enum container_part part, char **line,
		     size_t *len)
{
	*line = container->part[part];
	*len = container->len[part];
	container->len[part] = 0;
}

/*
 * Adds @text to the line's part. @more: more parts follow. Text beyond the limit starts a new line.
 */
static bool join(struct container *container, enum container_part part, const char *text, bool more,
		 char **line, size_t *len)
{
	size_t added = (size_t)(*line + *len - text);

	if (!more && !container->len[part])
		return true;
	if (!container->len[part]) {
		text = *line;
		added = *len;
	}
	if (!append(container, part, text, added)) {
		container->len[part] = 0;
		return true;
	}
	if (!more)
		take_out(container, part, line, len);
	return !more;
}

/*
 * "2026-03-30T12:53:08.123456789Z stderr P TEXT": after the time, "P" is a part and "F" the last
 * part. Returns the text, NULL if the line is not of CRI.
 */
static const char *cri_text(const char *line, size_t len, enum container_part *part, bool *more)
{
	const char *pos = memchr(line, ' ', min(len, (size_t)STAMP_BYTES));
	const char *end = line + len;

	if (!pos || end - pos < 11 || line[4] != '-')
		return NULL;
	if (!memcmp(pos, " stdout ", 8))
		*part = PART_STDOUT;
	else if (!memcmp(pos, " stderr ", 8))
		*part = PART_STDERR;
	else
		return NULL;
	pos += 8;
	if ((*pos != 'P' && *pos != 'F') || (pos[1] != ' ' && pos[1] != ':'))
		return NULL;
	*more = *pos == 'P';
	pos = memchr(pos, ' ', (size_t)(end - pos));
	return pos ? pos + 1 : NULL;
}

/* "{\"log\":\"TEXT\\n\",…": a part lacks the end of line. */
static const char *docker_text(const char *line, size_t len, const char **end)
{
	static const char begin[] = "{\"log\":\"";
	const char *pos = line + sizeof(begin) - 1;

	if (len < sizeof(begin) || memcmp(line, begin, sizeof(begin) - 1))
		return NULL;
	for (*end = pos; *end < line + len && **end != '"'; (*end)++)
		*end += **end == '\\' && *end + 1 < line + len;
	return *end < line + len ? pos : NULL;
}

static bool join_docker(struct container *container, char **line, size_t *len)
{
	const char *end, *text = docker_text(*line, *len, &end);
	bool ended, more;

	if (!text)
		return true;
	ended = end - text >= 2 && !memcmp(end - 2, "\\n", 2);
	container->has_ends |= ended;
	more = !ended && (container->has_ends || end - text >= (ptrdiff_t)DOCKER_BYTES);
	if (more)
		*len = (size_t)(end - *line);
	return join(container, PART_JSON, text, more, line, len);
}

/* The list of bytes ends at "]". */
static bool join_bytes(struct container *container, char **line, size_t *len)
{
	static const char key[] = "\"MESSAGE\"";
	const char *pos = *line, *end = *line + *len;

	if (!container->len[PART_BYTES]) {
		while (pos < end && (*pos == ' ' || *pos == '\t'))
			pos++;
		if (end - pos < (ptrdiff_t)sizeof(key) || memcmp(pos, key, sizeof(key) - 1) ||
		    !memchr(pos, '[', (size_t)min(end - pos, (ptrdiff_t)sizeof(key) + 4)))
			return true;
	}
	return join(container, PART_BYTES, *line, !memchr(pos, ']', (size_t)(end - pos)), line,
		    len);
}

bool container__join(struct container *container, char **line, size_t *len)
{
	enum container_part part;
	const char *text;
	bool more;

	if (container->len[PART_BYTES])
		return join_bytes(container, line, len);
	if (!*len)
		return true;
	switch (**line) {
	case '{':
		return join_docker(container, line, len);
	case ' ':
	case '\t':
	case '"':
		return join_bytes(container, line, len);
	default:
		break;
	}
	text = isdigit((unsigned char)**line) ? cri_text(*line, *len, &part, &more) : NULL;
	return !text || join(container, part, text, more, line, len);
}

bool container__rest(struct container *container, char **line, size_t *len)
{
	enum container_part part;

	for (part = 0; part < PARTS; part++)
		if (container->len[part]) {
			take_out(container, part, line, len);
			return true;
		}
	return false;
}

/* --- several lines in one --- */

/* "<br>", "</p>": an element that ends a line. */
static size_t tag_end(const char *pos, size_t len)
{
	static const char *const tags[] = {"<br", "</p", "</li", "</tr", "</div", "</pre"};
	const char *end;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		n = strlen(tags[i]);
		if (len <= n || strncasecmp(pos, tags[i], n) || isalnum((unsigned char)pos[n]))
			continue;
		end = memchr(pos, '>', min(len, (size_t)80));
		return end ? (size_t)(end - pos) + 1 : 0;
	}
	return 0;
}

/* Returns the length of the end of line at @pos, 0 if there is none. */
static size_t end_len(const char *pos, size_t len)
{
	if (*pos == '\\' && len > 1 && pos[1] == 'n')
		return 2;
	/* Of syslog daemons. */
	if (*pos == '#' && len > 3 && !memcmp(pos, "#012", 4))
		return 4;
	return *pos == '<' ? tag_end(pos, len) : 0;
}

/* Returns the first of @chars from @pos on, @end if there is none. */
static const char *find_any(const char *pos, const char *end, const char *chars)
{
	const char *first = end;

	for (; *chars; chars++) {
		const char *at = memchr(pos, *chars, (size_t)(first - pos));

		if (at)
			first = at;
	}
	return first;
}

size_t container__split(const char *line, size_t len, size_t *next)
{
	const char *pos = line, *end = line + len;
	size_t n;

	while ((pos = find_any(pos, end, "\\#<")) < end) {
		n = end_len(pos, (size_t)(end - pos));
		if (n) {
			*next = (size_t)(pos - line) + n;
			return (size_t)(pos - line);
		}
		pos++;
	}
	*next = len;
	return len;
}
