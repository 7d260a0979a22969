/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether this domain's disks use persistent grants, as both ends of each say in xenstore. They
 * agree on it when they connect, so it is read again when one connects anew, comes or goes.
 */
#ifndef GRANTWATCH_DISKS_H
#define GRANTWATCH_DISKS_H

#include "capture/writer.h"
#include "xen/xenstore.h"

struct disks;

/* Takes @xenstore, NULL none: then no disk is known. NULL without memory. */
struct disks *disks__new(struct xenstore *xenstore);
void disks__free(struct disks *disks);

/* From now on disks__check() reads only what is new. 0 or -errno; then it reads at each call. */
int disks__watch(struct disks *disks);

/*
 * Writes a fact for each disk if any has changed since the last call. From that call on until now a
 * disk that has changed is one of which nothing is known. 0 or -errno of the writer.
 */
int disks__check(struct disks *disks, struct capture_writer *writer);

/* Whether each disk, one at least, used persistent grants at the last check. */
bool disks__all_persistent(const struct disks *disks);

#endif
