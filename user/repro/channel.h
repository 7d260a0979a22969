/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel to the other side. It carries complete messages in order. The other side is not
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
	 * Receives a line without its end. Returns 0, -ETIMEDOUT at @deadline, or -EPIPE if the
	 * other side is gone.
	 */
	int (*receive)(struct channel *channel, char *line, size_t size, u64 deadline);
	void (*close)(struct channel *channel);
};

/* First member of each kind's structure. */
struct channel {
	const struct channel_ops *ops;
	enum side side; /* ours */
	u64 id;		/* of our hello */
};

/* Uses two descriptors, which may be the same and are not closed. Returns NULL without memory. */
struct channel *channel__open_fds(enum side side, int in, int out);

/* Uses a node in xenstore that both sides can access. Returns NULL after logging the error. */
struct channel *channel__open_xenstore(enum side side, const char *path);

void channel__close(struct channel *channel);

/* Fills in the sender and sends. Returns 0 or -errno. */
int channel__send(struct channel *channel, struct message *msg);

/*
 * Receives the other side's next message. Skips other lines, and echoes of this side's. Errors as
 * of channel_ops::receive.
 */
int channel__receive(struct channel *channel, struct message *msg, u64 deadline);

/* Finds the other side and agrees on the script. Returns 0, or -errno after logging the error. */
int channel__join(struct channel *channel, u64 script_hash, u64 deadline);

#endif
