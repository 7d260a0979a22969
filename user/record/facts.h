/* SPDX-License-Identifier: GPL-2.0 */
/* What a capture says about the domain that it comes from. Keys: docs/capture-format.md. */
#ifndef GRANTWATCH_FACTS_H
#define GRANTWATCH_FACTS_H

#include "capture/writer.h"

/* Under Xen at all? */
bool facts__on_xen(void);

/* The control domain? */
bool facts__is_dom0(void);

/*
 * Whether xenstore would answer. Where its daemon, in this domain, has not started yet a question
 * waits for it; the daemon's socket tells.
 */
bool facts__has_xenstore(void);

/* Write what there is to know at the start, apart from disks. 0 or -errno of the writer. */
int facts__write(struct capture_writer *writer, const char *tier);

/* Write the clock source when it is not the one in @last of @size bytes. 0 or -errno. */
int facts__clocksource(struct capture_writer *writer, char *last, size_t size);

/* The first line of a file as printable text; false when it cannot be read. */
bool facts__read_line(const char *path, char *buf, size_t size);

#endif
