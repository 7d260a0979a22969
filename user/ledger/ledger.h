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
#include "merge/merge.h"
#include "model/kinds.h"
#include "model/policy.h"
#include "model/span.h"
#include "util/pool.h"
#include "util/xen_abi.h"

#define LEDGER_MAX_DOMAINS 256
#define LEDGER_MAX_REFS	   (1u << 22) /* per granter; twice Qubes' gnttab_max_frames=2048 of v1 */
#define LEDGER_MAX_HANDLES (1u << 22) /* per mapper */
#define LEDGER_RINGS	   512u	      /* mapped by one domain at a time */
#define REF_CHUNK	   512u
#define HANDLE_CHUNK	   1024u
#define RESERVED_REFS	   GNTTAB_NR_RESERVED_ENTRIES /* seeded by the toolstack */

/* struct gen.flags */
#define GEN_ADOPTED	 0x01 /* granted before recording began, or its grant was not seen */
#define GEN_ENDED	 0x02
#define GEN_IMPLICIT_END 0x04	/* no end was seen, but a new grant: its maps may still be pinned */
#define GEN_FREED	 0x08	/* the ref went to the free list or to a private pool */
#define GEN_DEFERRED	 0x10	/* an end was refused and queued for retry */
#define GEN_EXITING	 0x20	/* ended by a task that was exiting */
#define GEN_SHARED	 0x40	/* a kernel backend mapped it */
#define GEN_RESET	 0x80	/* the table was set up anew while it was live: over or not */
#define GEN_TAINTED	 0x100	/* one before it ended unseen and may still be pinned */
#define GEN_LINGERS	 0x200	/* reported as still mapped long after its end was refused */
#define GEN_UNEXPLAINED	 0x400	/* an end was refused though nobody is known to have mapped it */
#define GEN_MAPPED	 0x800	/* its grantee mapped it, or may have */
#define GEN_RELEASED	 0x1000 /* of GEN_FREED: to a private pool */
#define GEN_BEFORE_RESET 0x2000 /* the table was set up anew since it was granted */
#define GEN_GONE	 0x4000 /* of another domain, which had this domid before */
/*
 * Of a ref with two owners: its grant or its end ran beside another such call. Records stand in the
 * order in which calls returned, so which of the two calls came first is unknown, and with it which
 * generation an end was about.
 */
#define GEN_OVERLAPPED 0x8000

/* The end of a generation; of a live generation its first refused end. */
struct ending {
	struct span at;
	u16 stack, task;
};

/* One life of a ref. */
struct gen {
	struct span grant;
	u64 frame;
	u32 number;
	u32 older; /* pool number of the generation before, 0 at the end of the history */
	u32 end;   /* of struct ending, 0 none */
	u16 stack, task;
	u16 peer;
	u16 flags;
	u8 gflags;
	u8 refusals; /* saturating */
	/*
	 * Grants of this ref that a later grant replaced before they ended: so many ends may come
	 * with no grant of their own before them. Saturating.
	 */
	u8 others;
};

#define MAP_OPEN	  0x01 /* mapped now */
#define MAP_PENDING	  0x02 /* not settled yet */
#define MAP_RING	  0x04
#define MAP_STALE	  0x08 /* a finding says so */
#define MAP_CLOSED_UNSEEN 0x10 /* the time of its unmap is unknown */
#define MAP_PARTIAL	  0x20 /* others of the same call were refused */
#define MAP_DISPUTED	  0x40 /* the granter's state contradicts it */
#define MAP_JUDGED	  0x80 /* the rules have been asked about it */

/*
 * Where Xen's trace has a map, on the host's raw TSC: its effect lies in [lo, hi], it was pinned
 * until end at least.
 */
struct stamp {
	u64 lo, hi;
	u64 end; /* of Xen's record of the unmap, 0 not known */
	/*
	 * The calls themselves, in ns of the mapper's CLOCK_MONOTONIC. Times converted from the TSC
	 * have the error of the conversion. 0: not recorded.
	 */
	u64 in, out, unmap_in;
	bool named; /* the record of the map names ref and handle: nothing was inferred */
};

#define STAMPS_MAX (1u << 24)

/*
 * One map operation, successful or refused; or one side of a copy, which is a map that is gone when
 * its call returns. Copies are in no list of maps.
 */
struct map {
	struct span at;
	u64 frame;
	u32 ref : 22;	  /* below LEDGER_MAX_REFS */
	u32 finding : 10; /* number of the one that says it is stale, 0 none */
	u32 handle;	  /* of a copy: which side it is, as op_copy.flags */
	u32 next;	  /* on the ref, newest first */
	u32 end;	  /* of struct ending: the unmap; 0: still open, or refused */
	u32 call;	  /* the ioctl that it came through, 0 none */
	u16 stack, task;
	u32 stamp : 24; /* of struct stamp: where Xen's trace has it, 0 not there */
	u32 kind : 5;
	u32 unlinked : 1; /* a process may have made it, and its announcement is not known */
	u32 is_copy : 1;
	u32 undecided : 1; /* counted: a copy as such, a map as refused or of no grant on record */
	s8 status;
	u8 granter, mapper; /* domain indices */
	u8 flags;
};

_Static_assert(LEDGER_MAX_REFS <= 1u << 22, "a ref must fit struct map");
_Static_assert(KIND_MAX <= 1u << 5, "a kind must fit struct map");

#define LEDGER_COPIES 8 /* by processes, kept per ref */

/* One ioctl by which a process announces refs; its mmap and its end go by (file, index). */
struct call {
	struct span at;
	u64 index;
	/* earliest time (mapper's CLOCK_MONOTONIC) when it was taken back, 0 while open */
	u64 closed;
	u64 closed_out; /* by when it surely was, 0 not known */
	u64 closed_key; /* of the withdrawal's event, at any time */
	/* the newest map call through it of which Xen refused a part, on the same clock */
	u64 refused_in, refused_out;
	u32 next; /* in the hash bucket */
	u32 file_next, file_prev;
	u32 refs; /* arms and maps that point here */
	u16 file, task;
	u8 mapper;
};

#define ARM_PENDING 0x01
#define ARM_MAPPED  0x02 /* a map came through it that has left the history */
#define ARM_UNKNOWN 0x04 /* counted: whether a map came through it is not known */
#define ARM_CLOSE   0x08 /* counted: whether it is a near miss is not known */

/* A process told gntdev about a ref. */
struct arm {
	u32 call;
	u32 ref;
	u32 next;	 /* on the ref, newest first */
	u32 told_number; /* of the generation that was the newest when the arm came, 0 none */
	u32 told;	 /* that generation itself once it left the ref's history, 0 before */
	u16 finding;
	u8 granter;
	u8 flags;
};

/*
 * What a mapper's domain read in the granter's table, as long as it was the same. Marks of use
 * (ENTRY_READING and ENTRY_WRITING) come and go with maps; they don't make it another one.
 */
struct table_read {
	struct span first; /* the first read that found it, on the reader's clock */
	u64 last;	   /* CLOCK_MONOTONIC of the reader's last read so far that found it */
	u64 frame;
	u32 older; /* pool number, 0 at the end */
	u16 flags; /* as last seen */
	u16 peer;
	u8 reader; /* domain index */
};

struct ref {
	u32 gen; /* newest generation, 0 none */
	u32 maps;
	u32 arms;
	u32 nr_maps : 13; /* lists end at 4096 */
	u32 nr_arms : 13;
	/* a process mapped it once; if none did, no two mappers can be in conflict */
	u32 by_process : 1;
	u32 nr_gens : 5; /* at least so many */
};

struct ring {
	u32 file;
	u32 nr;
	u32 map[16];
};

struct domain {
	u16 domid;
	u8 index;
	bool refs_mapped; /* somebody maps its refs, or is about to; reserved ones apart */
	/* maps were seen to return the frames that its table holds: a PV domain … */
	bool frames_same;
	bool frames_other; /* … or others: it is translated */
	bool granted_to;   /* somebody grants to it */
	bool copied_to;	   /* somebody grants to it what backends copy */
	struct feed *feed; /* NULL: no capture of this domain */
	const struct merge_input *input;
	s64 off;	   /* of its clock to Xen system time, as of what was read of it last … */
	u64 err;	   /* … and how sure that is, CLOCK_ERR_UNKNOWN before anything was */
	struct ref **refs; /* chunks of REF_CHUNK */
	u32 **table_reads; /* chunks of REF_CHUNK: newest by ref */
	u32 nr_table_chunks;
	u32 **copies; /* chunks of REF_CHUNK: newest by ref, LEDGER_COPIES of a ref at most */
	u32 nr_copy_chunks;
	u32 **handles; /* chunks of HANDLE_CHUNK: map by handle */
	u32 nr_ref_chunks, nr_handle_chunks;
	u32 *files; /* newest call by file id */
	u32 nr_files;
	struct ring *rings; /* LEDGER_RINGS, NULL before the first */
	u32 nr_rings;
	u64 reset_at;	   /* when its table was set up anew last, on its own clock; 0 never */
	u64 deferred;	   /* generations whose end is refused and queued now */
	u64 beyond_limits; /* uses of refs or handles for which there is no room, or never */
	u64 unseen_unmaps; /* handles that were given out again without a recorded unmap */
	/* as the ledger's, where the contradictions are not with one other domain alone */
	u64 doubt;
	/* reported by this domain: open ioctls; arms and maps; waiting log lines */
	u32 nr_calls, nr_items, nr_lines;
	/* state made because it named them: domains, chunks of their refs */
	u32 named_domains, named_chunks;
	u8 *stack_kind; /* kind + 1 by stack id, 0 not looked at yet */
	u8 *stack_via;	/* via + 1 likewise */
	u32 nr_stack_kinds, nr_stack_vias;
};

struct ledger;

/* An entry was read. */
struct table_event {
	struct domain *granter;
	u32 ref;
	const struct table_read *read; /* what it found, which other reads may have found too */
	struct span at;
	u16 flags;
	bool again; /* judged once more, see ledger__judge_again() */
};

#define LINE_MAX_LEN 200 /* of a kernel log's line that is kept */

/* Something that happened to a generation. */
struct gen_event {
	struct domain *granter;
	struct gen *gen;
	u32 ref;
	struct span at;
	u64 since; /* when the end was refused first, on the same clock; 0: it was not */
	u16 stack, task;
	bool ok;    /* of an end: it succeeded */
	bool again; /* judged once more */
};

/* What the rules are told. Objects are valid during the call. */
struct ledger_listener {
	void *ctx;
	/*
	 * A map operation settled. True: once more, when calls that were under way have returned;
	 * then MAP_JUDGED is set.
	 */
	bool (*map)(void *ctx, struct ledger *ledger, u32 map);
	/* An end settled. True: once more, as for maps; then @end->again is set. */
	bool (*end)(void *ctx, struct ledger *ledger, const struct gen_event *end);
	/* An arm settled. */
	void (*arm)(void *ctx, struct ledger *ledger, u32 arm);
	/* Freed or released although not ended. */
	void (*freed)(void *ctx, struct ledger *ledger, const struct gen_event *freed);
	/* Freed or released once more, with no grant in between that was seen. */
	void (*freed_again)(void *ctx, struct ledger *ledger, const struct gen_event *freed);
	/*
	 * Granted although the generation before had not ended, was not freed, and the table was
	 * the same. @grant->since: when that was granted, or seen to be there first.
	 */
	void (*granted_over)(void *ctx, struct ledger *ledger, const struct gen_event *grant);
	/* A retried end was refused again. */
	void (*retried)(void *ctx, struct ledger *ledger, const struct gen_event *retry);
	/* A map was undone. */
	void (*unmap)(void *ctx, struct ledger *ledger, u32 map);
	/*
	 * A copy settled. True: once more, as for maps. Afterwards only a process's copy that
	 * succeeded is kept.
	 */
	bool (*copy)(void *ctx, struct ledger *ledger, u32 copy);
	/* A map of a call that was refused in part, a while after. */
	void (*partial)(void *ctx, struct ledger *ledger, u32 map);
	/*
	 * A ref's entry was read, and is another one than before, or is marked or not marked
	 * any more.
	 */
	void (*table_read)(void *ctx, struct ledger *ledger, const struct table_event *event);
	/* A known line of a kernel log. */
	void (*log)(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		    const char *text);
	/*
	 * The domain's table is a new one, or the domain itself is: what was learned of it is void.
	 */
	void (*reset)(void *ctx, struct ledger *ledger, struct domain *domain);
};

/*
 * Contradictions between two domains' words: one of them is not what it says, and the others are
 * not to suffer for it.
 */
struct doubt {
	u8 granter, mapper;
	u64 off; /* ns */
};

#define LEDGER_DOUBTS 64

struct pending;

struct queue {
	struct pending *item; /* ring buffer, deadlines never go down */
	u32 size, head, len;
};

/* Where something had no room. */
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
	NR_LIMITS,
};

struct ledger {
	struct domain *domains[LEDGER_MAX_DOMAINS];
	u32 nr_domains;
	u8 by_domid[65536]; /* index + 1 */
	struct pool gens, endings, maps, stamps, arms, calls, lines, table_reads;
	u32 *buckets; /* calls by (mapper, file, index) */
	u32 nr_buckets;
	struct queue queue; /* to be settled */
	struct queue later; /* to be settled once more, ->grace after */
	/* ends, and lines of logs behind them, that wait for maps which are not settled yet */
	struct queue postponed;
	/* every feed has been read up to here; UINT64_MAX: to its end */
	u64 marks[MERGE_MAX_FEEDS];
	bool without[MERGE_MAX_FEEDS]; /* stalled: settling goes on without it */
	u32 waiting[MERGE_MAX_FEEDS];  /* of the queue's items, by feed */
	u32 nr_feeds;
	u32 entering; /* whose event is entered */
	u64 horizon;  /* the least of the marks */
	u64 settled;  /* everything before this key has been settled */
	u64 now;      /* key of the newest event */
	u64 slack;    /* ns between an event and its settling */
	u64 grace;    /* ns until then */
	struct doubt doubts[LEDGER_DOUBTS];
	u32 nr_doubts;
	/*
	 * ns: the closest of the comparisons of two domains' times that ledger__before() affirmed
	 * since whoever judges set it last. Points to margin_value, so a const ledger can set it.
	 */
	u64 *margin;
	u64 margin_value;
	u64 doubt;	    /* causality was seen to run backwards by that much at most */
	u64 contradictions; /* how often */
	bool finished;	    /* no further event can arrive */
	bool early;	    /* settling before its time, for want of room: nothing is sure */
	u64 settled_early;
	u64 nr_table_reads;	/* entries */
	u64 dropped[NR_LIMITS]; /* what had no room, or went before all about it was judged */
	struct ledger_listener listener;
	const struct policy *policy;	    /* what the user set about verdicts; the caller's */
	const struct ledger_limits *limits; /* the caller's */
};

/* A limit for people, "1024 maps of one ref", in @buf. */
const char *ledger_limit__name(const struct ledger *ledger, enum ledger_limit limit, char *buf,
			       size_t size);

struct ledger *ledger__new(const struct ledger_listener *listener);
void ledger__free(struct ledger *ledger);

/* Enters one event or mark. Returns 0 or -ENOMEM. */
int ledger__enter(struct ledger *ledger, const struct merge_event *event);

/* Live: ->without has changed. */
void ledger__advance(struct ledger *ledger);

/* All feeds are at their end: settles the rest. */
void ledger__finish(struct ledger *ledger);

/*
 * The longest duration of a call, ns. A call is recorded when it returns, so its record may come
 * this much after its effect. 8100 unmaps take 60 ms on an emulated CPU.
 */
#define LEDGER_CALL_NS (100 * NSEC_PER_MSEC)

/*
 * Ask the rules about @event again when calls that were under way have returned. False when there
 * is no room for that.
 */
bool ledger__judge_again(struct ledger *ledger, const struct table_event *event);

/*
 * Whether @time (of Xen, as keys are) lies so far back that nothing unsettled can ask about it.
 */
bool ledger__is_past(const struct ledger *ledger, u64 time);

/* The domain of @domid, entered if need be; NULL over LEDGER_MAX_DOMAINS. */
struct domain *ledger__domain(struct ledger *ledger, u16 domid);

/* Something on @domain's clock, to translate times to it. */
static inline struct span domain__clock(const struct domain *domain)
{
	const struct when when = {.in = 1, .out = 1, .off = domain->off, .err = domain->err};

	return span__from(&when, false);
}

/* The ref's state, or NULL if nothing is known of it. */
static inline struct ref *domain__ref(const struct domain *domain, u32 ref)
{
	u32 chunk = ref / REF_CHUNK;

	if (chunk >= domain->nr_ref_chunks || !domain->refs[chunk])
		return NULL;
	return &domain->refs[chunk][ref % REF_CHUNK];
}

/* Call @fn for every ref of @domain of which anything is known. */
void domain__each_ref(struct domain *domain, void (*fn)(void *ctx, u32 nr, struct ref *ref),
		      void *ctx);

/*
 * The generation that was the newest one when @arm came, NULL if there was none or it is forgotten.
 */
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

/* The newest copy of @ref by a process, 0 if there is none; the others follow by map->next. */
u32 domain__copies(const struct domain *granter, u32 ref);

/* The newest read of @ref's entry, NULL if nobody read it. */
struct table_read *ledger__table_read(const struct ledger *ledger, const struct domain *granter,
				      u32 ref);

static inline struct stamp *stamp__at(const struct ledger *ledger, u32 nr)
{
	return nr ? pool__at(&ledger->stamps, nr) : NULL;
}

/*
 * For comparison with other times of the mapper's own clock: before this the map was not there,
 * from then on it was, and until then.
 */
u64 map__not_before(const struct ledger *ledger, const struct map *map);
u64 map__surely_from(const struct ledger *ledger, const struct map *map);
u64 map__surely_until(const struct ledger *ledger, const struct map *map);

/* When @gen ended; it has. */
static inline const struct span *gen__end(const struct ledger *ledger, const struct gen *gen)
{
	return &ending__at(ledger, gen->end)->at;
}

/* Whether an end of @gen was seen to succeed: from then on it was not mapped. */
static inline bool gen__ended_well(const struct gen *gen)
{
	return (gen->flags & (GEN_ENDED | GEN_IMPLICIT_END)) == GEN_ENDED;
}

/* The arm that @map came through, or NULL. */
struct arm *ledger__arm_of(struct ledger *ledger, const struct map *map);

/* Note that the clocks of @granter and @mapper are @off further apart than their bounds say. */
void ledger__add_doubt(struct ledger *ledger, const struct domain *granter,
		       const struct domain *mapper, u64 off);

/*
 * Whether the captures of these two domains tell nothing about each other (merge/hosts.h); final
 * once both have been read to their end.
 */
bool ledger__apart(const struct ledger *ledger, u32 granter, u32 mapper);

/* ns to add to the bounds of these two domains' times. */
u64 ledger__doubt(const struct ledger *ledger, u32 granter, u32 mapper);

/* Whether @a of domain index @da surely came before @b of @db. */
static inline bool ledger__before(const struct ledger *ledger, u32 da, const struct span *a, u32 db,
				  const struct span *b)
{
	u64 doubt = ledger->nr_doubts ? ledger__doubt(ledger, da, db) : 0;
	u64 margin = span__margin(da, a, db, b, doubt);

	/* What the doubt has taken is there: it must not be taken again. */
	if (margin && margin != SPAN_ONE_CLOCK && margin + doubt < *ledger->margin)
		*ledger->margin = margin + doubt;
	return margin;
}

/* Bytes of memory in use. */
size_t ledger__bytes(const struct ledger *ledger);

/*
 * The subsystem and the way of ending that a stack of @domain's capture shows; looked up once per
 * stack.
 */
enum kind domain__kind(struct domain *domain, u32 stack);
enum via domain__via(struct domain *domain, u32 stack);

/* Owner of a generation: its kind; toolstack for reserved refs that nobody was seen granting. */
enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen);

#endif
