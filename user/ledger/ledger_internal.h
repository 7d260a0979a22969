/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the ledger's own files only. */
#ifndef GRANTWATCH_LEDGER_INTERNAL_H
#define GRANTWATCH_LEDGER_INTERNAL_H

#include "ledger/ledger.h"

#define REF_CHUNK    512u
#define HANDLE_CHUNK 1024u

enum pending_type { PENDING_MAP, PENDING_END, PENDING_ARM, PENDING_FREED };

/* Something to be settled at its deadline. */
struct pending {
	u64 deadline;
	struct span at;
	u32 id;	  /* map or arm */
	u32 ref, gen, stack, task;
	u8 type;
	u8 granter;
	bool ok;
};

/* Put @item into the queue, to be settled when events have come far enough. 0 or -ENOMEM. */
int ledger__defer(struct ledger *ledger, const struct pending *item);

/* The ref's state, made if need be; NULL when out of range or out of memory. */
struct ref *domain__ref_make(struct domain *domain, u32 ref);

/* Where a handle's map is noted, made if need be; NULL when out of range or out of memory. */
u32 *domain__handle(struct domain *domain, u32 handle);

/* The granter's side (granting.c) and the mapper's (mapping.c). Each returns 0 or -ENOMEM. */
int ledger__grant(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__revoke(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__release(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__reset(struct ledger *ledger, struct domain *domain, const struct span *at);
int ledger__arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__disarm(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch);
int ledger__map(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__unmap(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__ring(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__ring_unmap(struct ledger *ledger, struct domain *domain,
			const struct merge_event *event);

#endif
