/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages between the two sides: a line of printable ASCII for each, beginning with "gw-repro SIDE
 * ", so that a console with other output or an echo can carry them. Described in docs/repro.md.
 */
#ifndef GRANTWATCH_REPRO_MESSAGE_H
#define GRANTWATCH_REPRO_MESSAGE_H

#include "repro/actor.h"
#include "repro/window.h"

/* A guest's entry in xenstore has at most 2048 bytes. */
#define MESSAGE_MAX	1000
#define MESSAGE_VERSION 1

enum message_type {
	MSG_HELLO, /* VERSION ID SCRIPT-HASH: a side's first message */
	/* ID: answers the hello with this id; messages before it are of an earlier run */
	MSG_JOIN,
	MSG_REFS, /* ROUND STEP NONCE SERIAL FIRST TOTAL RANGES: some of a window's refs */
	MSG_DONE, /* ROUND STEP ERRNO TEXT: the step is done, with this result */
	MSG_STOP, /* TEXT: the side has given up */
	NR_MESSAGES,
};

struct message {
	enum message_type type;
	enum side side; /* whose it is */
	u32 version;
	u64 id;
	u64 hash;
	u32 round, step;
	u64 nonce;
	u32 serial, first, total;
	int err;
	char text[MESSAGE_MAX]; /* ranges, or words for people */
};

/* Without a line end. */
void message__format(const struct message *msg, char *buf, size_t size);

/*
 * Returns 0, or -EINVAL for a line that is no valid message. @line may have any contents with a NUL
 * at the end.
 */
int message__parse(struct message *msg, const char *line);

#endif
