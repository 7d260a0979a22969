// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as a file whose kind explain detects, and as a compressed log. The
 * lines of a log do not depend on compression or on the size of pieces, and are not longer than the
 * log.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "explain/content.h"
#include "explain/log_bytes.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct digest {
	u64 hash, bytes;
};

static void mix(void *ctx, char *line, size_t len)
{
	struct digest *digest = ctx;
	size_t i;

	if (len > LOG_LINE_BYTES)
		abort();
	for (i = 0; i < len; i++)
		digest->hash = (digest->hash ^ (u8)line[i]) * 0x100000001b3u;
	digest->hash = (digest->hash ^ '\n') * 0x100000001b3u;
	digest->bytes += len;
	/* The callback may change the line in place. */
	memset(line, 'x', len);
}

static int read_lines(int fd, struct digest *digest)
{
	struct log_bytes log = {.line = mix, .ctx = digest};
	const char *why = NULL;
	int err = log_bytes__read(&log, fd, &why);

	if (err && (err != -EBADMSG || !why))
		abort();
	/* UTF-16 becomes half as long, and line ends do not count. */
	if (digest->bytes > log.bytes)
		abort();
	close(fd);
	return err;
}

static int in_memory(const void *bytes, size_t size)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

/* Returns a pipe with the bytes, one packet for each read. */
static int in_pipe(const u8 *bytes, size_t size)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_DIRECT))
		abort();
	while (size) {
		size_t n = min(size, (size_t)1 + size % 4000);

		if (write(fds[1], bytes, n) != (ssize_t)n)
			abort();
		bytes += n;
		size -= n;
	}
	close(fds[1]);
	return fds[0];
}

static void check_compressed(const u8 *data, size_t size, const struct digest *plain)
{
	u8 *packed = malloc(compressBound(size) + 32);
	struct digest digest = {0};
	z_stream z = {.next_in = (u8 *)(uintptr_t)data,
		      .avail_in = (uInt)size,
		      .next_out = packed,
		      .avail_out = (uInt)compressBound(size) + 32};

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	if (read_lines(in_memory(packed, z.total_out), &digest) || digest.hash != plain->hash)
		abort();
	deflateEnd(&z);
	free(packed);
}

/* Reads the same bytes as the payload of a compressed log. */
static void read_damaged(const u8 *data, size_t size)
{
	static const u8 head[10] = {0x1f, 0x8b, 8};
	u8 *bytes = malloc(size + sizeof(head));
	struct digest digest = {0};

	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), data, size);
	read_lines(in_memory(bytes, size + sizeof(head)), &digest);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	enum content content = content__of(data, size);
	struct digest plain = {0}, pieces = {0};
	int fd = in_memory(data, size);

	if (content__of_file(fd) != (int)content ||
	    !content__program(content) != (content < CONTENT_GZIP))
		abort();
	if (read_lines(fd, &plain) && content != CONTENT_GZIP)
		abort();
	/* A pipe has room for 16 pages of packets. The first packet decides the encoding. */
	if (size < 4096 && content != CONTENT_GZIP) {
		read_lines(in_pipe(data, size), &pieces);
		if (pieces.hash != plain.hash)
			abort();
	}
	if (content != CONTENT_GZIP)
		check_compressed(data, size, &plain);
	read_damaged(data, size);
	return 0;
}
