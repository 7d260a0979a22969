// SPDX-License-Identifier: GPL-2.0
/* grantwatch pack: the text form of a capture back to bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/text.h"
#include "commands.h"
#include "util/log.h"
#include "util/privileges.h"

struct pack_config {
	const char *output;
};

static const struct opt pack_opts[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPT_STRING,
	 .offset = offsetof(struct pack_config, output),
	 .metavar = "FILE",
	 .help = "write to FILE instead of standard output"},
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
	struct pack_config cfg = {.output = "-"};
	FILE *in = stdin;
	int first = opts__parse(&cmd_pack, argc, argv, &cfg);
	int fd, status;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != 1) {
		pr_err("pack takes one text file, or - for standard input");
		return EXIT_ERROR;
	}
	fd = strcmp(cfg.output, "-")
		     ? open(cfg.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
		     : STDOUT_FILENO;
	if (fd < 0) {
		pr_err("%s: %s", cfg.output, strerror(errno));
		return EXIT_ERROR;
	}
	if (fd == STDOUT_FILENO && isatty(fd)) {
		pr_err("a capture is binary: name a file with -o, or redirect standard output");
		return EXIT_ERROR;
	}
	if (strcmp(argv[first], "-"))
		in = fopen(argv[first], "re");
	if (!in) {
		pr_err("%s: %s", argv[first], strerror(errno));
		status = EXIT_ERROR;
	} else {
		status = privileges__drop() ? EXIT_ERROR : pack(in, argv[first], fd, cfg.output);
		if (in != stdin)
			fclose(in);
	}
	if (fd != STDOUT_FILENO && close(fd)) {
		pr_err("%s: %s", cfg.output, strerror(errno));
		status = EXIT_ERROR;
	}
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
	.help = "The text form is described in docs/capture-format.md. Test cases are written in it.",
	.opts = pack_opts,
	.nr_opts = ARRAY_SIZE(pack_opts),
	.exits = pack_exits,
	.run = run,
};
