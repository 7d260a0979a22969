/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Report formats: a renderer for each, in a file of its own. A renderer knows the report only.
 * document.c has the contents and order of reports for people; text, github, mail and html print
 * them.
 */
#ifndef GRANTWATCH_RENDERER_H
#define GRANTWATCH_RENDERER_H

#include <stdio.h>

#include "model/domid.h"
#include "rules/finding.h"
#include "summary/summary.h"

struct report {
	const struct summary *summary;
	const struct finding *const *findings; /* alarms first, then in order of detection */
	u32 nr;
	bool soft;   /* findings do not fail tests (JUnit, TAP) */
	bool issue;  /* fill in the template of an issue (github) */
	bool colour; /* colours on a terminal (text) */
	u32 width;   /* columns of the terminal (text); 0: none */
	/* It follows alerts in the same output: what these show is not repeated (text). */
	bool after_alerts;
};

struct event;
struct trace_state;

struct renderer {
	/* NULL: prints nothing there */
	void (*begin)(FILE *out, const struct report *report);
	void (*finding)(FILE *out, const struct report *report, const struct finding *finding);
	void (*end)(FILE *out, const struct report *report);
	/*
	 * For formats that print all events: prints @event between begin and the findings. Called
	 * while events are read, before there is a report. events_end is called after the last one.
	 */
	void (*event)(FILE *out, const struct event *event, struct trace_state *state);
	void (*events_end)(FILE *out, struct trace_state *state);
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

/* The names of enum report_format, as --format takes them; ends with NULL. */
extern const char *const report_format_names[];

/* An entry of systemd's journal for each finding; --format does not have it. */
extern const struct renderer journal_renderer;

const struct renderer *renderer__of(enum report_format format);

/* All of @report. */
void renderer__print(const struct renderer *renderer, FILE *out, const struct report *report);

#endif
