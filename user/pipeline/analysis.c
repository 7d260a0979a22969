// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/captures.h"
#include "pipeline/analysis.h"
#include "pipeline/follow.h"
#include "pipeline/input_kind.h"
#include "pipeline/pipeline.h"
#include "pipeline/segments.h"
#include "util/log.h"
#include "util/memory.h"
#include "util/warden.h"

int analysis__begin(struct analysis *analysis, struct analysis_config *cfg)
{
	*analysis = (struct analysis){.cfg = cfg};
	report_config__fit(&cfg->report, output__is_stdout(&cfg->output));
	analysis->pipeline = pipeline__new(cfg->follow);
	if (!analysis->pipeline) {
		pr_err("out of memory");
		return -1;
	}
	return judge__apply(&cfg->judge, &analysis->pipeline->policy);
}

void analysis__end(struct analysis *analysis)
{
	u32 i;

	for (i = 0; i < analysis->nr_logs; i++)
		log_file__close(&analysis->log[i]);
	for (i = 0; i < ARRAY_SIZE(analysis->path); i++)
		free(analysis->path[i]);
	event_dump__free(analysis->dump);
	pipeline__free(analysis->pipeline);
}

/* --- inputs --- */

static int check_follow(int fd, const char *path)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return 0;
	pr_err("%s: only a file can be followed: a pipe ends by itself, without --follow", path);
	close(fd);
	return -1;
}

/* Notes the file of @feed, which was added last. */
static void note_file(struct analysis *analysis, struct feed *feed, int fd, const char *path)
{
	struct stat st = {.st_ino = 0};

	feed->input = analysis->pipeline->nr_feeds - 1;
	analysis->path[feed->input] = strdup(path);
	if (fstat(fd, &st))
		return;
	analysis->dev[feed->input] = st.st_dev;
	analysis->ino[feed->input] = st.st_ino;
}

int analysis__add_capture(struct analysis *analysis, int fd, const char *path)
{
	struct feed *feed;

	if (analysis->cfg->follow && check_follow(fd, path))
		return -1;
	feed = captures__add(analysis->pipeline, fd, path, captures__base_name(path));
	if (!feed)
		return -1;
	note_file(analysis, feed, fd, path);
	return 0;
}

int analysis__add_trace(struct analysis *analysis, int fd, const char *path)
{
	struct trace *trace;

	if (input_kind__check(fd, path, CONTENT_XENTRACE)) {
		close(fd);
		return -1;
	}
	trace = trace__new(fd, captures__base_name(path));
	if (trace && !pipeline__add_trace(analysis->pipeline, trace))
		return 0;
	pr_err("out of memory");
	trace__free(trace);
	return -1;
}

int analysis__add_log(struct analysis *analysis, const struct log_file *log)
{
	if (analysis->nr_logs < ANALYSIS_LOGS) {
		analysis->log[analysis->nr_logs++] = *log;
		return 0;
	}
	pr_err("%s: too many logs (%u at most)", log->name, ANALYSIS_LOGS);
	return -1;
}

/*
 * Two captures of one domain in pipes cannot be joined. One unusable capture makes the whole result
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
	return bad ? bad : captures__check_hosts(pipeline);
}

/* --- the judgement --- */

/*
 * The first Ctrl-C ends reading, and what was read is judged. The second ends the process, by the
 * warden.
 */
static volatile int interrupted;

static void on_interrupt(int sig)
{
	interrupted = sig;
}

/* Without SA_RESTART, so that a read of an idle pipe ends too. */
static void catch_interrupts(void)
{
	const struct sigaction action = {.sa_handler = on_interrupt};

	if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL))
		pr_warn("Ctrl-C cannot be caught: %s", strerror(errno));
}

/* All of it, once. */
static int judge_all(struct analysis *analysis)
{
	struct pipeline *pipeline = analysis->pipeline;
	int err;

	pipeline__stop_at(pipeline, &interrupted);
	if (segments__join(pipeline))
		return -1;
	do {
		err = pipeline__run(pipeline);
	} while (err == MERGE_WAIT);
	progress__end(&analysis->progress);
	if (err < 0) {
		pr_err("out of memory");
		return -1;
	}
	if (interrupted)
		pr_warn("interrupted: this is what was found so far");
	return 0;
}

static int judge(struct analysis *analysis)
{
	struct pipeline *pipeline = analysis->pipeline;
	u32 i;
	int err;

	catch_interrupts();
	if (!analysis->cfg->follow)
		err = judge_all(analysis);
	else
		err = segments__join(pipeline) ||
		      follow__run(pipeline, &interrupted, analysis->live_out);
	if (err || check_feeds(pipeline))
		return -1;
	for (i = 0; i < analysis->nr_logs; i++)
		if (pipeline__read_log(pipeline, &analysis->log[i]))
			return -1;
	return 0;
}

static FILE *open_output(const struct analysis_config *cfg)
{
	return output__stream(cfg->output.path, output__is_stdout(&cfg->output)
							? STDOUT_FILENO
							: warden__ask(WARDEN_OUTPUT, NULL));
}

/* Closes the report after @err (0 or -errno). Returns 0, or -1 after logging the error. */
static int close_output(const struct analysis_config *cfg, FILE *out, int err)
{
	if (!err)
		return output__close(out, cfg->output.path);
	pr_err("%s: %s", cfg->output.path, strerror(-err));
	return -1;
}

/* Opens the report only when it can be written: a wrong option must not remove an older report. */
static int write_report(const struct pipeline *pipeline, const struct analysis_config *cfg,
			const struct renderer *renderer, struct event_dump *dump)
{
	FILE *out = open_output(cfg);
	int err = 0;

	if (!out)
		return -1;
	if (dump)
		err = pipeline__report_with_events(pipeline, renderer, out, &cfg->report, dump);
	else
		pipeline__report(pipeline, renderer, out, &cfg->report);
	if (close_output(cfg, out, err))
		return -1;
	return pipeline__draw(pipeline, &cfg->report);
}

/* Runs without privileges. All inputs are open. */
static int parse(void *ctx)
{
	struct analysis *analysis = ctx;
	struct pipeline *pipeline = analysis->pipeline;
	struct summary *summary = calloc(1, sizeof(*summary));
	int status = EXIT_ERROR;

	if (!summary)
		memory__end();
	if (!judge(analysis) &&
	    !write_report(pipeline, analysis->cfg, analysis->renderer, analysis->dump)) {
		pipeline__summarize(pipeline, summary);
		status = summary->exit_status;
	}
	free(summary);
	return status;
}

static int parse_for(void *ctx)
{
	struct analysis *analysis = ctx;
	const struct analysis_output *output = analysis->out;
	FILE *out = open_output(analysis->cfg);
	int status = EXIT_ERROR;

	if (!out)
		return EXIT_ERROR;
	analysis->live_out = out;
	if (!output->begin(output->ctx, out) && !judge(analysis))
		status = output->end(output->ctx, out);
	return close_output(analysis->cfg, out, 0) ? EXIT_ERROR : status;
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	struct analysis *analysis = ctx;
	u64 nr;

	switch (request) {
	case WARDEN_CAPTURE:
		nr = strtoull(name, NULL, 10);
		if (!analysis->cfg->follow || nr >= MERGE_MAX_FEEDS || !analysis->path[nr])
			return -EINVAL;
		return follow__reopen(analysis->path[nr], &analysis->dev[nr], &analysis->ino[nr]);
	case WARDEN_OUTPUT:
		return output__create(&analysis->cfg->output, 0666);
	case WARDEN_PICTURE:
		return report_config__open_picture(&analysis->cfg->report, name,
						   analysis->cfg->output.force);
	default:
		return -EINVAL;
	}
}

/* Checks outputs before the work begins. */
static int check_outputs(const struct analysis_config *cfg)
{
	if (report_config__check_pictures(&cfg->report, cfg->output.force))
		return -1;
	if (report_config__format(&cfg->report) == FORMAT_PERFETTO &&
	    output__check_binary(&cfg->output, "a trace"))
		return -1;
	return output__check(&cfg->output);
}

int analysis__run(struct analysis *analysis)
{
	const struct analysis_config *cfg = analysis->cfg;

	if (check_outputs(cfg))
		return EXIT_ERROR;
	analysis->renderer = renderer__of(report_config__format(&cfg->report));
	if (analysis->renderer->event) {
		analysis->dump =
			pipeline__dump_events(analysis->pipeline, analysis->renderer, &cfg->report);
		if (!analysis->dump)
			return EXIT_ERROR;
	}
	captures__tell_apart(analysis->pipeline, (char const *const *)analysis->path);
	if (report_format__is_for_people(report_config__format(&cfg->report)))
		output__page(&cfg->output);
	progress__begin(&analysis->progress, analysis->pipeline);
	return warden__run(&(struct warden){parse, NULL, serve, analysis});
}

int analysis__run_for(struct analysis *analysis, const struct analysis_output *output)
{
	if (check_outputs(analysis->cfg))
		return EXIT_ERROR;
	analysis->out = output;
	captures__tell_apart(analysis->pipeline, (char const *const *)analysis->path);
	if (!analysis->cfg->follow)
		progress__begin(&analysis->progress, analysis->pipeline);
	return warden__run(&(struct warden){parse_for, NULL, serve, analysis});
}
