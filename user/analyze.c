// SPDX-License-Identifier: GPL-2.0
/* grantwatch analyze: captures in, findings out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "pipeline/judge.h"
#include "pipeline/log_files.h"
#include "pipeline/pipeline.h"
#include "pipeline/progress.h"
#include "pipeline/reporting.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/warden.h"

struct analyze_config {
	const char *output;
	struct report_config report;
	const char *xentrace;
	struct judge_config judge;
	struct opt_list logs;
};

static const struct opt analyze_opts[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPT_STRING,
	 .offset = offsetof(struct analyze_config, output),
	 .metavar = "FILE",
	 .help = "write to FILE instead of standard output"},
	REPORT_OPTS(struct analyze_config, report),
	{.name = "xentrace",
	 .letter = 'x',
	 .type = OPT_STRING,
	 .offset = offsetof(struct analyze_config, xentrace),
	 .metavar = "FILE",
	 .help = "what xentrace(8) recorded meanwhile: order and completeness from Xen itself"},
	JUDGE_OPTS(struct analyze_config, judge),
	{.name = "log",
	 .letter = 'l',
	 .type = OPT_LIST,
	 .offset = offsetof(struct analyze_config, logs),
	 .metavar = "[DOMID=]FILE",
	 .help = "a kernel's, Xen's or console's log (of DOMID): match it with what is known and found"},
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

/*
 * Two captures of one domain cannot be told apart; an unusable one makes the whole answer
 * worthless.
 */
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

struct analysis {
	struct pipeline *pipeline;
	const struct analyze_config *cfg;
	const struct renderer *renderer;
	struct event_dump *dump;
	struct progress progress;
	struct log_file log[ARRAY_SIZE(((struct opt_list *)NULL)->item)];
	u32 nr_logs;
};

static int judge(struct analysis *analysis)
{
	struct pipeline *pipeline = analysis->pipeline;
	u32 i;
	int err;

	do {
		err = pipeline__run(pipeline);
	} while (err == MERGE_WAIT);
	progress__end(&analysis->progress);
	if (err < 0) {
		pr_err("out of memory");
		return -1;
	}
	if (check_feeds(pipeline))
		return -1;
	for (i = 0; i < analysis->nr_logs; i++)
		if (pipeline__read_log(pipeline, &analysis->log[i]))
			return -1;
	return 0;
}

/*
 * Only when there is something to say: a report that is there already must not go for a wrong
 * option.
 */
static int write_report(const struct pipeline *pipeline, const struct analyze_config *cfg,
			const struct renderer *renderer, struct event_dump *dump)
{
	const int fd = strcmp(cfg->output, "-") ? warden__ask(WARDEN_OUTPUT, NULL) : STDOUT_FILENO;
	FILE *out = fd == STDOUT_FILENO ? stdout : fd < 0 ? NULL : fdopen(fd, "w");
	int err = 0;

	if (!out) {
		pr_err("%s: %s", cfg->output, strerror(fd < 0 ? -fd : errno));
		return -1;
	}
	if (dump)
		err = pipeline__report_with_events(pipeline, renderer, out, &cfg->report, dump);
	else
		pipeline__report(pipeline, renderer, out, &cfg->report);
	if (err || fflush(out) || (out != stdout && fclose(out))) {
		pr_err("%s: %s", cfg->output, strerror(err ? -err : errno));
		return -1;
	}
	return pipeline__draw(pipeline, &cfg->report);
}

/* What is done without privileges, everything that it reads being open. */
static int parse(void *ctx)
{
	struct analysis *analysis = ctx;
	struct pipeline *pipeline = analysis->pipeline;
	struct summary *summary = calloc(1, sizeof(*summary));
	int status = EXIT_ERROR;

	if (summary && !judge(analysis) &&
	    !write_report(pipeline, analysis->cfg, analysis->renderer, analysis->dump)) {
		pipeline__summarize(pipeline, summary);
		status = summary->exit_status;
	}
	free(summary);
	return status;
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	const struct analysis *analysis = ctx;
	int fd;

	switch (request) {
	case WARDEN_OUTPUT:
		fd = open(analysis->cfg->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		return fd < 0 ? -errno : fd;
	case WARDEN_PICTURE:
		return report_config__open_picture(&analysis->cfg->report, name);
	default:
		return -EINVAL;
	}
}

static int open_logs(struct analysis *analysis)
{
	const struct opt_list *logs = &analysis->cfg->logs;

	for (; analysis->nr_logs < logs->nr; analysis->nr_logs++)
		if (log_file__open(&analysis->log[analysis->nr_logs],
				   logs->item[analysis->nr_logs]))
			return -1;
	return 0;
}

static int analyze(struct pipeline *pipeline, const struct analyze_config *cfg)
{
	struct analysis analysis = {.pipeline = pipeline, .cfg = cfg};
	int status = EXIT_ERROR;
	u32 i;

	analysis.renderer = report_config__renderer(&cfg->report);
	if (!analysis.renderer)
		return EXIT_ERROR;
	if (analysis.renderer->event) {
		analysis.dump = pipeline__dump_events(pipeline, analysis.renderer, &cfg->report);
		if (!analysis.dump)
			return EXIT_ERROR;
	}
	progress__begin(&analysis.progress, pipeline);
	if (!open_logs(&analysis))
		status = warden__run(&(struct warden){parse, NULL, serve, &analysis});
	for (i = 0; i < analysis.nr_logs; i++)
		log_file__close(&analysis.log[i]);
	event_dump__free(analysis.dump);
	return status;
}

static int run(int argc, char **argv)
{
	struct analyze_config cfg = {.output = "-"};
	struct pipeline *pipeline;
	int i, status = EXIT_CLEAN;
	int first = opts__parse(&cmd_analyze, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first == argc && !cfg.logs.nr) {
		pr_err("analyze needs captures or a log: grantwatch analyze dom0.gwc guest.gwc");
		return EXIT_ERROR;
	}
	cfg.report.colour = !strcmp(cfg.output, "-") && terminal__colour(STDOUT_FILENO);
	pipeline = pipeline__new(false);
	if (!pipeline) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	if (judge__apply(&cfg.judge, &pipeline->policy))
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
	.args = "[FILE]...",
	.summary = "Find races in captures",
	.help = "FILEs are captures that 'record' wrote, one per domain, in any order. What is not\n"
		"captured is a blind spot. With only a log, prints what is known about its messages.",
	.opts = analyze_opts,
	.nr_opts = ARRAY_SIZE(analyze_opts),
	.run = run,
};
