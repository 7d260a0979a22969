// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "repro/report.h"
#include "util/json_line.h"
#include "util/log.h"
#include "util/monotonic.h"

#define STEP_LEN 100

/* ---- words ---- */

struct hint {
	enum verb verb;
	int err;
	const char *text;
};

static const struct hint hints[] = {
	{VERB_GRANT, ENOSPC,
	 "the grant table is full, or gntalloc's limit reached: free grants, raise "
	 "gnttab_max_frames of Xen or "
	 "max_grant_frames of the domain"},
	{VERB_GRANT, ENOMEM, "the domain is out of memory: take fewer pages"},
	{VERB_ARM, EINVAL, "more than gntdev takes: /sys/module/xen_gntdev/parameters/limit"},
	{VERB_MAP, EINVAL, "Xen refused: not granted, or not to this domain"},
	{VERB_MAP, ENOMEM,
	 "no memory, no maptrack frames (gnttab_max_maptrack_frames), or vm.max_map_count"},
	{VERB_COPY_FROM, EINVAL, "Xen refused: not granted, or not to this domain"},
	{VERB_COPY_TO, EINVAL, "Xen refused: not granted, not to this domain, or to read only"},
	{VERB_CHECK, ESTALE, "the map or copy reached a page that the window does not have"},
	{VERB_AWAIT, EPIPE, "standard input has ended"},
	{VERB_AWAIT, ETIMEDOUT, "the cue did not come"},
};

/* Returns advice about a step's error, "" if there is none. */
static const char *find_hint(enum verb verb, int err)
{
	unsigned int i;

	for (i = 0; err && i < ARRAY_SIZE(hints); i++)
		if (hints[i].verb == verb && hints[i].err == err)
			return hints[i].text;
	return "";
}

static const char *verdict(const struct report_step *line)
{
	if (!line->expected)
		return line->out->err ? "FAILED" : "WORKED, but must not";
	if (line->out->err)
		return line->step->expect == EXPECT_FAIL ? "failed as expected"
							 : "failed, as it may";
	return "ok";
}

/* Writes the step's refs, how many succeeded, the error, and the actor's note. */
static void describe(const struct report_step *line, char *buf, size_t size)
{
	const struct outcome *out = line->out;
	const char *hint = find_hint(line->step->verb, out->err);
	char note[sizeof(out->note)];

	*buf = '\0';
	if (line->window)
		window__describe(line->window, buf, min(size, (size_t)96));
	if (out->nr > 1 && out->worked != out->nr)
		repro__append(buf, size, "%u of %u", out->worked, out->nr);
	if (*hint)
		repro__append(buf, size, "%s (%s)", hint, strerror(out->err));
	else if (out->err)
		repro__append(buf, size, "%s", strerror(out->err));
	str_sanitize(note, sizeof(note), out->note, sizeof(out->note));
	if (*note)
		repro__append(buf, size, "%s", note);
}

/* ---- text ---- */

static void print_text(struct repro_report *report, const struct report_step *line)
{
	const struct outcome *out = line->out;
	char step[STEP_LEN], text[600];

	if (report->rounds > 1 && line->expected && log_level < 2)
		return;
	step__format(line->step, step, sizeof(step));
	describe(line, text, sizeof(text));
	fprintf(report->file, "%6" PRIu64 ".%06" PRIu64 " %2u%s %-24s %s",
		out->start / NSEC_PER_SEC, out->start % NSEC_PER_SEC / 1000, line->nr + 1,
		line->here ? " " : "<", step, verdict(line));
	if (out->took)
		fprintf(report->file, ", %" PRIu64 ".%03" PRIu64 " ms", out->took / NSEC_PER_MSEC,
			out->took % NSEC_PER_MSEC / 1000);
	if (out->pid && log_level > 1)
		fprintf(report->file, ", pid %d", out->pid);
	fprintf(report->file, "%s%s\n", *text ? ": " : "", text);
}

/* ---- JSON ---- */

/* Consecutive refs as [first, last], in the order of granting. */
static json_t *ref_ranges(const struct window *window)
{
	json_t *array = json_array();
	char ranges[256], *p;
	u32 next = 0;

	while (next < window->nr) {
		next = window__ranges(window, next, ranges, sizeof(ranges));
		for (p = ranges; *p; p += *p == ',') {
			u32 first = (u32)strtoul(p, &p, 10);

			json__append_range(array, first,
					   *p == '-' ? (u32)strtoul(p + 1, &p, 10) : first);
		}
	}
	return array;
}

static void print_json(struct repro_report *report, const struct report_step *shown)
{
	const struct outcome *out = shown->out;
	const struct script_step *step = shown->step;
	char text[STEP_LEN], note[sizeof(out->note)];
	struct json_line line;

	step__format(step, text, sizeof(text));
	str_sanitize(note, sizeof(note), out->note, sizeof(out->note));
	json_line__begin(&line, report->file, "repro-step");
	json__set_number(line.object, "round", shown->round + 1);
	json__set_number(line.object, "step", shown->nr + 1);
	json__set_string(line.object, "actor", actor_names[step->actor]);
	json__set_string(line.object, "verb", verbs[step->verb].name);
	json__set_string(line.object, "text", text);
	json__set_bool(line.object, "here", shown->here);
	json__set_bool(line.object, "expected", shown->expected);
	json__set_number(line.object, "errno", (u64)out->err);
	json__set_number(line.object, "start_ns", out->start);
	json__set_number(line.object, "took_ns", out->took);
	json__set_number(line.object, "pid", (u64)out->pid);
	json__set_number(line.object, "count", out->nr);
	json__set_number(line.object, "worked", out->worked);
	if (shown->window)
		json_object_set_new(line.object, "refs", ref_ranges(shown->window));
	if (out->err)
		json__set_string(line.object, "error", strerror(out->err));
	if (*find_hint(step->verb, out->err))
		json__set_string(line.object, "hint", find_hint(step->verb, out->err));
	json__set_string(line.object, "note", note);
	json_line__end(&line);
}

/* ---- both ---- */

void report__begin(struct repro_report *report, const char *name, const struct script *script)
{
	report->rounds = script->repeat;
	report->start = now_mono();
	if (report->json)
		return;
	fprintf(report->file, "%s: %u steps", name, script->nr);
	if (script->repeat > 1)
		fprintf(report->file, ", %u rounds", script->repeat);
	fprintf(report->file, "\n");
	fflush(report->file);
}

void report__step(struct repro_report *report, const struct report_step *line)
{
	report->steps++;
	report->round = line->round + 1;
	report->unexpected += !line->expected;
	if (report->json)
		print_json(report, line);
	else
		print_text(report, line);
	fflush(report->file);
}

static void end_text(struct repro_report *report, const char *name, bool ok, u64 took)
{
	fprintf(report->file, "%s: %s, %u steps", name,
		ok ? "all as the script expects" : "NOT as the script expects", report->steps);
	if (report->rounds > 1)
		fprintf(report->file, ", %u rounds", report->round);
	fprintf(report->file, " in %.3f s\n", (double)took / NSEC_PER_SEC);
}

static void end_json(struct repro_report *report, const char *name, bool ok, u64 took)
{
	struct json_line line;

	json_line__begin(&line, report->file, "repro");
	json__set_string(line.object, "scenario", name);
	json__set_number(line.object, "steps", report->steps);
	json__set_number(line.object, "rounds", report->round);
	json__set_number(line.object, "unexpected", report->unexpected);
	json__set_bool(line.object, "ok", ok);
	json__set_number(line.object, "took_ns", took);
	json_line__end(&line);
}

void report__end(struct repro_report *report, const char *name, bool ok)
{
	u64 took = now_mono() - report->start;

	if (report->json)
		end_json(report, name, ok, took);
	else
		end_text(report, name, ok, took);
	fflush(report->file);
}
