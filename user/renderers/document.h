/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a report for people says, in which order and words, whatever it will look like: the grammar
 * of text, github, mail and html has its home here. Texts are not escaped yet.
 */
#ifndef GRANTWATCH_DOCUMENT_H
#define GRANTWATCH_DOCUMENT_H

#include "renderers/renderer.h"

enum doc_type {
	DOC_TITLE, /* fit to be an issue's title */
	DOC_PARAGRAPH,
	DOC_SECTION, /* text is a heading; up to the next one it belongs together */
	DOC_LONG,    /* the same; may be folded away */
	DOC_ITEM,    /* label and text */
	DOC_LINE,    /* keep as it is: a frame, a step */
	DOC_PICTURE, /* the finding's timeline, where the format can show it */
};

struct doc_part {
	enum doc_type type;
	bool key;	/* of a DOC_LINE: the one that makes it a finding */
	bool ours;	/* references of ours, with links that may work */
	char label[24]; /* of a DOC_ITEM */
	char *text;
};

struct doc {
	struct doc_part *part;
	u32 nr, size;
};

/* What is said of @finding, or of the whole run. Without memory the process ends. */
struct doc *doc__finding(const struct report *report, const struct finding *finding);
struct doc *doc__summary(const struct report *report);
void doc__free(struct doc *doc);

/* A party without what differs from run to run: "gntdev in Xorg". */
const char *party__label(const struct party *party, char *buf, size_t size);

/* The finding's title: fit to be an issue's, the same for the same bug. */
void finding__title(const struct finding *finding, char *buf, size_t size);

#endif
