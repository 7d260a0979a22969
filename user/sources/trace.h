/* SPDX-License-Identifier: GPL-2.0 */
/* Xen's trace as a source: a file, or the output of the xentrace program. */
#ifndef GRANTWATCH_SOURCES_TRACE_H
#define GRANTWATCH_SOURCES_TRACE_H

#include <stdio.h>

#include "xentrace.h"

struct trace {
	int fd;
	char *name; /* for messages */
	struct xentrace *xt;
	FILE *save; /* live only: a copy of all that is read */
	u8 *buf;    /* read and not decoded, so that xentrace need not wait */
	size_t start, len, size;
	u64 bytes;
	const volatile int *stop; /* ends reading as soon as it is not 0; may be NULL */
	int error;		  /* errno of a read */
	bool eof;		  /* nothing more can be read */
	bool done;		  /* and all was decoded */
	bool given_up;		  /* live only: it stalled, and the captures went on without it */
};

enum trace_status {
	TRACE_RECORD,
	TRACE_WAIT, /* live: nothing more until trace__fill() */
	TRACE_END,
};

/* Returns a trace from @fd, which it closes at the end; NULL without memory. */
struct trace *trace__new(int fd, const char *name);
void trace__free(struct trace *trace);

/* Reads what is available. Returns the number of bytes. */
int trace__fill(struct trace *trace);

/* Takes the next record in order of time. @blocking: waits for it. */
enum trace_status trace__next(struct trace *trace, bool blocking, const struct xt_rec **rec);

/* Whether the input had no trace record. */
static inline bool trace__is_empty(const struct trace *trace)
{
	return !xentrace__stats(trace->xt)->windows;
}

#endif
