// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/event_stream.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "renderers/picture.h"
#include "renderers/redact.h"
#include "renderers/trace_state.h"
#include "util/log.h"
#include "util/memory.h"
#include "util/output.h"
#include "util/warden.h"

enum report_format report_config__format(const struct report_config *config)
{
	return config->json ? FORMAT_JSON : config->format;
}

void report_config__fit(struct report_config *config, bool to_stdout)
{
	config->colour = terminal__wants_colour(config->colours, to_stdout);
	config->width = to_stdout ? terminal__width(STDOUT_FILENO) : 0;
}

bool report_format__is_for_people(enum report_format format)
{
	return format == FORMAT_TEXT || format == FORMAT_GITHUB || format == FORMAT_MAIL;
}

/* Copies of what the report has, so that they can be redacted. */
struct draft {
	struct summary summary;
	struct report report;
	struct finding *copies;
	const struct finding **list;
};

static void draft__free(struct draft *draft)
{
	if (!draft)
		return;
	free(draft->copies);
	free(draft->list);
	free(draft);
}

/* Adds the part of the domain's log that belongs to the finding's time. */
static void add_log_window(const struct merge *merge, struct finding *finding, u16 domid)
{
	const struct wall *wall = merge__wall_of(merge, domid);
	struct log_window window = {.domid = domid};
	u64 from = finding->when, to = max(finding->when, finding->last);

	if (finding->nr_steps) {
		from = min(from, finding->steps[0].ns);
		to = max(to, finding->steps[finding->nr_steps - 1].ns);
	}
	if (wall && wall__range(wall, from, to, &window.since, &window.until))
		finding->logs[finding->nr_logs++] = window;
}

/* An incident of a log has its times as text, of a clock of its own. */
static bool has_wall(const struct finding *finding)
{
	return !finding->message && finding->when_err < CLOCK_ERR_UNKNOWN;
}

const char *pipeline__wall_text(const struct pipeline *pipeline, const struct finding *finding,
				char *buf, size_t size)
{
	return wall__text(has_wall(finding) ? merge__wall(&pipeline->merge, finding->when) : 0, buf,
			  size);
}

/* Sets the wall-clock time of the finding. */
static void set_wall(const struct merge *merge, struct finding *finding)
{
	if (!has_wall(finding))
		return;
	finding->wall = merge__wall(merge, finding->when);
	add_log_window(merge, finding, finding->mapper);
	if (finding->granter != finding->mapper)
		add_log_window(merge, finding, finding->granter);
}

/* Alarms come before warnings, each in order of detection. */
static int by_severity(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a,
			     *y = *(const struct finding *const *)b;
	const enum severity severe = class__severity(x->class), other = class__severity(y->class);

	if (severe != other)
		return severe > other ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Drafts all findings that stand, or only @one. */
static struct draft *draft__new(const struct pipeline *pipeline, const struct finding *one,
				const struct report_config *config)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	struct draft *draft = malloc(sizeof(*draft));
	u32 i, n = 0;

	if (!draft)
		memory__end();
	draft->copies = calloc(findings->nr + 1, sizeof(*draft->copies));
	draft->list = calloc(findings->nr + 1, sizeof(*draft->list)); /* NOLINT: pointers */
	if (!draft->copies || !draft->list)
		memory__end();
	pipeline__summarize(pipeline, &draft->summary);
	for (i = 0; i < findings->nr; i++) {
		if (findings->item[i]->gone || (one && findings->item[i] != one))
			continue;
		draft->copies[n] = *findings->item[i];
		finding__fingerprint(&draft->copies[n], draft->copies[n].fingerprint,
				     sizeof(draft->copies[n].fingerprint));
		set_wall(&pipeline->merge, &draft->copies[n]);
		if (!config || !config->keep_names)
			redact__finding(&draft->copies[n], &draft->summary);
		draft->list[n] = &draft->copies[n];
		n++;
	}
	qsort(draft->list, n, sizeof(*draft->list), by_severity); /* NOLINT: pointers */
	if (!config || !config->keep_names)
		redact__summary(&draft->summary);
	draft->report = (struct report){.summary = &draft->summary,
					.findings = draft->list,
					.nr = n,
					.soft = config && config->soft,
					.issue = config && config->issue,
					.colour = config && config->colour,
					.width = config ? config->width : 0,
					.after_alerts = config && config->after_alerts};
	return draft;
}

void pipeline__report(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		      const struct report_config *config)
{
	struct draft *draft = draft__new(pipeline, NULL, config);

	renderer__print(renderer, out, &draft->report);
	draft__free(draft);
}

/* --- all events --- */

struct event_dump {
	const struct renderer *renderer;
	struct event_stream *stream;
	FILE *file; /* unlinked: a trace may be larger than memory */
	struct trace_state state;
};

static void on_event(void *ctx, const struct event *event)
{
	struct event_dump *dump = ctx;

	dump->renderer->event(dump->file, event, &dump->state);
}

void event_dump__free(struct event_dump *dump)
{
	if (!dump)
		return;
	event_stream__free(dump->stream);
	trace_state__cleanup(&dump->state);
	if (dump->file)
		fclose(dump->file);
	free(dump);
}

struct event_dump *pipeline__dump_events(struct pipeline *pipeline, const struct renderer *renderer,
					 const struct report_config *config)
{
	struct event_dump *dump = calloc(1, sizeof(*dump));

	if (!dump) {
		pr_err("out of memory");
		return NULL;
	}
	dump->renderer = renderer;
	dump->file = tmpfile();
	dump->stream = event_stream__new(pipeline, config->keep_names, on_event, dump);
	if (dump->file && dump->stream)
		return dump;
	pr_err("cannot keep a trace: %s", strerror(errno));
	event_dump__free(dump);
	return NULL;
}

static int copy(FILE *from, FILE *to)
{
	char buf[65536];
	size_t n;

	if (fflush(from) || fseek(from, 0, SEEK_SET))
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), from)))
		if (fwrite(buf, 1, n, to) != n)
			return -errno;
	return ferror(from) ? -EIO : 0;
}

int pipeline__report_with_events(const struct pipeline *pipeline, const struct renderer *renderer,
				 FILE *out, const struct report_config *config,
				 struct event_dump *dump)
{
	struct draft *draft = draft__new(pipeline, NULL, config);
	int err;
	u32 i;

	renderer->begin(out, &draft->report);
	err = event_stream__is_cut(dump->stream) ? -ENOMEM : copy(dump->file, out);
	renderer->events_end(out, &dump->state);
	trace_state__is_whole(&dump->state);
	pipeline__warn_dropped(pipeline);
	for (i = 0; i < draft->report.nr && !err; i++)
		renderer->finding(out, &draft->report, draft->report.findings[i]);
	draft__free(draft);
	return err;
}

void pipeline__show(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		    const struct finding *finding, const struct report_config *config)
{
	struct draft *draft = draft__new(pipeline, finding, config);

	if (draft->report.nr && renderer->finding)
		renderer->finding(out, &draft->report, draft->report.findings[0]);
	draft__free(draft);
}

int report_config__open_picture(const struct report_config *config, const char *name, bool force)
{
	char path[4096];
	const struct output_config output = {.path = path, .force = force};

	if (!config->pictures || !*name)
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/%s", config->pictures, name);
	return output__create(&output, 0666);
}

/* "stale-map-12.svg" */
static bool is_picture(const char *name)
{
	u32 i;

	for (i = 0; i < CLASS_MAX; i++) {
		const char *id = class__id(i);
		size_t len = strlen(id);

		if (!strncmp(name, id, len) && name[len] == '-' &&
		    !strcmp(name + len + 1 + strspn(name + len + 1, "0123456789"), ".svg"))
			return true;
	}
	return false;
}

int report_config__check_pictures(const struct report_config *config, bool force)
{
	return config->pictures ? output__check_dir(config->pictures, is_picture, force) : 0;
}

static int draw(const struct finding *finding, const char *dir)
{
	char name[WARDEN_NAME], path[4096];
	FILE *out;
	int err, fd;

	if (!finding->nr_steps)
		return 0;
	snprintf(name, sizeof(name), "%s-%u.svg", class__id(finding->class), finding->id);
	fd = warden__ask(WARDEN_PICTURE, name);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (out) {
		picture__print(out, finding);
		err = ferror(out);
		if (!fclose(out) && !err)
			return 0;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	output__complain(path, fd < 0 ? fd : -errno);
	return -1;
}

int pipeline__draw(const struct pipeline *pipeline, const struct report_config *config)
{
	struct draft *draft;
	int err = 0;
	u32 i;

	if (!config->pictures)
		return 0;
	draft = draft__new(pipeline, NULL, config);
	for (i = 0; i < draft->report.nr && !err; i++)
		err = draw(draft->report.findings[i], config->pictures);
	draft__free(draft);
	return err;
}
