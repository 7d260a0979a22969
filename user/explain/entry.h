/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of several lines: `journalctl -o export`, `-o verbose` and `-o json-pretty`, `dmesg -J`.
 * Time and boot are on other lines than the message.
 */
#ifndef GRANTWATCH_EXPLAIN_ENTRY_H
#define GRANTWATCH_EXPLAIN_ENTRY_H

#include "explain/prefix.h"

/* Values from the lines of the present entry. Zeros: unknown. */
struct log_entry {
	char when[40]; /* "": no time */
	s64 seconds;   /* of @when */
	bool has_uptime;
	u64 uptime; /* us since the kernel's boot */
	u64 boot;   /* 0: none */
};

/* Takes any line of a log: it may begin or end an entry, or have its time. */
void log_entry__line(struct log_entry *entry, const char *line, size_t len);

/* Fills in what @prefix lacks. */
void log_entry__complete(const struct log_entry *entry, struct prefix *prefix);

#endif
