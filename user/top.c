// SPDX-License-Identifier: GPL-2.0
/* grantwatch top: every domain's grant table, live. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "record/facts.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/screen.h"
#include "xen/top_view.h"

struct top_config {
	bool json;
	u32 interval;
	u32 count;
	const char *metrics;
	enum top_sort sort;
	const char *filter;
};

static const struct opt top_opts[] = {
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct top_config, json),
	 .help = "one JSON object a line and domain"},
	{.name = "interval",
	 .letter = 'i',
	 .type = OPT_TIME,
	 .offset = offsetof(struct top_config, interval),
	 .metavar = "TIME",
	 .help = "between two screens (1)",
	 .min = 1,
	 .max = 3600},
	{.name = "count",
	 .letter = 'n',
	 .type = OPT_U32,
	 .offset = offsetof(struct top_config, count),
	 .metavar = "N",
	 .help = "end after N screens instead of at q or Ctrl-C",
	 .min = 1},
	{.name = "sort",
	 .letter = 's',
	 .type = OPT_ENUM,
	 .offset = offsetof(struct top_config, sort),
	 .names = top_sort_names,
	 .metavar = "COLUMN",
	 .help = "full (default), granted, mapped, rate, domid or name"},
	{.name = "filter",
	 .letter = 'F',
	 .type = OPT_STRING,
	 .offset = offsetof(struct top_config, filter),
	 .metavar = "TEXT",
	 .help = "only the domain with this domid, or those with TEXT in their names"},
	{.name = "metrics",
	 .letter = 'm',
	 .type = OPT_STRING,
	 .offset = offsetof(struct top_config, metrics),
	 .metavar = "FILE",
	 .help = "what a running monitor writes ('ci' or 'watch', --metrics): show what its probes count"},
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

/* --- the loop --- */

struct top_run {
	const struct top_config *cfg;
	struct top *top;
	struct top_view view;
	bool live; /* on a terminal, which has the whole screen and keys */
};

/* Draws into memory of fixed size: an error of memory would leave the terminal as it is. */
static void draw(const struct top_run *run)
{
	static char text[TOP_DOMAINS * 256];
	char status[256];
	FILE *out = fmemopen(text, sizeof(text) - 1, "w");

	if (!out)
		return;
	top__print(run->top, &run->view, out, screen__lines());
	fputc('\0', out);
	fclose(out);
	top_view__status(&run->view, status, sizeof(status));
	screen__show(text, status);
}

static void show(const struct top_run *run)
{
	if (run->live) {
		draw(run);
		return;
	}
	if (run->cfg->json)
		top__print_json(run->top, &run->view, stdout);
	else
		top__print(run->top, &run->view, stdout, 0);
	if (!run->cfg->json)
		fputc('\n', stdout);
	fflush(stdout);
}

/* Waits until the next scan, and does what keys ask for. */
static void pause_between(struct top_run *run)
{
	char keys[SCREEN_KEYS];
	int nr;

	if (!run->live) {
		poll(NULL, 0, 1000 / TOP_LOOKS);
		return;
	}
	nr = screen__read(keys, 1000 / TOP_LOOKS);
	if (nr < 0 || (nr > 0 && top_view__type(&run->view, keys, (u32)nr)))
		stop = 1;
	else if (nr > 0)
		draw(run);
}

/* Scans until the next screen. Returns 0 or -ENOMEM. */
static int watch_for(struct top_run *run, u32 seconds)
{
	u64 end = now_mono() + seconds * NSEC_PER_SEC;
	int err = top__look(run->top);

	while (!err && !stop && now_mono() < end) {
		pause_between(run);
		err = top__look(run->top);
	}
	return err;
}

static int loop(struct top_run *run)
{
	u32 left = run->cfg->count;
	u64 begun, then;
	int err;

	top__refresh(run->top);
	err = top__look(run->top);
	then = now_mono();
	top__turn(run->top, 0);
	if (run->live && !err)
		draw(run);
	while (!err && !stop && (!run->cfg->count || left--)) {
		begun = then;
		err = watch_for(run, run->cfg->interval);
		then = now_mono();
		top__refresh(run->top);
		top__turn(run->top, (double)(then - begun) / NSEC_PER_SEC);
		if (!err && (!stop || left))
			show(run);
	}
	return err;
}

static int run_top(const struct top_config *cfg, struct top *top)
{
	struct top_run run = {cfg, top, {.sort = cfg->sort}, false};
	int err;

	snprintf(run.view.filter, sizeof(run.view.filter), "%s", cfg->filter ? cfg->filter : "");
	run.live = !cfg->json && screen__begin();
	err = loop(&run);
	screen__end();
	if (err)
		pr_err("out of memory");
	return err ? EXIT_ERROR : EXIT_CLEAN;
}

static int complain(int err)
{
	if (err == -ENOMEM) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	pr_err("cannot read grant tables here: %s", table__why(err));
	return EXIT_UNSUPPORTED;
}

static int run(int argc, char **argv)
{
	const struct sigaction end = {.sa_handler = on_signal};
	struct top_config cfg = {.interval = 1};
	int first = opts__parse(&cmd_top, argc, argv, &cfg), status;
	struct table_size size;
	struct top *top;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first != argc) {
		pr_err("top takes no arguments; 'grantwatch table DOMID' shows one domain");
		return EXIT_ERROR;
	}
	if (cfg.metrics && access(cfg.metrics, R_OK)) {
		pr_err("%s: %s; 'watch --metrics FILE' writes this file", cfg.metrics,
		       strerror(errno));
		return EXIT_ERROR;
	}
	if (!facts__on_xen() && !table_reader__uses_files()) {
		pr_err("cannot read grant tables here: this machine does not run under Xen; run it in dom0");
		return EXIT_UNSUPPORTED;
	}
	top = top__new(cfg.metrics);
	if (!top)
		return complain(-errno);
	status = table_reader__query(top->reader, 0, &size);
	if (status)
		status = complain(status);
	else if (sigaction(SIGINT, &end, NULL) || sigaction(SIGTERM, &end, NULL) ||
		 sigaction(SIGHUP, &end, NULL))
		status = EXIT_ERROR;
	else
		status = run_top(&cfg, top);
	top__free(top);
	return status;
}

static const struct exit_status top_exits[] = {
	{EXIT_CLEAN, "ended by q, Ctrl-C, SIGTERM, SIGHUP or --count"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_UNSUPPORTED, "unsupported here: not dom0, not root, or Xen does not share tables"},
	{0, NULL},
};

const struct command cmd_top = {
	.name = "top",
	.args = "",
	.summary = "Show live how full every domain's grant table is",
	.help = "Frames of the table (allocated, allowed), entries granted and their share, entries marked as\n"
		"mapped by Xen, and grants and frees a second. The rates are lower bounds: a table is read ten times a\n"
		"second, and an entry can come and go between two reads. A table-pressure warning comes at 90%.\n"
		"On a terminal the last line shows the keys: q quits, others select the order or a filter.",
	.opts = top_opts,
	.nr_opts = ARRAY_SIZE(top_opts),
	.exits = top_exits,
	.run = run,
};
