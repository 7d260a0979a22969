/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xentrace program as a supervised child: what it records comes through a pipe.
 *
 * Tracing stays on in Xen when xentrace is killed, or when nobody reads its output any more. So a
 * process of our own stands between: it keeps the pipe open, and ends xentrace in the one way that
 * turns tracing off, whatever becomes of us.
 */
#ifndef GRANTWATCH_SOURCES_XENTRACE_CHILD_H
#define GRANTWATCH_SOURCES_XENTRACE_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "util/types.h"

/*
 * Grants, scheduling, and the hypercalls of PV domains: the least that tells who maps, when, in
 * which call.
 */
#define XENTRACE_CHILD_MASK "0x00361000"

struct xentrace_child {
	pid_t keeper; /* 0: none */
	int fd;	      /* the trace, non-blocking; the owner closes it */
	int err_fd;   /* what xentrace says */
	int alive_fd; /* the keeper sees it close when we are gone */
	char said[512];
};

bool xentrace_child__is_dom0(void);

/*
 * Why there is no use in starting it here; NULL when there is none. No process is started to find
 * out.
 */
const char *xentrace_child__obstacle(char *buf, size_t size);

/* 0 or -errno. */
int xentrace_child__start(struct xentrace_child *child);

/*
 * Wait until it delivers; what has come stays in the pipe. Returns 0, or -1 when it ended or does
 * not deliver within @ms: xentrace_child__why() tells. Returns 1 when one of the signals in @stop
 * came, which are blocked. It stays pending. @stop may be NULL.
 */
int xentrace_child__wait(struct xentrace_child *child, int ms, const sigset_t *stop);

/* Why it ended, with what can be done about it. */
const char *xentrace_child__why(struct xentrace_child *child, char *buf, size_t size);

/* Ask it to end: what is in Xen's buffers still comes, then the end of the stream. */
void xentrace_child__end(struct xentrace_child *child);

/* Wait until it is gone, and tracing is off. */
void xentrace_child__stop(struct xentrace_child *child);

/* As xentrace_child__stop(), but whoever has to end within a second does not wait for it. */
void xentrace_child__leave(struct xentrace_child *child);

#endif
