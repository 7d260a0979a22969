/* SPDX-License-Identifier: GPL-2.0 */
/* Messages to the user, on standard error: standard output is for results. */
#ifndef GRANTWATCH_LOG_H
#define GRANTWATCH_LOG_H

#include "util/types.h"

/* 0 quiet (errors only), 1 normal, 2 -v, 3 -vv (with libbpf's debug output) */
extern int log_level;

/* Prints what failed and what to do. */
void pr_err(const char *fmt, ...) __printf(1, 2);
void pr_warn(const char *fmt, ...) __printf(1, 2);
void pr_info(const char *fmt, ...) __printf(1, 2);
void pr_debug(const char *fmt, ...) __printf(1, 2);

/*
 * Copies @src to @dst as printable ASCII (0x20..0x7e); other bytes become '?'. All text of domains
 * passes through here before it is stored or shown. @size: bytes of @dst, which is always
 * terminated. Reads at most @len bytes of @src, or to its NUL.
 */
void str_sanitize(char *dst, size_t size, const char *src, size_t len);

#endif
