/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk kept busy, so that its frontend is given refs which were just freed; and what became of
 * it.
 */
#ifndef GRANTWATCH_REPRO_DISK_H
#define GRANTWATCH_REPRO_DISK_H

#include "repro/actor.h"

struct disk;

/* NULL after a message. Reads only; what is on the disk stays as it is. */
struct disk *disk__open(const char *path);
void disk__close(struct disk *disk);

/* Start @loops processes that read at random places, past the cache. */
void disk__read(struct disk *disk, u32 loops, struct outcome *out);

/*
 * Wait until the domain has lost the disk: by the kernel's word, an I/O error, or because no read
 * ends any more.
 */
void disk__lost(struct disk *disk, u64 deadline, struct outcome *out);

/* End the reads. Those that hang in a lost disk stay, nothing can end them. */
void disk__idle(struct disk *disk, struct outcome *out);

#endif
