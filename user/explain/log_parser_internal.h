/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the parser: lines (log_parser.c), streams and context. */
#ifndef GRANTWATCH_EXPLAIN_LOG_PARSER_INTERNAL_H
#define GRANTWATCH_EXPLAIN_LOG_PARSER_INTERNAL_H

#include "explain/container.h"
#include "explain/debug_key.h"
#include "explain/entry.h"
#include "explain/log_parser.h"
#include "explain/mail.h"
#include "explain/prefix.h"

#define STREAMS 32
/* Bytes kept of preceding lines, which may begin a message. Mailers wrap at less. */
#define JOIN_BYTES 1024

struct log_stream {
	enum prefix_stream kind;
	u16 domid;
	u32 host; /* hash of the host, for files of several hosts */
	u64 boot; /* hash of the journal's boot id, 0 unknown */
	struct log_stretch *stretch;
	u64 uptime; /* the last, us */
	/* The line up to which each context of enum message_within reaches. */
	u64 within_until[MESSAGE_CONTEXTS];
	bool used;
};

struct log_parser {
	struct rules *rules;
	u16 domid;
	bool live, looks_right;
	u64 nr_lines, known;
	struct log_stream stream[STREAMS];
	u32 nr_streams;
	char join[JOIN_BYTES];
	size_t join_len, first_len;
	u32 join_lines;
	bool wanted;	       /* the joined lines may begin a message */
	bool unknown;	       /* the first joined line is about grants */
	struct log_event last; /* for "last message repeated" */
	struct debug_key debug_key;
	struct log_entry entry;
	struct mail mail;
	struct container container;
	/* The current line, and the text before its last message. */
	const char *line;
	size_t len;
	struct prefix before;
	bool has_before;
};

/* Returns the stream of a line with @prefix. */
struct log_stream *log_stream__find(struct log_parser *parser, const struct prefix *prefix);

/* Starts a new stretch: the next lines in @stream are of another boot or version. */
void log_stream__begin_stretch(struct log_parser *parser, struct log_stream *stream);
void log_stream__begin_boots(struct log_parser *parser);

/* Sets the version of Xen in all streams of @xen's host. */
void log_stream__share_xen(struct log_parser *parser, const struct log_stream *xen);

/*
 * Starts a new stretch if the journal's boot id or the kernel's time in @prefix shows another boot.
 */
void log_stream__note_boot(struct log_parser *parser, struct log_stream *stream,
			   const struct prefix *prefix);
void log_stream__note_uptime(struct log_parser *parser, struct log_stream *stream,
			     const struct prefix *prefix);

/*
 * Starts the context of a hung task or a crash, whose stack follows. @within: enum message_within.
 */
void log_context__begin(const struct log_parser *parser, struct log_stream *stream, u32 within);

/* Takes @match, a message of weight MESSAGE_CONTEXT, in a line that ends at @end. */
void log_context__take(struct log_parser *parser, struct log_stream *stream,
		       const struct message_match *match, const char *end);

#endif
