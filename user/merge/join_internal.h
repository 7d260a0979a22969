/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the join. join.c decides when what is read; join_call.c makes calls of capture records. */
#ifndef GRANTWATCH_JOIN_INTERNAL_H
#define GRANTWATCH_JOIN_INTERNAL_H

#include "clock/tsc.h"
#include "merge/join.h"
#include "merge/join_named.h"

#define JOIN_HANDLES  (1u << 22)
#define JOIN_BUILDING 64u /* calls of which not all records were read */
/* A call has at most so many operations: gntdev's limit. */
#define JOIN_CALL_MAX 65536u
/* No call lasts longer than this, or it is not paired. */
#define CALL_MAX (100 * NSEC_PER_MSEC)

/* An item of the capture that waits for its turn. */
struct waiting {
	struct waiting *next;
	struct item item;	/* its record lies behind the instants */
	struct join_call *call; /* NULL: waits for nothing */
	u32 first;		/* of its operations, within the call */
	u32 nr;
	struct instant *instants; /* NULL unless paired */
	struct instant room[];
};

/* One call of the probed domain: one record of the capture or several. */
struct join_call {
	u32 open; /* answers that the pairing owes */
	u32 parts;
	u32 nr_parts; /* not taken yet */
	struct waiting **part;
	u32 nr;
	u8 kind, passes;
	u64 in, out;
	s64 off;	    /* + off: the TSC in nanoseconds */
	u64 err;	    /* ± */
	u64 tsc_lo, tsc_hi; /* the call lies between; tsc_hi 0: not known */
	u64 last_tsc;	    /* of the record before, within the hypercall */
	u64 last_call_tsc;
};

/* Records of one call that have been read. */
struct building {
	struct join_call *call;
	u16 cpu;
	u8 type;
	u32 got, total;
	u32 marks; /* read since it began */
};

struct join {
	struct trace *trace;
	const struct feed *feed; /* the capture, NULL until one is found that fits */
	struct pair *pair;
	struct tsc_clock clock;
	struct join_stats stats;
	struct waiting *head, **tail, *given;
	u32 nr_waiting;
	bool behind;	  /* the trace is to be read up to goal */
	u64 goal, settle; /* TSC; UINT64_MAX: to the end */
	u64 now;	  /* TSC that the trace was read up to */
	u64 begin, end;	  /* TSC: the capture holds what lies between */
	u64 since; /* CLOCK_MONOTONIC since when it is recorded, if begin says so; 0: not yet */
	u64 early_until; /* TSC: calls that were under way at begin were over by then */
	u64 last;	 /* CLOCK_MONOTONIC of the newest mark or event */
	u64 records;	 /* of the trace, until the next pair__settle() */
	bool finished;
	struct building building[JOIN_BUILDING];
	u32 nr_building;
	u8 *twice; /* by handle: 1 mapped once, 2 twice, 0 unknown */
	struct join_peer peers[JOIN_PEERS];
	u32 nr_peers;
	struct named_list named;
};

/* join_call.c */

/* A map or unmap was read: tell the pairing of the call when it is whole. 0 or -ENOMEM. */
int join__enter(struct join *join, struct waiting *waiting);

/* A mark was read: calls that began long ago will not become whole. @all: no call will. */
void join__give_up_building(struct join *join, bool all);

/* Its operation @op is this record. */
void join_call__set(struct join *join, struct join_call *call, u32 op, u32 pass,
		    const struct pair_record *record);

/* Those operations of @waiting that a record names get its instant. */
void join_call__name(struct join *join, struct waiting *waiting);

/* One of its records was handed on. */
void join_call__put(struct join_call *call);

#endif
