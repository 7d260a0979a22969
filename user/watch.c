// SPDX-License-Identifier: GPL-2.0
/*
 * grantwatch watch: the pipeline of analyze on live captures. Every source is a child process that
 * writes a capture to a pipe: grantwatch record for this host, the user's commands for guests. A
 * process without privileges reads them (util/warden.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "monitor/monitor_files.h"
#include "util/config_file.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/warden.h"
#include "watch/watch.h"

static const struct opt watch_opts[] = {
	CONFIG_OPT(struct watch_config, config),
	{.name = "source",
	 .letter = 's',
	 .type = OPT_LIST,
	 .offset = offsetof(struct watch_config, sources),
	 .metavar = "DOMID=CMD",
	 .help = "a domain's capture stream: what CMD writes to its standard output"},
	{.name = "vm",
	 .type = OPT_LIST,
	 .offset = offsetof(struct watch_config, vms),
	 .metavar = "NAME",
	 .help = "a running qube's capture stream, by qrexec"},
	{.name = "no-local",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct watch_config, no_local),
	 .help = "do not record this domain itself"},
	{.name = "duration",
	 .letter = 'd',
	 .type = OPT_TIME,
	 .offset = offsetof(struct watch_config, duration),
	 .metavar = "TIME",
	 .help = "end after TIME (seconds, or 90s, 5m, 2h) instead of at Ctrl-C",
	 .min = 1},
	{.name = "save",
	 .type = OPT_STRING,
	 .offset = offsetof(struct watch_config, save),
	 .metavar = "DIR",
	 .help = "keep each domain's capture as DIR/dDOMID.gwc, Xen's trace as DIR/xentrace.bin"},
	{.name = "xentrace",
	 .letter = 'x',
	 .type = OPT_ENUM,
	 .names = trace_wanted_names,
	 .offset = offsetof(struct watch_config, xentrace),
	 .metavar = "WHEN",
	 .help = "on, off or auto: read Xen's own trace too, where it can be (auto, the default)"},
	{.name = "ring-size",
	 .type = OPT_U32,
	 .offset = offsetof(struct watch_config, ring_size),
	 .metavar = "KIB",
	 .help = "ring buffer of the local recorder",
	 .min = 64,
	 .max = 1048576},
	{.name = "rate",
	 .type = OPT_U32,
	 .offset = offsetof(struct watch_config, rate),
	 .metavar = "KIB",
	 .help = "bytes a second of each --source (8192 KiB); what is more waits in its domain",
	 .min = 64,
	 .max = 1048576},
	{.name = "tier",
	 .type = OPT_ENUM,
	 .names = tier_names,
	 .offset = offsetof(struct watch_config, tier),
	 .metavar = "TIER",
	 .help = "how the local recorder probes: auto (default), btf or kprobe, see record"},
	OUTPUT_OPTS(struct watch_config, output),
	REPORT_OPTS(struct watch_config, report),
	JUDGE_OPTS(struct watch_config, judge),
	MONITOR_OPTS(struct watch_config, monitor),
	{.name = "log",
	 .letter = 'l',
	 .type = OPT_LIST,
	 .offset = offsetof(struct watch_config, logs),
	 .metavar = "[DOMID=]FILE",
	 .help = "a console's or kernel's log (of DOMID) that grows: match what is written to it from now on"},
	{.name = "ready-file",
	 .type = OPT_STRING,
	 .offset = offsetof(struct watch_config, ready_file),
	 .metavar = "FILE",
	 .help = "create FILE when every source delivers; end if one has ended before"},
};

static int report(struct watch *watch)
{
	struct summary summary;
	char text[160];
	u32 i, usable = 0;

	for (i = 0; i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);

		if (!state.bad)
			usable++;
		else
			pr_err("%s: %s", state.name,
			       pipeline__source_complaint(watch->pipeline, i, text, sizeof(text)));
	}
	log_tails__poll(&watch->logs, watch->pipeline, UINT64_MAX);
	pipeline__report(watch->pipeline, watch->renderer, watch->out, &watch->cfg->report);
	pipeline__summarize(watch->pipeline, &summary);
	if (monitor__end(watch->monitor) || pipeline__draw(watch->pipeline, &watch->cfg->report))
		return EXIT_ERROR;
	if (output__flush(watch->out, watch->cfg->output.path))
		return EXIT_ERROR;
	return usable ? summary.exit_status : EXIT_ERROR;
}

/* --- the parser --- */

static int parse(void *ctx)
{
	struct watch *watch = ctx;
	int err, status;

	/* A reader that has gone is an error like a full disk: results are still kept. */
	signal(SIGPIPE, SIG_IGN);
	if (watch->xentrace.keeper > 0)
		close(watch->xentrace.alive_fd);
	err = watch__loop(watch);
	if (err < 0)
		pr_err("%s", strerror(-err));
	status = err < 0 ? EXIT_ERROR : report(watch);
	watch__close_saves(watch);
	return status;
}

/* --- the warden, which starts and ends the sources --- */

static int say_ready(const char *path)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (path && fd < 0)
		pr_warn("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return 0;
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	struct watch *watch = ctx;

	switch (request) {
	case WARDEN_END_SOURCES:
		watch__signal_sources(watch, SIGTERM);
		return 0;
	case WARDEN_BEGIN:
		watch__begin_local(watch);
		return 0;
	case WARDEN_END_TRACE:
		xentrace_child__end(&watch->xentrace);
		return 0;
	case WARDEN_READY:
		return say_ready(watch->cfg->ready_file);
	case WARDEN_PICTURE:
		return report_config__open_picture(&watch->cfg->report, name,
						   watch->cfg->output.force);
	case WARDEN_LOG:
		return log_tails__reopen(&watch->logs, name);
	default:
		return monitor_files__serve(&watch->cfg->monitor, request, name);
	}
}

/* Only the parser reads these: when it ends, the sources must notice. */
static void part(void *ctx)
{
	struct watch *watch = ctx;

	monitor__free(watch->monitor);
	watch->monitor = NULL;
	pipeline__free(watch->pipeline);
	watch->pipeline = NULL;
}

static int run(int argc, char **argv)
{
	struct watch_config cfg = {.output.path = "-",
				   .rate = 8192,
				   .xentrace = TRACE_AUTO,
				   .monitor = MONITOR_DEFAULTS};
	struct watch watch = {.cfg = &cfg, .local = -1};
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_watch, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	report_config__fit(&cfg.report, output__is_stdout(&cfg.output));
	cfg.report.after_alerts = true;
	if (first != argc) {
		pr_err("watch takes no arguments, only options; see 'grantwatch watch --help'");
		return EXIT_ERROR;
	}
	sigprocmask(SIG_BLOCK, watch__stop_signals(), NULL);
	/* The report comes first, as a recorder may need time to detach. */
	if (!watch__setup(&watch))
		status = warden__run(&(struct warden){parse, part, serve, &watch});
	/* If recording is not supported here, watch has not failed. */
	if (watch__stop_sources(&watch) == EXIT_UNSUPPORTED && status == EXIT_ERROR)
		status = EXIT_UNSUPPORTED;
	monitor__free(watch.monitor);
	pipeline__free(watch.pipeline);
	log_tails__close(&watch.logs);
	if (watch.out && watch.out != stdout)
		fclose(watch.out);
	return status;
}

const struct command cmd_watch = {
	.name = "watch",
	.args = "",
	.summary = "Find races live on this host",
	.help = "Records this domain and reads further domains' capture streams. An ALERT is printed as\n"
		"soon as something is found; at the end (Ctrl-C) every finding is printed as 'analyze'\n"
		"would print it, and the summary.",
	.opts = watch_opts,
	.nr_opts = ARRAY_SIZE(watch_opts),
	.run = run,
};
