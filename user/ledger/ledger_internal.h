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
	PENDING_LOST,
	PENDING_LOG,
	PENDING_TABLE_READ,
	PENDING_COPY,
};

/* An item to be settled at its deadline. */
struct pending {
	u64 deadline;
	struct span at;
	u64 since; /* of the first refusal, ns of the granter's CLOCK_MONOTONIC, 0 none */
	u32 id;	   /* pool number of the map, arm or log line; for a table read its flags */
	u32 ref, gen;
	u16 stack, task;
	u8 type;
	u8 granter;
	u8 feed; /* the feed which reported it */
	bool ok;
	bool again; /* was postponed */
};

/* Whether the verdict on @item needs the generation that it names. */
static inline bool pending__is_of_gen(const struct pending *item)
{
	return item->type == PENDING_END || item->type == PENDING_RETRY ||
	       item->type == PENDING_FREED || item->type == PENDING_FREED_AGAIN ||
	       item->type == PENDING_GRANTED_OVER;
}

/* Queues @item until no unread event can change it. Returns 0 or -ENOMEM. */
int ledger__defer(struct ledger *ledger, const struct pending *item);

/*
 * Settles the items with deadlines up to @until: no unread event and no unread loss can change
 * them.
 */
void ledger__settle(struct ledger *ledger, u64 until);
/* Settles early if the queue is full, as a capture without marks never lets items settle. */
void ledger__settle_overflow(struct ledger *ledger);
/*
 * Whether a guest's feed may queue another item. A feed may have as many as are still free, so
 * every feed finds room.
 */
bool ledger__has_share(const struct ledger *ledger, const struct merge_event *event);

/* Adds @item. @deadline must not be below those in @queue. Returns 0 or -ENOMEM. */
int queue__put(struct queue *queue, const struct pending *item, u64 deadline);
bool queue__take(struct queue *queue, u64 until, struct pending *item);
/* Item @i of queue.len, the oldest first. */
static inline const struct pending *queue__at(const struct queue *queue, u32 i)
{
	return &queue->item[(queue->head + i) & (queue->size - 1)];
}
void queue__cleanup(struct queue *queue);

/* The number of ended generations and closed maps to keep per ref of @granter. */
static inline u32 ledger__history(const struct ledger *ledger, const struct domain *granter)
{
	return granter->nr_gens > ledger->limits->rich_gens ? 1 : ledger->limits->history;
}

void domain__free(struct domain *domain);

/* Returns the domain of @domid, named by a record of @by. NULL at a limit or without memory. */
struct domain *ledger__named(struct ledger *ledger, struct domain *by, u16 domid);

/*
 * Returns the state of @ref of @granter, named by a record of @by. NULL at a limit or without
 * memory.
 */
struct ref *domain__named_ref(const struct ledger *ledger, struct domain *by,
			      struct domain *granter, u32 ref);

/* Whether @by is below its limit of arms and maps. */
static inline bool domain__may_add(const struct ledger *ledger, const struct domain *by)
{
	return !by->feed || !by->feed->guest || by->nr_items < ledger->limits->guest_items;
}

/*
 * Counts @event, for which a ref's list of @nr or a guest has no room. It becomes a loss of its
 * feed.
 */
void ledger__drop(struct ledger *ledger, const struct merge_event *event, u32 nr);

/* Returns the state of @ref, new if needed; NULL if out of range or without memory. */
struct ref *domain__ref_make(struct domain *domain, u32 ref);

/* Makes room for chunk @c in the directory @dir of @nr chunks. Returns false without memory. */
bool directory__grow(void ***dir, u32 *nr, u32 c);

/* Makes room for element @id of table__slot()'s table, and returns it; NULL without memory. */
void *table__grow(void **table, u32 *nr, u32 id, size_t size);

/*
 * Returns element @id, up to ID_MAX, of a table of @nr elements of @size bytes. The table grows as
 * needed; new elements are zero. Returns NULL without memory.
 */
static inline void *table__slot(void **table, u32 *nr, u32 id, size_t size)
{
	return id < *nr ? (char *)*table + id * size : table__grow(table, nr, id, size);
}

/*
 * Returns the place of @handle's map number, new if needed; NULL if out of range or without memory.
 */
u32 *domain__handle(struct domain *domain, u32 handle);

/* A ref's generations (gen_history.c). Frees one of @granter. */
void ledger__put_gen(struct ledger *ledger, struct domain *granter, u32 nr);
/* Begins a generation of @granter's @ref, its newest. Returns NULL without memory. */
struct gen *ledger__new_gen(struct ledger *ledger, struct domain *granter, struct ref *ref);
/* Notes when and by whom @gen was ended. Returns 0 or -ENOMEM. */
int ledger__set_end(struct ledger *ledger, struct gen *gen, const struct span *at, u32 stack,
		    u32 task);
/* Forgets generations beyond the history's length, unless an unsettled event may need them. */
void ledger__trim_gens(struct ledger *ledger, struct domain *granter, struct ref *ref);
/*
 * Forgets the oldest generations of @domain (forgetting.c) if they take more memory than
 * --limit history.
 * @now: the time of its newest record, ns of its CLOCK_MONOTONIC. Pointers to its refs are void.
 */
void ledger__limit_history(struct ledger *ledger, struct domain *domain, u64 now);

static inline u16 id16(u32 id)
{
	return id <= ID_MAX ? (u16)id : 0;
}

/* The granter's side (granting.c). Each returns 0 or -ENOMEM. */
int ledger__grant(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__revoke(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__release(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__reset(struct ledger *ledger, struct domain *domain);
/* A later grant than @gen's exists, which had not ended: it ended without a record, @at. */
int ledger__end_implicitly(struct ledger *ledger, struct domain *domain, struct gen *gen,
			   const struct span *at);
/* baseline.c. @op: an entry of the domain's own table, read @at when its recording began. */
int ledger__baseline(struct ledger *ledger, struct domain *domain, const struct span *at,
		     const struct op_entry *op);
/* Another domain has the domid now: marks the grants of its predecessor. */
void ledger__forget_holders(struct ledger *ledger, struct domain *domain);

/* The mapper's side: announcements (arming.c), maps and unmaps (mapping.c). */
int ledger__arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__disarm(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch);
u32 ledger__find_call(struct ledger *ledger, u32 mapper, u32 file, u64 index);
/* Returns the call that was withdrawn while a map of @ref through it was under way, 0 none. */
u32 ledger__find_closed_call(struct ledger *ledger, const struct ref *ref, u32 mapper, u32 file,
			     u64 index);
/*
 * Returns the call that announced @map, an exported dma-buf's, and closes it: no other map comes
 * through it. 0 if none is recorded.
 */
u32 ledger__export_call(struct ledger *ledger, struct domain *domain, const struct ref *ref,
			const struct map *map);
void ledger__put_call(struct ledger *ledger, u32 nr);
void ledger__forget_files(struct ledger *ledger, struct domain *domain);
int ledger__map(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
int ledger__unmap(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
/* Copies (copying.c). ledger__copy_is_judged() keeps a judged copy or frees it. */
int ledger__copy(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__copy_is_judged(struct ledger *ledger, u32 nr);
/* Forget the copies of @granter's refs. */
void ledger__forget_copies(struct ledger *ledger, struct domain *granter);
/* The subsystem that maps or copies, from the stack of @batch. */
enum kind domain__batch_kind(struct domain *domain, const struct rec_batch *batch);
/* A ref's maps (map_history.c). Frees a map or copy. */
void ledger__put_map(struct ledger *ledger, u32 nr);
/* The handle of map @nr names it no longer. */
void ledger__forget_handle(struct ledger *ledger, u32 nr);
/* Forgets closed maps beyond the history's length, and all maps beyond the limit. */
void ledger__trim_maps(struct ledger *ledger, const struct domain *granter, struct ref *ref);
/* Map @nr, if open, was undone @at; @flags: MAP_CLOSED_UNSEEN or 0. */
void ledger__close_map(struct ledger *ledger, u32 nr, const struct span *at, u8 flags);
/* Rings of xenbus devices (rings.c). */
void ledger__ring(struct ledger *ledger, struct domain *domain, const struct merge_event *event);
void ledger__ring_unmap(struct ledger *ledger, struct domain *domain,
			const struct merge_event *event);
/* Table reads (table_reads.c). Returns 0 or -ENOMEM. */
int ledger__enter_table_read(struct ledger *ledger, struct domain *domain,
			     const struct merge_event *event);
void ledger__forget_table_reads(struct ledger *ledger, struct domain *domain);
void ledger__forget_maps(struct ledger *ledger, struct domain *domain);

#endif
