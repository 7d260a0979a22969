/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks into granters' tables at the refs that processes of this domain were told of: when they are
 * told, until they map them, while they do, and for a while after. What has changed since the last
 * look goes into the capture.
 *
 * A look sees the entry as it is at that moment and nothing between two looks: an entry that
 * changes and changes back is the same. Tables stay mapped only while refs of theirs are in play,
 * and not beyond their domain's end.
 */
#ifndef GRANTWATCH_TABLE_SAMPLER_H
#define GRANTWATCH_TABLE_SAMPLER_H

#include "event.h"
#include "record/recorder.h"

/* Between two looks at a ref of which a process was told, and that it has not mapped yet. */
#define TABLE_LOOK_NS (5 * NSEC_PER_MSEC)

struct table_sampler;

/* NULL with *@why set where tables can't be read: not the control domain, no privcmd. */
struct table_sampler *table_sampler__new(const char **why);
void table_sampler__free(struct table_sampler *sampler);

/* A record of the ring that tells who is told of what. */
void table_sampler__see(struct table_sampler *sampler, const struct gw_event *event, size_t size);

/* Look at what is due at @now (CLOCK_MONOTONIC, ns). As recorder__add(). */
int table_sampler__look(struct table_sampler *sampler, u64 now, struct recorder *recorder);

/* Whether refs are told and not mapped, so that looks should come every TABLE_LOOK_NS. */
bool table_sampler__is_busy(const struct table_sampler *sampler);

/* Whether something was seen that should be looked at without waiting. */
bool table_sampler__is_urgent(const struct table_sampler *sampler);

#endif
