// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/debug_key.h"
#include "model/domid.h"

void debug_key__init(struct debug_key *key)
{
	*key = (struct debug_key){.granter = DOMID_UNKNOWN};
}

/* The list's lines have numbers only, which no format of the table of messages can match. */
#define LIST_MESSAGE(symbol, name, heavy, ids, what) \
	static const struct known_message symbol = { \
		.id = name,                          \
		.format = "",                        \
		.weight = heavy,                     \
		.origin = ORIGIN_XEN,                \
		.from = "Xen (debug key g)",         \
		.bugs = ids,                         \
		.meaning = what,                     \
	}

LIST_MESSAGE(entry, "debug-key-entry", MESSAGE_ROUTINE, "",
	     "a grant is in use: the other domain maps it, or Xen copies by it");
LIST_MESSAGE(
	headless, "debug-key-headless", MESSAGE_ROUTINE, "",
	"grants are in use, but the beginning of the list is missing: whose refs they are is not "
	"known");
LIST_MESSAGE(full, "debug-key-full", MESSAGE_TROUBLE, "G16",
	     "the domain's grant table has all the frames that it may have");
LIST_MESSAGE(maptrack_full, "debug-key-maptrack-full", MESSAGE_TROUBLE, "G16",
	     "the domain's maptrack table has all the frames that it may have");

static void take_limits(struct debug_key *key, struct rules *rules,
			const struct message_match *match)
{
	u64 number[4] = {0};
	u32 i, n = 0;
	struct log_event event = {.message = &full,
				  .match = match,
				  .stretch = key->stretch,
				  .granter = key->granter,
				  .mapper = DOMID_UNKNOWN,
				  .repeats = 1,
				  .seconds = INT64_MIN};

	for (i = 0; i < match->nr && n < 4; i++)
		if (match->value[i].hole == HOLE_NUMBER)
			number[n++] = match->value[i].number;
	/* Frames of the table, and of the maptrack, the table of this domain's maps. */
	if (n == 4 && number[1] && number[0] >= number[1])
		rules__log_event(rules, &event);
	if (n == 4 && number[3] && number[2] >= number[3]) {
		event.message = &maptrack_full;
		event.mapper = key->granter;
		event.granter = DOMID_UNKNOWN;
		rules__log_event(rules, &event);
	}
}

void debug_key__message(struct debug_key *key, struct rules *rules, struct log_stretch *stretch,
			const struct message_match *match)
{
	const char *id = match->message->id;

	if (!strcmp(id, "debug-key")) {
		debug_key__init(key);
	} else if (!strcmp(id, "debug-key-domain")) {
		key->granter = match__domain(match, HOLE_GRANTER);
		key->headed = true;
	} else if (!strcmp(id, "debug-key-limits")) {
		key->stretch = stretch;
		take_limits(key, rules, match);
	}
	key->stretch = stretch;
}

/* Reads a number after blanks. */
static bool next_number(const char **pos, int base, u64 *value)
{
	char *end;

	while (**pos == ' ' || **pos == '\t')
		(*pos)++;
	if (!isxdigit((unsigned char)**pos))
		return false;
	*value = strtoull(*pos, &end, base);
	*pos = end;
	return true;
}

/* "[0x1a3]      0 0x12ab35 0x00000001          0 0x0ffff9 0x19", "[419] …" up to Xen 4.8 */
static bool parse_entry(const char *text, u64 *ref, u64 *mapper, u64 *pin)
{
	const char *pos = text + 1;
	u64 frame;

	if (!next_number(&pos, !strncmp(pos, "0x", 2) ? 16 : 10, ref) || *pos++ != ']')
		return false;
	return next_number(&pos, 10, mapper) && *pos == ' ' && next_number(&pos, 16, &frame) &&
	       next_number(&pos, 16, pin) && *mapper < DOMID_FIRST_RESERVED && *ref < NO_REF;
}

bool debug_key__line(struct debug_key *key, struct rules *rules, const char *line, size_t len)
{
	struct log_event event = {.granter = key->granter, .repeats = 1, .seconds = INT64_MIN};
	u64 ref, mapper, pin;
	const char *pos;
	char text[96];

	pos = len < 400 ? memmem(line, len, "(XEN) ", 6) : NULL;
	pos = pos			  ? memchr(pos, '[', (size_t)(line + len - pos))
	      : len < 200 && *line == '[' ? line
					  : NULL;
	/* "(XEN) [2026-04-02 10:11:12] [0x1a3] …" */
	while (pos && memchr(pos, ']', (size_t)(line + len - pos)) &&
	       memchr(pos + 1, '[', (size_t)(line + len - pos - 1)))
		pos = memchr(pos + 1, '[', (size_t)(line + len - pos - 1));
	if (!pos)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)min((size_t)(line + len - pos), sizeof(text) - 1),
		 pos);
	if (!parse_entry(text, &ref, &mapper, &pin))
		return false;
	key->entries++;
	if (!key->stretch)
		key->stretch = rules__new_stretch(rules, DOMID_UNKNOWN, 0, true);
	event.message = key->headed ? &entry : &headless;
	event.stretch = key->stretch;
	event.mapper = (u16)mapper;
	event.ref = (u32)ref;
	event.has_ref = true;
	rules__log_event(rules, &event);
	return true;
}
