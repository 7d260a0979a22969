/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the ledger's own files only. */
#ifndef GRANTWATCH_LEDGER_INTERNAL_H
#define GRANTWATCH_LEDGER_INTERNAL_H

#include "ledger/ledger.h"

enum pending_type {
	PENDING_MAP,
	PENDING_END,
	PENDING_ARM,
	PENDING_FREED,
	PENDING_FREED_AGAIN,
	PENDING_GRANTED_OVER,
	PENDING_RETRY,
	PENDING_PARTIAL,
	PENDING_LOG,
	PENDING_TABLE_READ,
	PENDING_COPY,
};

/* Something to be settled at its deadline. */
struct pending {
	u64 deadline;
	struct span at;
	u64 since; /* the first refusal, of the granter's CLOCK_MONOTONIC */
	u32 id;	   /* map, arm or log line; of a read its flags */
	u32 ref, gen;
	u16 stack, task;
	u8 type;
	u8 granter;
	u8 feed; /* the feed which reported it */
	bool ok;
	bool again; /* was postponed */
};

/* Queues @item until events have come far enough to settle it. Returns 0 or -ENOMEM. */
int ledger__defer(struct ledger *ledger, const struct pending *item);

/* Queues @item to be settled once more, later. Returns 0 or -ENOMEM. */
int ledger__settle_later(struct ledger *ledger, const struct pending *item);

/* Settles the items which no unread event and no unread loss can change. */
void ledger__settle(struct ledger *ledger, u64 until);
/* A capture without marks must not make the queue grow without end. */
void ledger__settle_overflow(struct ledger *ledger);
/* Of a queue that all share nobody has more than is left: so there is always room for another's. */
bool ledger__has_share(const struct ledger *ledger, const struct merge_event *event);

/* Add to @queue; @deadline not before what is there. */
int queue__put(struct queue *queue, const struct pending *item, u64 deadline);
bool queue__take(struct queue *queue, u64 until, struct pending *item);
void queue__cleanup(struct queue *queue);

/* Ended generations and closed maps to keep per ref. */
static inline u32 ledger__history(const struct ledger *ledger)
{
	return ledger->gens.used > ledger->limits->rich_gens ? 1 : ledger->limits->history;
}

/* The domain of @domid, or NULL if it has no state. */
static inline struct domain *ledger__known(const struct ledger *ledger, u16 domid)
{
	return ledger->by_domid[domid] ? ledger->domains[ledger->by_domid[domid] - 1] : NULL;
}

/* The domain of @domid that @by names; NULL when there is no room, or @by has named too many. */
struct domain *ledger__named(struct ledger *ledger, struct domain *by, u16 domid);

/* The same of a ref of @granter. */
struct ref *domain__named_ref(const struct ledger *ledger, struct domain *by,
			      struct domain *granter, u32 ref);

/* Whether @by is below its limit of arms and maps. */
static inline bool domain__may_add(const struct ledger *ledger, const struct domain *by)
{
	return !by->feed || !by->feed->guest || by->nr_items < ledger->limits->guest_items;
}

/*
 * There is no room on a list of @nr of one ref, or for more of this guest: @event is as good as
 * lost, and what would rest on its absence proves nothing.
 */
void ledger__drop(struct ledger *ledger, const struct merge_event *event, u32 nr);

/* The ref's state, made if need be; NULL when out of range or out of memory. */
struct ref *domain__ref_make(struct domain *domain, u32 ref);

/* Make room for chunk @c in the directory @dir of @nr chunks. False without memory. */
bool directory__grow(void ***dir, u32 *nr, u32 c);

/*
 * Element @id, up to ID_MAX, of a table of @nr elements of @size bytes, which grows to the highest
 * number that was asked for; new ones are zero. NULL when memory is short.
 */
void *table__slot(void **table, u32 *nr, u32 id, size_t size);

/* Where a handle's map is noted, made if need be; NULL when out of range or out of memory. */
u32 *domain__handle(struct domain *domain, u32 handle);

/* Give a generation's memory back. */
void ledger__put_gen(struct ledger *ledger, u32 nr);

static inline u16 id16(u32 id)
{
	return id <= ID_MAX ? (u16)id : 0;
}

/* The granter's side (granting.c). Each returns 0 or -ENOMEM. */
int ledger__grant(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__revoke(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__release(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__reset(struct ledger *ledger, struct domain *domain);
/* Another domain has the domid now: what its predecessor held is nobody's. */
void ledger__forget_holders(struct ledger *ledger, struct domain *domain);

/* The mapper's side: told (arming.c), mapped and unmapped (mapping.c). */
int ledger__arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__disarm(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch);
u32 ledger__find_call(struct ledger *ledger, u32 mapper, u32 file, u64 index);
/* One that was taken back while a map through it, of @ref, was under way. 0: none. */
u32 ledger__find_closed_call(struct ledger *ledger, const struct ref *ref, u32 mapper, u32 file,
			     u64 index);
/*
 * The announcement that @map, an export of a dma-buf, is about; no other map comes through it. 0:
 * none on record.
 */
u32 ledger__export_call(struct ledger *ledger, struct domain *domain, const struct ref *ref,
			const struct map *map);
void ledger__put_call(struct ledger *ledger, u32 nr);
void ledger__forget_files(struct ledger *ledger, struct domain *domain);
int ledger__map(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__unmap(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
/* Copies (copying.c). Keep one that has been judged, or give its memory back. */
int ledger__copy(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__copy_is_judged(struct ledger *ledger, u32 nr);
/* Forget the copies of @granter's refs. */
void ledger__forget_copies(struct ledger *ledger, struct domain *granter);
/* Who maps or copies, from the stack of @batch. */
enum kind domain__batch_kind(struct domain *domain, const struct rec_batch *batch);
/* Give a map's memory back. */
void ledger__put_map(struct ledger *ledger, u32 nr);
void ledger__ring(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__ring_unmap(struct ledger *ledger, struct domain *domain,
			const struct merge_event *event);
/* What is read in tables (table_reads.c). 0 or -ENOMEM. */
int ledger__enter_table_read(struct ledger *ledger, struct domain *domain,
			     const struct merge_event *event);
void ledger__forget_table_reads(struct ledger *ledger, struct domain *domain);
void ledger__forget_maps(struct ledger *ledger, struct domain *domain);

#endif
