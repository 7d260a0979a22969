/* SPDX-License-Identifier: GPL-2.0 */
/* From an event of the ring buffer to a record of the capture. */
#ifndef GRANTWATCH_CONVERT_H
#define GRANTWATCH_CONVERT_H

#include "capture/format.h"
#include "event.h"

/* Bytes of the largest record: copies with a ref on both sides. */
#define CONVERT_MAX (sizeof(struct rec_batch) + GW_CHUNK * 2 * sizeof(struct op_copy))

struct convert_ids {
	u32 task;
	u32 stack;
	u32 file;
};

/* Whether @event, of @size bytes, is valid and has all the operations it announces. */
bool convert__is_valid(const struct gw_event *event, size_t size);

/*
 * Builds the record in @buf of CONVERT_MAX bytes, aligned to 8. Returns its length, including the
 * header.
 */
size_t convert__event(const struct gw_event *event, size_t size, const struct convert_ids *ids,
		      void *buf);

#endif
