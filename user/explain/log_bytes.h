/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the bytes of a file to lines of text: decompresses gzip, converts UTF-16, and ends lines at
 * LF, CR or both. Counts bytes that no text has.
 */
#ifndef GRANTWATCH_EXPLAIN_LOG_BYTES_H
#define GRANTWATCH_EXPLAIN_LOG_BYTES_H

#include "util/types.h"

/* Longer lines are taken in pieces. */
#define LOG_LINE_BYTES (1u << 20)

struct log_bytes {
	/*
	 * Called for each line, without its end, empty lines too. It may change the line in place.
	 */
	void (*line)(void *ctx, char *line, size_t len);
	void *ctx;
	u64 bytes;     /* of text */
	u64 nr_lines;  /* that are not empty */
	u64 odd_bytes; /* control characters, other than those of logs */
	u64 nul_bytes; /* a crash may leave some in a log */
};

/*
 * Reads @fd to its end. Returns 0, -errno, or -EBADMSG for a damaged file, with the reason in
 * *@why.
 */
int log_bytes__read(struct log_bytes *log, int fd, const char **why);

#endif
