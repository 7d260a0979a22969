/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts of dom0 that tell which domains are stub domains, and of which domain. xenstore is asked
 * about a domain once, when the first event names it as the granter. The toolstack writes the node
 * "target" before the domain runs, and does not change it (Xen: tools/libs/light/libxl_dm.c).
 */
#ifndef GRANTWATCH_STUBDOMS_H
#define GRANTWATCH_STUBDOMS_H

#include "capture/writer.h"
#include "event.h"
#include "xen/xenstore.h"

#define STUBDOMS_MAX 64 /* maximum of stub domains in one recording */

struct stubdoms;

/* Takes @xenstore. Returns NULL without memory. */
struct stubdoms *stubdoms__new(struct xenstore *xenstore);
void stubdoms__free(struct stubdoms *stubdoms);

/* Enters a record of the ring: its granters are asked about by the next stubdoms__check(). */
void stubdoms__see(struct stubdoms *stubdoms, const struct gw_event *event, size_t size);

/* Writes the facts of new granters. Returns 0 or -errno of the writer. */
int stubdoms__check(struct stubdoms *stubdoms, struct capture_writer *writer);

#endif
