/* SPDX-License-Identifier: GPL-2.0 */
/* Xen's trace as a source: a file, or what the xentrace program writes into a pipe. */
#ifndef GRANTWATCH_SOURCES_TRACE_H
#define GRANTWATCH_SOURCES_TRACE_H

#include <stdio.h>

#include "xentrace.h"

struct trace {
	int fd;
	char *name; /* for messages */
	struct xentrace *xt;
	FILE *save; /* live only: everything that is read goes there as well */
	u8 *buf;    /* read and not decoded: xentrace shall never wait for us */
	size_t start, len, size;
	u64 bytes;
	const volatile int *stop; /* not 0: read no more; NULL: never */
	int error;		  /* errno of a read */
	bool eof;		  /* nothing more can be read */
	bool done;		  /* and all was decoded */
	bool given_up; /* live only: it did not keep up, the captures went on without it */
};

enum trace_status {
	TRACE_RECORD,
	TRACE_WAIT, /* live: nothing more before trace__fill() */
	TRACE_END,
};

/* From @fd, which it closes in the end. NULL when memory is short. */
struct trace *trace__new(int fd, const char *name);
void trace__free(struct trace *trace);

/* Read what is there: bytes read, 0 for none. */
int trace__fill(struct trace *trace);

/* The next record in the order of time. With @blocking it reads until there is one. */
enum trace_status trace__next(struct trace *trace, bool blocking, const struct xt_rec **rec);

/* Whether anything in it is a trace. */
static inline bool trace__is_empty(const struct trace *trace)
{
	return !xentrace__stats(trace->xt)->windows;
}

#endif
