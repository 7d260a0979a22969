// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "known/messages.h"

#define REF_MAX (1u << 24)

/*
 * The longer of two texts where one is part of the other comes first. Kernel messages were read in
 * drivers/xen/grant-table.c, drivers/net/xen-netfront.c, drivers/block/xen-blkfront.c,
 * drivers/scsi/xen-scsifront.c, drivers/xen/grant-dma-ops.c and drivers/xen/gntdev.c of Linux 5.4
 * to 7.3, Xen's in xen/common/grant_table.c.
 */
static const struct known_message messages[] = {
	{"blkfront-not-unmapped", "backed has not unmapped grant", NULL,
	 "backed has not unmapped grant: ", 10, MESSAGE_LOSS, "blkfront", "G1 G2 G3 G4",
	 "blkfront could not take a grant back: somebody still maps it, and it gives its device up"},
	{"grant-dma-in-use", "rant still in use by backend domain, disabled for further use", NULL,
	 NULL, 0, MESSAGE_LOSS, "grant-dma", "G2",
	 "a virtio frontend could not take a grant back and gives its device up"},
	{"frontend-in-use", "rant still in use by backend", NULL, NULL, 0, MESSAGE_LOSS,
	 "netfront or scsifront", "G2 G1",
	 "a frontend could not take a grant back: somebody still maps it"},
	{"device-disabled", "isabled for further use", NULL, NULL, 0, MESSAGE_LOSS,
	 "blkfront or netfront", "G1 G2 G3 G4",
	 "a frontend gave its device up; it comes back only with a restart of the domain"},
	{"end-in-use", "still in use!", "g.e. 0x", "g.e. ", 0, MESSAGE_TROUBLE, "grant table",
	 "G2 G1", "a grant was ended while it was mapped"},
	{"leak-other-kernel", "leaking g.e. and page still in use!", NULL, NULL, 0, MESSAGE_TROUBLE,
	 "grant table (not Linux)", "G14",
	 "a grant that is still mapped was given up for ever, with its page"},
	{"leaking", "leaking g.e. ", NULL, "leaking g.e. ", 0, MESSAGE_TROUBLE, "grant table",
	 "G14",
	 "a grant that is still mapped was given up for ever: there was no memory to queue it"},
	{"still-pending", "still pending", "g.e. 0x", "g.e. ", 0, MESSAGE_TROUBLE, "grant table",
	 "G15 G5", "a grant has been mapped for a minute after it was ended"},
	{"deferring", "deferring g.e. ", NULL, "deferring g.e. ", 0, MESSAGE_ROUTINE, "grant table",
	 "G13",
	 "a grant was ended while it was mapped, and is queued; normal for Qubes' GUI, a bug only in masses"},
	{"freeing", "freeing g.e. ", NULL, "freeing g.e. ", 0, MESSAGE_ROUTINE, "grant table",
	 "G13", "a queued grant was freed at last"},
	{"max-grant-frames", "max_grant_frames reached", NULL, NULL, 0, MESSAGE_TROUBLE,
	 "grant table", "G16", "the domain's grant table is full"},
	{"maptrack-limit", "maptrack limit reached", NULL, NULL, 0, MESSAGE_TROUBLE, "grant table",
	 "G16", "the mapping domain's maptrack table is full; disks and networks share it"},
	{"eagain", "eagain grant", NULL, NULL, 0, MESSAGE_TROUBLE, "grant table", "",
	 "Xen could not map because the granter's page was paged out"},
	{"bad-page-map", "file:gntdev", NULL, NULL, 0, MESSAGE_TROUBLE, "memory management", "G6",
	 "a mapping of grants was split, and a part of it unmapped"},
	{"implicit-unmap", "Attempt to implicitly unmap", "granted PTE", NULL, 0, MESSAGE_TROUBLE,
	 "Xen", "G6", "a kernel overwrote a page-table entry that maps a grant"},
	{"gntdev-warning", "drivers/xen/gntdev.c:", "WARNING", NULL, 0, MESSAGE_TROUBLE, "gntdev",
	 "G8 G5",
	 "gntdev was refused an unmap; alone it is noise, with pages that stay mapped a follow-up"},
	{"gntdev-mmap-oops", "RIP", "gntdev_mmap", NULL, 0, MESSAGE_LOSS, "gntdev", "G9",
	 "gntdev crashed while it mapped"},
	{"gntdev-release-oops", "RIP", "gntdev_release", NULL, 0, MESSAGE_LOSS, "gntdev", "G10",
	 "gntdev crashed while a file was closed"},
	{"gntdev-unmap-stack", " unmap_grant_pages+", NULL, NULL, 0, MESSAGE_TROUBLE, "gntdev",
	 "G7", "gntdev's unmap is in the stack of a task that hangs or crashed"},
	{"gnttab-mmap", "mmap failed: No such device or address", NULL, NULL, 0, MESSAGE_TROUBLE,
	 "libxengnttab", "G12", "a program could not map the second page of one gntdev file"},
	{"gntshr-nospace", "ioctl failed: No space left on device", "gntshr", NULL, 0,
	 MESSAGE_TROUBLE, "libxengnttab", "G16",
	 "gntalloc is at its limit or the grant table is full"},
	{"xen-bad-ref", "Bad ref 0x", NULL, "Bad ref ", 0, MESSAGE_TROUBLE, "Xen (debug build)",
	 "G1", "somebody mapped a ref that is beyond the granter's table"},
	{"xen-bad-reference", "Bad grant reference ", NULL, "Bad grant reference ", 0,
	 MESSAGE_TROUBLE, "Xen (debug build)", "G1",
	 "somebody used a ref that is beyond the granter's table"},
	{"xen-bad-flags", "Bad flags (", "or dom (", NULL, 0, MESSAGE_TROUBLE, "Xen (debug build)",
	 "G1",
	 "somebody mapped a ref that is not granted to it (any more): a stale map that was refused"},
	{"hung-notify", "evtchn_", "blocked for more than", NULL, 0, MESSAGE_TROUBLE,
	 "event channels", "G22", "closing an event channel hangs"},
};

const struct known_message *message__at(u32 i)
{
	return i < ARRAY_SIZE(messages) ? &messages[i] : NULL;
}

const struct known_message *message__find(const char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(messages); i++)
		if (strstr(line, messages[i].text) &&
		    (!messages[i].and || strstr(line, messages[i].and)))
			return &messages[i];
	return NULL;
}

u32 message__ref(const struct known_message *message, const char *line)
{
	const char *pos = message->ref ? strstr(line, message->ref) : NULL;
	unsigned long ref;
	char *end;

	if (!pos)
		return NO_REF;
	pos += strlen(message->ref);
	if (*pos < '0' || *pos > '9')
		return NO_REF;
	ref = strtoul(pos, &end, message->base);
	return end == pos || ref >= REF_MAX ? NO_REF : (u32)ref;
}

const char *message__begin(const struct known_message *message, const char *line)
{
	const char *text = strstr(line, message->text),
		   *and = message->and ? strstr(line, message->and) : NULL;
	const char *begin = text, *tag;

	if (and&&and < text)
		begin = and;
	/*
	 * "xvda disabled …", "WARNING: g.e. …": what stands before is part of it, down to a tag of
	 * the log.
	 */
	tag = strstr(line, "kernel: ");
	if (tag && tag < begin)
		line = tag + strlen("kernel: ");
	tag = strstr(line, "(XEN) ");
	if (tag && tag < begin)
		line = tag + strlen("(XEN) ");
	while (*line == '[' && line < begin) {
		tag = strchr(line, ']');
		if (!tag || tag >= begin)
			break;
		line = tag + 1 + strspn(tag + 1, " ");
	}
	line += strspn(line, " ");
	/*
	 * Nothing of the above: a host's name or a user's log may stand before. Keep a word or two
	 * at most.
	 */
	return begin - line <= 40 ? line : begin;
}
