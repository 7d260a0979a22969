// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as a kernel's log: stored, growing, and line by line as from
 * /dev/kmsg, up to the renderers. No renderer may print a byte with a special meaning to a terminal
 * or a document.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/log_tail.h"
#include "pipeline/reporting.h"
#include "record/kmsg.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void read_old(struct pipeline *pipeline, const u8 *data, size_t size)
{
	struct log_file log = {.name = "fuzz", .domid = 5};
	int fd;

	fd = memfd_create("log", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		abort();
	log.file = fdopen(fd, "r");
	if (!log.file)
		abort();
	pipeline__read_log(pipeline, &log);
	fclose(log.file);
}

/* Follows the same bytes in two pieces. Then the file is truncated, as logrotate does. */
static void follow(struct pipeline *pipeline, const u8 *data, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct opt_list specs = {.nr = 1};
	size_t part = size ? data[0] % size : 0;
	struct log_tails tails;
	char path[64];

	snprintf(path, sizeof(path), "5=/proc/self/fd/%d", fd);
	specs.item[0] = path;
	if (log_tails__open(&tails, &specs))
		abort();
	if (write(fd, data, part) < 0)
		abort();
	log_tails__poll(&tails, pipeline, NSEC_PER_SEC);
	if (write(fd, data + part, size - part) < 0)
		abort();
	log_tails__poll(&tails, pipeline, 10 * NSEC_PER_SEC);
	if (ftruncate(fd, 0) || pwrite(fd, data, part, 0) < 0)
		abort();
	log_tails__poll(&tails, pipeline, UINT64_MAX);
	log_tails__close(&tails);
	close(fd);
}

static void parse_lines(const u8 *data, size_t size)
{
	char *line = strndup((const char *)data, size);
	const char *message;
	size_t len;
	u64 usec;

	if (kmsg__parse(line, &usec, &message, &len) &&
	    (message < line || message + len > line + strlen(line)))
		abort();
	free(line);
}

static void check_text(const struct pipeline *pipeline, const struct renderer *renderer)
{
	char *text = NULL;
	size_t len = 0, i;
	FILE *out = open_memstream(&text, &len);

	pipeline__report(pipeline, renderer, out, NULL);
	fclose(out);
	for (i = 0; i < len; i++)
		if ((u8)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
			abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pipeline *pipeline = pipeline__new(false);

	log_level = -1;
	parse_lines(data, size);
	pipeline__run(pipeline);
	if (size) {
		read_old(pipeline, data, size);
		follow(pipeline, data, size);
	}
	rules__settle_logs(pipeline->rules);
	check_text(pipeline, &text_renderer);
	check_text(pipeline, &json_renderer);
	check_text(pipeline, &github_renderer);
	pipeline__free(pipeline);
	return 0;
}
