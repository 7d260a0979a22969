/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads granters' tables at the refs that processes of this domain announced: at the announcement,
 * until the map, while mapped, and for a while afterwards. Changes since the last read are
 * recorded. A read shows the entry at one moment: a change that is undone between two reads goes
 * unnoticed. Tables stay mapped only while refs of theirs are in use, and not beyond their domain's
 * end.
 */
#ifndef GRANTWATCH_TABLE_SAMPLER_H
#define GRANTWATCH_TABLE_SAMPLER_H

#include "event.h"
#include "record/recorder.h"

/* ns between two reads of a ref that is announced and not mapped yet */
#define TABLE_LOOK_NS (5 * NSEC_PER_MSEC)

struct table_sampler;

/* Returns NULL with *@why set if tables cannot be read: not the control domain, no privcmd. */
struct table_sampler *table_sampler__new(const char **why);
void table_sampler__free(struct table_sampler *sampler);

/* Enters a record of the ring: who announced, mapped or unmapped what. */
void table_sampler__see(struct table_sampler *sampler, const struct gw_event *event, size_t size);

/* Reads the entries due at @now (CLOCK_MONOTONIC, ns). Returns like recorder__add(). */
int table_sampler__look(struct table_sampler *sampler, u64 now, struct recorder *recorder);

/* Whether refs are announced and not mapped, so that reads should come every TABLE_LOOK_NS. */
bool table_sampler__is_busy(const struct table_sampler *sampler);

/* Whether an entry should be read at once. */
bool table_sampler__is_urgent(const struct table_sampler *sampler);

#endif
