/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernels, Xen and libraries print about grants, in their own words and spelling: the one
 * table for the recorder, which looks at /dev/kmsg, for the rules, and for logs given to analyze.
 */
#ifndef GRANTWATCH_MESSAGES_H
#define GRANTWATCH_MESSAGES_H

#include "util/types.h"

#define NO_REF UINT32_MAX

/* What a line means, in the order of its weight; below MESSAGE_TROUBLE it happens every day. */
enum message_weight { MESSAGE_ROUTINE, MESSAGE_TROUBLE, MESSAGE_LOSS };

struct known_message {
	const char *id;	  /* stable, for fingerprints and scripts */
	const char *text; /* part of the line */
	const char *and;  /* another part, NULL: none */
	const char *ref;  /* the ref's number stands behind these words, NULL: the line has none */
	int base;	  /* that the number is printed in; 0: by its prefix */
	enum message_weight weight;
	const char *from;    /* who prints it */
	const char *bugs;    /* ids of known/bugs.h that it may be of, likeliest first */
	const char *meaning; /* one sentence */
};

/* The message that @line is, or NULL. Where several fit, the first in the table. */
const struct known_message *message__find(const char *line);

/* The table, for tests and documentation: entry @i, NULL behind the last one. */
const struct known_message *message__at(u32 i);

/* The ref that @line, which is @message, names; NO_REF if none or no number that can be one. */
u32 message__ref(const struct known_message *message, const char *line);

/* Where the message proper begins in @line: behind time stamp, host name and "kernel:". */
const char *message__begin(const struct known_message *message, const char *line);

#endif
