// SPDX-License-Identifier: GPL-2.0
/*
 * grantwatch ci: a monitor in the background. The supervisor holds a lock while it runs, so an old
 * process id misleads nobody. It runs grantwatch watch, and restarts it after a crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "monitor/ci_results.h"
#include "monitor/ci_supervisor.h"
#include "util/config_file.h"
#include "util/log.h"
#include "util/notify.h"

#define STOP_SECONDS 30

struct ci_config {
	const char *results, *metrics, *config;
	bool soft, foreground, no_local;
	u32 wait;
	struct opt_list sources;
};

static const struct opt ci_opts[] = {
	CONFIG_OPT(struct ci_config, config),
	{.name = "results",
	 .letter = 'r',
	 .type = OPT_STRING,
	 .offset = offsetof(struct ci_config, results),
	 .metavar = "DIR",
	 .help = "where results are (/var/log/grantwatch)"},
	{.name = "soft",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct ci_config, soft),
	 .help = "start: findings fail no test, and stop exits with 0"},
	{.name = "foreground",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct ci_config, foreground),
	 .help = "start: do not go to the background (systemd)"},
	{.name = "wait",
	 .type = OPT_TIME,
	 .offset = offsetof(struct ci_config, wait),
	 .metavar = "TIME",
	 .help = "start: how long it may take until every source delivers (120)",
	 .min = 1,
	 .max = 3600},
	{.name = "metrics",
	 .type = OPT_STRING,
	 .offset = offsetof(struct ci_config, metrics),
	 .metavar = "FILE",
	 .help = "start: see watch"},
	{.name = "source",
	 .letter = 's',
	 .type = OPT_LIST,
	 .offset = offsetof(struct ci_config, sources),
	 .metavar = "DOMID=CMD",
	 .help = "start: see watch"},
	{.name = "no-local",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct ci_config, no_local),
	 .help = "start: see watch"},
};

static void nap(void)
{
	struct timespec tick = {.tv_nsec = 50 * 1000 * 1000};

	nanosleep(&tick, NULL);
}

/* --- start --- */

static unsigned int watch_words(const struct ci_config *cfg, int argc, char **argv, char **words,
				unsigned int size, char *paths, size_t paths_size)
{
	unsigned int n = 0, i;
	size_t half = paths_size / 2;

	snprintf(paths, half, "%s/current", cfg->results);
	snprintf(paths + half, half, "%s/ready", cfg->results);
	words[n++] = "/proc/self/exe";
	words[n++] = "watch";
	/* First, so that what is needed here replaces it. */
	if (cfg->config) {
		words[n++] = "--config";
		words[n++] = (char *)cfg->config;
	}
	words[n++] = "--output";
	words[n++] = "/dev/null";
	words[n++] = "--results";
	words[n++] = paths;
	words[n++] = "--ready-file";
	words[n++] = paths + half;
	if (cfg->soft)
		words[n++] = "--soft";
	if (cfg->no_local)
		words[n++] = "--no-local";
	if (cfg->metrics) {
		words[n++] = "--metrics";
		words[n++] = (char *)cfg->metrics;
	}
	for (i = 0; i < cfg->sources.nr; i++) {
		words[n++] = "--source";
		words[n++] = (char *)cfg->sources.item[i];
	}
	for (i = 0; i < (unsigned int)argc && n + 1 < size; i++)
		words[n++] = argv[i];
	words[n] = NULL;
	return n;
}

/* Shows what the monitor has logged from byte @from on, the reason for a failure. */
static void show_log(const struct ci_config *cfg, long from)
{
	char path[4096], line[512];
	FILE *log;

	snprintf(path, sizeof(path), "%s/monitor.log", cfg->results);
	log = fopen(path, "re");
	if (log && !fseek(log, from, SEEK_SET))
		while (fgets(line, sizeof(line), log))
			fputs(line, stderr);
	if (log)
		fclose(log);
}

static long log_size(const struct ci_config *cfg)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/monitor.log", cfg->results);
	return stat(path, &st) ? 0 : (long)st.st_size;
}

/* Waits until every source delivers, or the supervisor has ended. Its log begins at byte @log. */
static int await_ready(const struct ci_config *cfg, pid_t pid, long log)
{
	char ready[4096];
	u32 ticks;
	int status;

	snprintf(ready, sizeof(ready), "%s/ready", cfg->results);
	for (ticks = 0; ticks < cfg->wait * 20; ticks++) {
		bool ended = waitpid(pid, &status, WNOHANG) == pid;

		if (!access(ready, F_OK)) {
			printf("grantwatch watches, results are in %s\n", cfg->results);
			return EXIT_CLEAN;
		}
		if (ended) {
			show_log(cfg, log);
			pr_err("the monitor has ended before every source was recorded; its log is %s/monitor.log",
			       cfg->results);
			return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_UNSUPPORTED
				       ? EXIT_UNSUPPORTED
				       : EXIT_ERROR;
		}
		nap();
	}
	show_log(cfg, log);
	pr_err("not every source delivers after %u s, see %s/monitor.log; the monitor goes on",
	       cfg->wait, cfg->results);
	return EXIT_ERROR;
}

/* A restarted watch would find its own files. */
static bool has_save(int argc, char **argv)
{
	while (argc--) {
		if (strncmp(argv[argc], "--save", 6) || (argv[argc][6] && argv[argc][6] != '='))
			continue;
		pr_err("ci: no --save: captures are kept in the results, see --keep-seconds and --keep-mib of watch");
		return true;
	}
	return false;
}

static int start(const struct ci_config *cfg, int argc, char **argv)
{
	char *words[256], paths[8192];
	struct supervisor supervisor = {.dir = cfg->results, .argv = words, .soft = cfg->soft};
	pid_t pid;
	long log;
	int err;

	if (has_save(argc, argv))
		return EXIT_ERROR;
	watch_words(cfg, argc, argv, words, ARRAY_SIZE(words), paths, sizeof(paths));
	if (mkdir(cfg->results, 0755) && errno != EEXIST) {
		pr_err("%s: %s", cfg->results, strerror(errno));
		return EXIT_ERROR;
	}
	err = supervisor__lock(&supervisor);
	if (err)
		return EXIT_ERROR;
	err = supervisor__prepare(&supervisor);
	if (err) {
		pr_err("%s: %s", cfg->results, strerror(-err));
		return EXIT_ERROR;
	}
	notify__begin();
	if (cfg->foreground)
		return supervisor__run(&supervisor);
	log = log_size(cfg);
	pid = fork();
	if (pid < 0) {
		pr_err("cannot start: %s", strerror(errno));
		return EXIT_ERROR;
	}
	if (!pid) {
		supervisor__detach(&supervisor);
		_exit(supervisor__run(&supervisor));
	}
	return await_ready(cfg, pid, log);
}

/* --- stop, status --- */

static void print_results(const struct ci_results *results)
{
	printf("%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " findings", results->events,
	       results->lost, results->findings);
	if (results->cut_off)
		printf(", with a gap: the monitor was cut off");
	putchar('\n');
}

static int stop(const struct ci_config *cfg)
{
	struct ci_results results;
	struct ci_state state;
	u32 ticks;

	if (supervisor__state(cfg->results, &state)) {
		pr_err("%s: no monitor was started there", cfg->results);
		return EXIT_ERROR;
	}
	if (state.pid && kill(state.pid, SIGTERM)) {
		pr_err("process %d: %s", (int)state.pid, strerror(errno));
		return EXIT_ERROR;
	}
	for (ticks = 0; state.pid && ticks < STOP_SECONDS * 20; ticks++) {
		nap();
		supervisor__state(cfg->results, &state);
	}
	if (state.pid) {
		pr_err("process %d does not end", (int)state.pid);
		return EXIT_ERROR;
	}
	ci_results__read(&results, cfg->results, !state.ended);
	if (ci_results__combine(&results, cfg->results, state.soft))
		return EXIT_ERROR;
	supervisor__forget(cfg->results);
	print_results(&results);
	printf("results are in %s\n", cfg->results);
	return state.soft && results.exit_status != EXIT_ERROR ? EXIT_CLEAN : results.exit_status;
}

static int show_status(const struct ci_config *cfg)
{
	struct ci_results results;
	struct ci_state state;

	if (supervisor__state(cfg->results, &state)) {
		printf("not running\n");
		return EXIT_ERROR;
	}
	ci_results__read(&results, cfg->results, !state.pid && !state.ended);
	if (state.pid)
		printf("running as process %d\n", (int)state.pid);
	else
		printf("not running any more: %s\n",
		       state.ended	? "every source has ended"
		       : state.recorded ? "it was cut off"
					: "it ended before every source was recorded");
	if (!results.readable || !(state.recorded || state.ended)) {
		printf("no results yet\n");
		return state.pid ? EXIT_CLEAN : EXIT_ERROR;
	}
	print_results(&results);
	return results.exit_status;
}

static int run(int argc, char **argv)
{
	struct ci_config cfg = {.results = "/var/log/grantwatch", .wait = 120};
	int first = opts__parse(&cmd_ci, argc, argv, &cfg);
	const char *action;

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	action = first < argc ? argv[first] : "";
	if (!strcmp(action, "start"))
		return start(&cfg, argc - first - 1, argv + first + 1);
	if (!strcmp(action, "stop") && argc - first == 1)
		return stop(&cfg);
	if (!strcmp(action, "status") && argc - first == 1)
		return show_status(&cfg);
	pr_err("ci takes start, stop or status; see 'grantwatch ci --help'");
	return EXIT_ERROR;
}

const struct command cmd_ci = {
	.name = "ci",
	.args = "start|stop|status [-- WATCH-OPTION...]",
	.summary = "Watch in the background of a test run",
	.help = "start: watch until stop, with results in DIR all the time, and what led up to a finding.\n"
		"Options behind -- are watch's. stop: end it, write report.xml (JUnit), report.tap, report.txt\n"
		"and rates.json; its exit status is that of the run. status: whether it runs, and what it found.",
	.opts = ci_opts,
	.nr_opts = ARRAY_SIZE(ci_opts),
	.run = run,
};
