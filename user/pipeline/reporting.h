/* SPDX-License-Identifier: GPL-2.0 */
/* The options of a report, and how it is made, the same for every command. */
#ifndef GRANTWATCH_REPORTING_H
#define GRANTWATCH_REPORTING_H

#include <stdio.h>

#include "model/wall.h"
#include "renderers/renderer.h"
#include "util/options.h"
#include "util/terminal.h"

struct pipeline;

struct report_config {
	enum report_format format;
	bool json;	 /* short for it */
	bool keep_names; /* show names of programs and qubes instead of pseudonyms */
	bool soft;	 /* findings are no failures */
	bool issue;	 /* no option: formats for a tracker fill its template */
	enum colour_wanted colours;
	bool colour;	      /* no option: what follows from colours and the terminal */
	u32 width;	      /* no option: the terminal's, 0 none */
	bool after_alerts;    /* no option: it follows alerts in the same output */
	const char *pictures; /* directory for the timelines, NULL none */
};

/*
 * Entries for the option table of a command whose configuration has a struct report_config @field.
 */
/* clang-format off */
#define REPORT_OPTS(config, field) \
	{.name = "format", \
	 .letter = 'f', \
	 .type = OPT_ENUM, \
	 .names = report_format_names, \
	 .offset = offsetof(config, field.format), \
	 .metavar = "FORMAT", \
	 .help = "text (default), github, mail, json, html, junit, tap or perfetto"}, \
	{.name = "json", \
	 .letter = 'j', \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.json), \
	 .help = "the same as --format json"}, \
	{.name = "color", \
	 .type = OPT_ENUM, \
	 .names = colour_wanted_names, \
	 .offset = offsetof(config, field.colours), \
	 .metavar = "WHEN", \
	 .help = "auto (default: on a terminal, unless NO_COLOR is set), always or never: colours in text"}, \
	{.name = "pictures", \
	 .type = OPT_STRING, \
	 .offset = offsetof(config, field.pictures), \
	 .metavar = "DIR", \
	 .help = "draw a timeline of each finding: DIR/CLASS-NUMBER.svg"}, \
	{.name = "no-redact", \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.keep_names), \
	 .help = "keep names of qubes and programs; by default pseudonyms stand for them"}, \
	{.name = "soft", \
	 .type = OPT_FLAG, \
	 .offset = offsetof(config, field.soft), \
	 .help = "for CI: findings are noted, but fail no test (junit, tap)"}
/* clang-format on */

/* Sets what follows from the terminal, if the report goes there. */
void report_config__fit(struct report_config *config, bool to_stdout);

/* What the user selected. */
enum report_format report_config__format(const struct report_config *config);

/* Whether a person reads this format as it is. */
bool report_format__is_for_people(enum report_format format);

/* Renders all findings that stand, alarms first, and the summary. @config may be NULL. */
void pipeline__report(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		      const struct report_config *config);

/*
 * Called before the pipeline runs: lets a renderer that shows all events observe them. Returns the
 * dump for pipeline__report_with_events(), or NULL after logging the error.
 */
struct event_dump;
struct event_dump *pipeline__dump_events(struct pipeline *pipeline, const struct renderer *renderer,
					 const struct report_config *config);
void event_dump__free(struct event_dump *dump);

/* Renders the report with @dump before the findings. Returns 0 or -errno. */
int pipeline__report_with_events(const struct pipeline *pipeline, const struct renderer *renderer,
				 FILE *out, const struct report_config *config,
				 struct event_dump *dump);

/*
 * Wall-clock time of @finding as RFC 3339, "" unknown. @buf has at least WALL_TEXT bytes. Returns
 * @buf.
 */
const char *pipeline__wall_text(const struct pipeline *pipeline, const struct finding *finding,
				char *buf, size_t size);

/* Renders only @finding, in its present state. */
void pipeline__show(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		    const struct finding *finding, const struct report_config *config);

/*
 * For the warden: opens the file of a picture, which must not exist without @force. Returns a
 * descriptor or -errno.
 */
int report_config__open_picture(const struct report_config *config, const char *name, bool force);

/* Checks in advance that pictures can be written. Returns 0, or -1 after logging the error. */
int report_config__check_pictures(const struct report_config *config, bool force);

/* Writes the pictures of all findings. Returns 0, or -1 after logging the error. */
int pipeline__draw(const struct pipeline *pipeline, const struct report_config *config);

#endif
