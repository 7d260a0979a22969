/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-(granter, ref) state: generations, announcements (arms), maps, unmaps, copies, table reads.
 *
 * Related events may arrive in the wrong order, because clocks have error bounds, and a recorder
 * reports its losses late. The ledger enters each event on arrival and *settles* maps, ends and
 * arms later: when every capture has been read past the event by more than the widest clock error
 * bound. This distance is event time, never wall-clock time. Rules run at settling and see all
 * events nearby. Live and stored captures settle at the same point.
 *
 * Memory is proportional to live refs. Ended generations and closed maps stay as a short history
 * per ref, and until they are settled.
 */
#ifndef GRANTWATCH_LEDGER_H
#define GRANTWATCH_LEDGER_H

#include "ledger/limits.h"
#include "ledger/records.h"
#include "model/policy.h"
#include "model/teardown.h"
#include "util/pool.h"

struct ledger;

/* A read of a table entry. */
struct table_event {
	struct domain *granter;
	u32 ref;
	const struct table_read *read; /* the entry; ->at may be a later read of the same */
	struct span at;
	u16 flags;
	bool again; /* second call, after ledger__judge_again() */
};

#define LINE_MAX_LEN 200 /* bytes of a kernel log's line that are kept */

/* Something that happened to a generation. */
struct gen_event {
	struct domain *granter;
	struct gen *gen;
	u32 ref;
	struct span at;
	u64 since; /* of the first refusal, same clock, 0 none */
	u16 stack, task;
	bool ok;    /* of an end: it succeeded */
	bool again; /* judged once more */
};

/* Calls to the rules. Objects are valid during the call. */
struct ledger_listener {
	void *ctx;
	/*
	 * A map settled. Returns true to be called once more, when calls under way have returned;
	 * MAP_JUDGED is set then.
	 */
	bool (*map)(void *ctx, struct ledger *ledger, u32 map);
	/* An end settled. Returns true to be called once more; @end->again is set then. */
	bool (*end)(void *ctx, struct ledger *ledger, const struct gen_event *end);
	/* An arm settled. */
	void (*arm)(void *ctx, struct ledger *ledger, u32 arm);
	/* A ref was freed or released without a successful end. */
	void (*freed)(void *ctx, struct ledger *ledger, const struct gen_event *freed);
	/* A ref was freed or released a second time, without a recorded grant in between. */
	void (*freed_again)(void *ctx, struct ledger *ledger, const struct gen_event *freed);
	/*
	 * A ref was granted although its generation had not ended and was not freed, in the same
	 * table. @grant->since: the time of the replaced grant, or of the first event that shows
	 * it.
	 */
	void (*granted_over)(void *ctx, struct ledger *ledger, const struct gen_event *grant);
	/* A retry of a refused end was refused too. */
	void (*retried)(void *ctx, struct ledger *ledger, const struct gen_event *retry);
	/* A map was undone. */
	void (*unmap)(void *ctx, struct ledger *ledger, u32 map);
	/*
	 * A copy settled. Returns true to be called once more. Only successful copies which are by
	 * processes or of unknown owners are kept afterwards.
	 */
	bool (*copy)(void *ctx, struct ledger *ledger, u32 copy);
	/* A map whose call was refused in part, ledger.grace later. */
	void (*partial)(void *ctx, struct ledger *ledger, u32 map);
	/* A map that ended as teardown__is_loss() says, a while after. */
	void (*lost)(void *ctx, struct ledger *ledger, u32 map);
	/* A read found another entry than the read before, or other marks. */
	void (*table_read)(void *ctx, struct ledger *ledger, const struct table_event *event);
	/* A known message of a kernel log. */
	void (*log)(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		    const char *text);
	/*
	 * The domain has a new table, or another domain has the domid: what was learned of it is
	 * void.
	 */
	void (*reset)(void *ctx, struct ledger *ledger, struct domain *domain);
};

/* Two domains whose clocks contradict each other. Their doubt must not affect other pairs. */
struct doubt {
	u8 granter, mapper;
	u64 off; /* ns */
};

#define LEDGER_DOUBTS 64

/* Domids are looked up in pages, of which few are used. */
#define DOMID_PAGE  256
#define DOMID_PAGES (65536 / DOMID_PAGE)

struct pending;

struct queue {
	struct pending *item; /* ring buffer, deadlines never decrease */
	u32 size, head, len;
};

/* Limits whose reach is counted in ledger.dropped. */
enum ledger_limit {
	LIMIT_GENS,
	LIMIT_ARMS,
	LIMIT_MAPS,
	LIMIT_LIST,
	LIMIT_COPIES,
	LIMIT_TABLE_READS,
	LIMIT_CALLS,
	LIMIT_DOMAINS,
	LIMIT_GUEST,
	LIMIT_LINES,
	LIMIT_LINE_LEN,
	NR_LIMITS,
};

struct ledger {
	struct domain *domains[LEDGER_MAX_DOMAINS];
	u32 nr_domains;
	u8 *by_domid[DOMID_PAGES]; /* index + 1, of DOMID_PAGE domids each; NULL for none */
	struct pool gens, endings, maps, stamps, arms, calls, lines, table_reads;
	u32 *buckets; /* hash table of calls by (mapper, file, index) */
	u32 nr_buckets;
	struct queue queue; /* items to settle */
	struct queue later; /* items to settle a second time, ->grace ns later */
	/* ends and log lines that wait for the verdict of maps */
	struct queue postponed;
	/* Xen system time up to which each feed was read; UINT64_MAX: to its end */
	u64 marks[MERGE_MAX_FEEDS];
	bool without[MERGE_MAX_FEEDS]; /* stalled feeds: settling does not wait for them */
	u32 waiting[MERGE_MAX_FEEDS];  /* items of @queue by feed */
	u32 nr_feeds;
	u32 entering; /* index of the feed whose event is being entered */
	u64 horizon;  /* the smallest mark */
	u64 settled;  /* all items before this key are settled */
	u64 now;      /* key of the newest event */
	u64 slack;    /* ns between an event and its settling */
	u64 grace;    /* ns until an item of @later is settled */
	struct doubt doubts[LEDGER_DOUBTS];
	u32 nr_doubts;
	/*
	 * The closest comparison of two domains' times that ledger__before() affirmed since a rule
	 * reset it, ns. Points to margin_value, so that a const ledger can change it.
	 */
	u64 *margin;
	u64 margin_value;
	/*
	 * Calls without a recorded entry or longer than LEDGER_CALL_NS, and orders that were asked
	 * for and are vague, see span__is_vague(). Points to vague_value.
	 */
	u64 *vague;
	u64 vague_value;
	u64 doubt;	    /* ns, the largest contradiction of causality */
	u64 contradictions; /* how often */
	bool finished;	    /* all feeds are at their end */
	bool early;	    /* the item in hand is settled too early, as a queue is full */
	u64 settled_early;
	u64 nr_table_reads;	/* entries */
	u64 dropped[NR_LIMITS]; /* items refused or forgotten before judgement, by limit */
	struct ledger_listener listener;
	const struct policy *policy;	    /* owned by the caller */
	const struct ledger_limits *limits; /* the caller's */
};

/* Writes the name of a limit to @buf, such as "1024 maps of one ref". Returns @buf. */
const char *ledger_limit__name(const struct ledger *ledger, enum ledger_limit limit, char *buf,
			       size_t size);

struct ledger *ledger__new(const struct ledger_listener *listener);
void ledger__free(struct ledger *ledger);

/* Enters one event or mark. Returns 0 or -ENOMEM. */
int ledger__enter(struct ledger *ledger, const struct merge_event *event);

/* Settles what can be settled now that ->without has changed. */
void ledger__advance(struct ledger *ledger);

/* Settles all that is left. All feeds have been read to their end. */
void ledger__finish(struct ledger *ledger);

/*
 * The longest duration of a call, ns. A call is recorded when it returns, so its record may come
 * this much after its effect. 8100 unmaps take 60 ms on an emulated CPU.
 */
#define LEDGER_CALL_NS (100 * NSEC_PER_MSEC)

/*
 * Queues @event for a second call of the listener, when calls under way have returned. Returns
 * false if the queue is full.
 */
bool ledger__judge_again(struct ledger *ledger, const struct table_event *event);

/* Whether no unsettled item can ask about @time (Xen system time, ns) any more. */
bool ledger__is_past(const struct ledger *ledger, u64 time);

/*
 * Returns the domain of @domid, a new one if needed; NULL at LEDGER_MAX_DOMAINS or without memory.
 */
struct domain *ledger__domain(struct ledger *ledger, u16 domid);

/* The domain of @domid, or NULL if it has no state. */
static inline struct domain *ledger__known(const struct ledger *ledger, u16 domid)
{
	const u8 *page = ledger->by_domid[domid / DOMID_PAGE];
	u8 nr = page ? page[domid % DOMID_PAGE] : 0;

	return nr ? ledger->domains[nr - 1] : NULL;
}

/* A span of @domain's clock, to which other spans' times can be translated. */
static inline struct span domain__clock(const struct domain *domain)
{
	const struct when when = {.in = 1, .out = 1, .off = domain->off, .err = domain->err};

	return span__from(&when, false);
}

/* The state of @ref, NULL if no record named it. */
static inline struct ref *domain__ref(const struct domain *domain, u32 ref)
{
	u32 chunk = ref / REF_CHUNK;

	if (chunk >= domain->nr_ref_chunks || !domain->refs[chunk])
		return NULL;
	return &domain->refs[chunk][ref % REF_CHUNK];
}

/* Calls @fn for each ref of @domain that has state. */
void domain__each_ref(struct domain *domain, void (*fn)(void *ctx, u32 nr, struct ref *ref),
		      void *ctx);

/* The newest generation at the time of @arm. NULL if there was none, or it is forgotten. */
struct gen *ledger__told(struct ledger *ledger, const struct arm *arm);

/* The generation of @ref with @number, or NULL if it left the history. */
struct gen *ledger__gen(struct ledger *ledger, const struct ref *ref, u32 number);

static inline struct gen *gen__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->gens, nr) : NULL;
}

static inline struct map *map__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->maps, nr) : NULL;
}

static inline struct arm *arm__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->arms, nr) : NULL;
}

static inline struct call *call__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->calls, nr) : NULL;
}

static inline struct ending *ending__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->endings, nr) : NULL;
}

static inline struct table_read *table_read__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->table_reads, nr) : NULL;
}

/* Pool number of the newest copy kept of @ref, 0 none. map->next links the others. */
u32 domain__copies(const struct domain *granter, u32 ref);

/* The newest read of @ref's entry, NULL none. */
struct table_read *ledger__table_read(const struct ledger *ledger, const struct domain *granter,
				      u32 ref);

static inline struct stamp *stamp__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->stamps, nr) : NULL;
}

/*
 * Bounds of a map's life, ns of the mapper's CLOCK_MONOTONIC: the map surely did not exist before
 * the first, and surely existed from the second to the third.
 */
u64 map__not_before(const struct ledger *ledger, const struct map *map);
u64 map__surely_from(const struct ledger *ledger, const struct map *map);
u64 map__surely_until(const struct ledger *ledger, const struct map *map);

/* Whether peer and frame of @gen are known, and by when it was granted. */
static inline bool gen__is_known(const struct gen *gen)
{
	return !(gen->flags & GEN_ADOPTED) || gen->baseline;
}

/* For blind spots of @gen, which is known: its grant, or the read that found it live. */
static inline struct span gen__live_from(const struct gen *gen)
{
	struct span from = gen->grant;

	if (gen->baseline)
		from.dt_lo = from.dt_hi = 0;
	return from;
}

/* The time of @gen's end. @gen must have ended. */
static inline const struct span *gen__end(const struct ledger *ledger, const struct gen *gen)
{
	return &ending__at(ledger, gen->end)->at;
}

/* Whether an end of @gen succeeded, so that nothing maps it any more. */
static inline bool gen__ended_well(const struct gen *gen)
{
	return (gen->flags & (GEN_ENDED | GEN_IMPLICIT_END)) == GEN_ENDED;
}

/* The arm through which @map came, NULL if unknown. */
struct arm *ledger__arm_of(struct ledger *ledger, const struct map *map);

/* Notes that the clocks of @granter and @mapper differ by @off ns more than their bounds allow. */
void ledger__add_doubt(struct ledger *ledger, const struct domain *granter,
		       const struct domain *mapper, u64 off);

/*
 * Whether two domains' captures are of different hosts or boots (merge/hosts.h). Final once both
 * were read to their end.
 */
bool ledger__apart(const struct ledger *ledger, u32 granter, u32 mapper);

/* ns by which the bounds of these two domains' times are widened. */
u64 ledger__doubt(const struct ledger *ledger, u32 granter, u32 mapper);

/* Whether @a on the clock of domain index @da surely came before @b on that of @db. */
static inline bool ledger__before(const struct ledger *ledger, u32 da, const struct span *a, u32 db,
				  const struct span *b)
{
	u64 doubt = ledger->nr_doubts ? ledger__doubt(ledger, da, db) : 0;
	u64 margin = span__margin(da, a, db, b, doubt);

	/*
	 * Keeps the margin without the doubt: the review at the end compares it with the final
	 * doubt.
	 */
	if (margin && margin != SPAN_ONE_CLOCK && margin + doubt < *ledger->margin)
		*ledger->margin = margin + doubt;
	if (!margin)
		*ledger->vague += span__is_vague(da, a, db, b, doubt, LEDGER_CALL_NS);
	return margin;
}

/* Bytes of memory in use. */
size_t ledger__bytes(const struct ledger *ledger);

/*
 * What a stack of @domain's capture shows: the subsystem, the way of ending, and whether xenbus
 * grants or maps a ring for a driver. Cached per stack.
 */
enum kind domain__kind(struct domain *domain, u32 stack);
enum via domain__via(struct domain *domain, u32 stack);
enum teardown domain__teardown(struct domain *domain, u32 stack);
bool domain__is_ring(struct domain *domain, u32 stack);

/*
 * The owner of a generation: the kind of its grant. KIND_TOOLSTACK for reserved refs without one.
 */
enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen);

/* Whether the grant of @gen is unrecorded, and no overlapping call leaves open whose end it has. */
static inline bool gen__is_adopted_alone(const struct gen *gen)
{
	return (gen->flags & (GEN_ADOPTED | GEN_OVERLAPPED)) == GEN_ADOPTED;
}

/* The owner; without a recorded grant, the kind of the first end, which was refused. */
enum kind gen__owner_or_ender(struct domain *granter, u32 ref, const struct gen *gen);

#endif
