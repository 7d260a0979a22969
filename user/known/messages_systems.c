// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of other kernels. None has a list of deferred grants: a grant that is still mapped when
 * it ends is lost.
 *
 *	FreeBSD		sys/xen/gnttab.c
 *	NetBSD		sys/arch/xen/xen/xengnt.c, xbdback_xenbus.c
 *	illumos		uts/common/xen
 *	mini-os		gnttab.c, gntmap.c, and copies in GRUB, EDK II, Unikraft, Zephyr, MirageOS
 *	Windows		win-xenbus src/xenbus/gnttab.c, GPLPV, VMDP
 */
#include "known/messages_tables.h"

#define OTHER(row, level, source, part, who)                                                  \
	.id = row, .weight = MESSAGE_##level, .origin = ORIGIN_##source, .role = ROLE_##part, \
	.from = who

static const struct known_message rows[] = {
	{OTHER("freebsd-in-use", TROUBLE, FREEBSD, GRANTER, "FreeBSD's grant table"),
	 .bugs = "G2 G1", .format = "gnttab_end_foreign_access_ref: WARNING: g.e. still in use!",
	 .meaning = "a grant was ended while it was mapped"},
	{OTHER("freebsd-leak", TROUBLE, FREEBSD, GRANTER, "FreeBSD's grant table"), .bugs = "G14",
	 .format = "gnttab_end_foreign_access: WARNING: leaking g.e. and page still in use!",
	 .meaning = "a grant that is still mapped was given up for ever, with its page"},
	{OTHER("freebsd-leak", TROUBLE, FREEBSD, GRANTER, "FreeBSD's grant table"), .bugs = "G14",
	 .format = "leaking g.e. still in use!",
	 .meaning = "a grant that is still mapped was given up for ever"},
	{OTHER("leaking-page-other", TROUBLE, WINDOWS, GRANTER, "grant table"), .bugs = "G14",
	 .format = "leaking g.e. and page still in use!",
	 .meaning = "a grant that is still mapped was given up for ever, with its page"},

	{OTHER("netbsd-in-use", CRASH, NETBSD, GRANTER, "NetBSD's grant table"), .bugs = "G2 G1",
	 .format = "xengnt_revoke_access: still in use",
	 .meaning = "a grant was ended while it was mapped, and the kernel stops"},
	{OTHER("netbsd-table-full", TROUBLE, NETBSD, GRANTER, "NetBSD's grant table"),
	 .bugs = "G16", .format = "xengnt_get_entry: out of grant table entries",
	 .meaning = "the domain's grant table is full"},
	{OTHER("netbsd-table-full", CRASH, NETBSD, GRANTER, "NetBSD's grant table"),
	 .bugs = "G16 G25", .format = "xengnt_resume: can't restore grant frames",
	 .meaning = "the grant table is smaller after resume, and the kernel stops"},
	{OTHER("netbsd-table-full", TROUBLE, NETBSD, GRANTER, "NetBSD's grant table"),
	 .status = STATUS_GNTST, .bugs = "G16",
	 .format = "xengnt_more_entries: setup table returned <status>",
	 .meaning = "the domain could not enlarge its grant table"},
	{OTHER("netbsd-hypercall", CRASH, NETBSD, MAPPER, "NetBSD's backends"), .bugs = "",
	 .format = "xen_shm_map: HYPERVISOR_grant_table_op failed",
	 .meaning = "Xen does not know the grant operation, and the kernel stops"},
	{OTHER("netbsd-hypercall", CRASH, NETBSD, MAPPER, "NetBSD's backends"), .bugs = "",
	 .format = "xen_shm_unmap: unmap failed",
	 .meaning = "Xen does not know the grant operation, and the kernel stops"},
	{OTHER("netbsd-ring", TROUBLE, NETBSD, MAPPER, "NetBSD's xbdback"), .status = STATUS_GNTST,
	 .bugs = "", .format = "xbdback <disk>: can't map grant ref: <n>/<status>",
	 .meaning = "a backend could not map the ring of a disk"},
	{OTHER("netbsd-ring", TROUBLE, NETBSD, MAPPER, "NetBSD's xbdback"), .bugs = "",
	 .format = "xbdback <disk>: can't map grant ref",
	 .meaning = "a backend could not map the ring of a disk"},

	{OTHER("illumos-in-use", CRASH, ILLUMOS, GRANTER, "illumos' xnf"), .bugs = "",
	 .format = "tx grant still in use by backend domain",
	 .meaning = "a frontend could not take a grant back, and the kernel stops"},

	{OTHER("minios-in-use", TROUBLE, MINIOS, GRANTER, "mini-os or its kin"), .bugs = "",
	 .format = "WARNING: g.e. still in use! (<n:x>)",
	 .meaning = "a grant was ended while it was mapped; the number is its flags"},
	{OTHER("minios-map", TROUBLE, MINIOS, MAPPER, "mini-os or its kin"), .status = STATUS_GNTST,
	 .bugs = "", .format = "GNTTABOP_map_grant_ref failed: returned <n>, status <status>",
	 .meaning = "Xen refused a map"},
	{OTHER("minios-unmap", TROUBLE, MINIOS, MAPPER, "mini-os or its kin"),
	 .status = STATUS_GNTST, .bugs = "",
	 .format = "GNTTABOP_unmap_grant_ref failed: returned <n>, status <status>",
	 .meaning = "Xen refused an unmap"},
	{OTHER("minios-unmap", TROUBLE, MINIOS, MAPPER, "mini-os or its kin"), .bugs = "",
	 .format = "gntmap: tried to munmap unknown page",
	 .meaning = "a page was unmapped that is not mapped"},
	{OTHER("minios-transfer", ROUTINE, MINIOS, GRANTER, "mini-os or its kin"), .bugs = "",
	 .format = "Release unused transfer grant",
	 .meaning = "a grant for a transfer was given up unused"},
	{OTHER("minios-tpm", TROUBLE, MINIOS, MAPPER, "mini-os' tpmback"), .bugs = "",
	 .format = "Failed to map grant reference <granter>/<n>",
	 .meaning = "the virtual TPM could not map the ring of a domain; the second number is the "
		    "device"},
	{OTHER("mirage-map", TROUBLE, MINIOS, MAPPER, "MirageOS"), .bugs = "",
	 .format = "Failed to map grant ref", .meaning = "Xen refused a map"},
	{OTHER("mirage-unmap", TROUBLE, MINIOS, MAPPER, "MirageOS"), .bugs = "",
	 .format = "Failed to unmap grant", .meaning = "Xen refused an unmap"},

	{OTHER("windows-table-grows", CONTEXT, WINDOWS, NONE, "Windows' XENBUS"), .bugs = "",
	 .format = "added references [<n:x> - <n:x>]",
	 .meaning = "a domain's grant table grows, as it does when devices are added"},
	{OTHER("windows-table-grows", CONTEXT, WINDOWS, NONE, "Windows' XENBUS"), .bugs = "",
	 .format = "adding refrences [<n:x> - <n:x>]",
	 .meaning = "a domain's grant table grows, as it does when devices are added"},
	{OTHER("windows-busy", TROUBLE, WINDOWS, GRANTER, "Windows' XENBUS"), .bugs = "G2 G1",
	 .format = "Reference <ref:x> is still busy",
	 .meaning = "a grant was ended while it was mapped"},
};

const struct message_table messages_systems = {rows, ARRAY_SIZE(rows)};
