// SPDX-License-Identifier: GPL-2.0
/* grantwatch top: every domain's grant table, live. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "record/facts.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/terminal.h"
#include "xen/top_tables.h"

/* ECMA-48: cursor home and clear to the end of the screen; clear to the end of the line. */
#define HOME  "\033[H"
#define CLEAR "\033[J"

struct top_config {
	bool json;
	u32 interval;
	u32 count;
	const char *metrics;
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

/* --- the terminal --- */

struct screen {
	bool live; /* standard input and output are a terminal */
	struct termios before;
};

static void screen__begin(struct screen *screen, bool json)
{
	struct termios raw;

	screen->live = !json && terminal__progress(STDOUT_FILENO) &&
		       !tcgetattr(STDIN_FILENO, &screen->before);
	if (!screen->live)
		return;
	raw = screen->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs(HOME CLEAR, stdout);
}

static void screen__end(const struct screen *screen)
{
	if (screen->live)
		tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
}

static u32 screen__lines(const struct screen *screen)
{
	struct winsize size;

	if (!screen->live || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4)
		return 0;
	return size.ws_row - 1;
}

static void show(const struct top *top, const struct screen *screen, bool json)
{
	if (screen->live)
		fputs(HOME CLEAR, stdout);
	if (json)
		top__print_json(top, stdout);
	else
		top__print(top, stdout, screen__lines(screen));
	if (!screen->live && !json)
		fputc('\n', stdout);
	fflush(stdout);
}

/* --- the loop --- */

/* Waits until the next scan. A typed q ends the program. */
static void pause_between(const struct screen *screen)
{
	struct pollfd fd = {screen->live ? STDIN_FILENO : -1, POLLIN, 0};
	char key;

	if (poll(&fd, 1, 1000 / TOP_LOOKS) == 1 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q'))
		stop = 1;
}

/* Scans until the next screen. Returns 0 or -ENOMEM. */
static int watch_for(struct top *top, const struct screen *screen, u32 seconds)
{
	u64 end = now_mono() + seconds * NSEC_PER_SEC;
	int err = top__look(top);

	while (!err && !stop && now_mono() < end) {
		pause_between(screen);
		err = top__look(top);
	}
	return err;
}

static int run_top(const struct top_config *cfg, struct top *top)
{
	struct screen screen;
	u32 left = cfg->count;
	u64 begun, then;
	int err;

	screen__begin(&screen, cfg->json);
	top__refresh(top);
	err = top__look(top);
	then = now_mono();
	while (!err && !stop && (!cfg->count || left--)) {
		begun = then;
		top__turn(top, 0);
		err = watch_for(top, &screen, cfg->interval);
		then = now_mono();
		top->seconds = (double)(then - begun) / NSEC_PER_SEC;
		top__refresh(top);
		if (!err && (!stop || left))
			show(top, &screen, cfg->json);
	}
	screen__end(&screen);
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
	if (!facts__on_xen()) {
		pr_err("cannot read grant tables here: this machine does not run under Xen; run it in dom0");
		return EXIT_UNSUPPORTED;
	}
	top = top__new(cfg.metrics);
	if (!top)
		return complain(-errno);
	status = table_reader__query(top->reader, 0, &size);
	if (status)
		status = complain(status);
	else if (sigaction(SIGINT, &end, NULL) || sigaction(SIGTERM, &end, NULL))
		status = EXIT_ERROR;
	else
		status = run_top(&cfg, top);
	top__free(top);
	return status;
}

static const struct exit_status top_exits[] = {
	{EXIT_CLEAN, "ended by q, Ctrl-C, SIGTERM or --count"},
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
		"second, and an entry can come and go between two reads. Fullest first; q quits. A table-pressure\n"
		"warning comes at 90%.",
	.opts = top_opts,
	.nr_opts = ARRAY_SIZE(top_opts),
	.exits = top_exits,
	.run = run,
};
