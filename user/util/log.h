/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages to the person at the terminal. Always on standard error: standard output is for results.
 */
#ifndef GRANTWATCH_LOG_H
#define GRANTWATCH_LOG_H

#include "util/types.h"

/* 0 quiet (errors only), 1 normal, 2 -v, 3 -vv (libbpf's own debug output too). */
extern int log_level;

/* Say what failed and what to do about it. */
void pr_err(const char *fmt, ...) __printf(1, 2);
void pr_warn(const char *fmt, ...) __printf(1, 2);
void pr_info(const char *fmt, ...) __printf(1, 2);
void pr_debug(const char *fmt, ...) __printf(1, 2);

/*
 * Copy @src to @dst as printable ASCII (0x20..0x7e), anything else becomes '?'. Everything that a
 * domain wrote passes through here before it is stored or shown. @size is the size of @dst, always
 * terminated; at most @len bytes of @src are read, or up to its NUL.
 */
void str_sanitize(char *dst, size_t size, const char *src, size_t len);

#endif
