// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "explain/debug_key.h"
#include "explain/decode.h"
#include "explain/entry.h"
#include "explain/log_parser.h"
#include "explain/prefix.h"
#include "explain/unknown.h"
#include "model/domid.h"
#include "util/log.h"

#define STREAMS 32
/* Of a line before the present one, that may be its beginning; no mailer's line is longer. */
#define JOIN_BYTES 1024
#define JOIN_LINES 6
/* A hung task's stack follows within so many lines. */
#define HUNG_LINES 80
/* A kernel's time that goes back by more is another boot's, not another CPU's. */
#define BOOT_US 5000000u
/* So many lines are looked at for a log's time. */
#define TIME_LINES 500

struct stream {
	enum prefix_stream kind;
	u16 domid;
	u32 host; /* of a file that several hosts write to */
	u64 boot; /* the journal's id of it, 0 unknown */
	struct log_stretch *stretch;
	u64 uptime; /* the last, us */
	u64 hung_until;
	bool used;
};

struct log_parser {
	struct rules *rules;
	u16 domid;
	bool live, looks_right;
	u64 nr_lines, known;
	struct stream stream[STREAMS];
	u32 nr_streams;
	char join[JOIN_BYTES];
	size_t join_len, first_len;
	u32 join_lines;
	bool wanted;	       /* what is in the join may be the beginning of a message */
	bool unknown;	       /* its first line speaks of grants */
	struct log_event last; /* for "last message repeated" */
	struct debug_key debug_key;
	struct log_entry entry;
};

struct log_parser *log_parser__new(struct rules *rules, u16 domid, bool live)
{
	struct log_parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	parser->rules = rules;
	parser->domid = domid;
	parser->live = live;
	debug_key__init(&parser->debug_key);
	return parser;
}

void log_parser__free(struct log_parser *parser)
{
	free(parser);
}

u64 log_parser__known(const struct log_parser *parser)
{
	return parser->known + parser->debug_key.entries;
}

bool log_parser__looks_right(const struct log_parser *parser)
{
	return parser->looks_right;
}

/* --- streams and stretches --- */

static void begin_stretch(struct log_parser *parser, struct stream *stream)
{
	u32 boot = stream->stretch ? stream->stretch->boot + 1 : 0;

	stream->stretch =
		rules__new_stretch(parser->rules, stream->domid, boot, stream->kind == STREAM_XEN);
	/* Of all streams for which there is no room. */
	if (stream == &parser->stream[STREAMS - 1])
		stream->stretch->shared = true;
	stream->used = false;
	stream->uptime = 0;
	stream->hung_until = 0;
}

static struct stream *find_stream(struct log_parser *parser, const struct prefix *prefix)
{
	u16 domid = prefix->stream == STREAM_FILE    ? parser->domid
		    : prefix->stream == STREAM_GUEST ? prefix->domid
						     : DOMID_UNKNOWN;
	struct stream *stream;
	u32 i;

	for (i = 0; i < parser->nr_streams; i++) {
		stream = &parser->stream[i];
		if (stream->kind == prefix->stream && stream->domid == domid &&
		    stream->host == prefix->host)
			return stream;
	}
	/* More domains than any serial log has: the last one is shared, and knows no version. */
	if (parser->nr_streams == STREAMS)
		return &parser->stream[STREAMS - 1];
	stream = &parser->stream[parser->nr_streams++];
	*stream = (struct stream){.kind = prefix->stream, .domid = domid, .host = prefix->host};
	begin_stretch(parser, stream);
	return stream;
}

/* A journal that says that another boot begins says it of all that is in it. */
static void begin_boots(struct log_parser *parser)
{
	u32 i;

	for (i = 0; i < parser->nr_streams; i++)
		begin_stretch(parser, &parser->stream[i]);
}

static void note_boot(struct log_parser *parser, struct stream *stream, const struct prefix *prefix)
{
	if (!prefix->boot || prefix->boot == stream->boot)
		return;
	if (stream->boot)
		begin_stretch(parser, stream);
	stream->boot = prefix->boot;
}

static void note_uptime(struct log_parser *parser, struct stream *stream,
			const struct prefix *prefix)
{
	note_boot(parser, stream, prefix);
	if (!prefix->has_uptime || stream->kind == STREAM_XEN)
		return;
	if (stream->uptime > prefix->uptime + BOOT_US)
		begin_stretch(parser, stream);
	stream->uptime = prefix->uptime;
}

/* --- versions --- */

/* Of "#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1 (date)" what names the build, and nobody's name. */
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

/* "5.15.57-1.fc32.qubes.x86_64 (…) #1 SMP …" */
static void keep_kernel(struct log_stretch *stretch, const char *pos, const char *end)
{
	const char *build;
	size_t len = 0;

	if (stretch->shared)
		return;
	while (pos < end && (*pos < '0' || *pos > '9'))
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

/* A kernel's rate limit names a function, whose messages are those that are missing. */
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

static void take_context(struct log_parser *parser, struct stream *stream,
			 const struct message_match *match, const char *end)
{
	const char *id = match->message->id;

	if (!strcmp(id, "linux-version")) {
		if (stream->used || stream->stretch->kernel[0])
			begin_stretch(parser, stream);
		keep_kernel(stream->stretch, match->begin + strlen("Linux version "), end);
	} else if (!strcmp(id, "linux-tainted") || !strcmp(id, "linux-not-tainted")) {
		keep_kernel(stream->stretch,
			    match->begin +
				    (id[6] == 'n' ? strlen("Not tainted ") : strlen("Tainted: ")),
			    end);
	} else if (!strcmp(id, "xen-version") || !strcmp(id, "linux-on-xen")) {
		keep_xen(stream->stretch, match);
	} else if (!strcmp(id, "boot")) {
		begin_boots(parser);
	} else if (!strcmp(id, "hung-task")) {
		stream->hung_until = parser->nr_lines + HUNG_LINES;
	} else if (!strcmp(id, "lines-lost") || suppresses_grants(match)) {
		note_lost(parser, match);
	} else if (!strcmp(id, "last-repeated")) {
		repeat_last(parser, match);
	}
}

/* --- messages --- */

static u16 by_role(const struct log_parser *parser, const struct stream *stream,
		   const struct message_match *match, const struct prefix *prefix,
		   enum message_role role, enum message_hole hole)
{
	const struct known_message *message = match->message;
	u16 domid = match__domain(match, hole);

	if (domid != DOMID_UNKNOWN)
		return domid;
	if (message->origin == ORIGIN_XEN)
		return message->caller == role ? prefix->caller : DOMID_UNKNOWN;
	return message->role == role && stream->kind != STREAM_XEN ? stream->domid : DOMID_UNKNOWN;
}

static void take_message(struct log_parser *parser, struct stream *stream,
			 const struct message_match *match, const struct prefix *prefix)
{
	const struct log_stretch *stretch = stream->stretch;
	struct log_event event = {.message = message__of_kernel(match->message, stretch->kernel,
								stretch->kernel_build),
				  .match = match,
				  .stretch = stream->stretch,
				  .repeats = prefix->repeats,
				  .seconds = prefix->seconds,
				  .live = parser->live};

	event.granter = by_role(parser, stream, match, prefix, ROLE_GRANTER, HOLE_GRANTER);
	event.mapper = by_role(parser, stream, match, prefix, ROLE_MAPPER, HOLE_MAPPER);
	memcpy(event.when, prefix->when, sizeof(event.when));
	stream->used = true;
	rules__log_event(parser->rules, &event);
	parser->last = event;
	/* The line is gone by then. */
	parser->last.match = NULL;
}

/* Whether the row's context was there. */
static bool fits(const struct log_parser *parser, const struct stream *stream,
		 const struct known_message *message)
{
	return message->within != WITHIN_HUNG_TASK || parser->nr_lines <= stream->hung_until;
}

static void take_known(struct log_parser *parser, const struct message_match *match,
		       const char *line, size_t len)
{
	struct prefix prefix;
	struct stream *stream;

	prefix__read(&prefix, line, (size_t)(match->begin - line), len);
	log_entry__complete(&parser->entry, &prefix);
	parser->looks_right |= prefix.when[0] != '\0';
	parser->known++;
	stream = find_stream(parser, &prefix);
	if (match->message->weight == MESSAGE_CONTEXT) {
		note_boot(parser, stream, &prefix);
		take_context(parser, stream, match, line + len);
		if (prefix.has_uptime)
			stream->uptime = prefix.uptime;
		debug_key__message(&parser->debug_key, parser->rules, stream->stretch, match);
		return;
	}
	note_uptime(parser, stream, &prefix);
	if (fits(parser, stream, match->message))
		take_message(parser, stream, match, &prefix);
}

/* --- lines --- */

static void note_time(struct log_parser *parser, const char *line, size_t len)
{
	struct prefix prefix;

	if (parser->looks_right || parser->nr_lines > TIME_LINES)
		return;
	prefix__read(&prefix, line, min(len, (size_t)80), len);
	parser->looks_right = prefix.when[0] != '\0' || prefix.stream != STREAM_FILE;
}

/* A line that speaks of grants and is not known may be a known one with other blanks. */
static enum message_verdict look_loosely(char *line, size_t *len, struct message_match *match)
{
	char copy[JOIN_BYTES];
	size_t n = *len;

	if (n > sizeof(copy))
		return LINE_UNKNOWN;
	memcpy(copy, line, n);
	n = decode__loosely(copy, n);
	if (message__match(copy, n, match) != LINE_KNOWN)
		return LINE_UNKNOWN;
	memcpy(line, copy, n);
	*len = n;
	return message__match(line, n, match);
}

/* Match, then match what decoding makes of it. */
static enum message_verdict look(char *line, size_t *len, struct message_match *match)
{
	enum message_verdict verdict = message__match(line, *len, match);

	if (verdict == LINE_KNOWN)
		return verdict;
	if (decode__is_needed(line, *len)) {
		*len = decode__line(line, *len);
		verdict = message__match(line, *len, match);
	}
	return verdict == LINE_UNKNOWN ? look_loosely(line, len, match) : verdict;
}

bool log_parser__is_worth(const char *line, size_t len)
{
	struct message_match match = {0};
	char copy[JOIN_BYTES];

	len = min(len, sizeof(copy));
	memcpy(copy, line, len);
	return look(copy, &len, &match) == LINE_KNOWN && match.message->weight != MESSAGE_ROUTINE;
}

static void forget(struct log_parser *parser)
{
	parser->join_len = 0;
	parser->join_lines = 0;
	parser->wanted = false;
}

static bool is_soft(const char *line, size_t len)
{
	return len && line[len - 1] == '=';
}

/* A line may be the beginning of what a mailer wrapped. */
static void start_join(struct log_parser *parser, const char *line, size_t len, bool wanted)
{
	parser->join_len = len < JOIN_BYTES ? len : 0;
	memcpy(parser->join, line, parser->join_len);
	parser->first_len = parser->join_len;
	parser->join_lines = parser->join_len != 0;
	parser->wanted = wanted && parser->join_len;
}

/* What was begun became no message: was its first line one that speaks of grants? */
static void give_up_join(struct log_parser *parser)
{
	if (parser->wanted && parser->unknown)
		unknown__line(parser->rules, parser->join, parser->first_len);
	parser->unknown = false;
	forget(parser);
}

/* Returns false if that is too long. Quote marks of the first line are before its time. */
static bool append_join(struct log_parser *parser, const char *line, size_t len)
{
	size_t quote = decode__quote_len(line, len);

	line += quote;
	len -= quote;
	if (parser->join_len + len + 1 >= JOIN_BYTES || parser->join_lines == JOIN_LINES)
		return false;
	if (is_soft(parser->join, parser->join_len))
		parser->join_len--;
	else if (parser->join_len && parser->join[parser->join_len - 1] != ' ')
		parser->join[parser->join_len++] = ' ';
	memcpy(parser->join + parser->join_len, line, len);
	parser->join_len += len;
	parser->join_lines++;
	return true;
}

/* Whether what was joined is a message; then it is taken. */
static bool take_join(struct log_parser *parser)
{
	struct message_match match = {0};
	char line[JOIN_BYTES];
	size_t len = parser->join_len;

	memcpy(line, parser->join, len);
	if (look(line, &len, &match) != LINE_KNOWN)
		return false;
	take_known(parser, &match, line, len);
	parser->unknown = false;
	forget(parser);
	return true;
}

static void take_unmatched(struct log_parser *parser, const char *line, size_t len, bool unknown,
			   bool begun)
{
	const bool soft = is_soft(parser->join, parser->join_len);
	const bool wanted = unknown || begun || is_soft(line, len);
	bool joined = false;

	if (parser->join_len && (parser->wanted || unknown || begun)) {
		joined = append_join(parser, line, len);
		if (joined && take_join(parser))
			return;
	}
	/* More of it may follow. */
	if (joined && parser->wanted && (soft || !wanted))
		return;
	give_up_join(parser);
	start_join(parser, line, len, wanted);
	parser->unknown = unknown;
}

void log_parser__line(struct log_parser *parser, char *line, size_t len)
{
	struct message_match match = {0};
	enum message_verdict verdict;

	parser->nr_lines++;
	log_entry__line(&parser->entry, line, len);
	verdict = look(line, &len, &match);
	parser->looks_right |= verdict == LINE_UNKNOWN;
	if (verdict == LINE_KNOWN) {
		give_up_join(parser);
		take_known(parser, &match, line, len);
		return;
	}
	note_time(parser, line, len);
	if (!debug_key__line(&parser->debug_key, parser->rules, line, len))
		take_unmatched(parser, line, len, verdict == LINE_UNKNOWN, match.begun);
}

void log_parser__end(struct log_parser *parser)
{
	give_up_join(parser);
	/* A log with nothing in it is of somebody, too. */
	if (!parser->nr_streams)
		find_stream(parser, &(struct prefix){.stream = STREAM_FILE});
}
