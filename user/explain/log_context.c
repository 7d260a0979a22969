// SPDX-License-Identifier: GPL-2.0
/* Messages about the log or the lines around them: versions, boots, lost lines. */
#include <ctype.h>
#include <string.h>

#include "explain/log_parser_internal.h"
#include "util/log.h"

/* lines in which the stack of a hung task or a crash follows */
#define STACK_LINES 80

/*
 * Keeps from "#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1 (date)" the parts that identify the build,
 * without names of people and hosts.
 */
static void keep_build(struct log_stretch *stretch, const char *pos, const char *end)
{
	static const char *const words[] = {"#", "SMP", "PREEMPT", "Debian "};
	char *build = stretch->kernel_build;
	const size_t size = sizeof(stretch->kernel_build);
	size_t w, n = 0, len;

	for (; pos < end; pos += len + (pos + len < end)) {
		len = 0;
		while (pos + len < end && pos[len] != ' ')
			len++;
		for (w = 0; w < ARRAY_SIZE(words); w++)
			if (len && !strncmp(pos, words[w], strlen(words[w])))
				break;
		if (w == ARRAY_SIZE(words))
			continue;
		/* The version follows. */
		if (*pos == 'D')
			for (len++; pos + len < end && pos[len] != ' ';)
				len++;
		if (n + len + 2 > size)
			return;
		if (n)
			build[n++] = ' ';
		str_sanitize(build + n, size - n, pos, len);
		n += len;
	}
}

/* "5.15": a time or a number is none. */
static bool is_release(const char *pos, const char *end)
{
	size_t i = 0;

	while (pos + i < end && i < 2 && isdigit((unsigned char)pos[i]))
		i++;
	return i && end - pos > (ptrdiff_t)i + 1 && pos[i] == '.' &&
	       isdigit((unsigned char)pos[i + 1]);
}

/* "5.15.57-1.fc32.qubes.x86_64 (…) #1 SMP …" */
static void keep_kernel(struct log_stretch *stretch, const char *pos, const char *end)
{
	const char *build;
	size_t len = 0;

	if (stretch->shared)
		return;
	while (pos < end && !is_release(pos, end))
		pos++;
	while (pos + len < end && pos[len] > ' ' && pos[len] < 0x7f)
		len++;
	if (!len)
		return;
	str_sanitize(stretch->kernel, sizeof(stretch->kernel), pos, len);
	build = memmem(pos, (size_t)(end - pos), " #", 2);
	if (build)
		keep_build(stretch, build + 1, end);
}

static void keep_xen(struct log_stretch *stretch, const struct message_match *match)
{
	const struct message_value *version = match__value(match, HOLE_VERSION);

	if (version && !stretch->shared)
		str_sanitize(stretch->xen, sizeof(stretch->xen), version->begin,
			     (size_t)(version->end - version->begin));
}

static void repeat_last(struct log_parser *parser, const struct message_match *match)
{
	const struct message_value *times = match__value(match, HOLE_NUMBER);

	if (parser->last.message && times && times->number && times->number < 1000000) {
		parser->last.repeats = (u32)times->number;
		rules__log_event(parser->rules, &parser->last);
	}
}

/*
 * Whether the rate limit concerns messages about grants: a kernel names the function whose messages
 * it drops.
 */
static bool suppresses_grants(const struct message_match *match)
{
	static const char *const names[] = {"gnt", "grant", "xen", "blkif", "net_ratelimit"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names) && !strcmp(match->message->id, "lines-suppressed"); i++)
		if (memmem(match->begin, (size_t)(match->end - match->begin), names[i],
			   strlen(names[i])))
			return true;
	return false;
}

static void note_lost(struct log_parser *parser, const struct message_match *match)
{
	const struct message_value *lines = match__value(match, HOLE_NUMBER);

	rules__lost_lines(parser->rules, lines ? lines->number : 0);
}

void log_context__begin(const struct log_parser *parser, struct log_stream *stream, u32 within)
{
	u32 i;

	for (i = 0; i < MESSAGE_CONTEXTS; i++)
		if (within & 1u << i)
			stream->within_until[i] = parser->nr_lines + STACK_LINES;
}

void log_context__take(struct log_parser *parser, struct log_stream *stream,
		       const struct message_match *match, const char *end)
{
	const char *id = match->message->id;

	if (!strcmp(id, "linux-version")) {
		if (stream->used || stream->stretch->kernel[0])
			log_stream__begin_stretch(parser, stream);
		keep_kernel(stream->stretch, match->begin + strlen("Linux version "), end);
	} else if (!strcmp(id, "linux-tainted") || !strcmp(id, "linux-not-tainted")) {
		keep_kernel(stream->stretch,
			    match->begin +
				    (id[6] == 'n' ? strlen("Not tainted ") : strlen("Tainted: ")),
			    end);
	} else if (!strcmp(id, "xen-version") || !strcmp(id, "linux-on-xen")) {
		/* A boot of Xen is also a boot of all domains on it. */
		if (stream->kind == STREAM_XEN && stream->stretch->xen[0])
			log_stream__begin_boots(parser);
		keep_xen(stream->stretch, match);
		if (stream->kind == STREAM_XEN)
			log_stream__share_xen(parser, stream);
	} else if (!strcmp(id, "boot")) {
		log_stream__begin_boots(parser);
	} else if (!strcmp(id, "hung-task")) {
		log_context__begin(parser, stream, WITHIN_HUNG_TASK);
	} else if (!strcmp(id, "crash")) {
		log_context__begin(parser, stream, WITHIN_CRASH);
	} else if (!strcmp(id, "notifier-crash")) {
		log_context__begin(parser, stream, WITHIN_CRASH | WITHIN_NOTIFIER_CRASH);
	} else if (!strcmp(id, "lines-lost") || suppresses_grants(match)) {
		note_lost(parser, match);
	} else if (!strcmp(id, "last-repeated")) {
		repeat_last(parser, match);
	}
}
