/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books: per (granter, ref) its generations, and who was told of the ref, mapped and unmapped it, when.
 *
 * Domains' clocks are only so good, so what belongs together may arrive in the wrong order. The ledger
 * therefore enters everything as it comes, and *settles* each map, end and arm only when nothing that could
 * have been earlier can still arrive: after twice the widest clock bound, counted in event time, never in
 * wall-clock time. Rules are asked at settling and see the complete neighbourhood; live and stored captures
 * settle at the same point.
 *
 * Memory follows live refs: ended generations and closed maps stay only as a short history per ref.
 */
#ifndef GRANTWATCH_LEDGER_H
#define GRANTWATCH_LEDGER_H

#include "ledger/kinds.h"
#include "merge/merge.h"
#include "util/pool.h"

#define LEDGER_MAX_DOMAINS 256
#define LEDGER_MAX_REFS	   (1u << 22) /* per granter; twice Qubes' gnttab_max_frames=2048 of v1 */
#define LEDGER_MAX_HANDLES (1u << 22) /* per mapper */
#define LEDGER_MAX_FILES   (1u << 16)
#define LEDGER_HISTORY	   8	      /* ended generations and closed maps kept per ref */
#define RESERVED_REFS	   8	      /* seeded by the toolstack (GNTTAB_NR_RESERVED_ENTRIES) */

/* A moment of one domain, packed: the effect lies in (span__in, out] of its CLOCK_MONOTONIC. */
struct span {
	u64 out;
	s64 off;  /* + off is Xen system time */
	u32 err;  /* of that, in ns; UINT32_MAX: not comparable with other domains */
	u32 dt16; /* out - in in units of 16 ns, rounded up */
};

/* struct gen.flags */
#define GEN_ADOPTED	 0x01 /* granted before recording began, or its grant was not seen */
#define GEN_ENDED	 0x02
#define GEN_IMPLICIT_END 0x04 /* no end was seen, but a new grant or a reset */
#define GEN_FREED	 0x08 /* the ref went to the free list or to a private pool */
#define GEN_DEFERRED	 0x10 /* an end was refused and queued for retry */
#define GEN_EXITING	 0x20 /* ended by a task that was exiting */
#define GEN_SHARED	 0x40 /* a kernel backend mapped it */
#define GEN_NEAR_MISS	 0x80 /* reported as one */

/* One life of a ref. */
struct gen {
	struct span grant;
	struct span end;
	u64 frame;
	u32 number;
	u32 older; /* pool number of the generation before, 0 at the end of the history */
	u32 stack, task;
	u32 end_stack, end_task;
	u16 peer;
	u16 gflags;
	u16 flags;
	u16 refusals; /* saturating */
};

#define MAP_OPEN     0x01 /* mapped now */
#define MAP_PENDING  0x02 /* not settled yet */
#define MAP_RING     0x04
#define MAP_STALE    0x08 /* a finding says so */
#define MAP_CLOSED_UNSEEN 0x10 /* handle was given out again: the unmap was missed */

/* One map operation, successful or refused. */
struct map {
	struct span at;
	struct span unmap; /* when !MAP_OPEN and it succeeded */
	u64 frame;
	u64 index;
	u32 ref, handle, mflags;
	u32 stack, task, file;
	u32 next; /* on the ref, newest first */
	u32 gen;  /* number of the generation that it landed on, 0 unknown; set at settling */
	u32 finding;
	s16 status;
	u8 granter, mapper; /* domain indices */
	u8 kind;
	u8 flags;
};

#define ARM_OPEN    0x01 /* not disarmed */
#define ARM_MAPPED  0x02 /* a map came through it */
#define ARM_PENDING 0x04

/* A process told gntdev about a ref. */
struct arm {
	struct span at;
	u64 index;
	u32 ref, file, task;
	u32 next;	/* on the ref, newest first */
	u32 file_next;	/* on the file */
	u32 finding;
	u8 granter, mapper;
	u8 flags;
};

struct ref {
	u32 gen;  /* newest generation, 0 none */
	u32 maps;
	u32 arms;
	u32 number; /* of the newest generation */
};

struct ring {
	u32 file;
	u32 nr;
	u32 map[16];
};

struct domain {
	u16 domid;
	u8 index;
	struct feed *feed; /* NULL: no capture of this domain */
	u32 feed_index;
	struct ref **refs; /* chunks of 512 */
	u32 **handles;	   /* chunks of 1024: map by handle */
	u32 *files;	   /* newest arm by file id */
	struct ring rings[512];
	u32 nr_rings;
	u64 resets;
	bool refs_mapped; /* somebody maps its refs, reserved ones apart */
	bool granted_to;  /* somebody grants to it */
	u64 bad_refs;	   /* refs or handles that no table can hold */
	u8 *stack_kind;	   /* kind + 1 by stack id, 0 not looked at yet */
	u8 *stack_via;	   /* via + 1 likewise */
};

struct ledger;

/* What the rules are told. Objects are valid during the call. */
struct ledger_listener {
	void *ctx;
	/* A map operation settled. */
	void (*map)(void *ctx, struct ledger *ledger, u32 map);
	/* An end settled: the generation's number, whether it succeeded, when, by which stack and task. */
	void (*end)(void *ctx, struct ledger *ledger, struct domain *granter, u32 ref, u32 gen_number,
		    bool ok, const struct span *at, u32 stack, u32 task);
	/* An arm settled. */
	void (*arm)(void *ctx, struct ledger *ledger, u32 arm);
	/* Freed or released although not ended. */
	void (*freed)(void *ctx, struct ledger *ledger, struct domain *granter, u32 ref,
		      u32 gen_number, const struct span *at, u32 stack, u32 task);
	/* A map was undone. */
	void (*unmap)(void *ctx, struct ledger *ledger, u32 map);
	/* A known line of a kernel log. */
	void (*log)(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		    const char *text);
};

struct pending;

struct ledger {
	struct domain *domains[LEDGER_MAX_DOMAINS];
	u32 nr_domains;
	u8 by_domid[65536]; /* index + 1 */
	struct pool gens, maps, arms;
	struct pending *queue; /* ring buffer, deadlines never go down */
	u32 queue_size, queue_head, queue_len;
	u64 now;	       /* key of the newest event */
	u64 slack;	       /* ns between an event and its settling */
	u64 unknown_unmaps;    /* of maps made before recording began */
	struct ledger_listener listener;
};

struct ledger *ledger__new(const struct ledger_listener *listener);
void ledger__free(struct ledger *ledger);

/* Enter one event. @err_max is the merge's widest clock bound so far. 0 or -ENOMEM. */
int ledger__enter(struct ledger *ledger, const struct merge_event *event, u64 err_max);

/* Settle what no event at or after @key can change any more; UINT64_MAX at the end of all feeds. */
void ledger__settle(struct ledger *ledger, u64 key);

/* The domain of @domid, entered if need be; NULL over LEDGER_MAX_DOMAINS. */
struct domain *ledger__domain(struct ledger *ledger, u16 domid);

/* The ref's state, or NULL if nothing is known of it. */
struct ref *domain__ref(const struct domain *domain, u32 ref);

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

/* The arm that @map came through, or NULL. */
struct arm *ledger__arm_of(struct ledger *ledger, const struct map *map);

/* The subsystem and the way of ending that a stack of @domain's capture shows; looked up once per stack. */
enum kind domain__kind(struct domain *domain, u32 stack);
enum via domain__via(struct domain *domain, u32 stack);

/* Owner of a generation: its kind; toolstack for reserved refs that nobody was seen granting. */
enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen);

/* Packed moments. */
struct span span__from(const struct when *when);

static inline u64 span__in(const struct span *span)
{
	u64 dt = (u64)span->dt16 * 16;

	return span->out > dt ? span->out - dt : 0;
}

/* Middle of the span on Xen system time. */
static inline u64 span__system(const struct span *span)
{
	return span->out + (u64)span->off;
}

/* Whether the effect at @a (of domain index @da) surely came before the effect at @b (of @db). */
bool span__before(u32 da, const struct span *a, u32 db, const struct span *b);

#endif
