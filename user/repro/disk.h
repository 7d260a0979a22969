/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps a disk busy, so that its frontend gets refs which were just freed, and finds out if the
 * disk is lost.
 */
#ifndef GRANTWATCH_REPRO_DISK_H
#define GRANTWATCH_REPRO_DISK_H

#include "repro/actor.h"

struct disk;

/* Returns NULL after logging the error. Only reads the disk. */
struct disk *disk__open(const char *path);
void disk__close(struct disk *disk);

/* Starts @loops processes that read at random places, without the cache. */
void disk__read(struct disk *disk, u32 loops, struct outcome *out);

/*
 * Waits until the domain has lost the disk: by the kernel's log, an I/O error, or because no read
 * ends.
 */
void disk__lost(struct disk *disk, u64 deadline, struct outcome *out);

/* Ends the reads. Processes that hang in a lost disk remain. */
void disk__idle(struct disk *disk, struct outcome *out);

#endif
