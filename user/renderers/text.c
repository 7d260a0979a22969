// SPDX-License-Identifier: GPL-2.0
/*
 * Reports for a terminal, in KCSAN's order: a title that can be an issue's title, then each side.
 */
#include "renderers/document.h"
#include "util/escape.h"
#include "util/terminal.h"

/* A text is readable in lines of these lengths. */
#define WIDTH_MIN 40u
#define WIDTH_MAX 110u

static const char rule[] = "==================================================================\n";

/*
 * Colours mark the step that makes it a finding, and where to look. Texts themselves never contain
 * escape sequences.
 */
static const char *colour_of(const struct doc_part *part, const char *severe)
{
	switch (part->type) {
	case DOC_TITLE:
		return severe;
	case DOC_SECTION:
	case DOC_LONG:
		return SGR_BOLD;
	case DOC_LINE:
		return part->key ? severe : NULL;
	default:
		return NULL;
	}
}

static void print_part(FILE *out, const struct doc_part *part, u32 width)
{
	char label[40];

	switch (part->type) {
	case DOC_TITLE:
		print_escaped(out, ESCAPE_PLAIN, part->text);
		break;
	case DOC_PARAGRAPH:
		print_wrapped(out, ESCAPE_PLAIN, "", "  ", width, part->text);
		break;
	case DOC_SECTION:
	case DOC_LONG:
		print_escaped(out, ESCAPE_PLAIN, part->text);
		fputc(':', out);
		break;
	case DOC_ITEM:
		snprintf(label, sizeof(label), "  %s: ", part->label);
		print_wrapped(out, ESCAPE_PLAIN, label, "    ", width, part->text);
		break;
	case DOC_LINE:
		fputs(part->key || part->text[0] == ' ' ? "" : "    ", out);
		print_escaped(out, ESCAPE_PLAIN, part->text);
		break;
	case DOC_PICTURE:
		break;
	}
}

static u32 width_of(const struct report *report)
{
	return report->width ? min(max(report->width, WIDTH_MIN), WIDTH_MAX) : WIDTH_MAX;
}

/* The colour ends with the line: a truncated line must not colour the next one. */
static void print_coloured(FILE *out, const struct doc_part *part, const struct report *report,
			   const char *severe)
{
	const u32 width = width_of(report);
	const char *sgr = report->colour ? colour_of(part, severe) : NULL;
	bool wraps =
		part->type == DOC_PARAGRAPH || part->type == DOC_ITEM || part->type == DOC_PICTURE;

	if (part->type == DOC_SECTION || part->type == DOC_LONG)
		fputc('\n', out);
	if (sgr)
		fputs(sgr, out);
	print_part(out, part, width);
	if (sgr)
		fputs(SGR_OFF, out);
	if (!wraps)
		fputc('\n', out);
}

static void print(FILE *out, struct doc *doc, const struct report *report, const char *severe)
{
	u32 i;

	for (i = 0; doc && i < doc->nr; i++)
		print_coloured(out, &doc->part[i], report, severe);
	doc__free(doc);
}

static const char *const colours[] = {
	[SEVERITY_INFO] = SGR_BOLD,
	[SEVERITY_WARNING] = SGR_WARNING,
	[SEVERITY_ALARM] = SGR_ALARM,
};

static void text_begin(FILE *out, const struct report *report)
{
	char headline[512];

	report__headline(report, headline, sizeof(headline));
	if (!*headline)
		return;
	print_wrapped(out, ESCAPE_PLAIN, "", "  ", width_of(report), headline);
}

/* What an alert shows, and nothing has changed since, is not repeated. */
static void text_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	char title[400];

	if (report->after_alerts && finding->shown == finding->revision) {
		finding__title(finding, title, sizeof(title));
		fprintf(out, "finding %u, shown by the alert above: ", finding->id);
		print_escaped(out, ESCAPE_PLAIN, title);
		fputc('\n', out);
		return;
	}
	if (report->after_alerts && finding->shown)
		fprintf(out, "finding %u, shown by the alert above and changed since:\n",
			finding->id);
	fputs(rule, out);
	print(out, doc__finding(report, finding), report, colours[class__severity(finding->class)]);
	fputs(rule, out);
}

static void text_end(FILE *out, const struct report *report)
{
	print(out, doc__summary(report), report, SGR_BOLD);
}

const struct renderer text_renderer = {
	.begin = text_begin,
	.finding = text_finding,
	.end = text_end,
};
