/* SPDX-License-Identifier: GPL-2.0 */
/* An event of the ring buffer as a record of the capture. */
#ifndef GRANTWATCH_CONVERT_H
#define GRANTWATCH_CONVERT_H

#include "capture/format.h"
#include "event.h"

/* The largest record that an event becomes: copies with a ref on both sides. */
#define CONVERT_MAX (sizeof(struct rec_batch) + GW_CHUNK * 2 * sizeof(struct op_copy))

struct convert_ids {
	u32 task;
	u32 stack;
	u32 file;
};

/* What the ring says of @size bytes makes sense: the operations that it announces are there. */
bool convert__is_valid(const struct gw_event *event, size_t size);

/* Build the record in @buf of CONVERT_MAX bytes, aligned to 8. Returns its length, header's len
 * included. */
size_t convert__event(const struct gw_event *event, size_t size, const struct convert_ids *ids,
		      void *buf);

/* The record type (REC_*) that @type (GW_EV_*) becomes, 0 for none. */
u8 convert__type(u8 type);

#endif
