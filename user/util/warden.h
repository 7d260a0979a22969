/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two processes in place of one. The parser reads what strangers wrote and has no privileges. The
 * warden keeps them, starts and ends what needs them, and reads nothing but the few requests below,
 * of a fixed size, from the parser.
 */
#ifndef GRANTWATCH_UTIL_WARDEN_H
#define GRANTWATCH_UTIL_WARDEN_H

#include "util/types.h"

#define WARDEN_NAME 64

enum warden_request {
	WARDEN_END_SOURCES = 1, /* ask every source to end */
	WARDEN_BEGIN,		/* let the local recorder begin */
	WARDEN_END_TRACE,	/* end Xen's trace */
	WARDEN_READY,		/* say that everything delivers */
	WARDEN_OUTPUT,		/* open the report's file: a descriptor comes back */
	/* open the picture NAME in its directory: a descriptor comes back */
	WARDEN_PICTURE,
	/* open the next version of the result NAME, "" for metrics: a descriptor comes back */
	WARDEN_RESULT,
	WARDEN_PUBLISH, /* put that version in the place of the one before */
	WARDEN_FLIGHT,	/* open file NAME of the flight recorder: a descriptor comes back */
	/* open log NAME, its number, if its path is another file now: a descriptor comes back */
	WARDEN_LOG,
	/* the same of capture NAME */
	WARDEN_CAPTURE,
	WARDEN_MAX,
};

struct warden {
	/* In the parser, after privileges were given up. Returns the exit status. */
	int (*parse)(void *ctx);
	/*
	 * In the warden, once there is a parser: let go of what is the parser's to read. May be
	 * NULL.
	 */
	void (*part)(void *ctx);
	/*
	 * In the warden. @name is "" or of letters, digits, '-' and '.', not beginning with '.'.
	 * Returns a descriptor to hand over (which is closed here), 0 for done, or -errno.
	 */
	int (*serve)(void *ctx, enum warden_request request, const char *name);
	void *ctx;
};

/* Fork, and be the warden until the parser has ended: its exit status, EXIT_ERROR when it died. */
int warden__run(const struct warden *warden);

/*
 * In the warden: serve one request that waits on the socket @fd, if there is one. False when the
 * parser has closed its end.
 */
bool warden__serve(const struct warden *warden, int fd);

/* In the parser: have something done. A descriptor, 0, or -errno. Without a warden -ENOTCONN. */
int warden__ask(enum warden_request request, const char *name);

#endif
