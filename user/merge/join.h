/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Xen's trace joined to the capture of a PV dom0: each map and unmap that its probes saw gets the
 * instant of Xen's own record of it. docs/xentrace.md, "Joining", tells how.
 *
 * Items of that capture pass through here in their order and wait until the trace has been read far
 * enough. How far the two are read before something is decided follows from what they say alone, so
 * live and stored give the same.
 */
#ifndef GRANTWATCH_JOIN_H
#define GRANTWATCH_JOIN_H

#include "merge/hold.h"
#include "pair.h"
#include "sources/trace.h"

#define JOIN_PEERS 256u /* (mapper, granter) of domains without probes, counted one by one */

/*
 * The time of one operation by Xen's record. Its effect lies in [in, out] of the domain's
 * CLOCK_MONOTONIC (ns), and in [tsc_lo, tsc_hi] of the host's TSC. For a map this is the time from
 * the hypercall's entry, or the previous operation, to its record. For an unmap it is the time from
 * its record to its end, where a patched hypervisor records one. tsc_hi 0: unknown.
 */
struct instant {
	u64 in, out;
	u64 tsc_lo, tsc_hi;
	bool named; /* the record names ref and handle */
};

/* Maps and unmaps by a domain without probes. */
struct join_peer {
	u16 mapper, granter;
	u64 maps, unmaps;
	u64 first, last; /* TSC */
};

struct join_stats {
	u64 early;	    /* operations of calls that began before recording */
	u64 ended;	    /* after the trace's end */
	u64 cut;	    /* of calls that were not captured whole */
	u64 seen[2];	    /* records of operations, by kind */
	u64 before, after;  /* records from before or after the capture */
	u64 unseen[2];	    /* by kind: done by the domain, not seen by its probes */
	u64 unseen_lost[2]; /* of them, while the capture lost events */
	u64 ambiguous[2];   /* by kind: records that more than one operation fits */
	u64 unplaced[2];    /* by kind: operations whose records are among these two, but it is not
			       known which */
	u64 other_peers;    /* records of peers for which there was no room */
	u64 named[2];	    /* by kind: records that name ref and handle (a patched hypervisor) */
	u64 by_name;	    /* operations that one of them is the record of */
	u64 misnamed;	    /* of them, those that the pairing had taken for another: a bug, or lost
			       records */
	u64 forced;	    /* times that too much was waiting */
};

struct join;
struct tsc_clock;

/* @trace becomes the join's. NULL when memory is short. */
struct join *join__new(struct trace *trace);
void join__free(struct join *join);

/* True if the trace is joined to @feed: the first suitable capture. */
bool join__is_for(struct join *join, const struct feed *feed);

/* The next item whose turn has come; @instants one for each operation, or NULL. False: put some
 * more, or catch up. */
bool join__take(struct join *join, struct item *item, const struct instant **instants);

/* Read the trace as far as the items want it. False: live, and there is not so much of it yet. */
bool join__catch_up(struct join *join, bool blocking);

/* The next item of the capture. 0 or -ENOMEM. */
int join__put(struct join *join, const struct item *item);

/* Why there is nothing joined; NULL when there is. */
const char *join__complaint(const struct join *join);

const struct trace *join__trace(const struct join *join);
const struct join_stats *join__stats(const struct join *join);
const struct pair_stats *join__pairs(const struct join *join); /* NULL before the first sample */
const struct join_peer *join__peers(const struct join *join, u32 *nr);
const struct tsc_clock *join__clock(const struct join *join);

#endif
