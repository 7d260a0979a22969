/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Xen's list of grants in use, by "xl debug-keys g": for each domain a heading, its limits, and a
 * line for each ref. The list's beginning may be lost in Xen's ring.
 */
#ifndef GRANTWATCH_EXPLAIN_DEBUG_KEY_H
#define GRANTWATCH_EXPLAIN_DEBUG_KEY_H

#include "rules/rules.h"

struct debug_key {
	u16 granter; /* of the last heading, DOMID_UNKNOWN before it */
	bool headed; /* this list has had a heading */
	u64 entries;
	struct log_stretch *stretch;
};

void debug_key__init(struct debug_key *key);

/* Takes a message of context: a heading of the list, or the limits of a table. Ignores others. */
void debug_key__message(struct debug_key *key, struct rules *rules, struct log_stretch *stretch,
			const struct message_match *match);

/* Takes the line if it is an entry of the list. Returns whether it is. */
bool debug_key__line(struct debug_key *key, struct rules *rules, const char *line, size_t len);

#endif
