/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether this domain's disks use persistent grants, by the settings of both ends in xenstore. They
 * agree when they connect, so the settings are read again whenever a disk connects, comes or goes.
 */
#ifndef GRANTWATCH_DISKS_H
#define GRANTWATCH_DISKS_H

#include "capture/writer.h"
#include "xen/xenstore.h"

struct disks;

/* Takes ownership of @xenstore. NULL: no disk is known. Returns NULL without memory. */
struct disks *disks__new(struct xenstore *xenstore);
void disks__free(struct disks *disks);

/*
 * From now on disks__check() reads only changes. Returns 0 or -errno, after which it reads all at
 * each call.
 */
int disks__watch(struct disks *disks);

/*
 * Writes a fact for each disk if any changed since the last call. A changed disk counts as
 * unknown from that call until now. Returns 0 or -errno of the writer.
 */
int disks__check(struct disks *disks, struct capture_writer *writer);

/* Whether there are disks, and all used persistent grants at the last check. */
bool disks__all_persistent(const struct disks *disks);

#endif
