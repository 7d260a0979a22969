// SPDX-License-Identifier: GPL-2.0
/* grantwatch dump: a capture as text. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/stream.h"
#include "capture/text.h"
#include "commands.h"
#include "pipeline/input_kind.h"
#include "util/log.h"
#include "util/output.h"
#include "util/privileges.h"

struct dump_config {
	struct output_config output;
};

static const struct opt dump_opts[] = {
	OUTPUT_OPTS(struct dump_config, output),
};

/* Prints the damage that a reader of the text must know. Returns whether there is any. */
static bool print_damage(FILE *out, const struct capture_stream *stream)
{
	const struct capture_reader *reader = &stream->reader;
	u64 tail = capture_stream__tail(stream);

	if (tail)
		fprintf(out, "# cut short: %" PRIu64 " bytes at the end are no whole block\n",
			tail);
	if (reader->skipped)
		fprintf(out, "# damaged: %" PRIu64 " bytes passed over\n", reader->skipped);
	if (reader->lost_blocks)
		fprintf(out, "# damaged: %" PRIu64 " blocks missing\n", reader->lost_blocks);
	if (reader->bad_records)
		fprintf(out, "# damaged: %" PRIu64 " records dropped\n", reader->bad_records);
	return tail || reader->skipped || reader->lost_blocks || reader->bad_records;
}

static int dump(struct capture_stream *stream, const char *path, FILE *out)
{
	enum stream_status status;
	const struct rec *rec;

	fprintf(out, "%s\n", TEXT_HEADER);
	while ((status = capture_stream__next_blocking(stream, &rec)) != STREAM_EOF) {
		if (status == STREAM_BAD) {
			pr_err("%s: %s", path, stream->reader.error);
			return EXIT_ERROR;
		}
		if (status == STREAM_REC)
			text__print(out, rec);
		else
			text__print_mark(out, stream->block.watermark);
	}
	if (stream->error) {
		pr_err("%s: %s", path, strerror(stream->error));
		return EXIT_ERROR;
	}
	if (!stream->blocks && !stream->reader.have_header) {
		pr_err("%s: not a grantwatch capture: too short", path);
		return EXIT_ERROR;
	}
	if (print_damage(out, stream)) {
		pr_warn("%s: damaged or cut short; see the last lines", path);
		return EXIT_BLIND;
	}
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	struct dump_config cfg = {.output.path = "-"};
	struct capture_stream stream;
	const char *path;
	FILE *out;
	int first = opts__parse(&cmd_dump, argc, argv, &cfg);
	int fd, status;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != 1) {
		pr_err("dump takes one capture file, or - for standard input");
		return EXIT_ERROR;
	}
	path = argv[first];
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return EXIT_ERROR;
	}
	if (input_kind__check(fd, path, CONTENT_CAPTURE))
		return EXIT_ERROR;
	out = output__open(&cfg.output);
	if (!out) {
		status = EXIT_ERROR;
	} else if (capture_stream__init(&stream, fd)) {
		pr_err("no memory for the read buffer");
		status = EXIT_ERROR;
	} else {
		status = privileges__drop() ? EXIT_ERROR : dump(&stream, path, out);
		capture_stream__cleanup(&stream);
	}
	if (out && output__close(out, cfg.output.path))
		status = EXIT_ERROR;
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

static const struct exit_status dump_exits[] = {
	{EXIT_CLEAN, "printed, whole"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_BLIND, "printed, but the capture is damaged or was cut short"},
	{0, NULL},
};

const struct command cmd_dump = {
	.name = "dump",
	.args = "FILE",
	.summary = "Print a capture as text",
	.help = "A line of text is a record; 'pack' turns the text back into the same bytes.\n"
		"A truncated capture is printed up to its last whole block, and the\n"
		"exit status is 3.",
	.opts = dump_opts,
	.nr_opts = ARRAY_SIZE(dump_opts),
	.exits = dump_exits,
	.run = run,
};
