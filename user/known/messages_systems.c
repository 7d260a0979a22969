// SPDX-License-Identifier: GPL-2.0
/* Messages of other kernels: FreeBSD, NetBSD, illumos, mini-os and its kin, Windows. */
#include "known/messages_tables.h"

static const struct known_message rows[] = {
	{.id = "freebsd-leak",
	 .format = "leaking g.e. still in use!",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_FREEBSD,
	 .role = ROLE_GRANTER,
	 .from = "FreeBSD's grant table",
	 .bugs = "G14",
	 .meaning = "grants that are still mapped were given up for ever"},
};

const struct message_table messages_systems = {rows, ARRAY_SIZE(rows)};
