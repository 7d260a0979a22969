// SPDX-License-Identifier: GPL-2.0
/*
 * One self-contained file without scripts, styles or pictures from elsewhere, with a policy that
 * makes browsers refuse them.
 */
#include "renderers/document.h"
#include "renderers/picture.h"
#include "util/escape.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	"<meta http-equiv=\"Content-Security-Policy\" "
	"content=\"default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\"/>\n"
	"<meta name=\"referrer\" content=\"no-referrer\"/>\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	"<title>grantwatch report</title>\n"
	"<style>\n"
	"body { font: 15px/1.45 sans-serif; color: #1a1a1a; background: #fff; max-width: 1080px; "
	"margin: 1.5em auto; padding: 0 1em; }\n"
	"h2 { font-size: 1.25em; margin: 0 0 .4em; overflow-wrap: anywhere; }\n"
	"h3, summary { font-size: 1em; font-weight: bold; margin: 1em 0 .3em; }\n"
	"summary { cursor: pointer; }\n"
	"article { border: 1px solid #b8b8b8; border-left: 6px solid #1a1a1a; padding: 1em; margin: 0 0 1.5em; }\n"
	"article.alarm { border-left-color: #c00000; }\n"
	"article.warning { border-left-color: #b06a00; }\n"
	"pre { background: #f4f4f4; padding: .6em; overflow-x: auto; font-size: 13px; margin: .3em 0; }\n"
	"article.alarm pre b { color: #a00000; }\n"
	"article.warning pre b { color: #8a5300; }\n"
	"dl { display: grid; grid-template-columns: max-content 1fr; gap: .25em 1em; margin: .3em 0; }\n"
	"dt { font-weight: bold; } dd { margin: 0; overflow-wrap: anywhere; }\n"
	"figure { margin: 1em 0; overflow-x: auto; } svg { max-width: 100%; height: auto; min-width: 720px; }\n"
	"@media print { details { display: block; } }\n"
	"</style>\n</head>\n<body>\n<h1>grantwatch report</h1>\n";

/* Elements that are open. */
struct html_state {
	bool folded, list, pre;
};

static void close_block(FILE *out, struct html_state *state)
{
	if (state->list)
		fputs("</dl>\n", out);
	if (state->pre)
		fputs("</pre>\n", out);
	state->list = state->pre = false;
}

static void close_section(FILE *out, struct html_state *state)
{
	close_block(out, state);
	if (state->folded)
		fputs("</details>\n", out);
	state->folded = false;
}

static void print_element(FILE *out, const char *open, const char *text, const char *close)
{
	fputs(open, out);
	print_escaped(out, ESCAPE_XML, text);
	fputs(close, out);
}

static void print_item(FILE *out, const struct doc_part *part, struct html_state *state)
{
	if (!state->list) {
		close_block(out, state);
		fputs("<dl>\n", out);
	}
	state->list = true;
	print_element(out, "<dt>", part->label, "</dt>");
	print_element(out, "<dd>", part->text, "</dd>\n");
}

static void print_line(FILE *out, const struct doc_part *part, struct html_state *state)
{
	if (!state->pre) {
		close_block(out, state);
		fputs("<pre>", out);
	}
	state->pre = true;
	print_element(out, part->key ? "<b>" : "", part->text, part->key ? "</b>\n" : "\n");
}

static void print_part(FILE *out, const struct doc_part *part, struct html_state *state,
		       const struct finding *finding)
{
	switch (part->type) {
	case DOC_TITLE:
		print_element(out, "<h2>", part->text, "</h2>\n");
		break;
	case DOC_PARAGRAPH:
		close_block(out, state);
		print_element(out, "<p>", part->text, "</p>\n");
		break;
	case DOC_SECTION:
		close_section(out, state);
		print_element(out, "<h3>", part->text, "</h3>\n");
		break;
	case DOC_LONG:
		close_section(out, state);
		print_element(out, "<details><summary>", part->text, "</summary>\n");
		state->folded = true;
		break;
	case DOC_ITEM:
		print_item(out, part, state);
		break;
	case DOC_LINE:
		print_line(out, part, state);
		break;
	case DOC_PICTURE:
		close_section(out, state);
		if (!finding)
			break;
		fputs("<figure>\n", out);
		picture__print(out, finding);
		fputs("</figure>\n", out);
		break;
	}
}

static void print(FILE *out, struct doc *doc, const struct finding *finding)
{
	struct html_state state = {false, false, false};
	u32 i;

	for (i = 0; doc && i < doc->nr; i++)
		print_part(out, &doc->part[i], &state, finding);
	close_section(out, &state);
	doc__free(doc);
}

static void html_begin(FILE *out, const struct report *report)
{
	char headline[512];

	report__headline(report, headline, sizeof(headline));
	fputs(head, out);
	print_element(out, "<p><strong>", *headline ? headline : "Nothing was found.",
		      "</strong></p>\n");
}

static void html_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	fprintf(out, "<article class=\"%s\">\n", severity__name(class__severity(finding->class)));
	print(out, doc__finding(report, finding), finding);
	fputs("</article>\n", out);
}

static void html_end(FILE *out, const struct report *report)
{
	fputs("<article>\n", out);
	print(out, doc__summary(report), NULL);
	fputs("</article>\n</body>\n</html>\n", out);
}

const struct renderer html_renderer = {
	.begin = html_begin,
	.finding = html_finding,
	.end = html_end,
};
