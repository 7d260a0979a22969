/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options that decide what a report looks like, and the making of it; the same for every
 * command.
 */
#ifndef GRANTWATCH_REPORTING_H
#define GRANTWATCH_REPORTING_H

#include <stdio.h>

#include "model/wall.h"
#include "renderers/renderer.h"
#include "util/options.h"
#include "util/terminal.h"

struct pipeline;

struct report_config {
	const char *format; /* NULL: text */
	bool json;	    /* short for it */
	bool keep_names;    /* of programs and qubes; by default pseudonyms stand for them */
	bool soft;	    /* findings are no failures */
	bool issue;	    /* no option: formats for a tracker fill its template */
	enum colour_wanted colours;
	bool colour;	      /* no option: what follows from colours and the terminal */
	const char *pictures; /* directory for the timelines, NULL: none */
};

/* Entries of a command's option table whose configuration has a struct report_config @field. */
/* clang-format off */
#define REPORT_OPTS(config, field) \
	{.name = "format", \
	 .letter = 'f', \
	 .type = OPT_STRING, \
	 .offset = offsetof(config, field.format), \
	 .metavar = "FORMAT", \
	 .help = "text, github, mail, json, html, junit, tap or perfetto"}, \
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

/* Returns the renderer which the user selected, or NULL after logging the error. */
const struct renderer *report_config__renderer(const struct report_config *config);

/*
 * Every finding that still stands, in the order of detection, and the summary. @config may be NULL.
 */
void pipeline__report(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		      const struct report_config *config);

/*
 * Before the pipeline runs: let a renderer that shows the whole capture see it. Returns what it
 * wrote, to be given to pipeline__report_with_events(); NULL when that failed and was said.
 */
struct event_dump;
struct event_dump *pipeline__dump_events(struct pipeline *pipeline, const struct renderer *renderer,
					 const struct report_config *config);
void event_dump__free(struct event_dump *dump);

/* The report with @dump between its beginning and the findings. 0 or -errno. */
int pipeline__report_with_events(const struct pipeline *pipeline, const struct renderer *renderer,
				 FILE *out, const struct report_config *config,
				 struct event_dump *dump);

/* Wall-clock time of @finding as RFC 3339, "" unknown; @buf has WALL_TEXT bytes at least. */
const char *pipeline__wall_text(const struct pipeline *pipeline, const struct finding *finding,
				char *buf, size_t size);

/* Only @finding, as it stands now. */
void pipeline__show(const struct pipeline *pipeline, const struct renderer *renderer, FILE *out,
		    const struct finding *finding, const struct report_config *config);

/*
 * A picture's file in the directory for them, as a warden opens it for its parser. With @force it
 * may exist. Returns a descriptor or -errno.
 */
int report_config__open_picture(const struct report_config *config, const char *name, bool force);

/*
 * Before the work: whether pictures may be written there. Returns 0, or -1 after logging the error.
 */
int report_config__check_pictures(const struct report_config *config, bool force);

/* The pictures of all findings to where @config says. 0, or -1 when that failed and was said. */
int pipeline__draw(const struct pipeline *pipeline, const struct report_config *config);

#endif
