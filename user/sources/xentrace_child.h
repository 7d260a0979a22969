/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xentrace program as a supervised child whose output comes through a pipe. Tracing stays on in
 * Xen if xentrace is killed, or if nobody reads its output. So a process of its own, the keeper,
 * stands in between. It keeps the pipe open and always ends xentrace in the way that turns tracing
 * off, even if its parent is gone.
 */
#ifndef GRANTWATCH_SOURCES_XENTRACE_CHILD_H
#define GRANTWATCH_SOURCES_XENTRACE_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "util/types.h"

/*
 * Grants, scheduling and hypercalls of PV domains: the least that shows who maps, when, and in
 * which call.
 */
#define XENTRACE_CHILD_MASK "0x00361000"

struct xentrace_child {
	pid_t keeper; /* 0: none */
	int fd;	      /* the trace, non-blocking; the owner closes it */
	int err_fd;   /* xentrace's standard error */
	int alive_fd; /* closes with its owner, which the keeper sees */
	char said[512];
};

bool xentrace_child__is_dom0(void);

/* Returns why xentrace cannot be used here, NULL if it can. Starts no process. */
const char *xentrace_child__obstacle(char *buf, size_t size);

/* 0 or -errno. */
int xentrace_child__start(struct xentrace_child *child);

/*
 * Waits until xentrace delivers; its output stays in the pipe. Returns 0, or -1 if it ended or did
 * not deliver within @ms (xentrace_child__why() has the reason), or 1 if one of the signals in
 * @stop (may be NULL) came. These must be blocked, and stay pending.
 */
int xentrace_child__wait(struct xentrace_child *child, int ms, const sigset_t *stop);

/* Returns why xentrace ended, with advice. */
const char *xentrace_child__why(struct xentrace_child *child, char *buf, size_t size);

/* Asks it to end. The contents of Xen's buffers still come, then the end of the stream. */
void xentrace_child__end(struct xentrace_child *child);

/* Waits until it has ended and tracing is off. */
void xentrace_child__stop(struct xentrace_child *child);

/* Like xentrace_child__stop(), without waiting, for a caller that must end within a second. */
void xentrace_child__leave(struct xentrace_child *child);

#endif
