// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "util/log.h"

int log_level = 1;

static void vlog(int level, const char *prefix, const char *fmt, va_list ap)
{
	if (level > log_level)
		return;
	fprintf(stderr, "grantwatch: %s", prefix);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

#define DEFINE_LOG(name, level, prefix)       \
	void name(const char *fmt, ...)       \
	{                                     \
		va_list ap;                   \
                                              \
		va_start(ap, fmt);            \
		vlog(level, prefix, fmt, ap); \
		va_end(ap);                   \
	}

DEFINE_LOG(pr_err, 0, "error: ")
DEFINE_LOG(pr_warn, 1, "warning: ")
DEFINE_LOG(pr_info, 1, "")
DEFINE_LOG(pr_debug, 2, "debug: ")

void str_sanitize(char *dst, size_t size, const char *src, size_t len)
{
	size_t i;

	if (!size)
		return;
	for (i = 0; i + 1 < size && i < len && src[i]; i++)
		dst[i] = src[i] >= 0x20 && src[i] <= 0x7e ? src[i] : '?';
	dst[i] = '\0';
}
