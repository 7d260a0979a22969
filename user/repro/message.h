/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What two sides say to each other: one line of printable ASCII a message, each beginning with
 * "gw-repro SIDE ", so that a console which carries other things too, or echoes, will do. Described
 * in docs/repro.md.
 */
#ifndef GRANTWATCH_REPRO_MESSAGE_H
#define GRANTWATCH_REPRO_MESSAGE_H

#include "repro/actor.h"
#include "repro/window.h"

/* A guest's entry in xenstore has 2048 bytes at most. */
#define MESSAGE_MAX	1000
#define MESSAGE_VERSION 1

enum message_type {
	MSG_HELLO, /* VERSION ID SCRIPT-HASH: the first thing that a side says */
	MSG_JOIN,  /* ID: I have heard the hello with this id; anything before it was left by an
		      earlier run */
	MSG_REFS,  /* ROUND STEP NONCE SERIAL FIRST TOTAL RANGES: some of a window's refs */
	MSG_DONE,  /* ROUND STEP ERRNO TEXT: the step is done, and what came of it */
	MSG_STOP,  /* TEXT: I go no further */
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
 * 0; -EINVAL for a line that is no message or a malformed one. @line may hold anything that has a
 * NUL at its end.
 */
int message__parse(struct message *msg, const char *line);

#endif
