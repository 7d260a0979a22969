// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "explain/decode.h"
#include "explain/log_parser_internal.h"
#include "explain/prose.h"
#include "explain/unknown.h"
#include "model/domid.h"
#include "util/log.h"

#define JOIN_LINES 6
/* lines in which a log's first time must be */
#define TIME_LINES 500

struct log_parser *log_parser__new(struct rules *rules, u16 domid, bool live)
{
	struct log_parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	parser->rules = rules;
	parser->domid = domid;
	parser->live = live;
	debug_key__init(&parser->debug_key);
	rules__begin_log(rules);
	return parser;
}

void log_parser__free(struct log_parser *parser)
{
	if (parser) {
		mail__free(&parser->mail);
		container__free(&parser->container);
	}
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

/* --- messages --- */

static u16 by_role(const struct log_parser *parser, const struct log_stream *stream,
		   const struct message_match *match, const struct prefix *prefix,
		   enum message_role role, enum message_hole hole)
{
	const struct known_message *message = match->message;
	u16 domid = match__domain(match, hole);

	if (domid != DOMID_UNKNOWN)
		return domid;
	if (message->origin == ORIGIN_XEN)
		return message->caller == role ? prefix->caller : DOMID_UNKNOWN;
	/* A backend's device is of the domain that grants. */
	if (role == ROLE_GRANTER && message->role == ROLE_MAPPER)
		return match__frontend(match);
	return message->role == role && stream->kind != STREAM_XEN ? stream->domid : DOMID_UNKNOWN;
}

static void take_message(struct log_parser *parser, struct log_stream *stream,
			 const struct message_match *match, const struct prefix *prefix)
{
	const struct log_stretch *stretch = stream->stretch;
	struct log_event event = {.message = message__of_kernel(match->message, stretch->kernel,
								stretch->kernel_build),
				  .match = match,
				  .stretch = stream->stretch,
				  .line = parser->nr_lines,
				  .repeats = prefix->repeats,
				  .seconds = prefix->seconds,
				  .live = parser->live};

	event.granter = by_role(parser, stream, match, prefix, ROLE_GRANTER, HOLE_GRANTER);
	event.mapper = by_role(parser, stream, match, prefix, ROLE_MAPPER, HOLE_MAPPER);
	memcpy(event.when, prefix->when, sizeof(event.when));
	stream->used = true;
	rules__log_event(parser->rules, &event);
	parser->last = event;
	/* The match points into the line, which is about to change. */
	parser->last.match = NULL;
}

static bool has_context(const struct log_parser *parser, const struct log_stream *stream,
			const struct known_message *message)
{
	u32 i;

	for (i = 0; i < MESSAGE_CONTEXTS; i++)
		if ((message->within & 1u << i) && parser->nr_lines <= stream->within_until[i])
			return true;
	return !message->within;
}

/* Returns the row that is meant, by the context before the line; NULL for none. */
static const struct known_message *in_context(const struct log_parser *parser,
					      const struct log_stream *stream,
					      const struct known_message *message)
{
	while (!has_context(parser, stream, message)) {
		if (!message->or_behind)
			return NULL;
		message++;
	}
	return message;
}

/* Reads the text before @match in its line, from @from on. */
static void read_prefix(struct log_parser *parser, const struct message_match *match,
			const char *from, struct prefix *prefix)
{
	const char *end = parser->line + parser->len;

	prefix__read(prefix, from, (size_t)(match->begin - from), (size_t)(end - from));
	if (parser->has_before)
		prefix__complete(prefix, &parser->before);
	parser->before = *prefix;
	parser->has_before = true;
	log_entry__complete(&parser->entry, prefix);
}

/* Takes one message of a line. */
static void take_known(void *ctx, const struct message_match *match, const char *from,
		       const char *to)
{
	struct log_parser *parser = ctx;
	struct message_match meant = *match;
	struct prefix prefix;
	struct log_stream *stream;

	if (match->message->weight != MESSAGE_CONTEXT && prose__quotes(match, from, to)) {
		parser->looks_right = true;
		rules__quoted_line(parser->rules);
		return;
	}
	read_prefix(parser, match, from, &prefix);
	parser->looks_right |= prefix.when[0] != '\0';
	parser->known++;
	stream = log_stream__find(parser, &prefix);
	if (match->message->weight == MESSAGE_CONTEXT) {
		log_stream__note_boot(parser, stream, &prefix);
		log_context__take(parser, stream, match, to);
		if (prefix.has_uptime)
			stream->uptime = prefix.uptime;
		debug_key__message(&parser->debug_key, parser->rules, stream->stretch, match);
		return;
	}
	log_stream__note_uptime(parser, stream, &prefix);
	meant.message = in_context(parser, stream, match->message);
	if (!meant.message)
		return;
	take_message(parser, stream, &meant, &prefix);
	if (meant.message->weight == MESSAGE_CRASH && !meant.message->within)
		log_context__begin(parser, stream, WITHIN_CRASH);
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

/* The receiver of a line's messages. */
struct look {
	message_taker take;
	void *ctx;
	struct log_parser *parser; /* its current line is set; may be NULL */
	bool begun;
};

static enum message_verdict look_at(struct look *look, const char *line, size_t len)
{
	if (look->parser) {
		look->parser->line = line;
		look->parser->len = len;
	}
	return message__each(line, len, look->take, look->ctx, &look->begun);
}

/* An unknown line about grants may be a known message with other blanks. */
static enum message_verdict look_loosely(struct look *look, const char *line, size_t len)
{
	char copy[JOIN_BYTES];

	if (len > sizeof(copy))
		return LINE_UNKNOWN;
	memcpy(copy, line, len);
	len = decode__loosely(copy, len);
	return look_at(look, copy, len) == LINE_KNOWN ? LINE_KNOWN : LINE_UNKNOWN;
}

/* Matches the line, and then its decoded form. */
static enum message_verdict look(struct look *look, char *line, size_t *len)
{
	enum message_verdict verdict = look_at(look, line, *len);

	if (verdict == LINE_KNOWN)
		return verdict;
	if (decode__is_needed(line, *len)) {
		*len = decode__line(line, *len);
		verdict = look_at(look, line, *len);
	}
	return verdict == LINE_UNKNOWN ? look_loosely(look, line, *len) : verdict;
}

static void note_worth(void *ctx, const struct message_match *match, const char *from,
		       const char *to)
{
	bool *worth = ctx;

	*worth |= match->message->weight != MESSAGE_ROUTINE;
}

bool log_parser__is_worth(const char *line, size_t len)
{
	bool worth = false;
	struct look each = {.take = note_worth, .ctx = &worth};
	static char copy[CONTAINER_BYTES];

	len = min(len, sizeof(copy));
	memcpy(copy, line, len);
	look(&each, copy, &len);
	return worth;
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

/* A mailer may have wrapped the line: keeps it as a possible start of a message. */
static void start_join(struct log_parser *parser, const char *line, size_t len, bool wanted)
{
	parser->join_len = len < JOIN_BYTES ? len : 0;
	memcpy(parser->join, line, parser->join_len);
	parser->first_len = parser->join_len;
	parser->join_lines = parser->join_len != 0;
	parser->wanted = wanted && parser->join_len;
}

/* The kept lines became no message: counts the first one if it is about grants. */
static void give_up_join(struct log_parser *parser)
{
	if (parser->wanted && parser->unknown)
		unknown__line(parser->rules, parser->join, parser->first_len);
	parser->unknown = false;
	forget(parser);
}

/* Appends a line without its quote marks. Returns false if the result is too long. */
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

/* Takes the joined lines if they are a message. Returns whether they are. */
static bool take_join(struct log_parser *parser)
{
	struct look each = {.take = take_known, .ctx = parser, .parser = parser};
	char line[JOIN_BYTES];
	size_t len = parser->join_len;

	memcpy(line, parser->join, len);
	if (look(&each, line, &len) != LINE_KNOWN)
		return false;
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

static void take_line(struct log_parser *parser, char *line, size_t len)
{
	struct look each = {.take = take_known, .ctx = parser, .parser = parser};
	enum message_verdict verdict = look(&each, line, &len);

	parser->looks_right |= verdict == LINE_UNKNOWN;
	if (verdict == LINE_KNOWN) {
		give_up_join(parser);
		return;
	}
	note_time(parser, line, len);
	if (!debug_key__line(&parser->debug_key, parser->rules, line, len))
		take_unmatched(parser, line, len,
			       verdict == LINE_UNKNOWN && !unknown__is_frame(line, len),
			       each.begun);
}

/*
 * Takes a line of a file, which may hold several: they share the time and the host before the
 * first.
 */
static void take_lines(struct log_parser *parser, char *line, size_t len)
{
	size_t next, first = container__split(line, len, &next);

	parser->has_before = first < len;
	if (parser->has_before)
		prefix__read(&parser->before, line, first, len);
	for (;;) {
		take_line(parser, line, first);
		if (next >= len)
			return;
		line += next;
		len -= next;
		first = container__split(line, len, &next);
	}
}

void log_parser__whole_line(struct log_parser *parser, char *line, size_t len)
{
	parser->nr_lines++;
	log_entry__line(&parser->entry, line, len);
	take_lines(parser, line, len);
}

static void take_decoded(void *ctx, char *line, size_t len)
{
	struct log_parser *parser = ctx;
	size_t frame = container__frame_len(line, len);

	if (!len)
		return;
	line += frame;
	len -= frame;
	parser->nr_lines++;
	log_entry__line(&parser->entry, line, len);
	if (container__join(&parser->container, &line, &len))
		take_lines(parser, line, len);
}

void log_parser__line(struct log_parser *parser, char *line, size_t len)
{
	mail__line(&parser->mail, line, len, take_decoded, parser);
}

void log_parser__end(struct log_parser *parser)
{
	char *line;
	size_t len;

	mail__end(&parser->mail, take_decoded, parser);
	while (container__rest(&parser->container, &line, &len))
		take_lines(parser, line, len);
	give_up_join(parser);
	/* An empty log has a stretch too. */
	if (!parser->nr_streams)
		log_stream__find(parser, &(struct prefix){.stream = STREAM_FILE});
}
