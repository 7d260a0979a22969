/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the join. join.c decides how far to read; join_call.c makes calls from
 * capture records.
 */
#ifndef GRANTWATCH_JOIN_INTERNAL_H
#define GRANTWATCH_JOIN_INTERNAL_H

#include "clock/tsc.h"
#include "merge/join.h"
#include "merge/join_named.h"

#define JOIN_HANDLES  (1u << 22)
#define JOIN_BUILDING 64u /* calls whose records were not all read */
/* maximum of operations in one call, gntdev's limit */
#define JOIN_CALL_MAX 65536u
/*
 * ns. A call is recorded at its end, so nothing is decided before the longest call from then would
 * have ended. That is CALL_MAX at first, and then twice the longest call so far up to CALL_LONGEST:
 * a window of thousands of pages takes long on a busy machine.
 */
#define CALL_MAX     (100 * NSEC_PER_MSEC)
#define CALL_LONGEST (2 * NSEC_PER_SEC)

/* An item of the capture which waits for its results. */
struct waiting {
	struct waiting *next;
	struct item item;	/* its record follows @instants in memory */
	struct join_call *call; /* NULL: has no results to wait for */
	u32 first;		/* number of its first operation within the call */
	u32 nr;
	struct instant *instants; /* NULL unless paired */
	struct instant room[];
};

/* One call of the probed domain: one or more records of the capture. */
struct join_call {
	u32 open; /* results that are missing */
	u32 parts;
	u32 nr_parts; /* not taken yet */
	struct waiting **part;
	u32 nr;
	u8 kind, passes;
	u64 in, out;
	s64 off;	    /* add to the domain's clock for the TSC in ns */
	u64 err;	    /* bound of @off, ns */
	u64 tsc_lo, tsc_hi; /* the call lies within; tsc_hi 0 unknown */
	u64 last_tsc;	    /* of the record before, in the same hypercall */
	u64 last_call_tsc;
};

/* A call whose records are being read. */
struct building {
	struct join_call *call;
	u16 cpu;
	u8 type;
	u32 got, total;
	u32 marks; /* read since it began */
};

struct join {
	struct trace *trace;
	const struct feed *feed; /* the capture, NULL before it is found */
	struct pair *pair;
	struct tsc_clock clock;
	struct join_stats stats;
	struct waiting *head, **tail, *given;
	u32 nr_waiting;
	bool behind;	  /* the trace must be read up to @goal */
	u64 goal, settle; /* TSC, UINT64_MAX the end */
	u64 now;	  /* TSC up to which the trace was read */
	u64 begin, end;	  /* TSC between which the capture is recorded */
	u64 since;	  /* CLOCK_MONOTONIC, ns, of @begin if the capture has it, 0 before */
	u64 early_until;  /* TSC by which calls under way at @begin had ended */
	u64 last;	  /* CLOCK_MONOTONIC, ns, of the newest mark or event */
	u64 records;	  /* records of the trace since the last pair__settle() */
	u64 call_max;	  /* ns, the maximum duration of a call that is paired */
	bool finished;
	struct building building[JOIN_BUILDING];
	u32 nr_building;
	u8 *twice; /* by handle: 1 mapped once, 2 mapped twice, 0 unknown */
	struct join_peer peers[JOIN_PEERS];
	u32 nr_peers;
	struct named_list named;
};

/* join_call.c */

/*
 * Enters a map or unmap, and its call into the pairing when it is complete. Returns 0 or -ENOMEM.
 */
int join__enter(struct join *join, struct waiting *waiting);

/* At a mark: gives up incomplete calls that began long ago, or @all of them. */
void join__give_up_building(struct join *join, bool all);

/* Sets the record of operation @op. */
void join_call__set(struct join *join, struct join_call *call, u32 op, u32 pass,
		    const struct pair_record *record);

/* Sets the instants of operations of @waiting that a record names. */
void join_call__name(struct join *join, struct waiting *waiting);

/* Drops a reference when one of the call's records was taken. */
void join_call__put(struct join_call *call);

#endif
