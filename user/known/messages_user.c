// SPDX-License-Identifier: GPL-2.0
/* Messages of libraries and daemons: libxengnttab, libxc, QEMU, blktap, Qubes. */
#include "known/messages_tables.h"

static const struct known_message rows[] = {
	{.id = "gnttab-mmap",
	 .format = "mmap failed: No such device or address",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_LIBXEN,
	 .role = ROLE_MAPPER,
	 .from = "libxengnttab",
	 .bugs = "G12",
	 .meaning = "a program could not map the second page of one gntdev file"},
	{.id = "gntshr-nospace",
	 .format = "gntshr: error: ioctl failed: No space left on device",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_LIBXEN,
	 .role = ROLE_GRANTER,
	 .from = "libxengnttab",
	 .bugs = "G16 G13",
	 .meaning = "gntalloc is at its limit or the grant table is full"},
};

const struct message_table messages_user = {rows, ARRAY_SIZE(rows)};
