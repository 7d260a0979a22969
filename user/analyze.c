// SPDX-License-Identifier: GPL-2.0
/* grantwatch analyze: captures in, findings out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "pipeline/analysis.h"
#include "util/log.h"

struct analyze_config {
	struct analysis_config common;
	const char *xentrace;
	struct opt_list logs;
};

static const struct opt analyze_opts[] = {
	OUTPUT_OPTS(struct analyze_config, common.output),
	PAGER_OPT(struct analyze_config, common.output),
	REPORT_OPTS(struct analyze_config, common.report),
	{.name = "xentrace",
	 .letter = 'x',
	 .type = OPT_STRING,
	 .offset = offsetof(struct analyze_config, xentrace),
	 .metavar = "FILE",
	 .help = "what xentrace(8) recorded meanwhile: order and completeness from Xen itself"},
	JUDGE_OPTS(struct analyze_config, common.judge),
	{.name = "log",
	 .letter = 'l',
	 .type = OPT_LIST,
	 .offset = offsetof(struct analyze_config, logs),
	 .metavar = "[DOMID=]FILE",
	 .help = "a kernel's, Xen's or console's log (of DOMID): match it with what is known and found"},
};

static int open_input(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);

	if (fd < 0)
		pr_err("%s: %s", path, strerror(errno));
	return fd;
}

static int add_logs(struct analysis *analysis, const struct opt_list *logs)
{
	struct log_file log;
	u32 i;

	for (i = 0; i < logs->nr; i++)
		if (log_file__open(&log, logs->item[i]) || analysis__add_log(analysis, &log))
			return -1;
	return 0;
}

static int add_inputs(struct analysis *analysis, const struct analyze_config *cfg,
		      char *const *paths, int nr)
{
	int i, fd;

	for (i = 0; i < nr; i++) {
		fd = open_input(paths[i]);
		if (fd < 0 || analysis__add_capture(analysis, fd, paths[i]))
			return -1;
	}
	if (cfg->xentrace) {
		fd = open_input(cfg->xentrace);
		if (fd < 0 || analysis__add_trace(analysis, fd, cfg->xentrace))
			return -1;
	}
	return add_logs(analysis, &cfg->logs);
}

static int run(int argc, char **argv)
{
	struct analyze_config cfg = {.common.output.path = "-"};
	struct analysis analysis;
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_analyze, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first == argc && !cfg.logs.nr) {
		pr_err("analyze needs captures or a log: grantwatch analyze dom0.gwc guest.gwc");
		return EXIT_ERROR;
	}
	if (!analysis__begin(&analysis, &cfg.common) &&
	    !add_inputs(&analysis, &cfg, argv + first, argc - first))
		status = analysis__run(&analysis);
	analysis__end(&analysis);
	return status;
}

const struct command cmd_analyze = {
	.name = "analyze",
	.args = "[FILE]...",
	.summary = "Find races in captures",
	.help = "FILEs are captures that 'record' wrote, in any order; several of one domain follow\n"
		"each other in time. What is not captured is a blind spot. With only a log, prints what is\n"
		"known about its messages.",
	.opts = analyze_opts,
	.nr_opts = ARRAY_SIZE(analyze_opts),
	.run = run,
};
