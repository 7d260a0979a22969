/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the pairing. pair.c takes what comes and keeps it by vCPU; pair_settle.c decides when and
 * tells; pair_trial.c tries before; pair_match.c compares a vCPU's calls with its hypercalls;
 * pair_span.c says what one call looks like in the trace.
 */
#ifndef GRANTWATCH_PAIR_INTERNAL_H
#define GRANTWATCH_PAIR_INTERNAL_H

#include "pair.h"

/* A record of the trace that waits. */
struct waiting_record {
	u64 tsc;
	u32 granter;
	u8 kind;
	bool told; /* whatever there is to say of it was said */
};

enum taken { TAKEN_NOT, TAKEN_ON_TRIAL, TAKEN };

/* An entry into grant_table_op, with its records. */
struct pair_entry {
	u64 tsc, id;
	s64 count; /* XT_UNKNOWN if not recorded */
	s32 cmd;
	u32 first; /* of its records in lane->records */
	u32 nr[2]; /* by kind */
	u8 taken;  /* enum taken */
	u8 why;	   /* nobody took it, if a call that might have has a reason */
};

/* Entries that a span may use: above floor and below ceiling. */
struct span_bounds {
	s64 floor, ceiling;
};

struct waiting_call {
	struct pair_call call;
	u8 why; /* PAIR_WHYS until known */
	bool told;
	bool too_many;		  /* possibilities: none can be called the only one */
	bool loose;		  /* its second pass need not have done what the first did */
	bool given_up;		  /* one of several, of which one has no entry in the trace */
	bool bounded;		  /* min_end and max_start are known, even if it is not paired */
	u32 depth;		  /* calls of the same vCPU that it came in between */
	s64 min_end;		  /* of the spans that it may have: the earliest end */
	s64 max_start;		  /* and the latest start */
	struct span_bounds fence; /* what calls of other depths leave to it */
	u32 *good;		  /* how many of the operations before each succeeded */
	struct pair_op ops[];
};

/* What waits of one vCPU. */
struct pair_lane {
	u32 key; /* domid << 16 | vcpu */
	struct pair_lane *next;
	struct pair_entry *entries;
	u32 nr_entries, entry_room;
	struct waiting_record *records;
	u32 nr_records, record_room;
	struct waiting_call **calls; /* by call.in */
	u32 nr_calls, call_room;
};

#define MAX_PIECES 32u

/* Which entries a call is: one, or several if it was preempted, and that for each pass. */
struct pair_span {
	u32 nr;
	struct piece {
		u32 entry;
		u32 pass;
		u32 from, to; /* its operations */
	} piece[MAX_PIECES];
};

/*
 * Calls @visit for each span of @call that begins with entry @start, until it returns true. Sets
 * call->too_many when it gave up before the last.
 */
bool pair_span__each(const struct pair_lane *lane, struct waiting_call *call, u32 start,
		     struct span_bounds bounds,
		     bool (*visit)(const struct pair_span *span, void *arg), void *arg);

static inline u32 pair_span__end(const struct pair_span *span)
{
	return span->piece[span->nr - 1].entry;
}

/*
 * Find the operation of each of a piece's records: op[k] for the k-th, or UINT32_MAX where more
 * than one is possible. False if the records cannot be those of the piece.
 */
bool piece__assign(const struct pair_lane *lane, const struct waiting_call *call,
		   const struct piece *piece, u32 *op, u32 room);

/*
 * Decide about calls[0..@nr) of @lane, those of them whose call.why is PAIR_WHYS: sets it, and
 * hands the spans of those that are paired to @emit. What is found stays true when more calls come.
 * @scratch has room for @nr.
 */
typedef void (*emit_fn)(void *arg, struct waiting_call *call, const struct pair_span *span);
void pair_lane__match(struct pair_lane *lane, u32 nr, struct waiting_call **scratch, emit_fn emit,
		      void *arg);

#define LANE_BUCKETS 1024u
/* vCPUs of probed domains, gaps remembered one by one. */
#define MAX_LANES  4096u
#define MAX_LOSSES 1024u
/* Calls of one vCPU whose intervals overlap are matched together, so many at a time. */
#define BLOCK 1024u
/* Operations and records waiting in all, some tens of megabytes. */
#define MAX_WAITING (1u << 20)

/* Nothing is known of what @key (or any vCPU, ALL_LANES) did then. */
struct loss {
	u64 from, to;
	u32 key;
};

#define ALL_LANES UINT32_MAX

struct pair {
	struct pair_sink sink;
	struct pair_stats stats;
	u64 patience;
	u64 begin, now;	 /* of the trace: its first record, its latest */
	u64 calls_until; /* no more calls from before */
	u64 settled;	 /* everything before is decided */
	bool begun;
	u32 waiting;
	u32 nr_lanes;
	u32 nr_losses;
	struct loss losses[MAX_LOSSES];
	struct pair_lane *lanes[LANE_BUCKETS];
	struct waiting_call *scratch[BLOCK];
	u32 cpu_end;
	u64 cpu_last[XT_MAX_CPUS]; /* 0: no record yet */
	bool probed[65536];
};

/* pair_trial.c: decide about the first @nr calls for a try. False: one has no hypercall, though
 * none is missing. */
bool pair__try(struct pair *pair, struct pair_lane *lane, u32 nr);
/* Somewhere among them is an error: nothing is certain of the first @nr calls. */
void pair__doubt(struct pair_lane *lane, u32 nr);

/* pair_settle.c */
void pair__match(struct pair *pair, struct pair_lane *lane, u32 nr, emit_fn emit, void *arg);
void pair__lose(struct pair *pair, u64 from, u64 to, u32 key);
void pair__begin_anew(struct pair *pair);
void pair__overflow(struct pair *pair);
void pair__tell_no_op(struct pair *pair, const struct pair_record *record, enum pair_why why);
void pair__tell_unpaired(struct pair *pair, const struct waiting_call *call);

#endif
