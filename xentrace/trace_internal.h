/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the decoder:
 *
 *	trace_windows.c	finds windows in the input
 *	trace_chunks.c	keeps the input
 *	trace_check.c	checks the records of windows
 *	trace_order.c	returns records in order of time
 *	trace_context.c	knows the state of each pCPU
 */
#ifndef GRANTWATCH_TRACE_INTERNAL_H
#define GRANTWATCH_TRACE_INTERNAL_H

#include "xentrace.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a trace is read on the machine that wrote it, or another x86"
#endif

/* The fuzz target has small chunks, to reach their ends more often. */
#ifndef CHUNK_BYTES
#define CHUNK_BYTES (256u << 10)
#endif
/* A record at the end of a chunk is moved before the next chunk's bytes. */
#define HEADROOM 64u
#define MAX_REC	 40u
/* t_info counts pages in 16 bits, so no window exceeds all buffers together. */
#define MAX_WINDOW (65536u * 4096u)
#define MAX_EPOCHS 64u

struct chunk {
	struct chunk *next; /* on the free list */
	u32 refs;	    /* segments in it, and one more while it is being filled */
	u32 fill;	    /* bytes used, without the headroom */
	u8 bytes[HEADROOM + CHUNK_BYTES];
};

/* Checked, complete records of one pCPU. */
struct xt_segment {
	struct xt_segment *next;
	struct chunk *chunk;
	const u8 *pos, *end;
	bool hole;   /* records are missing before it */
	bool steady; /* every record has a time, and the times never decrease */
};

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define noinline    __attribute__((noinline))

/*
 * A pCPU's TSC, and the key by which records are ordered: it never decreases, even if the TSC does.
 */
struct xt_clock {
	u64 tsc;
	u64 base;
	u64 key;
	u32 epoch;
	bool started; /* a TSC was seen */
};

struct vcpu_calls;

enum { GRANT_MAP, GRANT_UNMAP, GRANT_KINDS };

/* The state of a pCPU, apart from what its records contain. */
struct context {
	u8 doubts; /* contradictions in its scheduler records */
	bool distrusted;
	bool switching; /* a loss ended here, perhaps within a switch */
	bool leaving;	/* the last record was the last of its vCPU */
	/* Maps and unmaps that the open hypercall may do in all, and may still do. */
	u32 asked[GRANT_KINDS], left[GRANT_KINDS];
	struct xt_hypercall hc;
	struct vcpu_calls *calls; /* of the vCPU, NULL before first use */
};

struct cpu {
	/* being given out */
	const u8 *pos, *end;   /* the next record, pos NULL if there is none */
	bool steady;	       /* of the segment */
	struct xt_clock clock; /* its TSC is in @rec, except in cpu__look_further() */
	/* the last returned record; vCPU and hypercall stay valid until a record changes them */
	struct xt_rec rec;
	u32 header;	      /* of that record, */
	u32 size, payload_at; /* and what follows from it */
	u16 nr;
	struct xt_segment *head, *tail;
	struct context context;
	/* coming in */
	struct xt_clock walked;
	bool hole;	  /* a gap comes before the next segment */
	u64 common_holes; /* losses of unknown pCPUs that its segments account for */
};

enum walk_state {
	WALK_SEEK, /* a window should begin here */
	WALK_HUNT, /* it did not: search the next window */
	WALK_WINDOW,
	WALK_SKIP, /* skip the rest of a damaged window */
};

enum walk_result { WALK_STOP, WALK_MORE, WALK_END, WALK_NOMEM };

/* The last grant operation of a vCPU, to recognise continuations. */
struct vcpu_calls {
	u32 key; /* (domid << 16 | vcpu) + 1, 0 unused */
	u32 generation;
	u64 id;
	s64 count;
	s32 cmd;
	u32 maps, unmaps;
};

/* Where the first arguments of an entry are in its record, by the hypercall word. */
#define ENTRY_ARGS 3
struct entry_layout {
	u32 word;
	u8 at[ENTRY_ARGS]; /* XT_MAX_WORDS: not there */
};
#define LAYOUT_BITS 4

#define PLAIN_BITS   6
#define VCPU_BITS    13
#define VCPU_SLOTS   (1u << VCPU_BITS)
#define HEADER_BITS  10
#define HEADER_SLOTS (1u << HEADER_BITS)

struct xentrace {
	/* trace_order.c */
	struct cpu *run; /* records with smaller keys may be returned */
	u64 limit;
	u64 last_key;
	u64 watermark; /* no record that is still to come has a smaller key */
	bool giving;   /* more records can be returned */
	bool forcing;  /* and memory is short: beyond @watermark too */
	u32 nr_heap;

	/* trace_windows.c, with trace_check.c and trace_chunks.c */
	struct chunk *chunk;
	u32 walked; /* offset in chunk->bytes */
	enum walk_state walk;
	u64 window_left;
	u64 common_holes;
	const u8 *segment; /* start of the open segment */
	bool unsteady;	   /* see struct xt_segment */
	struct cpu *window;
	s32 last_cpu;
	u32 plain[1u << PLAIN_BITS]; /* headers of plain records */
	u64 max_key, unit_max;	     /* largest key: of all records, and up to the previous unit */
	u64 bases[MAX_EPOCHS];
	u32 nr_epochs;
	bool finished;

	struct chunk *free_chunks;
	struct xt_segment *free_segments;
	size_t held, look_ahead;

	u64 hypercalls; /* entries numbered so far */
	struct entry_layout layouts[1u << LAYOUT_BITS];
	u8 enters[65536 / 8]; /* domains whose entries were seen */
	u32 generation;	      /* generation of the vCPUs' state: a loss starts a new one */
	u32 nr_vcpus;
	struct vcpu_calls *vcpus;
	struct header_slot {
		u32 header;
		u8 kind, nr_words, payload_at, size;
		const struct xt_event *event;
	} headers[HEADER_SLOTS]; /* results by header hash */

	struct xt_stats stats;
	u32 cpu_end;
	struct cpu *cpus[XT_MAX_CPUS]; /* empty from cpu_end on */
	struct cpu *heap[XT_MAX_CPUS]; /* CPUs with records, a heap by key */
};

/* Hash for a table of 2^@bits slots. */
static inline u32 hash32(u32 key, u32 bits)
{
	return (key * 2654435761u) >> (32 - bits);
}

static inline u32 load32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 load64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline bool header__has_tsc(u32 header)
{
	return header >> 31;
}

static inline u32 header__words(u32 header)
{
	return TRC_HD_EXTRA(header);
}

static inline u32 header__size(u32 header)
{
	return 4 * (1 + 2 * (header >> 31) + header__words(header));
}

/* 18 years at 4 GHz: no TSC reaches it. */
#define TSC_LEAP ((u64)1 << 61)

/* Whether the TSC went back from @last, a clock's, or is one that no machine has reached. */
static inline bool tsc__is_odd(u64 tsc, u64 last)
{
	return tsc - last >= TSC_LEAP - last;
}

/* Advances the clock. Returns false if @tsc is odd; the clock stays then. */
static inline bool xt_clock__step(struct xt_clock *clock, u64 tsc)
{
	u64 key = clock->base + tsc;

	if (unlikely(tsc__is_odd(tsc, clock->tsc)))
		return false;
	clock->tsc = tsc;
	clock->key = max(clock->key, key);
	clock->started = true;
	return true;
}

/* trace_windows.c */
enum walk_result xentrace__walk(struct xentrace *xt);

/* trace_chunks.c: return an empty chunk with one reference, or a segment; NULL without memory. */
struct chunk *chunk__get(struct xentrace *xt);
void chunk__put(struct xentrace *xt, struct chunk *chunk);
struct xt_segment *xt_segment__get(struct xentrace *xt);
/* Frees the segment and its reference of the chunk. */
void xt_segment__put(struct xentrace *xt, struct xt_segment *segment);

/* trace_check.c: CHECK_CUT: the header of another window within this one. */
enum check_end { CHECK_OUT_OF_BYTES, CHECK_DAMAGE, CHECK_CUT };

/* Checks records from @p on. *@stop is set to its end. */
enum check_end xentrace__check(struct xentrace *xt, const u8 *p, const u8 *end, const u8 **stop);
/* Moves @clock to an odd TSC. Only the first pCPU there (@lead) opens an epoch. */
void xt_clock__jump(struct xentrace *xt, struct xt_clock *clock, u64 tsc, bool lead);

/* trace_order.c */
void cpu__append(struct xentrace *xt, struct cpu *cpu, struct xt_segment *segment);

/* trace_context.c */
void context__reset(struct cpu *cpu);
/* Handles a map or unmap that the open hypercall, if any, did not do. */
void context__stray_grant(struct xentrace *xt, struct cpu *cpu);
/* Forgets earlier state before this record. */
void context__clean_slate(struct xentrace *xt, struct cpu *cpu);
/* Handles all records except the two most frequent kinds. */
void context__apply_rarely(struct xentrace *xt, struct cpu *cpu);

/* Updates the state by the record to be returned, cpu->rec, and fills in its context. */
static inline void context__apply(struct xentrace *xt, struct cpu *cpu)
{
	u32 kind;

	if (unlikely(cpu->context.leaving || cpu->rec.flags))
		context__clean_slate(xt, cpu);
	if (cpu->rec.kind != XT_GRANT_MAP && cpu->rec.kind != XT_GRANT_UNMAP)
		return context__apply_rarely(xt, cpu);
	kind = cpu->rec.kind == XT_GRANT_MAP ? GRANT_MAP : GRANT_UNMAP;
	if (unlikely(!cpu->context.left[kind]))
		return context__stray_grant(xt, cpu);
	cpu->rec.nth = cpu->context.asked[kind] - cpu->context.left[kind]--;
}

/* trace_order.c: finds the next record of @cpu and its key. */
void cpu__look_further(struct xentrace *xt, struct cpu *cpu);
/* Sets what follows from the header, which most records share with the one before. */
void cpu__take_header(struct xentrace *xt, struct cpu *cpu);
/* Finds the next record, which is of another pCPU or not there yet. */
enum xt_status xentrace__next_elsewhere(struct xentrace *xt, const struct xt_rec **rec);

/* Finds the next record of @cpu; fast for the usual case. */
static inline void cpu__look_at_next(struct xentrace *xt, struct cpu *cpu)
{
	if (unlikely(cpu->rec.flags))
		cpu->rec.flags = 0;
	if (unlikely(cpu->pos == cpu->end || !cpu->steady))
		return cpu__look_further(xt, cpu);
	cpu->rec.tsc = load64(cpu->pos + 4);
	cpu->clock.key = max(cpu->clock.key, cpu->clock.base + cpu->rec.tsc);
}

/* Fills in the next record, which is of @cpu. */
static inline void cpu__give(struct xentrace *xt, struct cpu *cpu)
{
	struct xt_rec *rec = &cpu->rec;

	if (unlikely(load32(cpu->pos) != cpu->header))
		cpu__take_header(xt, cpu);
	rec->payload = cpu->pos + cpu->payload_at;
	cpu->pos += cpu->size;
	if (unlikely(cpu->clock.key < xt->last_key)) {
		rec->flags |= XT_F_LATE;
		xt->stats.late++;
	} else {
		xt->last_key = cpu->clock.key;
	}
	xt->stats.records++;
	context__apply(xt, cpu);
}

/*
 * xentrace__next() as an inline function, for loops over millions of records: a call for each took
 * a tenth of the time of --summary.
 */
static inline enum xt_status xentrace__next_inline(struct xentrace *xt, const struct xt_rec **rec)
{
	struct cpu *cpu = xt->run;

	if (unlikely(!cpu))
		return xentrace__next_elsewhere(xt, rec);
	/* Not before here: the last returned record may be in a segment which this frees. */
	cpu__look_at_next(xt, cpu);
	if (unlikely(!cpu->pos || cpu->clock.key >= xt->limit))
		return xentrace__next_elsewhere(xt, rec);
	cpu__give(xt, cpu);
	*rec = &cpu->rec;
	return XT_RECORD;
}

#endif
