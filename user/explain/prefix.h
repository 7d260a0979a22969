/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text before a message in a line: who wrote it, when, and how often. Only numbers, names of
 * months and domids are used. Host names, tags and file names are skipped.
 */
#ifndef GRANTWATCH_EXPLAIN_PREFIX_H
#define GRANTWATCH_EXPLAIN_PREFIX_H

#include "util/types.h"

enum prefix_stream {
	STREAM_FILE,  /* of the log's own domain */
	STREAM_XEN,   /* "(XEN) ": the hypervisor's own */
	STREAM_GUEST, /* "(d5) ": a guest's, in Xen's log */
};

struct prefix {
	enum prefix_stream stream;
	u16 domid;   /* of STREAM_GUEST */
	u16 caller;  /* "d0v1" directly before the message, DOMID_UNKNOWN without it */
	u32 repeats; /* "message repeated 57 times:", 1 without it */
	bool has_uptime;
	u64 uptime;    /* us since the kernel's boot */
	char when[40]; /* wall-clock time as the log has it, or "[123.456789]"; "" unknown */
	u32 host;      /* hash of the host's name, 0 none; distinguishes hosts and is never shown */
	u64 boot;      /* hash of the journal's boot id, 0 none */
	s64 seconds;   /* @when in seconds, comparable within a log; INT64_MIN unknown */
};

/* Reads the @len bytes at @line before the message. @whole: length of the line. */
void prefix__read(struct prefix *prefix, const char *line, size_t len, size_t whole);

/* Fills in what @prefix lacks and @other, of the same line, has. */
void prefix__complete(struct prefix *prefix, const struct prefix *other);

/* Reads time and boot from the journal's fields: "__REALTIME_TIMESTAMP", and b= of a cursor. */
void prefix__realtime(struct prefix *prefix, const char *line, size_t len);
u64 prefix__cursor_boot(const char *line, size_t len);

#endif
