/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a merged event to its operations. The ledger is asked twice, as an unmap's map is on record
 * only before the ledger enters the unmap, and a grant's generation only after.
 */
#ifndef GRANTWATCH_EVENTS_COLLECT_H
#define GRANTWATCH_EVENTS_COLLECT_H

#include "events/event.h"
#include "ledger/ledger.h"

struct collector {
	struct ledger *ledger;
	const struct merge *merge;
	bool keep_names; /* of programs; otherwise pseudonyms are shown */
	u64 calls;
	struct event *event; /* operations of the record at hand */
	u32 nr, room;
};

void collector__cleanup(struct collector *collector);

/*
 * Before the ledger enters @merged, and after. Between them and the next call the operations stay
 * in @collector->event; there are none of a mark, or without memory (then -ENOMEM).
 */
int collector__before(struct collector *collector, const struct merge_event *merged);
void collector__after(struct collector *collector, const struct merge_event *merged);

#endif
