// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the frontends and backends of Linux 2.6 to 7.3:
 *
 *	drivers/block/xen-blkfront.c, drivers/block/xen-blkback
 *	drivers/net/xen-netfront.c, drivers/net/xen-netback
 *	drivers/scsi/xen-scsifront.c, drivers/xen/xen-scsiback.c
 *	drivers/usb/host/xen-hcd.c
 *	drivers/xen/grant-dma-ops.c, drivers/xen/xen-front-pgdir-shbuf.c
 */
#include "known/messages_tables.h"

#define DRIVER(row, level, part, who) \
	.id = row, .weight = MESSAGE_##level, .role = ROLE_##part, .from = who

#define BAD_RESPONSE                                                                 \
	"a backend's answer fits no request, and the frontend gives its device up; " \
	"no grant is at fault"
#define BAD_REQUEST                                                                         \
	"a frontend's request breaks the protocol, and netback gives its interface up; no " \
	"grant is at fault"
#define BAD_EXTRA "a packet's description breaks the protocol; no grant is at fault"
#define DRIVER_BUG                                                                                \
	"a check in the driver failed and the kernel stops; it may be about grants, or not: see " \
	"that line in the source of the kernel's version"

static const struct known_message rows[] = {
	/* blkfront: with the fix of XSA-396 it disables the disk right after the first */
	{DRIVER("blkfront-not-unmapped", DEVICE_LOST, GRANTER, "blkfront"), .since_fix = "G2",
	 .bugs = "G1 G2 G3 G4", .format = "backed has not unmapped grant: <ref>",
	 .meaning =
		 "blkfront could not take a grant back: somebody still maps it, and it gives its device up"},
	{DRIVER("blkfront-not-unmapped", TROUBLE, GRANTER, "blkfront"), .bugs = "G2 G4 G3 G1",
	 .format = "backed has not unmapped grant: <ref>",
	 .meaning =
		 "blkfront could not take a grant back: somebody still maps it, and it goes on all the same"},
	{DRIVER("device-disabled", DEVICE_LOST, GRANTER, "blkfront"), .bugs = "G1 G2 G3 G4",
	 .format = "<disk> disabled for further use",
	 .meaning = "blkfront gave its disk up; it comes back only with a restart of the domain"},
	{DRIVER("blkfront-busy", ROUTINE, GRANTER, "blkfront"), .status = STATUS_ERRNO, .bugs = "",
	 .format = "<disk>: <status> Device in use; refusing to close",
	 .meaning = "a backend closes while its disk is in use in the frontend's domain"},
	{DRIVER("blkfront-state", CONTEXT, NONE, "blkfront"), .bugs = "",
	 .format = "persistent grants: enabled;",
	 .meaning = "blkfront says that it uses persistent grants"},
	{DRIVER("blkfront-state", CONTEXT, NONE, "blkfront"), .bugs = "",
	 .format = "persistent grants: disabled;",
	 .meaning = "blkfront says that it does not use persistent grants"},

	/* netfront */
	{DRIVER("device-disabled", DEVICE_LOST, GRANTER, "netfront"), .bugs = "G2 G1",
	 .format = "<net>: disabled for further use",
	 .meaning = "netfront gave its device up; it comes back only with a restart of the domain"},
	{DRIVER("frontend-in-use", TROUBLE, GRANTER, "netfront"), .bugs = "G2 G1",
	 .format = "<net>: Grant still in use by backend domain",
	 .meaning = "netfront could not take a grant back: somebody still maps it"},
	{DRIVER("netfront-in-use", CRASH, GRANTER, "netfront"), .until = "5.16", .bugs = "G2 G1",
	 .format = "warning -- grant still in use by backend domain",
	 .meaning =
		 "netfront could not take a grant back: somebody still maps it, and the kernel stops"},
	{DRIVER("netfront-no-refs", TROUBLE, GRANTER, "netfront"), .bugs = "G16 G13",
	 .format = "can't alloc tx grant refs",
	 .meaning = "netfront got no refs for what it sends"},
	{DRIVER("netfront-no-refs", TROUBLE, GRANTER, "netfront"), .bugs = "G16 G13",
	 .format = "can't alloc rx grant refs",
	 .meaning = "netfront got no refs for what it receives"},
	{DRIVER("netfront-teardown", TROUBLE, GRANTER, "netfront"), .bugs = "",
	 .format = "WARNING: <text> xennet_disconnect_backend+",
	 .meaning = "netfront's count of a page is wrong while it takes its grants back"},
	{DRIVER("netfront-teardown", TROUBLE, GRANTER, "netfront"), .since = "6.19", .bugs = "",
	 .format = "WARNING: include/linux/mm.h:<n> at xennet_disconnect_backend+",
	 .meaning = "netfront's count of a page is wrong while it takes its grants back"},

	{DRIVER("netfront-bad-packet", TROUBLE, GRANTER, "netfront"), .bugs = "",
	 .format = "<net>: rx->offset: <n:x>, size: <n>",
	 .meaning =
		 "a backend could not fill a buffer of netfront, or says that it filled more than a page"},
	{DRIVER("netfront-bad-packet", TROUBLE, GRANTER, "netfront"), .bugs = "",
	 .format = "<net>: Bad rx response id <n>.",
	 .meaning = "a backend filled a buffer that netfront had not given it"},

	/* other frontends */
	{DRIVER("frontend-in-use", TROUBLE, GRANTER, "scsifront"), .bugs = "G2 G1",
	 .format = "grant still in use by backend",
	 .meaning = "a frontend could not take a grant back: somebody still maps it"},
	{DRIVER("device-disabled", DEVICE_LOST, GRANTER, "scsifront"), .bugs = "G2 G1",
	 .format = "Disabling device for further use",
	 .meaning =
		 "scsifront gave its device up; it comes back only with a restart of the domain"},
	{DRIVER("grant-dma-in-use", DEVICE_LOST, GRANTER, "grant-dma"), .bugs = "G2",
	 .format = "Grant still in use by backend domain, disabled for further use",
	 .meaning = "a virtio frontend could not take a grant back and gives its device up"},
	{DRIVER("grant-dma-in-use", DEVICE_LOST, GRANTER, "grant-dma"), .bugs = "G2",
	 .format = "<device>: Grant still in use by backend domain, disabled for further use",
	 .meaning = "a virtio frontend could not take a grant back and gives its device up"},
	{DRIVER("no-refs", TROUBLE, GRANTER, "scsifront or usbfront"), .bugs = "G16 G13",
	 .format = "gnttab_alloc_grant_references() error",
	 .meaning = "a frontend got no refs for a request"},
	{DRIVER("no-refs", TROUBLE, GRANTER, "display or sound frontend"), .bugs = "G16 G13",
	 .format = "Cannot allocate grant references",
	 .meaning = "a frontend got no refs for a buffer"},
	{DRIVER("shbuf-map", TROUBLE, MAPPER, "display or sound frontend"), .status = STATUS_GNTST,
	 .bugs = "", .format = "Failed to map page <n>: <status>",
	 .meaning = "a frontend could not map a buffer that its backend allocated"},
	{DRIVER("shbuf-map", TROUBLE, MAPPER, "display or sound frontend"), .bugs = "",
	 .format = "Failed to map grant references, ret <n>",
	 .meaning = "a frontend could not map a buffer that its backend allocated"},
	{DRIVER("shbuf-unmap", TROUBLE, MAPPER, "display or sound frontend"),
	 .status = STATUS_GNTST, .bugs = "", .format = "Failed to unmap page <n>: <status>",
	 .meaning = "a frontend could not unmap a buffer that its backend allocated"},
	{DRIVER("shbuf-unmap", TROUBLE, MAPPER, "display or sound frontend"), .bugs = "",
	 .format = "Failed to unmap grant references, ret <n>",
	 .meaning = "a frontend could not unmap a buffer that its backend allocated"},

	/* a backend's answer that no request fits: the frontend gives its device up right after */
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "blkfront"), .bugs = "",
	 .format = "<disk>: illegal number of responses <n>", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "blkfront"), .bugs = "",
	 .format = "<disk>: response has incorrect id (<n>)", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "blkfront"), .bugs = "",
	 .format = "<disk>: response references no pending request", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "blkfront"), .bugs = "",
	 .format = "<disk>: response has wrong operation (<n> instead of <n>)",
	 .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "netfront"), .bugs = "",
	 .format = "<net>: Illegal number of responses <n>", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "netfront"), .bugs = "",
	 .format = "<net>: Response has incorrect id (<n>)", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "netfront"), .bugs = "",
	 .format = "<net>: Response for inactive request", .meaning = BAD_RESPONSE},
	{DRIVER("bad-response", DEVICE_LOST, GRANTER, "scsifront"), .bugs = "",
	 .format = "xen_scsifrontillegal number of responses", .meaning = BAD_RESPONSE},

	/* blkback */
	{DRIVER("blkback-ring", TROUBLE, MAPPER, "blkback"), .status = STATUS_ERRNO, .bugs = "",
	 .format = "<device>: <status> mapping ring-ref port <n>",
	 .meaning = "blkback could not map the ring of a disk"},
	{DRIVER("blkback-ring", TROUBLE, MAPPER, "blkback"), .status = STATUS_ERRNO, .until = "4.5",
	 .bugs = "", .format = "<device>: <status> mapping ring-ref <ref> port <n>",
	 .meaning = "blkback could not map the ring of a disk"},
	{DRIVER("blkback-disconnect", TROUBLE, MAPPER, "blkback"), .bugs = "",
	 .format = "WARNING: <text>drivers/block/xen-blkback/xenbus.c:<n>",
	 .meaning = "blkback gave up a ring that was set up in part, after a map had failed"},
	{DRIVER("blkback-same-ref", TROUBLE, MAPPER, "blkback"), .bugs = "",
	 .format = "trying to add a gref that's already in the tree",
	 .meaning = "a frontend used one ref for two persistent grants"},
	{DRIVER("blkback-ref-in-use", TROUBLE, MAPPER, "blkback"), .bugs = "",
	 .format = "requesting a grant already in use",
	 .meaning = "a frontend used one persistent grant for two requests at once"},
	{DRIVER("blkback-ref-unused", TROUBLE, MAPPER, "blkback"), .bugs = "",
	 .format = "freeing a grant already unused",
	 .meaning = "blkback ended the use of a persistent grant twice"},
	{DRIVER("blkback-map", TROUBLE, MAPPER, "blkback or scsiback"), .bugs = "G1",
	 .format = "invalid buffer -- could not remap it",
	 .meaning = "a backend could not map a page of a request: its ref is not granted, or "
		    "maptrack is full"},
	/* blktap's kernel driver, up to Linux 2.6 of Xen and SUSE */
	{DRIVER("blktap-kernel-map", TROUBLE, MAPPER, "blktap's driver"), .bugs = "G1",
	 .format = "invalid kernel buffer -- could not remap it",
	 .meaning = "a backend could not map a page of a request: its ref is not granted, or "
		    "maptrack is full"},
	{DRIVER("blktap-kernel-map", TROUBLE, MAPPER, "blktap's driver"), .bugs = "G1",
	 .format = "invalid user buffer -- could not remap it",
	 .meaning = "a backend could not map a page of a request: its ref is not granted, or "
		    "maptrack is full"},
	{DRIVER("blktap-kernel-map", TROUBLE, MAPPER, "blktap's driver"), .bugs = "G1",
	 .format = "invalid kernel buffer: could not remap it",
	 .meaning = "a backend could not map a page of a request: its ref is not granted, or "
		    "maptrack is full"},
	{DRIVER("blktap-kernel-map", TROUBLE, MAPPER, "blktap's driver"), .bugs = "G1",
	 .format = "invalid user buffer: could not remap it",
	 .meaning = "a backend could not map a page of a request: its ref is not granted, or "
		    "maptrack is full"},
	{DRIVER("blkback-state", CONTEXT, NONE, "blkback"), .bugs = "",
	 .format = "grant <ref> added to the tree of persistent grants, using <n>/<n>",
	 .meaning = "blkback keeps a grant mapped; printed with dynamic debug only"},
	{DRIVER("blkback-state", CONTEXT, NONE, "blkback"), .bugs = "",
	 .format = "is using maximum number of persistent grants",
	 .meaning =
		 "blkback maps further grants for each request; printed with dynamic debug only"},
	{DRIVER("blkback-state", CONTEXT, NONE, "blkback"), .bugs = "",
	 .format = "using <n> queues, protocol <n>",
	 .meaning = "blkback says how it serves a disk"},

	/* netback */
	{DRIVER("netback-bad-handle", CRASH, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Trying to unmap invalid handle! pending_idx: <n:x>",
	 .meaning =
		 "netback was about to unmap a page that it had not mapped, and the kernel stops"},
	{DRIVER("netback-bad-handle", CRASH, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Trying to overwrite active handle! pending_idx: <n:x>",
	 .meaning =
		 "netback was about to map over a page that it had mapped, and the kernel stops"},
	{DRIVER("netback-unmap", CRASH, MAPPER, "netback"), .bugs = "",
	 .format = "Unmap fail: nr_ops <n:x> ret <n>",
	 .meaning = "netback could not unmap packets, and the kernel stops"},
	{DRIVER("netback-unmap", CRASH, MAPPER, "netback"), .status = STATUS_GNTST, .bugs = "",
	 .format = "host_addr: <n:x> handle: <handle:x> status: <status>",
	 .meaning = "netback could not unmap a packet, and the kernel stops"},
	{DRIVER("netback-unmap", CRASH, MAPPER, "netback"), .status = STATUS_GNTST, .bugs = "",
	 .format = "Unmap fail: ret: <n> pending_idx: <n> host_addr: <n:x> handle: <handle:x> "
		   "status: <status>",
	 .meaning = "netback could not unmap a packet, and the kernel stops"},
	{DRIVER("netback-map", CRASH, MAPPER, "netback"), .bugs = "",
	 .format = "Map fail: nr <n> ret <n>",
	 .meaning = "netback could not map packets, and the kernel stops"},
	{DRIVER("netback-refused", TROUBLE, MAPPER, "netback"), .status = STATUS_GNTST,
	 .bugs = "G1",
	 .format = "Grant map of <n>. frag failed! status: <status> pending_idx: <n> ref: <ref>",
	 .meaning = "a packet could not be mapped; printed with dynamic debug only"},
	{DRIVER("netback-refused", TROUBLE, MAPPER, "netback"), .status = STATUS_GNTST,
	 .bugs = "G1",
	 .format = "Grant copy of header failed! status: <status> pending_idx: <n> ref: <ref>",
	 .meaning = "a packet could not be copied; printed with dynamic debug only"},
	{DRIVER("netback-refused", TROUBLE, MAPPER, "netback"), .until = "2.6.39", .bugs = "G1",
	 .format = "#### netback grant fails", .meaning = "a packet could not be mapped or copied"},
	{DRIVER("netback-ring", TROUBLE, MAPPER, "netback"), .status = STATUS_ERRNO, .bugs = "",
	 .format = "<device>: <status> mapping shared-frames <ref>/<ref> port",
	 .meaning = "netback could not map the rings of a network interface"},
	{DRIVER("netback-ring", TROUBLE, MAPPER, "netback"), .status = STATUS_ERRNO, .since = "4.7",
	 .bugs = "", .format = "<device>: <status> mapping shared-frame <ref> port",
	 .meaning = "netback could not map the control ring of a network interface"},

	/* netback gives an interface up right after these */
	{DRIVER("netback-disabled", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: fatal error; disabling device", .meaning = BAD_REQUEST},
	{DRIVER("netback-bad-request", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Cross page boundary, txp->offset: <n:x>, size: <n>",
	 .meaning = BAD_REQUEST},
	{DRIVER("netback-bad-request", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Cross page boundary, txreq.offset: <n:x>, size: <n>",
	 .meaning = BAD_REQUEST},
	{DRIVER("netback-bad-request", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Asked for <n> slots but exceeds this limit", .meaning = BAD_REQUEST},
	{DRIVER("netback-bad-request", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Malicious frontend using <n> slots, threshold <n>",
	 .meaning = BAD_REQUEST},
	{DRIVER("netback-bad-request", DEVICE_LOST, MAPPER, "netback"), .bugs = "",
	 .format = "<net>: Impossible number of requests. req_prod <n>, req_cons <n>, size <n>",
	 .meaning = BAD_REQUEST},
	/* netfront has the same words, and drops the packet. */
	{DRIVER("bad-extra-info", TROUBLE, NONE, "netback or netfront"), .bugs = "",
	 .format = "<net>: Missing extra info", .meaning = BAD_EXTRA},
	{DRIVER("bad-extra-info", TROUBLE, NONE, "netback or netfront"), .bugs = "",
	 .format = "<net>: Invalid extra type: <n>", .meaning = BAD_EXTRA},

	/*
	 * checks that stop a kernel: the source of the kernel's version has the failed one at this
	 * line
	 */
	{DRIVER("kernel-bug-frontend", CRASH, GRANTER, "blkfront"), .bugs = "",
	 .format = "kernel BUG at <text>drivers/block/xen-blkfront.c:<n>", .meaning = DRIVER_BUG},
	{DRIVER("kernel-bug-backend", CRASH, MAPPER, "blkback"), .bugs = "",
	 .format = "kernel BUG at <text>drivers/block/xen-blkback/blkback.c:<n>",
	 .meaning = DRIVER_BUG},
	{DRIVER("kernel-bug-frontend", CRASH, GRANTER, "netfront"), .bugs = "",
	 .format = "kernel BUG at <text>drivers/net/xen-netfront.c:<n>", .meaning = DRIVER_BUG},
	{DRIVER("kernel-bug-backend", CRASH, MAPPER, "netback"), .bugs = "",
	 .format = "kernel BUG at <text>drivers/net/xen-netback/netback.c:<n>",
	 .meaning = DRIVER_BUG},
};

const struct message_table messages_drivers = {rows, ARRAY_SIZE(rows)};
