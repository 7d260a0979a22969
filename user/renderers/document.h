/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contents, order and wording of reports for people, for any format: text, github, mail and
 * html print it. Texts are not escaped yet.
 */
#ifndef GRANTWATCH_DOCUMENT_H
#define GRANTWATCH_DOCUMENT_H

#include "renderers/renderer.h"

enum doc_type {
	DOC_TITLE, /* fit to be an issue's title */
	DOC_PARAGRAPH,
	DOC_SECTION, /* text is a heading for the parts up to the next section */
	DOC_LONG,    /* a section that may be folded */
	DOC_ITEM,    /* label and text */
	DOC_LINE,    /* printed as it is: a frame, a step */
	DOC_PICTURE, /* the finding's timeline, in formats that can show it */
};

struct doc_part {
	enum doc_type type;
	bool key;	/* for a DOC_LINE: the step that makes it a finding */
	bool ours;	/* the project's own references, whose links may stay active */
	char label[24]; /* of a DOC_ITEM */
	char *text;
};

struct doc {
	struct doc_part *part;
	u32 nr, size;
};

/*
 * Returns what a report has about @finding, or about the whole run. Without memory the process
 * ends. The caller frees it.
 */
struct doc *doc__finding(const struct report *report, const struct finding *finding);
struct doc *doc__summary(const struct report *report);
void doc__free(struct doc *doc);

/* Writes what was found, in one line; "" nothing. */
void report__headline(const struct report *report, char *buf, size_t size);

/* Writes the finding's title: fit to be an issue's, and the same for the same bug. */
void finding__title(const struct finding *finding, char *buf, size_t size);

#endif
