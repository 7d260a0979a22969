// SPDX-License-Identifier: GPL-2.0
/* grantwatch pack: the text form of a capture back to bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/text.h"
#include "commands.h"
#include "pipeline/input_kind.h"
#include "util/log.h"
#include "util/output.h"
#include "util/privileges.h"

struct pack_config {
	struct output_config output;
};

static const struct opt pack_opts[] = {
	OUTPUT_OPTS(struct pack_config, output),
};

static int pack(FILE *in, const char *name, int fd, const char *output)
{
	struct capture_writer *writer = capture_writer__new(fd);
	int err = writer ? text__pack(in, name, writer) : -ENOMEM;

	if (err && err != -EINVAL)
		pr_err("%s: %s", output, strerror(-err));
	capture_writer__free(writer);
	return err ? EXIT_ERROR : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	struct pack_config cfg = {.output.path = "-"};
	FILE *in = stdin;
	int first = opts__parse(&cmd_pack, argc, argv, &cfg);
	int fd, status;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != 1) {
		pr_err("pack takes one text file, or - for standard input");
		return EXIT_ERROR;
	}
	if (output__check_binary(&cfg.output, "a capture"))
		return EXIT_ERROR;
	if (strcmp(argv[first], "-"))
		in = fopen(argv[first], "re");
	if (!in) {
		pr_err("%s: %s", argv[first], strerror(errno));
		return EXIT_ERROR;
	}
	if (input_kind__check(fileno(in), argv[first], CONTENT_CAPTURE_TEXT))
		return EXIT_ERROR;
	fd = output__create(&cfg.output, 0666);
	if (fd < 0) {
		output__complain(cfg.output.path, fd);
		status = EXIT_ERROR;
	} else {
		status = privileges__drop() ? EXIT_ERROR
					    : pack(in, argv[first], fd, cfg.output.path);
	}
	if (fd > STDOUT_FILENO && close(fd)) {
		pr_err("%s: %s", cfg.output.path, strerror(errno));
		status = EXIT_ERROR;
	}
	if (in != stdin)
		fclose(in);
	return status;
}

static const struct exit_status pack_exits[] = {
	{EXIT_CLEAN, "packed"},
	{EXIT_ERROR, "could not do the job: the text is wrong, or FILE cannot be written"},
	{0, NULL},
};

const struct command cmd_pack = {
	.name = "pack",
	.args = "FILE",
	.summary = "Turn the text form of a capture into a capture",
	.help = "The text form is what 'dump' prints. Test cases are written in it.",
	.opts = pack_opts,
	.nr_opts = ARRAY_SIZE(pack_opts),
	.exits = pack_exits,
	.run = run,
};
