// SPDX-License-Identifier: GPL-2.0
/* Plain ASCII at 76 columns, for mailing lists. It needs no attachment. */
#include <string.h>

#include "renderers/document.h"
#include "util/escape.h"

#define WIDTH 76

static void print_heading(FILE *out, const char *text)
{
	size_t i;

	fputc('\n', out);
	print_wrapped(out, ESCAPE_ASCII, "", "", WIDTH, text);
	for (i = 0; i < min(strlen(text), (size_t)WIDTH); i++)
		fputc('-', out);
	fputc('\n', out);
}

static void print_part(FILE *out, const struct doc_part *part)
{
	char label[40];

	switch (part->type) {
	case DOC_TITLE:
		print_wrapped(out, ESCAPE_ASCII, "Subject: ", " ", WIDTH, part->text);
		fputc('\n', out);
		break;
	case DOC_PARAGRAPH:
		print_wrapped(out, ESCAPE_ASCII, "", "", WIDTH, part->text);
		break;
	case DOC_SECTION:
	case DOC_LONG:
		print_heading(out, part->text);
		break;
	case DOC_ITEM:
		snprintf(label, sizeof(label), "* %s: ", part->label);
		print_wrapped(out, ESCAPE_ASCII, label, "  ", WIDTH, part->text);
		break;
	case DOC_LINE:
		print_wrapped(out, ESCAPE_ASCII, "", "        ", WIDTH, part->text);
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

static void mail_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	print(out, doc__finding(report, finding));
	fputs("\n\n", out);
}

static void mail_end(FILE *out, const struct report *report)
{
	print(out, doc__summary(report));
}

const struct renderer mail_renderer = {
	.finding = mail_finding,
	.end = mail_end,
};
