/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two processes instead of one. The parser reads untrusted data and has no privileges. The warden
 * keeps the user's privileges, and starts and ends what needs them. From the parser it reads only
 * the requests below, of a fixed size.
 */
#ifndef GRANTWATCH_UTIL_WARDEN_H
#define GRANTWATCH_UTIL_WARDEN_H

#include "util/types.h"

#define WARDEN_NAME 64

enum warden_request {
	WARDEN_END_SOURCES = 1, /* ask every source to end */
	WARDEN_BEGIN,		/* let the local recorder begin */
	WARDEN_END_TRACE,	/* end Xen's trace */
	WARDEN_READY,		/* report that all sources deliver */
	WARDEN_OUTPUT,		/* open the report's file: returns a descriptor */
	/* open the picture NAME in its directory: returns a descriptor */
	WARDEN_PICTURE,
	/* open the next version of the result NAME, "" for metrics: returns a descriptor */
	WARDEN_RESULT,
	WARDEN_PUBLISH, /* replace the result by its next version */
	WARDEN_FLIGHT,	/* open file NAME of the flight recorder: returns a descriptor */
	/* open log number NAME if its path has another file now: returns a descriptor */
	WARDEN_LOG,
	/* the same of capture NAME */
	WARDEN_CAPTURE,
	WARDEN_MAX,
};

struct warden {
	/* In the parser, after privileges were dropped. Returns the exit status. */
	int (*parse)(void *ctx);
	/* In the warden, once the parser runs: closes what only the parser reads. May be NULL. */
	void (*part)(void *ctx);
	/*
	 * In the warden. @name is "" or has letters, digits, '-' and '.', and does not begin with
	 * '.'. Returns a descriptor to hand over (closed here afterwards), 0 for done, or -errno.
	 */
	int (*serve)(void *ctx, enum warden_request request, const char *name);
	void *ctx;
};

/*
 * Forks, and is the warden until the parser has ended. Returns the parser's exit status, EXIT_ERROR
 * if a signal ended it.
 */
int warden__run(const struct warden *warden);

/*
 * In the warden: serves one request on the socket @fd, if there is one. Returns false if the parser
 * has closed its end.
 */
bool warden__serve(const struct warden *warden, int fd);

/*
 * In the parser: requests something. Returns a descriptor, 0, or -errno; -ENOTCONN without a
 * warden.
 */
int warden__ask(enum warden_request request, const char *name);

#endif
