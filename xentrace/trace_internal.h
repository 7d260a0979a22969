/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the decoder. trace_windows.c finds windows and checks records as the bytes come in,
 * trace_order.c gives them out by time, trace_context.c knows what each pCPU was doing.
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
struct segment {
	struct segment *next;
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
struct tsc_clock {
	u64 tsc;
	u64 base;
	u64 key;
	u32 epoch;
	bool started; /* a TSC was seen */
};

struct vcpu_calls;

/* What a pCPU was doing, beside what its record says. */
struct context {
	u8 doubts; /* how much its scheduler records contradict each other */
	bool distrusted;
	bool switching;		    /* a loss ended here, perhaps in the middle of a switch */
	bool leaving;		    /* the last record was the last of its vCPU */
	u32 maps_left, unmaps_left; /* that the open hypercall may still do */
	struct xt_hypercall hc;
	struct vcpu_calls *calls; /* of the vCPU, NULL until needed */
};

struct cpu {
	/* being given out */
	const u8 *pos, *end; /* the next record, pos == NULL if there is none */
	bool steady;	     /* of the segment */
	struct tsc_clock clock;
	struct xt_rec rec; /* the one given last; what it says of vCPU and hypercall stays true
			      until a record changes it */
	u16 nr;
	struct segment *head, *tail;
	struct context context;
	/* coming in */
	struct tsc_clock walked;
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

#define PLAIN_BITS  6
#define VCPU_BITS   13
#define VCPU_SLOTS  (1u << VCPU_BITS)
#define EVENT_BITS  10
#define EVENT_SLOTS (1u << EVENT_BITS)

struct xentrace {
	/* trace_order.c */
	struct cpu *run; /* gives records as long as their keys are below limit */
	u64 limit;
	u64 last_key;
	u64 watermark; /* no record below it can still come in */
	bool giving;   /* what can be given out has not all been given */
	bool forcing;  /* and memory is short: more than that */
	u32 nr_heap;

	/* trace_windows.c */
	struct chunk *chunk;
	u32 walked; /* offset in chunk->bytes */
	enum walk_state walk;
	u64 window_left;
	u64 common_holes;
	const u8 *segment; /* where the open segment began */
	bool unsteady;	   /* see struct segment */
	struct cpu *window;
	s32 last_cpu;
	u32 plain[1u << PLAIN_BITS]; /* headers of plain records */
	u64 max_key, unit_max;	     /* of everything, of everything up to the previous unit */
	u64 bases[MAX_EPOCHS];
	u32 nr_epochs;
	bool finished;

	struct chunk *free_chunks;
	struct segment *free_segments;
	size_t held, look_ahead;

	u64 hypercalls; /* entries numbered so far */
	struct entry_layout layouts[1u << LAYOUT_BITS];
	u8 enters[65536 / 8]; /* domains of which entries were seen */
	u32 generation;	      /* of what is known about vCPUs: a loss ends one */
	u32 nr_vcpus;
	struct vcpu_calls *vcpus;
	struct event_slot {
		u32 id, kind;
		const struct xt_event *event;
	} events[EVENT_SLOTS]; /* of the table, by id */

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

/* The upper bits of nearly all headers: a time, and one word or three. */
#define ONE_WORD    9u
#define THREE_WORDS 11u

static inline u32 header__words(u32 header)
{
	return (header >> 28) & 7;
}

static inline u32 header__size(u32 header)
{
	return 4 * (1 + 2 * (header >> 31) + header__words(header));
}

/*
 * Move @clock to a TSC that is not simply later. Only the first to come there (@lead) opens an
 * epoch.
 */
void tsc_clock__jump(struct xentrace *xt, struct tsc_clock *clock, u64 tsc, bool lead);

#define TSC_LEAP ((u64)1 << 61)

/* True unless the TSC went back, or leapt further than any machine has run. */
static inline bool tsc_clock__step(struct tsc_clock *clock, u64 tsc)
{
	u64 key = clock->base + tsc;

	if (unlikely(tsc - clock->tsc >= TSC_LEAP))
		return false;
	clock->tsc = tsc;
	clock->key = max(clock->key, key);
	clock->started = true;
	return true;
}

/* The same for a TSC that is known to have gone on. */
static inline void tsc_clock__go_on(struct tsc_clock *clock, u64 tsc)
{
	clock->tsc = tsc;
	clock->key = max(clock->key, clock->base + tsc);
}

/* trace_windows.c */
enum walk_result xentrace__walk(struct xentrace *xt);
void segment__put(struct xentrace *xt, struct segment *segment);

/* trace_order.c */
void cpu__append(struct xentrace *xt, struct cpu *cpu, struct segment *segment);

/* trace_context.c */
void context__reset(struct cpu *cpu);
/* The open hypercall, if any, does not do this, or no more of it. */
void context__stray_grant(struct xentrace *xt, struct cpu *cpu);
/* Events of the past that this record must be seen without. */
void context__clean_slate(struct xentrace *xt, struct cpu *cpu);
/* Everything but the two kinds that most records are of. */
void context__apply_rarely(struct xentrace *xt, struct cpu *cpu, u32 kind);

/* How many more maps, or unmaps, the open hypercall may do, and how many it has done. */
static inline u32 *context__left(struct cpu *cpu, bool map)
{
	return map ? &cpu->context.maps_left : &cpu->context.unmaps_left;
}

static inline u32 *context__done(struct cpu *cpu, bool map)
{
	return map ? &cpu->context.hc.maps : &cpu->context.hc.unmaps;
}

static inline bool is_grant(u32 kind)
{
	return kind == XT_GRANT_MAP || kind == XT_GRANT_UNMAP;
}

/* Look at the record that is about to be given: cpu->rec, with all but its context filled in. */
static inline void context__apply(struct xentrace *xt, struct cpu *cpu, u32 kind)
{
	bool map = kind == XT_GRANT_MAP;

	if (unlikely(cpu->context.leaving || cpu->rec.flags))
		context__clean_slate(xt, cpu);
	if (!is_grant(kind))
		return context__apply_rarely(xt, cpu, kind);
	if (unlikely(!*context__left(cpu, map)))
		return context__stray_grant(xt, cpu);
	--*context__left(cpu, map);
	cpu->rec.nth = (*context__done(cpu, map))++;
}

#endif
