// SPDX-License-Identifier: GPL-2.0
/* grantwatch analyze: captures in, findings out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "pipeline/judge.h"
#include "pipeline/pipeline.h"
#include "util/log.h"

struct analyze_config {
	const char *output;
	const char *xentrace;
	bool json;
	struct judge_config judge;
};

static const struct opt analyze_opts[] = {
	{"output", 'o', OPT_STRING, offsetof(struct analyze_config, output), "FILE",
	 "write to FILE instead of standard output", 0, 0},
	{"json", 'j', OPT_FLAG, offsetof(struct analyze_config, json), NULL,
	 "one JSON object a line, schema 1", 0, 0},
	{"xentrace", 'x', OPT_STRING, offsetof(struct analyze_config, xentrace), "FILE",
	 "what xentrace(8) recorded meanwhile: order and completeness from Xen itself", 0, 0},
	JUDGE_OPTS(struct analyze_config, judge),
};

static int add_file(struct pipeline *pipeline, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct feed *feed;
	const char *base = strrchr(path, '/');

	if (fd < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	/* Reports name the file, not where on this machine it lies. */
	feed = feed__new(fd, base ? base + 1 : path, DOMID_UNKNOWN);
	if (!feed || pipeline__add(pipeline, feed)) {
		pr_err("%s: %s", path, feed ? "too many captures (64 at most)" : "out of memory");
		feed__free(feed);
		return -1;
	}
	return 0;
}

static int add_trace(struct pipeline *pipeline, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	const char *base = strrchr(path, '/');
	struct trace *trace;

	if (fd < 0) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	trace = trace__new(fd, base ? base + 1 : path);
	if (!trace || pipeline__add_trace(pipeline, trace)) {
		pr_err("out of memory");
		trace__free(trace);
		return -1;
	}
	return 0;
}

/* Two captures of one domain cannot be told apart; an unusable one makes the whole answer worthless. */
static int check_feeds(const struct pipeline *pipeline)
{
	char text[160];
	u32 i, j;
	int bad = 0;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		const struct feed *feed = pipeline->feeds[i];

		if (feed__is_bad(feed)) {
			pr_err("%s: %s", feed->name, feed__complaint(feed, text, sizeof(text)));
			bad = -1;
			continue;
		}
		for (j = 0; j < i; j++) {
			if (pipeline->feeds[j]->domid != feed->domid)
				continue;
			pr_err("%s and %s are both of d%u: give one capture per domain",
			       pipeline->feeds[j]->name, feed->name, feed->domid);
			bad = -1;
		}
	}
	return bad;
}

static int analyze(struct pipeline *pipeline, const struct analyze_config *cfg)
{
	struct summary summary;
	FILE *out = stdout;
	int err;

	do {
		err = pipeline__run(pipeline);
	} while (err == MERGE_WAIT);
	if (err < 0) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	if (check_feeds(pipeline))
		return EXIT_ERROR;
	if (strcmp(cfg->output, "-"))
		out = fopen(cfg->output, "we");
	if (!out) {
		pr_err("%s: %s", cfg->output, strerror(errno));
		return EXIT_ERROR;
	}
	pipeline__report(pipeline, cfg->json ? &json_renderer : &text_renderer, out);
	pipeline__summarize(pipeline, &summary);
	if (fflush(out) || (out != stdout && fclose(out))) {
		pr_err("%s: %s", cfg->output, strerror(errno));
		return EXIT_ERROR;
	}
	return summary.exit_status;
}

static int run(int argc, char **argv)
{
	struct analyze_config cfg = {.output = "-"};
	struct pipeline *pipeline;
	int i, status = EXIT_CLEAN;
	int first = opts__parse(&cmd_analyze, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first == argc) {
		pr_err("analyze needs captures: grantwatch analyze dom0.gwc guest.gwc");
		return EXIT_ERROR;
	}
	pipeline = pipeline__new(false);
	if (!pipeline) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	if (judge__apply(&cfg.judge, pipeline))
		status = EXIT_ERROR;
	for (i = first; i < argc && !status; i++)
		if (add_file(pipeline, argv[i]))
			status = EXIT_ERROR;
	if (!status && cfg.xentrace && add_trace(pipeline, cfg.xentrace))
		status = EXIT_ERROR;
	if (!status)
		status = analyze(pipeline, &cfg);
	pipeline__free(pipeline);
	return status;
}

const struct command cmd_analyze = {
	.name = "analyze",
	.args = "FILE...",
	.summary = "Find races in captures",
	.help = "FILEs are captures that 'record' wrote, one per domain, in any order. What is not\n"
		"captured is named as blind.",
	.opts = analyze_opts,
	.nr_opts = ARRAY_SIZE(analyze_opts),
	.run = run,
};
