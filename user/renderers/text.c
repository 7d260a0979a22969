// SPDX-License-Identifier: GPL-2.0
/* Reports for a terminal, after KCSAN's grammar: a title that can be an issue's title, then each side. */
#include "renderers/document.h"
#include "renderers/escape.h"

#define WIDTH 110

static const char rule[] = "==================================================================\n";

static void print_part(FILE *out, const struct doc_part *part)
{
	char label[40];

	switch (part->type) {
	case DOC_TITLE:
		print_escaped(out, ESCAPE_PLAIN, part->text);
		fputc('\n', out);
		break;
	case DOC_PARAGRAPH:
		print_wrapped(out, ESCAPE_PLAIN, "", "  ", WIDTH, part->text);
		break;
	case DOC_SECTION:
	case DOC_LONG:
		fputc('\n', out);
		print_escaped(out, ESCAPE_PLAIN, part->text);
		fputs(":\n", out);
		break;
	case DOC_ITEM:
		snprintf(label, sizeof(label), "  %s: ", part->label);
		print_wrapped(out, ESCAPE_PLAIN, label, "    ", WIDTH, part->text);
		break;
	case DOC_LINE:
		fputs(part->key || part->text[0] == ' ' ? "" : "    ", out);
		print_escaped(out, ESCAPE_PLAIN, part->text);
		fputc('\n', out);
		break;
	case DOC_PICTURE:
		break;
	}
}

static void print(FILE *out, struct doc *doc)
{
	u32 i;

	for (i = 0; doc && i < doc->nr; i++)
		print_part(out, &doc->part[i]);
	doc__free(doc);
}

static void text_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	fputs(rule, out);
	print(out, doc__finding(report, finding));
	fputs(rule, out);
}

static void text_end(FILE *out, const struct report *report)
{
	print(out, doc__summary(report));
}

const struct renderer text_renderer = {
	.name = "text",
	.what = "for a terminal",
	.finding = text_finding,
	.end = text_end,
};
