// SPDX-License-Identifier: GPL-2.0
/* Messages of Xen: xen/common/grant_table.c, xen/arch/x86/mm.c, xen/xsm/flask. */
#include "known/messages_tables.h"

static const struct known_message rows[] = {
	{.id = "xen-bad-ref",
	 .format = "Bad ref <ref:#> for <granter>",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_XEN,
	 .caller = ROLE_MAPPER,
	 .debug_build = true,
	 .since = "4.9",
	 .from = "Xen (debug build)",
	 .bugs = "",
	 .meaning = "a domain mapped a ref that is beyond the granter's table"},
	{.id = "xen-bad-reference",
	 .format = "Bad grant reference <ref:#>",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_XEN,
	 .caller = ROLE_MAPPER,
	 .debug_build = true,
	 .since = "4.9",
	 .from = "Xen (debug build)",
	 .bugs = "",
	 .meaning = "a domain copied by a ref that is beyond the granter's table"},
	{.id = "xen-bad-flags",
	 .format = "Bad flags (<n:x>) or dom (<domain>); expected <mapper>",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_XEN,
	 .caller = ROLE_MAPPER,
	 .debug_build = true,
	 .since = "4.10",
	 .from = "Xen (debug build)",
	 .bugs = "G1",
	 .meaning =
		 "a domain mapped a ref that is not granted to it, or not any more: Xen refused it"},
	{.id = "implicit-unmap",
	 .format = "Attempt to implicitly unmap <mapper>'s grant PTE <n:x>",
	 .weight = MESSAGE_TROUBLE,
	 .origin = ORIGIN_XEN,
	 .since = "4.17",
	 .from = "Xen",
	 .bugs = "G6",
	 .meaning = "a kernel overwrote a page-table entry that maps a grant"},
};

const struct message_table messages_xen = {rows, ARRAY_SIZE(rows)};
