/* SPDX-License-Identifier: GPL-2.0 */
/* What a file is, by its first bytes, and the unpacking of compressed ones by their programs. */
#ifndef GRANTWATCH_EXPLAIN_CONTENT_H
#define GRANTWATCH_EXPLAIN_CONTENT_H

#include "util/types.h"

#define CONTENT_BYTES 512

enum content {
	CONTENT_LOG, /* whatever else it is: the reader of logs says if it is none */
	CONTENT_CAPTURE,
	CONTENT_CAPTURE_TEXT, /* for 'pack' */
	CONTENT_REPORT,	      /* findings or other lines of JSON that grantwatch wrote */
	CONTENT_XENTRACE,
	CONTENT_TAR,
	CONTENT_GZIP,
	CONTENT_XZ,
	CONTENT_ZSTD,
	CONTENT_BZIP2,
};

/* What the first @len bytes of a file tell; CONTENT_BYTES of them are enough. */
enum content content__of(const void *bytes, size_t len);

/* The same for an open file, whose offset stays. -errno if it cannot be read. */
int content__of_file(int fd);

/*
 * Unpack @fd by the program for @content, in a process without privileges, into a file that has no
 * name. Returns its descriptor or -errno: -ENOENT the program is not installed, -EBADMSG it failed.
 */
int content__unpack(int fd, enum content content);

/* One member of the archive @fd, as tar's -O does; otherwise like content__unpack(). */
int content__unpack_member(int fd, const char *member);

/* A copy of what comes through a pipe, so that it can be read twice. -errno */
int content__store(int fd);

/* The program that unpacks @content, NULL if it is not compressed. */
const char *content__program(enum content content);

#endif
