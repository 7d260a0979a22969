/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line to the other side. Carries whole messages in order; what is at its other end is not
 * trusted.
 */
#ifndef GRANTWATCH_REPRO_CHANNEL_H
#define GRANTWATCH_REPRO_CHANNEL_H

#include "repro/message.h"

struct channel;

struct channel_ops {
	/* 0 or -errno. */
	int (*send)(struct channel *channel, const char *line);
	/*
	 * A line without its end in @line: 0; -ETIMEDOUT at @deadline; -EPIPE when the other side
	 * is gone.
	 */
	int (*receive)(struct channel *channel, char *line, size_t size, u64 deadline);
	void (*close)(struct channel *channel);
};

/* The head of each kind's own struct. */
struct channel {
	const struct channel_ops *ops;
	enum side side; /* ours */
	u64 id;		/* of our hello */
};

/* Two descriptors, which may be the same; they are not closed. NULL when there is no memory. */
struct channel *channel__open_fds(enum side side, int in, int out);

/* A node in xenstore that both sides can reach. NULL after a message. */
struct channel *channel__open_xenstore(enum side side, const char *path);

void channel__close(struct channel *channel);

/* Fills in whose it is. 0 or -errno. */
int channel__send(struct channel *channel, struct message *msg);

/*
 * The other side's next message; lines that are none, and our own when something echoes them, are
 * skipped. Errors as of channel_ops::receive.
 */
int channel__receive(struct channel *channel, struct message *msg, u64 deadline);

/* Find the other side and agree on the script. 0, or -errno after a message. */
int channel__join(struct channel *channel, u64 script_hash, u64 deadline);

#endif
