/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual disks by name and by number, as the toolstack numbers them (Xen: docs/man/
 * xen-vbd-interface.7). "xvda" is 51712.
 */
#ifndef GRANTWATCH_VBD_H
#define GRANTWATCH_VBD_H

#include "util/types.h"

/* The number of the disk that the first @len characters of @name are; false if it is no disk's. */
bool vbd__by_name(const char *name, size_t len, u32 *number);

/*
 * The disk that a thread of blkback serves, from its name @comm: "5.xvda-0", "blkback.5.xvda". False
 * if it is no such thread, serves another domain than @domid, or its name may be cut off.
 */
bool vbd__of_blkback(const char *comm, u16 domid, u32 *number);

/* "xvda", or "vbd 768" of disks that are no xvd's. Returns @buf. */
const char *vbd__name(u32 number, char *buf, size_t size);

#endif
