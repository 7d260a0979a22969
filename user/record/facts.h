/* SPDX-License-Identifier: GPL-2.0 */
/* The facts of a capture about its domain. Keys: docs/capture-format.md. */
#ifndef GRANTWATCH_FACTS_H
#define GRANTWATCH_FACTS_H

#include "capture/writer.h"

/* Under Xen at all? */
bool facts__on_xen(void);

/* The control domain? */
bool facts__is_dom0(void);

/*
 * Whether a xenstore request would be answered. It would wait while the daemon of this domain has
 * not started; its socket shows that.
 */
bool facts__has_xenstore(void);

/* Writes the facts known at the start, except disks. Returns 0 or -errno of the writer. */
int facts__write(struct capture_writer *writer, const char *tier);

/* Writes the clock source if it differs from @last, of @size bytes. Returns 0 or -errno. */
int facts__clocksource(struct capture_writer *writer, char *last, size_t size);

/* Reads the first line of a file as printable text. Returns false if that fails. */
bool facts__read_line(const char *path, char *buf, size_t size);

#endif
