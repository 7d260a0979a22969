/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands before a message in a line: who wrote it, when, how often. Only numbers, names of
 * months and domids are taken from there; host names, tags and files' names are passed over.
 */
#ifndef GRANTWATCH_EXPLAIN_PREFIX_H
#define GRANTWATCH_EXPLAIN_PREFIX_H

#include "util/types.h"

enum prefix_stream {
	STREAM_FILE,  /* of whoever the file is of */
	STREAM_XEN,   /* "(XEN) ": the hypervisor's own */
	STREAM_GUEST, /* "(d5) ": a guest's, in Xen's log */
};

struct prefix {
	enum prefix_stream stream;
	u16 domid;   /* of STREAM_GUEST */
	u16 caller;  /* "d0v1" directly before the message, DOMID_UNKNOWN */
	u32 repeats; /* "message repeated 57 times:", otherwise 1 */
	bool has_uptime;
	u64 uptime;    /* us since the kernel's boot */
	char when[40]; /* wall-clock time as the log has it, or "[123.456789]"; "" unknown */
	u32 host;      /* a hash of the host's name, 0: none; to tell hosts apart, never shown */
	u64 boot;      /* of the journal's id of the boot, 0: none */
	s64 seconds;   /* of @when, for differences within a log; INT64_MIN unknown */
};

/* The @len bytes at @line stand before the message; @whole bytes are all of the line. */
void prefix__read(struct prefix *prefix, const char *line, size_t len, size_t whole);

/* Fill in what @prefix lacks and @other has: of a line that both stand in. */
void prefix__complete(struct prefix *prefix, const struct prefix *other);

/* The time and the boot in fields of the journal: "__REALTIME_TIMESTAMP", and b= of a cursor. */
void prefix__realtime(struct prefix *prefix, const char *line, size_t len);
u64 prefix__cursor_boot(const char *line, size_t len);

#endif
