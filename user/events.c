// SPDX-License-Identifier: GPL-2.0
/* grantwatch events: all captures as one stream on one clock. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "events/around.h"
#include "events/filter.h"
#include "events/print.h"
#include "pipeline/analysis.h"
#include "pipeline/event_stream.h"
#include "renderers/trace_state.h"
#include "util/json_line.h"
#include "util/log.h"

enum events_format { EVENTS_TEXT, EVENTS_JSON, EVENTS_PERFETTO };

static const char *const format_names[] = {"text", "json", "perfetto", NULL};

struct events_config {
	struct analysis_config common;
	const char *xentrace;
	enum events_format format;
	bool json;
	struct opt_list refs, domids, owners, mappers;
	const char *since, *until, *around;
	u32 window; /* ms */
};

static const struct opt events_opts[] = {
	OUTPUT_OPTS(struct events_config, common.output),
	PAGER_OPT(struct events_config, common.output),
	{.name = "follow",
	 .letter = 'F',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct events_config, common.follow),
	 .help = "print events as captures grow, until Ctrl-C or until their recorders end"},
	{.name = "format",
	 .letter = 'f',
	 .type = OPT_ENUM,
	 .offset = offsetof(struct events_config, format),
	 .names = format_names,
	 .metavar = "FORMAT",
	 .help = "text, json, or perfetto (for ui.perfetto.dev)"},
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct events_config, json),
	 .help = "the same as --format json"},
	{.name = "ref",
	 .letter = 'r',
	 .type = OPT_LIST,
	 .offset = offsetof(struct events_config, refs),
	 .metavar = "[DOMID:]REF",
	 .help = "only events of this ref (of the granter DOMID)"},
	{.name = "domid",
	 .letter = 'd',
	 .type = OPT_LIST,
	 .offset = offsetof(struct events_config, domids),
	 .metavar = "DOMID",
	 .help = "only events in this domain, or of its grants"},
	{.name = "owner",
	 .type = OPT_LIST,
	 .offset = offsetof(struct events_config, owners),
	 .metavar = "WHO",
	 .help = "only events of grants by this subsystem or program: blkfront, gui-agent"},
	{.name = "mapper",
	 .type = OPT_LIST,
	 .offset = offsetof(struct events_config, mappers),
	 .metavar = "WHO",
	 .help = "only announcements, maps, unmaps and copies by this subsystem or program"},
	{.name = "since",
	 .type = OPT_STRING,
	 .offset = offsetof(struct events_config, since),
	 .metavar = "TIME",
	 .help = "only from then on: seconds of Xen system time, or 2026-03-30T12:53:08+00:00"},
	{.name = "until",
	 .type = OPT_STRING,
	 .offset = offsetof(struct events_config, until),
	 .metavar = "TIME",
	 .help = "only up to then"},
	{.name = "around",
	 .type = OPT_STRING,
	 .offset = offsetof(struct events_config, around),
	 .metavar = "FINDING",
	 .help = "only what belongs to the finding with this number or fingerprint, and --window"},
	{.name = "window",
	 .type = OPT_U32,
	 .offset = offsetof(struct events_config, window),
	 .metavar = "MS",
	 .max = 86400000,
	 .help = "--around: all events so many milliseconds before and after it (10)"},
	{.name = "xentrace",
	 .letter = 'x',
	 .type = OPT_STRING,
	 .offset = offsetof(struct events_config, xentrace),
	 .metavar = "FILE",
	 .help = "what xentrace(8) recorded meanwhile: closer times of maps and unmaps"},
	{.name = "no-redact",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct events_config, common.report.keep_names),
	 .help = "keep names of programs; by default pseudonyms stand for them"},
	JUDGE_OPTS(struct events_config, common.judge),
};

struct events {
	struct events_config cfg;
	struct analysis analysis;
	struct event_filter filter;
	struct event_stream *stream;
	struct around around;
	FILE *out;
	struct event_lines lines;
	struct trace_state trace;
	u64 read, shown;
};

/* --- options --- */

static int parse_filter(struct events *events)
{
	struct event_filter *filter = &events->filter;
	struct events_config *cfg = &events->cfg;
	u32 i;

	for (i = 0; i < cfg->refs.nr; i++)
		if (event_filter__add_ref(filter, cfg->refs.item[i]))
			return -1;
	for (i = 0; i < cfg->domids.nr; i++)
		if (event_filter__add_domid(filter, cfg->domids.item[i]))
			return -1;
	filter->owners = &cfg->owners;
	filter->mappers = &cfg->mappers;
	return event_time__parse(&filter->since, "since", cfg->since) ||
			       event_time__parse(&filter->until, "until", cfg->until)
		       ? -1
		       : 0;
}

/* --- the stream --- */

static void print_event(struct events *events, const struct event *event)
{
	events->shown++;
	if (events->cfg.format == EVENTS_JSON)
		event__print_json(events->out, event);
	else if (events->cfg.format == EVENTS_PERFETTO)
		perfetto_renderer.event(events->out, event, &events->trace);
	else
		event__print_text(events->out, &events->lines, event);
}

static void on_event(void *ctx, const struct event *event)
{
	struct events *events = ctx;

	events->read++;
	if (!event_filter__wants(&events->filter, event))
		return;
	if (events->cfg.around)
		around__keep(&events->around, event);
	else
		print_event(events, event);
}

static void on_kept(void *ctx, const struct event *event)
{
	print_event(ctx, event);
}

static int begin(void *ctx, FILE *out)
{
	struct events *events = ctx;

	events->out = out;
	if (events->cfg.format == EVENTS_PERFETTO)
		perfetto_renderer.begin(out, NULL);
	return 0;
}

/* Prints what is missing among the events. Returns whether nothing is. */
static bool is_whole(const struct pipeline *pipeline)
{
	bool whole = !pipeline__warn_dropped(pipeline);
	char text[160];
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		const struct feed *feed = pipeline->feeds[i];
		const char *why = feed__complaint(feed, text, sizeof(text));

		if (why)
			pr_warn("%s: %s", feed->name, why);
		if (feed->lost)
			pr_warn("%s: %" PRIu64 " events were lost", feed->name, feed->lost);
		if (feed->nr_gaps)
			pr_warn("%s: nothing was recorded for %.3f s between captures of d%u",
				feed->name, (double)feed->unrecorded / 1e9, feed->domid);
		if (feed->stream.stopped)
			pr_warn("%s: interrupted, later events are not printed", feed->name);
		whole &= !why && !feed->lost && !feed->nr_gaps && !feed->stream.stopped;
	}
	return whole;
}

static int check_times(const struct events *events)
{
	const struct event_filter *filter = &events->filter;

	if ((!filter->since.wall && !filter->until.wall) ||
	    merge__wall_input(&events->analysis.pipeline->merge))
		return 0;
	pr_err("the captures have no wall-clock time (they are from an older record): give --since "
	       "and --until in seconds of Xen system time");
	return -1;
}

static void print_end(struct events *events, int status)
{
	struct json_line line;

	if (events->cfg.format == EVENTS_PERFETTO)
		perfetto_renderer.events_end(events->out, &events->trace);
	if (events->cfg.format != EVENTS_JSON)
		return;
	json_line__begin(&line, events->out, "events");
	json__set_number(line.object, "read", events->read);
	json__set_number(line.object, "shown", events->shown);
	json__set_number(line.object, "exit", (u64)status);
	json_line__end(&line);
}

static int end(void *ctx, FILE *out)
{
	struct events *events = ctx;
	const struct pipeline *pipeline = events->analysis.pipeline;
	int status = EXIT_CLEAN;
	bool whole;

	if (check_times(events))
		return EXIT_ERROR;
	if (event_stream__is_cut(events->stream)) {
		pr_err("out of memory");
		return EXIT_ERROR;
	}
	whole = is_whole(pipeline);
	if (events->cfg.around &&
	    around__print(&events->around, rules__findings(pipeline->rules), on_kept, events))
		return EXIT_ERROR;
	whole &= trace_state__is_whole(&events->trace);
	if (!whole)
		status = EXIT_BLIND;
	if (!events->shown)
		pr_warn("none of %" PRIu64 " events is wanted", events->read);
	print_end(events, status);
	return status;
}

/* --- the command --- */

static int open_input(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);

	if (fd < 0)
		pr_err("%s: %s", path, strerror(errno));
	return fd;
}

static int add_inputs(struct events *events, char *const *paths, int nr)
{
	struct analysis *analysis = &events->analysis;
	int i, fd;

	for (i = 0; i < nr; i++) {
		fd = open_input(paths[i]);
		if (fd < 0 || analysis__add_capture(analysis, fd, paths[i]))
			return -1;
	}
	if (!events->cfg.xentrace)
		return 0;
	fd = open_input(events->cfg.xentrace);
	return fd < 0 ? -1 : analysis__add_trace(analysis, fd, events->cfg.xentrace);
}

static int prepare(struct events *events)
{
	const struct events_config *cfg = &events->cfg;

	events->stream = event_stream__new(events->analysis.pipeline, cfg->common.report.keep_names,
					   on_event, events);
	if (events->stream && (!cfg->around || !around__init(&events->around, cfg->around,
							     cfg->window * NSEC_PER_MSEC)))
		return 0;
	pr_err("cannot keep events: %s", strerror(errno));
	return -1;
}

static int run(int argc, char **argv)
{
	static struct events events = {.cfg = {.common.output.path = "-", .window = 10}};
	const struct analysis_output output = {begin, end, &events};
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_events, argc, argv, &events.cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (first == argc) {
		pr_err("events needs captures: grantwatch events dom0.gwc guest.gwc");
		return EXIT_ERROR;
	}
	if (events.cfg.json)
		events.cfg.format = EVENTS_JSON;
	if (events.cfg.common.follow && (events.cfg.around || events.cfg.xentrace)) {
		pr_err("events: --follow goes without --around and --xentrace, which need all of the captures");
		return EXIT_ERROR;
	}
	if (parse_filter(&events))
		return EXIT_ERROR;
	if (events.cfg.format == EVENTS_PERFETTO &&
	    output__check_binary(&events.cfg.common.output, "a trace"))
		return EXIT_ERROR;
	if (!analysis__begin(&events.analysis, &events.cfg.common) &&
	    !add_inputs(&events, argv + first, argc - first) && !prepare(&events)) {
		/* An unlimited stream is shown as it comes. */
		if (events.cfg.format == EVENTS_TEXT && !events.cfg.common.follow)
			output__page(&events.cfg.common.output);
		status = analysis__run_for(&events.analysis, &output);
	}
	around__cleanup(&events.around);
	trace_state__cleanup(&events.trace);
	event_stream__free(events.stream);
	analysis__end(&events.analysis);
	return status;
}

static const struct exit_status events_exits[] = {
	{EXIT_CLEAN, "printed, and the captures are whole; with --follow: up to Ctrl-C"},
	{EXIT_ERROR, "could not do the job"},
	{EXIT_BLIND,
	 "printed, but a capture lost events, is damaged or was cut short, there is a gap between two, or a trace does not show all events"},
	{0, NULL},
};

const struct command cmd_events = {
	.name = "events",
	.args = "FILE...",
	.summary = "Print the events of all captures on one clock",
	.help = "FILEs are captures that 'record' wrote, in any order. Each line is one\n"
		"grant, end, announcement, map, unmap or copy: when and where, which ref and which\n"
		"generation of it, who granted it, who did it, with which result, how long it took, and\n"
		"which earlier event it belongs to. It is printed as recorded: 'analyze' has the verdicts.",
	.opts = events_opts,
	.nr_opts = ARRAY_SIZE(events_opts),
	.exits = events_exits,
	.run = run,
};
