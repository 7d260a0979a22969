/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How findings are shown: one renderer a format, one file a renderer. A renderer knows the report,
 * nothing else. What a report for people says and in which order is document.c's; text, github,
 * mail and html only print that.
 */
#ifndef GRANTWATCH_RENDERER_H
#define GRANTWATCH_RENDERER_H

#include <stdio.h>

#include "model/domid.h"
#include "rules/finding.h"
#include "summary/summary.h"

struct report {
	const struct summary *summary;
	const struct finding *const *findings; /* in the order of detection */
	u32 nr;
	bool soft;   /* findings are no failures (JUnit, TAP) */
	bool issue;  /* fill the template of an issue (github) */
	bool colour; /* a terminal that shows colours (text) */
};

struct event;
struct trace_state;

struct renderer {
	/* NULL: nothing to say there. */
	void (*begin)(FILE *out, const struct report *report);
	void (*finding)(FILE *out, const struct report *report, const struct finding *finding);
	void (*end)(FILE *out, const struct report *report);
	/*
	 * For a format of the whole capture: what of @event is to stand between begin and the
	 * findings. It is told while events are read, so before there is a report. @state: see
	 * trace_state__init().
	 */
	void (*event)(FILE *out, const struct event *event, struct trace_state *state);
};

/* X(symbol, name): NAME_renderer in NAME.c. The first is the default. */
/* clang-format off */
#define GRANTWATCH_RENDERERS(X) \
	X(TEXT, text) X(GITHUB, github) X(MAIL, mail) X(JSON, json) \
	X(HTML, html) X(JUNIT, junit) X(TAP, tap) X(PERFETTO, perfetto)

enum report_format {
#define FORMAT_ENUM(symbol, name) FORMAT_##symbol,
	GRANTWATCH_RENDERERS(FORMAT_ENUM)
#undef FORMAT_ENUM
};
/* clang-format on */

#define RENDERER_DECLARE(symbol, name) extern const struct renderer name##_renderer;
GRANTWATCH_RENDERERS(RENDERER_DECLARE)
#undef RENDERER_DECLARE

/* Of each enum report_format, as --format takes them; ends with NULL. */
extern const char *const report_format_names[];

/* An entry of systemd's journal for each finding; no format to ask for. */
extern const struct renderer journal_renderer;

const struct renderer *renderer__of(enum report_format format);

/* All of @report. */
void renderer__print(const struct renderer *renderer, FILE *out, const struct report *report);

#endif
