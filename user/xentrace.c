// SPDX-License-Identifier: GPL-2.0
/* grantwatch xentrace: Xen's trace as text. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "pipeline/input_kind.h"
#include "trace_print.h"
#include "trace_tally.h"
#include "util/log.h"
#include "util/output.h"
#include "util/privileges.h"
#include "xentrace.h"

struct xentrace_config {
	struct output_config output;
	bool summary;
	bool json;
	bool records;
	u32 look_ahead;
};

static const struct opt xentrace_opts[] = {
	OUTPUT_OPTS(struct xentrace_config, output),
	{.name = "summary",
	 .letter = 's',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct xentrace_config, summary),
	 .help = "counts per domain and pCPU instead of records"},
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct xentrace_config, json),
	 .help = "one JSON object a line, schema 1"},
	{.name = "look-ahead",
	 .type = OPT_U32,
	 .offset = offsetof(struct xentrace_config, look_ahead),
	 .metavar = "MB",
	 .help = "memory to wait with for other pCPUs' earlier records (64)",
	 .min = 1,
	 .max = 4096},
	{.name = "list-records",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct xentrace_config, records),
	 .help = "the kinds of records that have names, no FILE needed"},
};

/* Reads more input. Returns 0, or -1 after logging the error. */
static int read_more(struct xentrace *xt, int fd, const char *path)
{
	size_t size;
	void *room = xentrace__room(xt, &size);
	ssize_t n;

	if (!room) {
		pr_err("out of memory");
		return -1;
	}
	do {
		n = read(fd, room, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	if (n)
		xentrace__filled(xt, (size_t)n);
	else
		xentrace__finish(xt);
	return 0;
}

static void print_record(const struct xentrace_config *cfg, const struct xt_rec *rec, FILE *out)
{
	if (cfg->json)
		xt_rec__print_json(rec, out);
	else
		xt_rec__print(rec, out);
}

/* Decodes all records of @fd. Returns 0, or -1 after logging the error. */
static int decode(const struct xentrace_config *cfg, struct xentrace *xt, int fd, const char *path,
		  struct tally *tally, FILE *out)
{
	const struct xt_rec *rec = NULL;

	for (;;) {
		switch (tally ? tally__take(tally, xt) : xentrace__next(xt, &rec)) {
		case XT_RECORD:
			print_record(cfg, rec, out);
			continue;
		case XT_NOMEM:
			pr_err("out of memory");
			return -1;
		case XT_MORE:
			/* The reader of a pipe should see all records so far. */
			if (fflush(out) || read_more(xt, fd, path))
				return -1;
			continue;
		case XT_END:
			return 0;
		}
	}
}

static int report(const struct xentrace_config *cfg, const struct xentrace *xt, const char *path,
		  struct tally *tally, FILE *out)
{
	const struct xt_stats *stats = xentrace__stats(xt);
	char text[160];
	u32 i;

	if (!stats->windows) {
		pr_err("%s: %s", path,
		       stats->bytes ? "not a trace of xentrace"
				    : "empty: xentrace wrote nothing (a hypervisor without trace "
				      "buffers, as on "
				      "Qubes, or no event in its mask)");
		return EXIT_ERROR;
	}
	if (tally && cfg->json)
		tally__print_json(tally, stats, out);
	else if (tally)
		tally__print(tally, stats, out);
	else
		for (i = 0; tally__blind(stats, i, text, sizeof(text)); i++)
			pr_warn("%s: %s", path, text);
	return xt_stats__blind(stats) ? EXIT_BLIND : EXIT_CLEAN;
}

static int run_on(const struct xentrace_config *cfg, int fd, const char *path, FILE *out)
{
	struct xentrace *xt = xentrace__new((size_t)cfg->look_ahead << 20);
	struct tally *tally = cfg->summary ? tally__new() : NULL;
	int status = EXIT_ERROR;

	if (!xt || (cfg->summary && !tally))
		pr_err("out of memory");
	else if (!decode(cfg, xt, fd, path, tally, out))
		status = report(cfg, xt, path, tally, out);
	tally__free(tally);
	xentrace__free(xt);
	return status;
}

/* @fd is the trace @path; -1 for --list-records. */
static int run_to(const struct xentrace_config *cfg, int fd, const char *path)
{
	FILE *out = output__open(&cfg->output);
	int status = EXIT_CLEAN;

	if (!out)
		return EXIT_ERROR;
	if (fd < 0 && cfg->json)
		xt_event__print_all_json(out);
	else if (fd < 0)
		xt_event__print_all(out);
	else
		status = privileges__drop() ? EXIT_ERROR : run_on(cfg, fd, path, out);
	return output__close(out, cfg->output.path) ? EXIT_ERROR : status;
}

static int run(int argc, char **argv)
{
	struct xentrace_config cfg = {.output.path = "-"};
	int first = opts__parse(&cmd_xentrace, argc, argv, &cfg);
	int status, fd;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != !cfg.records) {
		pr_err("xentrace takes one file of xentrace(8), or - for standard input");
		return EXIT_ERROR;
	}
	if (cfg.records)
		return run_to(&cfg, -1, NULL);
	fd = strcmp(argv[first], "-") ? open(argv[first], O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0) {
		pr_err("%s: %s", argv[first], strerror(errno));
		return EXIT_ERROR;
	}
	if (input_kind__check(fd, argv[first], CONTENT_XENTRACE))
		return EXIT_ERROR;
	status = run_to(&cfg, fd, argv[first]);
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

static const struct exit_status xentrace_exits[] = {
	{EXIT_CLEAN, "printed, whole"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_BLIND, "printed, but records were lost or the file is damaged"},
	{0, NULL},
};

const struct command cmd_xentrace = {
	.name = "xentrace",
	.args = "FILE",
	.summary = "Print what Xen's trace buffers recorded",
	.help = "FILE is what xentrace(8) wrote; - is standard input. Records come in the order of "
		"their\n"
		"time stamps with the running vCPU and its hypercall, as far as the trace\n"
		"tells. Exit status 3 when records were lost or the file is damaged.",
	.opts = xentrace_opts,
	.nr_opts = ARRAY_SIZE(xentrace_opts),
	.exits = xentrace_exits,
	.run = run,
};
