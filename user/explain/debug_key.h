/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Xen's list of grants in use, "xl debug-keys g": a heading for each domain, its limits, and a line
 * for each ref. Xen's ring may have lost the beginning.
 */
#ifndef GRANTWATCH_EXPLAIN_DEBUG_KEY_H
#define GRANTWATCH_EXPLAIN_DEBUG_KEY_H

#include "rules/rules.h"

struct debug_key {
	u16 granter; /* of the last heading, DOMID_UNKNOWN */
	bool headed; /* there was one in this list */
	u64 entries;
	struct log_stretch *stretch;
};

void debug_key__init(struct debug_key *key);

/* A message of context: a heading of the list, the limits of a table, or none of it. */
void debug_key__message(struct debug_key *key, struct rules *rules, struct log_stretch *stretch,
			const struct message_match *match);

/* Whether the line is an entry of the list; then it is taken. */
bool debug_key__line(struct debug_key *key, struct rules *rules, const char *line, size_t len);

#endif
