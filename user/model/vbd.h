/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual disks by name and by number, as the toolstack assigns them (Xen:
 * docs/man/xen-vbd-interface.7). "xvda" is 51712.
 */
#ifndef GRANTWATCH_VBD_H
#define GRANTWATCH_VBD_H

#include "util/types.h"

/*
 * Sets the number of the disk named by the first @len characters of @name. Returns false if it is
 * no disk.
 */
bool vbd__by_name(const char *name, size_t len, u32 *number);

/*
 * Sets the number of the disk which a thread of blkback serves, by its name @comm: "5.xvda-0",
 * "blkback.5.xvda". Returns false if it is no such thread, serves another domain than @domid, or
 * its name may be truncated.
 */
bool vbd__of_blkback(const char *comm, u16 domid, u32 *number);

/*
 * Whether @comm is the name of a thread of blkback which serves another domain than @domid. The
 * thread gets its name once, from the domain that it serves (Linux: blkback_name in
 * drivers/block/xen-blkback/xenbus.c).
 */
bool vbd__is_of_other(const char *comm, u16 domid);

/* Writes "xvda", or "vbd 768" for other kinds of disks. Returns @buf. */
const char *vbd__name(u32 number, char *buf, size_t size);

#endif
