// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as a capture's text form. An accepted text, packed, printed and
 * packed again, gives the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/stream.h"
#include "capture/text.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Packs @text into a capture. Returns its descriptor, or -1 if the text is invalid. */
static int pack(const void *text, size_t size)
{
	int fd = memfd_create("packed", MFD_CLOEXEC), err;
	struct capture_writer *writer = capture_writer__new(fd);
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");

	if (fd < 0 || !writer || !in)
		abort();
	err = text__pack(in, "fuzz", writer);
	fclose(in);
	capture_writer__free(writer);
	if (!err)
		return fd;
	close(fd);
	return -1;
}

/* Returns the text of the capture in @fd, to be freed. */
static char *unpack(int fd, size_t *size)
{
	struct capture_stream stream;
	const struct rec *rec;
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	bool going = true;

	lseek(fd, 0, SEEK_SET);
	if (!out || capture_stream__init(&stream, fd))
		abort();
	fprintf(out, "%s\n", TEXT_HEADER);
	while (going) {
		switch (capture_stream__next_blocking(&stream, &rec)) {
		case STREAM_REC:
			text__print(out, rec);
			break;
		case STREAM_MARK:
			text__print_mark(out, stream.block.watermark);
			break;
		case STREAM_EOF:
			going = false;
			break;
		default:
			abort();
		}
	}
	capture_stream__cleanup(&stream);
	fclose(out);
	return text;
}

static bool is_same(int a, int b)
{
	off_t size = lseek(a, 0, SEEK_END);
	char *one, *two;
	bool same;

	if (size != lseek(b, 0, SEEK_END))
		return false;
	one = malloc((size_t)size + 1);
	two = malloc((size_t)size + 1);
	same = pread(a, one, (size_t)size, 0) == size && pread(b, two, (size_t)size, 0) == size &&
	       !memcmp(one, two, (size_t)size);
	free(one);
	free(two);
	return same;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t len = 0;
	int first, second;
	char *text;

	log_level = -1;
	if (!size)
		return 0;
	first = pack(data, size);
	if (first < 0)
		return 0;
	text = unpack(first, &len);
	second = pack(text, len);
	if (second < 0 || !is_same(first, second)) {
		fwrite(text, 1, len, stderr);
		abort();
	}
	free(text);
	close(first);
	close(second);
	return 0;
}
