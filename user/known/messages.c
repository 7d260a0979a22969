// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "known/bugs.h"
#include "known/message_format.h"
#include "known/messages_tables.h"
#include "known/programs.h"
#include "model/domid.h"
#include "util/log.h"
#include "util/memory.h"
#include "util/words.h"

/* Bytes of a literal that the scan looks for; what follows is compared when they are found. */
#define ANCHOR_BYTES 14

/* A line that ends with so many bytes of a literal may go on. */
#define BEGUN_BYTES 5

/* A line with one of them speaks of grants. */
static const char *const topics[] = {
	"grant_table",	"grant table",	  "grant-table", "grant ref", "grant entry",
	"grant handle", "gnttab",	  "gntdev",	 "gntalloc",  "gntshr",
	"xengntt",	"xengnt_",	  "g.e. ",	 "maptrack",  "grant_copy",
	"grant-copy",	"grant copy",	  "gref ",	 "GNTTABOP",  "map grant",
	"unmap_grant",	"grant still in", "GNTST_",	 "grant_ref",
};

static const struct message_table *const tables[] = {
#define TABLE_POINTER(origin) &messages_##origin,
	MESSAGE_TABLES(TABLE_POINTER)
#undef TABLE_POINTER
};

const struct known_message *message__at(u32 i)
{
	size_t t;

	for (t = 0; t < ARRAY_SIZE(tables); t++) {
		if (i < tables[t]->nr)
			return &tables[t]->row[i];
		i -= tables[t]->nr;
	}
	return NULL;
}

const struct known_message *message__of_kernel(const struct known_message *message,
					       const char *release, const char *build)
{
	char first[32];

	if (!message->since_fix || !release[0])
		return message;
	if (bug__fixed(bug__find(message->since_fix), release, build, first, sizeof(first)) !=
	    FIX_MISSING)
		return message;
	return message + 1;
}

/* --- the compiled table --- */

static struct compiled {
	struct words *words;
	struct format format[WORDS_MAX];
	u32 nr;
} compiled;

static void compile(void)
{
	static const char *words[WORDS_MAX];
	static u32 lens[WORDS_MAX];
	const struct known_message *message;
	u32 n = 0, i;

	for (i = 0; (message = message__at(i)) && n < WORDS_MAX - ARRAY_SIZE(topics); i++) {
		const struct format_token *anchor;

		if (format__parse(&compiled.format[n], message->format)) {
			pr_err("messages: no format: %s", message->format);
			abort();
		}
		anchor = &compiled.format[n].token[compiled.format[n].anchor];
		words[n] = anchor->text;
		lens[n++] = min(anchor->len, (u32)ANCHOR_BYTES);
	}
	compiled.nr = n;
	for (i = 0; i < ARRAY_SIZE(topics); i++) {
		words[n] = topics[i];
		lens[n++] = (u32)strlen(topics[i]);
	}
	compiled.words = words__new(words, lens, n);
	if (!compiled.words)
		memory__end();
}

/* --- a line --- */

struct search {
	const char *line, *end;
	const char *from; /* end of the message that was handed on last */
	struct message_match *match;
	u32 weight;
	bool topic, begun, known;
	message_taker take; /* NULL: the heaviest of the line is wanted */
	void *ctx;
};

/*
 * Debug builds of Xen say little ("can't find d5"), which others say too: "(XEN)" or the source's
 * name has to stand before.
 */
static bool is_of_xen(const struct search *search, const struct message_match *match)
{
	size_t len = (size_t)(match->begin - search->line);

	return !match->message->debug_build || memmem(search->line, len, "(XEN)", 5) ||
	       memmem(search->line, len, ".c:", 3);
}

/* Nothing that follows overlaps the match: it is one of the line's messages. */
static void hand_on(struct search *search, const char *next)
{
	search->take(search->ctx, search->match, search->from, next);
	search->from = search->match->end;
	search->match->message = NULL;
}

/* Of two with the same format the one that knows of the other wins. */
static bool is_heavier(const struct search *search, u32 row)
{
	const u32 weight = compiled.format[row].weight;

	return !search->match->message || weight > search->weight ||
	       (weight == search->weight &&
		(message__at(row)->since_fix || message__at(row)->or_behind));
}

static bool is_behind(const struct search *search, const char *pos)
{
	return search->take && search->match->message && pos >= search->match->end;
}

static void try_row(struct search *search, u32 row, const char *at)
{
	const struct format *format = &compiled.format[row];
	struct message_match match = {.message = message__at(row)};

	if (!format__match(format, search->from, search->end, at, &match) ||
	    !is_of_xen(search, &match))
		return;
	if (is_behind(search, match.begin))
		hand_on(search, match.begin);
	else if (!is_heavier(search, row))
		return;
	search->weight = format->weight;
	search->known = true;
	*search->match = match;
}

static void found(void *ctx, u32 word, const char *at)
{
	struct search *search = ctx;

	if (word >= compiled.nr) {
		search->topic = true;
		return;
	}
	search->begun = true;
	if (at >= search->from && (is_behind(search, at) || is_heavier(search, word)))
		try_row(search, word, at);
}

static enum message_verdict run(struct search *search)
{
	struct message_match *match = search->match;
	u32 begun;

	if (!compiled.words)
		compile();
	match->message = NULL;
	search->from = search->line;
	begun = words__run(compiled.words, search->line, (size_t)(search->end - search->line),
			   found, search);
	match->begun = search->begun || begun >= BEGUN_BYTES;
	if (search->take && match->message)
		hand_on(search, search->end);
	return search->known ? LINE_KNOWN : search->topic ? LINE_UNKNOWN : LINE_OTHER;
}

enum message_verdict message__match(const char *line, size_t len, struct message_match *match)
{
	struct search search = {.line = line, .end = line + len, .match = match};

	return run(&search);
}

enum message_verdict message__each(const char *line, size_t len, message_taker take, void *ctx,
				   bool *begun)
{
	struct message_match match = {0};
	struct search search = {
		.line = line, .end = line + len, .match = &match, .take = take, .ctx = ctx};
	enum message_verdict verdict = run(&search);

	*begun = match.begun;
	return verdict;
}

const struct known_message *message__find(const char *line)
{
	struct message_match match = {0};

	if (message__match(line, strlen(line), &match) != LINE_KNOWN ||
	    match.message->weight == MESSAGE_CONTEXT || match.message->within != WITHIN_ANY)
		return NULL;
	return match.message;
}

/* --- what stood in it --- */

const struct message_value *match__value(const struct message_match *match, enum message_hole hole)
{
	u32 i;

	for (i = 0; i < match->nr; i++)
		if (match->value[i].hole == hole)
			return &match->value[i];
	return NULL;
}

bool match__has_ref(const struct message_match *match)
{
	return match__value(match, HOLE_REF) != NULL;
}

u32 match__ref(const struct message_match *match)
{
	const struct message_value *value = match__value(match, HOLE_REF);

	if (!value || value->number >= NO_REF)
		return NO_REF;
	/* A format with %d makes one of the upper half negative. */
	return value->negative ? (u32) - (u32)value->number : (u32)value->number;
}

u16 match__domain(const struct message_match *match, enum message_hole hole)
{
	const struct message_value *value = match__value(match, hole);

	return !value || value->negative || value->number > UINT16_MAX ? DOMID_UNKNOWN
								       : (u16)value->number;
}

/* The first of two numbers behind a name: those of a frontend have one. */
static u16 frontend_of(const char *pos, const char *end)
{
	u32 domid = 0;

	while (pos < end && !isdigit((unsigned char)*pos))
		pos++;
	for (; pos < end && isdigit((unsigned char)*pos) && domid <= UINT16_MAX; pos++)
		domid = domid * 10 + (u32)(*pos - '0');
	return end - pos > 1 && strchr(".-/", *pos) && isdigit((unsigned char)pos[1]) &&
			       domid < UINT16_MAX
		       ? (u16)domid
		       : DOMID_UNKNOWN;
}

u16 match__frontend(const struct message_match *match)
{
	static const enum message_hole holes[] = {HOLE_DISK, HOLE_NET, HOLE_DEVICE};
	u16 domid = DOMID_UNKNOWN;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holes) && domid == DOMID_UNKNOWN; i++) {
		const struct message_value *value = match__value(match, holes[i]);

		if (value)
			domid = frontend_of(value->begin, value->end);
	}
	return domid;
}

static void append(char *buf, size_t size, const char *text, size_t len)
{
	size_t used = strlen(buf);

	str_sanitize(buf + used, size - used, text, len);
}

static void append_value(char *buf, size_t size, const struct message_value *value, bool keep_names)
{
	char name[24], other[24];

	if (value->hole == HOLE_TEXT) {
		append(buf, size, "...", 3);
	} else if (value->hole == HOLE_TASK && !keep_names) {
		str_sanitize(name, sizeof(name), value->begin, (size_t)(value->end - value->begin));
		program__public(name, other, sizeof(other));
		append(buf, size, other, strlen(other));
	} else {
		append(buf, size, value->begin, (size_t)(value->end - value->begin));
	}
}

void match__text(const struct message_match *match, bool keep_names, char *buf, size_t size)
{
	const char *pos = match->begin;
	u32 i;

	buf[0] = '\0';
	for (i = 0; i < match->nr; i++) {
		const struct message_value *value = &match->value[i];

		append(buf, size, pos, (size_t)(value->begin - pos));
		append_value(buf, size, value, keep_names);
		pos = value->end;
	}
	append(buf, size, pos, (size_t)(match->end - pos));
}
