/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of a log's parser: lines (log_parser.c), streams and context. */
#ifndef GRANTWATCH_EXPLAIN_LOG_PARSER_INTERNAL_H
#define GRANTWATCH_EXPLAIN_LOG_PARSER_INTERNAL_H

#include "explain/container.h"
#include "explain/debug_key.h"
#include "explain/entry.h"
#include "explain/log_parser.h"
#include "explain/mail.h"
#include "explain/prefix.h"

#define STREAMS 32
/* Of a line before the present one, that may be its beginning; no mailer's line is longer. */
#define JOIN_BYTES 1024

struct log_stream {
	enum prefix_stream kind;
	u16 domid;
	u32 host; /* of a file that several hosts write to */
	u64 boot; /* the journal's id of it, 0 unknown */
	struct log_stretch *stretch;
	u64 uptime; /* the last, us */
	/* Up to which line each context of enum message_within reaches. */
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
	bool wanted;	       /* what is in the join may be the beginning of a message */
	bool unknown;	       /* its first line speaks of grants */
	struct log_event last; /* for "last message repeated" */
	struct debug_key debug_key;
	struct log_entry entry;
	struct mail mail;
	struct container container;
	/* The line that is looked at, and what stood in front of its last message. */
	const char *line;
	size_t len;
	struct prefix before;
	bool has_before;
};

/* The stream to which a line with @prefix belongs. */
struct log_stream *log_stream__find(struct log_parser *parser, const struct prefix *prefix);

/* What follows in @stream is of another boot, or of another version. */
void log_stream__begin_stretch(struct log_parser *parser, struct log_stream *stream);
void log_stream__begin_boots(struct log_parser *parser);

/* All streams of the host of @xen run on its version. */
void log_stream__share_xen(struct log_parser *parser, const struct log_stream *xen);

/* A line with @prefix is of another boot if the journal's id or the kernel's time says so. */
void log_stream__note_boot(struct log_parser *parser, struct log_stream *stream,
			   const struct prefix *prefix);
void log_stream__note_uptime(struct log_parser *parser, struct log_stream *stream,
			     const struct prefix *prefix);

/* A hung task or a crash: its stack follows. @within: enum message_within. */
void log_context__begin(const struct log_parser *parser, struct log_stream *stream, u32 within);

/* @match, a message of weight MESSAGE_CONTEXT in a line that ends at @end. */
void log_context__take(struct log_parser *parser, struct log_stream *stream,
		       const struct message_match *match, const char *end);

#endif
