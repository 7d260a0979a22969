/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a merged event to its operations. The ledger is asked twice: an unmap's map is there only
 * before the ledger enters the unmap, a grant's generation only afterwards.
 */
#ifndef GRANTWATCH_EVENTS_COLLECT_H
#define GRANTWATCH_EVENTS_COLLECT_H

#include "events/event.h"
#include "ledger/ledger.h"

struct collector {
	struct ledger *ledger;
	const struct merge *merge;
	bool keep_names; /* show programs' names instead of pseudonyms */
	u64 calls;
	struct event *event; /* operations of the current record */
	u32 nr, room;
};

void collector__cleanup(struct collector *collector);

/*
 * Called before and after the ledger enters @merged. Afterwards @collector->event has the
 * operations until the next call: none for a mark, or without memory (returns -ENOMEM then).
 */
int collector__before(struct collector *collector, const struct merge_event *merged);
void collector__after(struct collector *collector, const struct merge_event *merged);

#endif
