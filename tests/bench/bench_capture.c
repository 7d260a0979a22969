// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes per event in a capture, as written and compressed: one line for each capture.
 *
 *	bench_capture CAPTURE...
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/stream.h"

#include "row.h"

static int count(const char *path, u64 *events)
{
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *rec;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || capture_stream__init(&stream, fd)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		if (status == STREAM_BAD)
			break;
		*events += status == STREAM_REC && REC_IS_EVENT(rec->type);
	}
	capture_stream__cleanup(&stream);
	close(fd);
	return status == STREAM_BAD ? -1 : 0;
}

/* Returns the size of @path compressed by @compressor, or 0 if that cannot run. */
static u64 compressed(const char *compressor, const char *path)
{
	char command[4200];
	u64 bytes = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "%s < '%s' | wc -c", compressor, path);
	pipe = popen(command, "re");
	if (!pipe)
		return 0;
	if (fscanf(pipe, "%" SCNu64, &bytes) != 1)
		bytes = 0;
	pclose(pipe);
	return bytes;
}

int main(int argc, char **argv)
{
	int i;

	printf("%-40s %9s %8s %8s %8s  %s\n", "bytes an event", "events", "written", "gzip -1",
	       "zstd -1", "against written");
	for (i = 1; i < argc; i++) {
		struct stat st;
		double events, gzip, zstd, size;
		u64 nr = 0;

		if (count(argv[i], &nr) || stat(argv[i], &st) || !nr)
			return 1;
		events = (double)nr;
		size = (double)st.st_size;
		gzip = (double)compressed("gzip -1", argv[i]);
		zstd = (double)compressed("zstd -q -1", argv[i]);
		printf("%-40s %9" PRIu64 " %8.1f %8.1f %8.1f  %.2f %.2f\n", argv[i], nr,
		       size / events, gzip / events, zstd / events, gzip / size, zstd / size);
		bench_row("capture", argv[i], gzip / size, "as written, by gzip -1",
			  "%.1f bytes an event as written", size / events);
		bench_row("capture", argv[i], zstd / size, "as written, by zstd -1",
			  "%.1f bytes an event compressed", zstd / events);
	}
	return argc < 2;
}
