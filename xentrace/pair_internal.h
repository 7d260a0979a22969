/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the pairing:
 *
 *	pair.c		keeps the input by vCPU
 *	pair_settle.c	decides when to settle, and reports the results
 *	pair_trial.c	tests groups of calls before
 *	pair_match.c	compares a vCPU's calls with its hypercalls
 *	pair_span.c	knows what one call looks like in the trace
 */
#ifndef GRANTWATCH_PAIR_INTERNAL_H
#define GRANTWATCH_PAIR_INTERNAL_H

#include "pair.h"
#include "util/hash.h"

/* A record of the trace that waits for its result. */
struct waiting_record {
	u64 tsc;
	u32 granter;
	u8 kind;
	bool told; /* the result was reported */
};

enum taken { TAKEN_NOT, TAKEN_ON_TRIAL, TAKEN };

/* An entry of grant_table_op, with its records. */
struct pair_entry {
	u64 tsc, id;
	s64 count; /* XT_UNKNOWN if not recorded */
	s32 cmd;
	u32 first;  /* index of its first record in lane->records */
	u32 nr[2];  /* by kind */
	u8 taken;   /* enum taken */
	u8 why;	    /* why no call took it, if a call may have */
	bool mixed; /* its records have more than one granter */
};

/* Bounds of the entries that a span may use: above @floor and below @ceiling. */
struct span_bounds {
	s64 floor, ceiling;
};

struct waiting_call {
	struct pair_call call;
	u8 why; /* PAIR_WHYS until known */
	bool told;
	bool too_many;		  /* too many possibilities to show that one is the only one */
	bool loose;		  /* the second pass may have other results than the first */
	bool given_up;		  /* one of several calls, one of which has no entry in the trace */
	bool bounded;		  /* @min_end and @max_start are known, even if it is not paired */
	u32 depth;		  /* number of calls of the same vCPU that it interrupted */
	s64 min_end;		  /* the earliest end of its possible spans */
	s64 max_start;		  /* the latest start of its possible spans */
	struct span_bounds fence; /* entries left to it by calls of other depths */
	u32 *good;		  /* number of successful operations before each operation */
	/* number of operations up to each one whose granter differs from that of the one before */
	u32 *changes;
	struct pair_op ops[];
};

/* What waits of one vCPU. */
struct pair_lane {
	u32 key; /* domid << 16 | vcpu */
	struct pair_entry *entries;
	u32 nr_entries, entry_room;
	struct waiting_record *records;
	u32 nr_records, record_room;
	struct waiting_call **calls; /* by call.in */
	u32 nr_calls, call_room;
};

#define MAX_PIECES 32u

/* The entries of one call: one, or several if it was preempted, for each pass. */
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
 * call->too_many if it gave up before the last.
 */
bool pair_span__each(const struct pair_lane *lane, struct waiting_call *call, u32 start,
		     struct span_bounds bounds,
		     bool (*visit)(const struct pair_span *span, void *arg), void *arg);

static inline u32 pair_span__end(const struct pair_span *span)
{
	return span->piece[span->nr - 1].entry;
}

/*
 * Finds the operation of each record of a piece: op[k] for record k, or UINT32_MAX if several are
 * possible. Returns false if the records cannot be of the piece.
 */
bool piece__assign(const struct pair_lane *lane, const struct waiting_call *call,
		   const struct piece *piece, u32 *op, u32 room);

/*
 * Decides the calls among calls[0..@nr) of @lane whose call.why is PAIR_WHYS: sets it, and passes
 * the spans of paired calls to @emit. Results stay true when more calls come. @scratch has room for
 * @nr.
 */
typedef void (*emit_fn)(void *arg, struct waiting_call *call, const struct pair_span *span);
void pair_lane__match(struct pair_lane *lane, u32 nr, struct waiting_call **scratch, emit_fn emit,
		      void *arg);

/* vCPUs of probed domains, gaps remembered one by one. */
#define MAX_LANES  4096u
#define MAX_LOSSES 1024u
/* Calls of one vCPU with overlapping intervals that are matched together, at most. */
#define BLOCK 1024u
/* Operations and records that may wait in all: some tens of megabytes. */
#define MAX_WAITING (1u << 20)

/* A time in which records of @key (or of any vCPU, ALL_LANES) are missing. */
struct loss {
	u64 from, to;
	u32 key;
};

#define ALL_LANES UINT32_MAX

struct pair {
	struct pair_sink sink;
	struct pair_stats stats;
	u64 idle_max;
	u64 begin, now;	 /* the first and the latest record of the trace */
	u64 calls_until; /* no more calls from before */
	u64 settled;	 /* everything before has its result */
	bool begun;
	u32 waiting;
	u32 nr_lanes;
	u32 nr_losses;
	struct loss losses[MAX_LOSSES];
	struct pair_lane *lanes[MAX_LANES];
	struct hash lane_of; /* key of a vCPU to its index in lanes + 1 */
	struct waiting_call *scratch[BLOCK];
	u32 cpu_end;
	u64 cpu_last[XT_MAX_CPUS]; /* 0: no record yet */
	bool probed[65536];
};

/*
 * pair_trial.c: decides the first @nr calls on trial. Returns false if a call has no hypercall
 * although no record is missing.
 */
bool pair__try(struct pair *pair, struct pair_lane *lane, u32 nr);
/* One of the first @nr calls is wrong, so none of their results is certain. */
void pair__doubt(struct pair_lane *lane, u32 nr);

/* pair_settle.c */
void pair__match(struct pair *pair, struct pair_lane *lane, u32 nr, emit_fn emit, void *arg);
void pair__lose(struct pair *pair, u64 from, u64 to, u32 key);
void pair__begin_anew(struct pair *pair);
void pair__overflow(struct pair *pair);
void pair__tell_no_op(struct pair *pair, const struct pair_record *record, enum pair_why why);
void pair__tell_unpaired(struct pair *pair, const struct waiting_call *call);

#endif
