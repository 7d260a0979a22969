// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of programs:
 *
 *	Xen	tools/libs/gnttab (from 4.7), tools/libxc (up to 4.6)
 *	QEMU	hw/xen, hw/block/xen_disk.c, hw/block/dataplane/xen-block.c
 *	blktap	its drivers and tapback
 *	Qubes	gui-daemon, gui-agent-linux
 */
#include "known/messages_tables.h"

#define PROGRAM(row, source, part, who)                                                       \
	.id = row, .weight = MESSAGE_TROUBLE, .origin = ORIGIN_##source, .role = ROLE_##part, \
	.from = who

static const struct known_message rows[] = {
	/* libxengnttab: xentoollog writes "gnttab: error: WHAT: ERRNO" */
	{PROGRAM("gnttab-mmap-second", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7",
	 .bugs = "G12", .format = "gnttab: error: mmap failed: No such device or address",
	 .meaning = "a program could not map the second page of one gntdev file"},
	{PROGRAM("gnttab-mmap-refused", LIBXEN, MAPPER, "libxengnttab"), .refused = true,
	 .since = "4.7", .bugs = "G1", .format = "gnttab: error: mmap failed: Invalid argument",
	 .meaning = "Xen refused a map: the ref is not granted to the program's domain, or not any "
		    "more, or its domain does not exist"},
	{PROGRAM("gnttab-mmap", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gnttab: error: mmap failed:", .meaning = "a program could not map grants"},
	{PROGRAM("gnttab-mmap", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gnttab: error: mmap of map failed:",
	 .meaning = "a program could not map grants: no memory for their list"},
	{PROGRAM("gnttab-ioctl", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gnttab: error: ioctl MAP_GRANT_REF failed:",
	 .meaning = "gntdev refused the announcement of refs, for instance at its limit"},
	{PROGRAM("gnttab-ioctl", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gnttab: error: ioctl SET_MAX_GRANTS failed:",
	 .meaning = "gntdev does not accept a new limit of refs"},
	{PROGRAM("gnttab-ioctl", LIBXEN, MAPPER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gnttab: error: ioctl SET_UNMAP_NOTIFY failed:",
	 .meaning = "gntdev refused the notification that it should send at the unmap"},
	{PROGRAM("gnttab-copy", LIBXEN, MAPPER, "libxengnttab"), .refused = true, .since = "4.8",
	 .bugs = "", .format = "gnttab: error: ioctl GRANT COPY failed <n>",
	 .meaning = "gntdev could not copy by refs"},
	{PROGRAM("gnttab-dmabuf", LIBXEN, MAPPER, "libxengnttab"), .since = "4.12", .bugs = "",
	 .format = "gnttab: error: ioctl DMABUF_<text> failed:",
	 .meaning = "gntdev could not import or export a dma-buf"},
	{PROGRAM("gntshr-nospace", LIBXEN, GRANTER, "libxengnttab"), .since = "4.7",
	 .bugs = "G16 G13", .format = "gntshr: error: ioctl failed: No space left on device",
	 .meaning = "gntalloc is at its limit or the grant table is full"},
	{PROGRAM("gntshr-ioctl", LIBXEN, GRANTER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gntshr: error: ioctl failed:", .meaning = "a program could not grant pages"},
	{PROGRAM("gntshr-ioctl", LIBXEN, GRANTER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gntshr: error: mmap failed:",
	 .meaning = "a program could not map the pages that it granted"},
	{PROGRAM("gntshr-ioctl", LIBXEN, GRANTER, "libxengnttab"), .since = "4.7", .bugs = "",
	 .format = "gntshr: error: ioctl SET_UNMAP_NOTIFY failed:",
	 .meaning = "gntalloc refused the notification that it should send when a page is freed"},

	/* libxc: "xc: error: WHAT (ERRNO = TEXT): Internal error" from 4.1 on */
	{PROGRAM("gnttab-mmap-refused", LIBXEN, MAPPER, "libxc"), .refused = true, .until = "4.6",
	 .status = STATUS_ERRNO, .bugs = "G1",
	 .format = "xc_gnttab_map_grant_refs: mmap failed (22 = Invalid argument)",
	 .meaning = "Xen refused a map: the ref is not granted to the program's domain, or not any "
		    "more, or its domain does not exist"},
	{PROGRAM("gnttab-mmap", LIBXEN, MAPPER, "libxc"), .until = "4.6", .status = STATUS_ERRNO,
	 .bugs = "", .format = "xc_gnttab_map_grant_refs: mmap failed (<status> = ",
	 .meaning = "a program could not map grants"},
	{PROGRAM("gnttab-mmap", LIBXEN, MAPPER, "libxc"), .until = "4.0", .bugs = "",
	 .format = "xc_gnttab_map_grant_refs: mmap failed: ",
	 .meaning = "a program could not map grants"},
	{PROGRAM("gnttab-mmap", LIBXEN, MAPPER, "libxc"), .until = "4.0", .bugs = "",
	 .format = "xc_gnttab_map_grant_ref: mmap failed: ",
	 .meaning = "a program could not map a grant"},
	{PROGRAM("gnttab-ioctl", LIBXEN, MAPPER, "libxc"), .until = "4.6", .status = STATUS_ERRNO,
	 .bugs = "", .format = "linux_gnttab_grant_map: ioctl MAP_GRANT_REF failed (<status> = ",
	 .meaning = "gntdev refused the announcement of refs, for instance at its limit"},
	{PROGRAM("gntshr-nospace", LIBXEN, GRANTER, "libxc"), .until = "4.6",
	 .status = STATUS_ERRNO, .bugs = "G16 G13",
	 .format = "linux_gntshr_share_pages: ioctl failed (28 = ",
	 .meaning = "gntalloc is at its limit or the grant table is full"},
	{PROGRAM("gntshr-ioctl", LIBXEN, GRANTER, "libxc"), .until = "4.6", .status = STATUS_ERRNO,
	 .bugs = "", .format = "linux_gntshr_share_pages: ioctl failed (<status> = ",
	 .meaning = "a program could not grant pages"},

	/* QEMU */
	{PROGRAM("qemu-map", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "xengnttab_map_domain_grant_refs failed",
	 .meaning = "QEMU could not map grants of a frontend"},
	{PROGRAM("qemu-map", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "failed to map grant references: xengnttab_map_domain_grant_refs failed",
	 .meaning = "QEMU could not map the ring of a disk"},
	{PROGRAM("qemu-map", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "can't map grant ref <ref> (<text>, <n> maps)",
	 .meaning = "QEMU could not map a page of a disk request"},
	{PROGRAM("qemu-map", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "<disk>: can't map grant ref <ref> (<text>, <n> maps)",
	 .meaning = "QEMU could not map a page of a disk request"},
	{PROGRAM("qemu-map", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "<disk>: can't map <n> grant refs (<text>, <n> maps)",
	 .meaning = "QEMU could not map the pages of a disk request"},
	{PROGRAM("qemu-copy", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "xengnttab_grant_copy failed", .meaning = "QEMU could not copy by refs"},
	{PROGRAM("qemu-copy", QEMU, MAPPER, "QEMU"), .refused = true, .bugs = "",
	 .format = "xengnttab_grant_copy seg[<n>] failed",
	 .meaning = "QEMU could not copy by one of several refs"},
	{PROGRAM("qemu-unmap", QEMU, MAPPER, "QEMU"), .bugs = "",
	 .format = "xengnttab_unmap failed", .meaning = "QEMU could not unmap grants"},
	{PROGRAM("qemu-unmap", QEMU, MAPPER, "QEMU"), .bugs = "",
	 .format = "xengnttab_unmap region <text> failed",
	 .meaning = "QEMU could not unmap persistent grants"},

	/* blktap: GNTST_* of one segment, else an errno's text */
	{PROGRAM("blktap-copy", BLKTAP, MAPPER, "tapdisk"), .status = STATUS_GNTST, .bugs = "",
	 .format = "req <n>: failed to grant-copy segment <n>: <status>",
	 .meaning = "tapdisk could not copy by the ref of a segment"},
	{PROGRAM("blktap-copy", BLKTAP, MAPPER, "tapdisk"), .bugs = "",
	 .format = "failed to grant-copy request <n> (<n> segments)",
	 .meaning = "tapdisk could not copy by the refs of a request"},
	{PROGRAM("blktap-ring", BLKTAP, MAPPER, "tapdisk"), .bugs = "",
	 .format = "failed to map domain's grant references: ",
	 .meaning = "tapdisk could not map the ring of a disk"},
	{PROGRAM("blktap-device", BLKTAP, MAPPER, "tapdisk"), .bugs = "",
	 .format = "failed to open the grant device: ",
	 .meaning = "tapdisk has no gntdev: is the module loaded?"},
	{.id = "blktap-persistent",
	 .origin = ORIGIN_BLKTAP,
	 .from = "tapback",
	 .bugs = "",
	 .format = "front-end supports persistent grants but we don't",
	 .meaning = "a disk works without persistent grants"},

	/* Qubes */
	{PROGRAM("guid-map", QUBES, MAPPER, "qubes-gui-daemon"), .bugs = "",
	 .format = "ioctl(IOCTL_GNTDEV_MAP_GRANT_REF)",
	 .meaning = "gntdev did not take the refs of a window: the GUI daemon ends"},
	{PROGRAM("guid-index", QUBES, MAPPER, "qubes-gui-daemon"), .bugs = "",
	 .format = "ioctl(IOCTL_GNTDEV_MAP_GRANT_REF) set index to nonzero value <n>",
	 .meaning = "gntdev's file has other pages than those of the window"},
	{PROGRAM("guid-attach", QUBES, MAPPER, "qubes-gui-daemon"), .bugs = "G1",
	 .format = "xcb_shm_attach_fd failed for window",
	 .meaning =
		 "the X server could not map a window's pages: refs that were freed are refused"},
	{PROGRAM("shmoverride-open", QUBES, MAPPER, "shmoverride"), .bugs = "",
	 .format = "shmoverride: xengnttab_open failed",
	 .meaning = "the X server cannot map windows: no gntdev"},
	{PROGRAM("agent-no-refs", QUBES, GRANTER, "qubes-gui-agent"), .bugs = "G16 G13",
	 .format = "Failed to allocate <n> grant pages!",
	 .meaning = "the GUI agent could not grant a window"},
	{PROGRAM("agent-no-refs", QUBES, GRANTER, "qubes-gui-agent"), .bugs = "G16 G13",
	 .format = "can't dump window without grant table allocation",
	 .meaning = "the GUI agent has a window that it could not grant"},
	{PROGRAM("agent-open", QUBES, GRANTER, "qubes-gui-agent"), .bugs = "",
	 .format = "Failed to open xengntshr: ",
	 .meaning = "the GUI agent cannot grant windows: no gntalloc"},
};

const struct message_table messages_user = {rows, ARRAY_SIZE(rows)};
