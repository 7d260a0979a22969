/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recognises the kind of a file by its first bytes, and unpacks compressed files by their programs.
 */
#ifndef GRANTWATCH_EXPLAIN_CONTENT_H
#define GRANTWATCH_EXPLAIN_CONTENT_H

#include "util/types.h"

#define CONTENT_BYTES 512

enum content {
	CONTENT_LOG, /* anything else: the reader of logs reports files that are none */
	CONTENT_CAPTURE,
	CONTENT_CAPTURE_TEXT, /* for 'pack' */
	CONTENT_REPORT,	      /* findings or other JSON lines of grantwatch */
	CONTENT_XENTRACE,
	CONTENT_TAR,
	CONTENT_GZIP,
	CONTENT_XZ,
	CONTENT_ZSTD,
	CONTENT_BZIP2,
};

/* Returns the kind by the first @len bytes; CONTENT_BYTES are enough. */
enum content content__of(const void *bytes, size_t len);

/* The same for an open file, whose offset does not change. Returns -errno if it cannot be read. */
int content__of_file(int fd);

/* Bytes that one process unpacks or stores in all: compressed files may unpack to any size. */
#define CONTENT_ROOM (4ull << 30)

/*
 * Unpacks @fd by the program for @content, in a process without privileges, into an unnamed file.
 * Returns its descriptor, -ENOENT if the program is not installed, -EFBIG beyond CONTENT_ROOM,
 * -ENODATA if the program failed and wrote nothing, -EBADMSG if it failed, or another -errno.
 */
int content__unpack(int fd, enum content content);

/*
 * Unpacks one member of the archive @fd, like tar -O. Returns like content__unpack(); -ENODATA if
 * there is no such member.
 */
int content__unpack_member(int fd, const char *member);

/*
 * Copies a pipe's contents to an unnamed file, to be read twice. Returns its descriptor, -EFBIG
 * beyond CONTENT_ROOM, or another -errno.
 */
int content__store(int fd);

/* Logs why the file @path of kind @content could not be unpacked or stored. */
void content__complain(const char *path, enum content content, int err);

/* Returns the program that unpacks @content, NULL if it is not compressed. */
const char *content__program(enum content content);

#endif
