/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the decoder. trace_windows.c finds windows as the bytes come in, which trace_chunks.c
 * keeps; trace_check.c checks their records; trace_order.c gives records out by time;
 * trace_context.c knows what each pCPU was doing.
 */
#ifndef GRANTWATCH_TRACE_INTERNAL_H
#define GRANTWATCH_TRACE_INTERNAL_H

#include "xentrace.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a trace is read on the machine that wrote it, or another x86"
#endif

/* The fuzz target has small ones, to see more of their ends. */
#ifndef CHUNK_BYTES
#define CHUNK_BYTES (256u << 10)
#endif
/* A record cut by the end of a chunk is moved in front of the next one's bytes. */
#define HEADROOM 64u
#define MAX_REC	 40u
/* t_info counts pages in 16 bits: no window can be larger than all buffers together. */
#define MAX_WINDOW (65536u * 4096u)
#define MAX_EPOCHS 64u

struct chunk {
	struct chunk *next; /* on the free list */
	u32 refs;	    /* segments that lie in it, and one while it is filled */
	u32 fill;	    /* bytes there, counted from the headroom's end */
	u8 bytes[HEADROOM + CHUNK_BYTES];
};

/* Checked records of one pCPU, whole ones only. */
struct xt_segment {
	struct xt_segment *next;
	struct chunk *chunk;
	const u8 *pos, *end;
	bool hole;   /* something is missing before it */
	bool steady; /* each record has a time, none before that of the one before it */
};

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define noinline    __attribute__((noinline))

/*
 * A pCPU's TSC, and the key that records are ordered by: it never goes back, even when the TSC
 * does.
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

/* What a pCPU was doing, beside what its record says. */
struct context {
	u8 doubts; /* how much its scheduler records contradict each other */
	bool distrusted;
	bool switching; /* a loss ended here, perhaps in the middle of a switch */
	bool leaving;	/* the last record was the last of its vCPU */
	/* How many maps and unmaps the open hypercall may do, and may still do. */
	u32 asked[GRANT_KINDS], left[GRANT_KINDS];
	struct xt_hypercall hc;
	struct vcpu_calls *calls; /* of the vCPU, NULL until needed */
};

struct cpu {
	/* being given out */
	const u8 *pos, *end;   /* the next record, pos == NULL if there is none */
	bool steady;	       /* of the segment */
	struct xt_clock clock; /* its TSC is in rec, except in cpu__look_further() */
	struct xt_rec rec;     /* the one given last; what it says of vCPU and hypercall stays
				  true until a record changes it */
	u32 header;	       /* of that record, */
	u32 size, payload_at;  /* and what follows from it */
	u16 nr;
	struct xt_segment *head, *tail;
	struct context context;
	/* coming in */
	struct xt_clock walked;
	bool hole;	  /* the next segment comes after one */
	u64 common_holes; /* those of nobody in particular that its segments know of */
};

enum walk_state {
	WALK_SEEK, /* a window should begin here */
	WALK_HUNT, /* none did: look for the next */
	WALK_WINDOW,
	WALK_SKIP, /* the rest of a damaged window */
};

enum walk_result { WALK_STOP, WALK_MORE, WALK_END, WALK_NOMEM };

/* What the last grant operation of a vCPU was, to tell continuations. */
struct vcpu_calls {
	u32 key; /* domid << 16 | vcpu, plus one so that 0 is nobody */
	u32 generation;
	u64 id;
	s64 count;
	s32 cmd;
	u32 maps, unmaps;
};

/* Where in its record an entry's first arguments are, by the hypercall word. */
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
	struct cpu *run; /* gives records as long as their keys are below limit */
	u64 limit;
	u64 last_key;
	u64 watermark; /* no record below it can still come in */
	bool giving;   /* what can be given out has not all been given */
	bool forcing;  /* and memory is short: more than that */
	u32 nr_heap;

	/* trace_windows.c, with trace_check.c and trace_chunks.c */
	struct chunk *chunk;
	u32 walked; /* offset in chunk->bytes */
	enum walk_state walk;
	u64 window_left;
	u64 common_holes;
	const u8 *segment; /* where the open segment began */
	bool unsteady;	   /* see struct xt_segment */
	struct cpu *window;
	s32 last_cpu;
	u32 plain[1u << PLAIN_BITS]; /* headers of plain records */
	u64 max_key, unit_max;	     /* of everything, of everything up to the previous unit */
	u64 bases[MAX_EPOCHS];
	u32 nr_epochs;
	bool finished;

	struct chunk *free_chunks;
	struct xt_segment *free_segments;
	size_t held, look_ahead;

	u64 hypercalls; /* entries numbered so far */
	struct entry_layout layouts[1u << LAYOUT_BITS];
	u8 enters[65536 / 8]; /* domains of which entries were seen */
	u32 generation;	      /* of what is known about vCPUs: a loss ends one */
	u32 nr_vcpus;
	struct vcpu_calls *vcpus;
	struct header_slot {
		u32 header;
		u8 kind, nr_words, payload_at, size;
		const struct xt_event *event;
	} headers[HEADER_SLOTS]; /* what follows from a header; hashed by it */

	struct xt_stats stats;
	u32 cpu_end;
	struct cpu *cpus[XT_MAX_CPUS]; /* empty from cpu_end on */
	struct cpu *heap[XT_MAX_CPUS]; /* those that have records, the earliest first */
};

/* A table of 2^@bits slots. */
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

/* No machine has run for so many cycles: 18 years at 4 GHz. No clock's TSC reaches it. */
#define TSC_LEAP ((u64)1 << 61)

/* After @last, which is a clock's: the TSC went back, or is one that no machine has reached. */
static inline bool tsc__is_odd(u64 tsc, u64 last)
{
	return tsc - last >= TSC_LEAP - last;
}

/* True unless @tsc is odd; then the clock stays. */
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

/* trace_chunks.c: an empty chunk with one reference, and a segment. NULL when memory is short. */
struct chunk *chunk__get(struct xentrace *xt);
void chunk__put(struct xentrace *xt, struct chunk *chunk);
struct xt_segment *xt_segment__get(struct xentrace *xt);
/* Gives up the segment's reference of its chunk too. */
void xt_segment__put(struct xentrace *xt, struct xt_segment *segment);

/* trace_check.c: CHECK_CUT is another window's header, where this one was not over. */
enum check_end { CHECK_OUT_OF_BYTES, CHECK_DAMAGE, CHECK_CUT };

/* Go over whole records from @p on; where it ended goes to *@stop. */
enum check_end xentrace__check(struct xentrace *xt, const u8 *p, const u8 *end, const u8 **stop);
/*
 * Move @clock to a TSC that is not simply later. Only the first to come there (@lead) opens an
 * epoch.
 */
void xt_clock__jump(struct xentrace *xt, struct xt_clock *clock, u64 tsc, bool lead);

/* trace_order.c */
void cpu__append(struct xentrace *xt, struct cpu *cpu, struct xt_segment *segment);

/* trace_context.c */
void context__reset(struct cpu *cpu);
/* The open hypercall, if any, does not do this, or no more of it. */
void context__stray_grant(struct xentrace *xt, struct cpu *cpu);
/* Events of the past that this record must be seen without. */
void context__clean_slate(struct xentrace *xt, struct cpu *cpu);
/* Everything but the two kinds that most records are of. */
void context__apply_rarely(struct xentrace *xt, struct cpu *cpu);

/* Look at the record that is about to be given: cpu->rec, with all but its context filled in. */
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

/* trace_order.c: find the next record of @cpu and its place in time. */
void cpu__look_further(struct xentrace *xt, struct cpu *cpu);
/* Most records have the header of the one before them, and what follows from it stays. */
void cpu__take_header(struct xentrace *xt, struct cpu *cpu);
/* The next record is of another pCPU, or not here yet. */
enum xt_status xentrace__next_elsewhere(struct xentrace *xt, const struct xt_rec **rec);

/* Find the next record of @cpu; the usual one has little to find. */
static inline void cpu__look_at_next(struct xentrace *xt, struct cpu *cpu)
{
	if (unlikely(cpu->rec.flags))
		cpu->rec.flags = 0;
	if (unlikely(cpu->pos == cpu->end || !cpu->steady))
		return cpu__look_further(xt, cpu);
	cpu->rec.tsc = load64(cpu->pos + 4);
	cpu->clock.key = max(cpu->clock.key, cpu->clock.base + cpu->rec.tsc);
}

/* Fill in the next record, which is of @cpu. */
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
 * xentrace__next(), to be compiled as one with a loop over millions of records: a call for each of
 * them took a tenth of the time of --summary.
 */
static inline enum xt_status xentrace__next_inline(struct xentrace *xt, const struct xt_rec **rec)
{
	struct cpu *cpu = xt->run;

	if (unlikely(!cpu))
		return xentrace__next_elsewhere(xt, rec);
	/* Only now: the record given last may lie in a segment that this lets go. */
	cpu__look_at_next(xt, cpu);
	if (unlikely(!cpu->pos || cpu->clock.key >= xt->limit))
		return xentrace__next_elsewhere(xt, rec);
	cpu__give(xt, cpu);
	*rec = &cpu->rec;
	return XT_RECORD;
}

#endif
