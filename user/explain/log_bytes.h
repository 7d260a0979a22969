/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a file as lines of text: decompresses gzip, converts UTF-16, and ends a line at LF,
 * CR or both. Tells what is no text.
 */
#ifndef GRANTWATCH_EXPLAIN_LOG_BYTES_H
#define GRANTWATCH_EXPLAIN_LOG_BYTES_H

#include "util/types.h"

/* A longer line is taken in pieces. */
#define LOG_LINE_BYTES (1u << 20)

struct log_bytes {
	/* Each line, without its end, empty ones too; it may be changed in place. */
	void (*line)(void *ctx, char *line, size_t len);
	void *ctx;
	u64 bytes;     /* of text */
	u64 nr_lines;  /* that are not empty */
	u64 odd_bytes; /* control characters that no log has */
	u64 nul_bytes; /* what a crash leaves in a log, in moderation */
};

/*
 * Read @fd to its end. Returns 0, -errno, or -EBADMSG if it is damaged: *@why says what is wrong
 * then.
 */
int log_bytes__read(struct log_bytes *log, int fd, const char **why);

#endif
