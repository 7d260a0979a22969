// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "repro/channel.h"
#include "util/log.h"
#include "util/monotonic.h"

int channel__send(struct channel *channel, struct message *msg)
{
	char line[MESSAGE_MAX];

	msg->side = channel->side;
	message__format(msg, line, sizeof(line));
	pr_debug("> %s", line);
	return channel->ops->send(channel, line);
}

int channel__receive(struct channel *channel, struct message *msg, u64 deadline)
{
	char line[MESSAGE_MAX];
	int err;

	/* An endless stream of messages must not delay the end. */
	while (now_mono() < deadline) {
		err = channel->ops->receive(channel, line, sizeof(line), deadline);
		if (err)
			return err;
		if (message__parse(msg, line))
			continue;
		pr_debug("< %s", line);
		if (msg->side != channel->side)
			return 0;
		if (msg->type == MSG_HELLO && msg->id != channel->id) {
			pr_err("both sides are the %s: give one --role %s",
			       side_names[channel->side], side_names[!channel->side]);
			return -EPROTO;
		}
	}
	return -ETIMEDOUT;
}

void channel__close(struct channel *channel)
{
	if (channel)
		channel->ops->close(channel);
}

static int check_hello(const struct channel *channel, const struct message *msg, u64 script_hash)
{
	if (msg->version != MESSAGE_VERSION) {
		pr_err("the other side speaks version %u of the protocol, this one version %u: use "
		       "the same "
		       "grantwatch",
		       msg->version, MESSAGE_VERSION);
		return -EPROTO;
	}
	if (msg->hash != script_hash) {
		pr_err("the other side has another script: give both the same, and the same "
		       "--pages and "
		       "--repeat");
		return -EPROTO;
	}
	return 0;
}

/*
 * Where messages are stored, as in xenstore, those of an earlier run may come first. A hello
 * therefore counts only from a side that has received this side's: all before its "join" with this
 * side's id is old.
 */
int channel__join(struct channel *channel, u64 script_hash, u64 deadline)
{
	struct message hello = {
		.type = MSG_HELLO,
		.version = MESSAGE_VERSION,
		.hash = script_hash,
	};
	struct message msg, theirs = {0};
	bool heard = false;
	int err;

	if (getrandom(&channel->id, sizeof(channel->id), 0) != sizeof(channel->id))
		return -EIO;
	hello.id = channel->id;
	err = channel__send(channel, &hello);
	while (!err) {
		err = channel__receive(channel, &msg, deadline);
		if (err)
			break;
		if (msg.type == MSG_HELLO) {
			struct message join = {.type = MSG_JOIN, .id = msg.id};

			theirs = msg;
			heard = true;
			err = channel__send(channel, &join);
		} else if (msg.type == MSG_JOIN && msg.id == channel->id && heard) {
			return check_hello(channel, &theirs, script_hash);
		}
	}
	if (err == -ETIMEDOUT)
		pr_err("the other side did not connect: start 'grantwatch repro --role %s' there",
		       side_names[!channel->side]);
	else
		pr_err("channel: %s", strerror(-err));
	return err;
}
