/* SPDX-License-Identifier: GPL-2.0 */
/* The rows of the table of messages, by origin. */
#ifndef GRANTWATCH_MESSAGES_TABLES_H
#define GRANTWATCH_MESSAGES_TABLES_H

#include "known/messages.h"

struct message_table {
	const struct known_message *row;
	u32 nr;
};

/* X(origin): each is messages_ORIGIN in messages_ORIGIN.c. */
#define MESSAGE_TABLES(X) X(context) X(linux) X(drivers) X(xen) X(user) X(systems)

#define TABLE_DECLARE(origin) extern const struct message_table messages_##origin;
MESSAGE_TABLES(TABLE_DECLARE)
#undef TABLE_DECLARE

#endif
