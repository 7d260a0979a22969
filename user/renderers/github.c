// SPDX-License-Identifier: GPL-2.0
/* GitHub's Markdown for issues. Long parts are folded, as qubes-issues asks for. */
#include "renderers/document.h"
#include "util/escape.h"

/* Elements that are open. In an issue, headings are below those of its template. */
struct github_state {
	bool folded, fenced, issue;
};

static void unfence(FILE *out, struct github_state *state)
{
	if (state->fenced)
		fputs("````\n", out);
	state->fenced = false;
}

static void close_section(FILE *out, struct github_state *state)
{
	unfence(out, state);
	if (state->folded)
		fputs("\n</details>\n", out);
	state->folded = false;
}

static void open_section(FILE *out, struct github_state *state, const struct doc_part *part)
{
	close_section(out, state);
	if (part->type == DOC_LONG) {
		fputs("\n<details><summary>", out);
		print_escaped(out, ESCAPE_XML, part->text);
		fputs("</summary>\n\n", out);
		state->folded = true;
	} else {
		fputs(state->issue ? "\n##### " : "\n### ", out);
		print_escaped(out, ESCAPE_MARKDOWN, part->text);
		fputs("\n\n", out);
	}
}

static void print_item(FILE *out, const struct doc_part *part)
{
	fputs("* **", out);
	print_escaped(out, ESCAPE_MARKDOWN, part->label);
	fputs("**: ", out);
	/* The project's own references stay links. */
	print_escaped(out, part->ours ? ESCAPE_XML : ESCAPE_MARKDOWN, part->text);
	fputc('\n', out);
}

static void print_part(FILE *out, const struct doc_part *part, struct github_state *state)
{
	if (part->type != DOC_LINE)
		unfence(out, state);
	switch (part->type) {
	case DOC_TITLE:
		fputs(state->issue ? "#### " : "## ", out);
		print_escaped(out, ESCAPE_MARKDOWN, part->text);
		fputs("\n\n", out);
		break;
	case DOC_PARAGRAPH:
		print_escaped(out, ESCAPE_MARKDOWN, part->text);
		fputs("\n\n", out);
		break;
	case DOC_SECTION:
	case DOC_LONG:
		open_section(out, state, part);
		break;
	case DOC_ITEM:
		print_item(out, part);
		break;
	case DOC_LINE:
		if (!state->fenced)
			fputs("````\n", out);
		state->fenced = true;
		print_escaped(out, ESCAPE_CODE, part->text);
		fputc('\n', out);
		break;
	case DOC_PICTURE:
		break;
	}
}

static void print(FILE *out, const struct report *report, struct doc *doc)
{
	struct github_state state = {.issue = report->issue};
	u32 i;

	for (i = 0; doc && i < doc->nr; i++)
		print_part(out, &doc->part[i], &state);
	close_section(out, &state);
	doc__free(doc);
}

static void github_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	print(out, report, doc__finding(report, finding));
	fputc('\n', out);
}

/* Returns the first finding of the highest severity: an issue is about one bug. */
static const struct finding *worst(const struct report *report)
{
	const struct finding *worst = NULL;
	u32 i;

	for (i = 0; i < report->nr; i++)
		if (!worst ||
		    class__severity(report->findings[i]->class) > class__severity(worst->class))
			worst = report->findings[i];
	return worst;
}

/*
 * The headings of QubesOS/qubes-issues' bug-report.md. What only a person knows is left to be
 * filled in.
 */
static void begin_issue(FILE *out, const struct report *report)
{
	char title[400] = "grantwatch: no known message about grants was found";

	if (report->nr)
		finding__title(worst(report), title, sizeof(title));
	fputs("### Qubes OS release\n\n(in dom0: cat /etc/qubes-release)\n\n### Brief summary\n\n",
	      out);
	print_escaped(out, ESCAPE_MARKDOWN, title);
	fputs("\n\n### Steps to reproduce\n\n(what was done before it happened, and how often it happens)\n\n"
	      "### Expected behavior\n\nNo message of this kind; devices keep working.\n\n"
	      "### Actual behavior\n\n",
	      out);
}

static void github_begin(FILE *out, const struct report *report)
{
	char headline[512];

	if (report->issue)
		begin_issue(out, report);
	report__headline(report, headline, sizeof(headline));
	if (!*headline)
		return;
	fputs("**", out);
	print_escaped(out, ESCAPE_MARKDOWN, headline);
	fputs("**\n\n", out);
}

static void github_end(FILE *out, const struct report *report)
{
	if (report->issue)
		fputs("### Additional information\n\n", out);
	print(out, report, doc__summary(report));
}

const struct renderer github_renderer = {
	.begin = github_begin,
	.finding = github_finding,
	.end = github_end,
};
