// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "explain/decode.h"
#include "explain/log_bytes.h"

#define CHUNK 65536u

enum encoding { ENCODING_UNKNOWN, ENCODING_BYTES, ENCODING_UTF16LE, ENCODING_UTF16BE };

struct reader {
	struct log_bytes *log;
	enum encoding encoding;
	char odd[1]; /* of a pair of bytes */
	bool has_odd;
	char *line; /* begun; LOG_LINE_BYTES */
	size_t len;
};

static void end_line(struct reader *reader, char *line, size_t len)
{
	reader->log->nr_lines++;
	reader->log->line(reader->log->ctx, line, len);
}

static void keep(struct reader *reader, const char *bytes, size_t len)
{
	while (len) {
		size_t room = LOG_LINE_BYTES - reader->len, n = min(len, room);

		memcpy(reader->line + reader->len, bytes, n);
		reader->len += n;
		bytes += n;
		len -= n;
		if (reader->len < LOG_LINE_BYTES)
			return;
		end_line(reader, reader->line, reader->len);
		reader->len = 0;
	}
}

/* CR LF is one end of line, and so is a CR alone, as on serial lines. */
static void take_piece(struct reader *reader, char *line, size_t len)
{
	if (!len || (len == 1 && *line == '\r'))
		reader->log->line(reader->log->ctx, line, 0);
	while (len) {
		char *cr = memchr(line, '\r', len);
		size_t n = cr ? (size_t)(cr - line) : len;

		if (n)
			end_line(reader, line, n);
		if (!cr)
			return;
		line = cr + 1;
		len -= n + 1;
	}
}

static void count_odd(struct reader *reader, const char *bytes, size_t len)
{
	static const u8 odd[256] = {
		[1] = 1,  [2] = 1,  [3] = 1,  [4] = 1,	[5] = 1,  [6] = 1,  [14] = 1, [15] = 1,
		[16] = 1, [17] = 1, [18] = 1, [19] = 1, [20] = 1, [21] = 1, [22] = 1, [23] = 1,
		[24] = 1, [25] = 1, [26] = 1, [28] = 1, [29] = 1, [30] = 1, [31] = 1};
	u64 n = 0, nul = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		n += odd[(u8)bytes[i]];
		nul += !bytes[i];
	}
	reader->log->odd_bytes += n;
	reader->log->nul_bytes += nul;
}

static void take_text(struct reader *reader, char *bytes, size_t len)
{
	reader->log->bytes += len;
	count_odd(reader, bytes, len);
	while (len) {
		char *lf = memchr(bytes, '\n', len);
		size_t n = lf ? (size_t)(lf - bytes) : len;

		if (!lf || reader->len)
			keep(reader, bytes, n);
		if (!lf)
			return;
		if (reader->len)
			take_piece(reader, reader->line, reader->len);
		else
			take_piece(reader, bytes, n);
		reader->len = 0;
		bytes += n + 1;
		len -= n + 1;
	}
}

/* Guesses by a byte order mark, or by zeros in every other byte, as English text has. */
static enum encoding guess(const char *bytes, size_t len, size_t *mark)
{
	const u8 *b = (const u8 *)bytes;
	size_t i, even = 0, odd = 0, n = min(len, (size_t)512) & ~(size_t)1;

	*mark = 0;
	if (len >= 2 && b[0] == 0xff && b[1] == 0xfe)
		return *mark = 2, ENCODING_UTF16LE;
	if (len >= 2 && b[0] == 0xfe && b[1] == 0xff)
		return *mark = 2, ENCODING_UTF16BE;
	if (len >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf)
		*mark = 3;
	for (i = 0; i + 1 < n; i += 2) {
		even += !b[i] && b[i + 1];
		odd += b[i] && !b[i + 1];
	}
	if (n >= 16 && odd > n / 2 * 7 / 10)
		return ENCODING_UTF16LE;
	if (n >= 16 && even > n / 2 * 7 / 10)
		return ENCODING_UTF16BE;
	return ENCODING_BYTES;
}

static void take_utf16(struct reader *reader, const char *bytes, size_t len)
{
	char text[CHUNK / 2 + 2] = "", pair[2];
	const bool big = reader->encoding == ENCODING_UTF16BE;

	if (reader->has_odd && len) {
		pair[0] = reader->odd[0];
		pair[1] = *bytes++;
		len--;
		reader->has_odd = false;
		take_text(reader, text, decode__utf16(text, pair, 2, big));
	}
	if (len % 2) {
		reader->odd[0] = bytes[--len];
		reader->has_odd = true;
	}
	take_text(reader, text, decode__utf16(text, bytes, len, big));
}

static void take_bytes(struct reader *reader, char *bytes, size_t len)
{
	size_t mark = 0;

	if (reader->encoding == ENCODING_UNKNOWN && len) {
		reader->encoding = guess(bytes, len, &mark);
		bytes += mark;
		len -= mark;
	}
	if (reader->encoding == ENCODING_BYTES)
		take_text(reader, bytes, len);
	else
		take_utf16(reader, bytes, len);
}

/* --- compression --- */

static int inflate_chunk(struct reader *reader, z_stream *z, bool *ended)
{
	char out[CHUNK];
	int err;

	do {
		z->next_out = (u8 *)out;
		z->avail_out = sizeof(out);
		err = inflate(z, Z_NO_FLUSH);
		if (err != Z_OK && err != Z_STREAM_END && err != Z_BUF_ERROR)
			return -EBADMSG;
		take_bytes(reader, out, sizeof(out) - z->avail_out);
		*ended = err == Z_STREAM_END;
		/* gzip files may be concatenated. */
		if (*ended && z->avail_in && inflateReset(z) != Z_OK)
			return -EBADMSG;
	} while (z->avail_in || !z->avail_out);
	return 0;
}

static int read_gzip(struct reader *reader, int fd, u8 *in, ssize_t n, const char **why)
{
	z_stream z = {0};
	bool ended = false;
	int err = 0;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return -ENOMEM;
	while (n > 0 && !err) {
		z.next_in = in;
		z.avail_in = (uInt)n;
		err = inflate_chunk(reader, &z, &ended);
		n = err ? 0 : read(fd, in, CHUNK);
	}
	inflateEnd(&z);
	if (n < 0)
		return -errno;
	if (err || !ended) {
		*why = err ? "damaged gzip data" : "gzip data that ends too early";
		return -EBADMSG;
	}
	return 0;
}

static int read_plain(struct reader *reader, int fd, char *in, ssize_t n)
{
	while (n > 0) {
		take_bytes(reader, in, (size_t)n);
		n = read(fd, in, CHUNK);
	}
	return n < 0 ? -errno : 0;
}

/* Fills the first chunk, whose start shows the kind of the file. */
static ssize_t read_first(int fd, char *in)
{
	size_t have = 0;
	ssize_t n;

	while (have < 512 && (n = read(fd, in + have, CHUNK - have)) != 0) {
		if (n < 0)
			return -errno;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int log_bytes__read(struct log_bytes *log, int fd, const char **why)
{
	struct reader reader = {.log = log};
	static char in[CHUNK];
	ssize_t n = read_first(fd, in);
	int err;

	if (n < 0)
		return (int)n;
	reader.line = malloc(LOG_LINE_BYTES);
	if (!reader.line)
		return -ENOMEM;
	if (n > 2 && (u8)in[0] == 0x1f && (u8)in[1] == 0x8b)
		err = read_gzip(&reader, fd, (u8 *)in, n, why);
	else
		err = read_plain(&reader, fd, in, n);
	if (reader.len)
		take_piece(&reader, reader.line, reader.len);
	free(reader.line);
	return err;
}
