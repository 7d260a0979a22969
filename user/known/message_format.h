/* SPDX-License-Identifier: GPL-2.0 */
/* Formats of known messages, parsed to tokens, and their comparison with a line. */
#ifndef GRANTWATCH_MESSAGE_FORMAT_H
#define GRANTWATCH_MESSAGE_FORMAT_H

#include "known/messages.h"

#define FORMAT_TOKENS 24

struct format_token {
	enum { TOKEN_LITERAL, TOKEN_SPACE, TOKEN_HOLE } type;
	enum message_hole hole;
	u8 base;	  /* 10, 16; 0: by its prefix */
	const char *text; /* of a literal */
	u32 len;
};

struct format {
	struct format_token token[FORMAT_TOKENS];
	u32 nr;
	u32 anchor; /* the longest literal */
	u32 weight; /* letters outside holes */
};

/* Returns 0, or -1 if @text is no format. @text stays in use. */
int format__parse(struct format *format, const char *text);

/*
 * Whether the line from @line to @end has @format with its anchor's first byte at @at. Fills
 * begin, end and values of @match in.
 */
bool format__match(const struct format *format, const char *line, const char *end, const char *at,
		   struct message_match *match);

#endif
