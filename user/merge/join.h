/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Joins Xen's trace to the capture of a PV dom0: each recorded map and unmap gets the time of Xen's
 * own record (docs/xentrace.md, "Joining"). Items of this capture wait here, in order, until the
 * trace has been read far enough. How far both are read depends on their contents only, so a live
 * run and a stored one give the same results.
 */
#ifndef GRANTWATCH_JOIN_H
#define GRANTWATCH_JOIN_H

#include "merge/hold.h"
#include "pair.h"
#include "sources/trace.h"

/* (mapper, granter) pairs of domains without probes that are counted separately */
#define JOIN_PEERS 256u

/*
 * The time of one operation by Xen's trace. Its effect lies in [in, out] of the domain's
 * CLOCK_MONOTONIC, ns, and in [tsc_lo, tsc_hi] of the host's TSC. A map's effect lies between its
 * hypercall's entry, or the previous operation, and its record. An unmap's effect lies between its
 * record and its end, which a patched hypervisor records. tsc_hi 0: unknown.
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
	u64 ended;	    /* operations after the trace's end */
	u64 cut;	    /* operations of calls that were not captured whole */
	u64 seen[2];	    /* records of operations, by kind */
	u64 before, after;  /* records from before or after the capture */
	u64 unseen[2];	    /* by kind: operations of the domain without a capture event */
	u64 unseen_lost[2]; /* of @unseen: while the capture lost events */
	u64 ambiguous[2];   /* by kind: records that fit more than one operation */
	u64 unplaced[2];    /* by kind: operations whose record is one of @ambiguous */
	u64 other_peers;    /* records of peers beyond JOIN_PEERS */
	u64 named[2];	    /* by kind: records with ref and handle (patched hypervisor) */
	u64 by_name;	    /* operations joined to one of @named */
	/* of @by_name: paired with another record before; a fault, or lost records */
	u64 misnamed;
	u64 forced; /* times that too many items were waiting */
};

struct join;
struct tsc_clock;

/* Takes ownership of @trace. Returns NULL without memory. */
struct join *join__new(struct trace *trace);
void join__free(struct join *join);

/* Whether the trace is joined to @feed, the first suitable capture. */
bool join__is_for(struct join *join, const struct feed *feed);

/*
 * Takes the next item in order, with one instant for each operation in @instants, or NULL. Returns
 * false if items or trace must be read first.
 */
bool join__take(struct join *join, struct item *item, const struct instant **instants);

/*
 * Reads the trace as far as the items need it. Returns false if a live trace has not come so far.
 */
bool join__catch_up(struct join *join, bool blocking);

/* Whether items wait for a part of the trace that has not arrived. */
bool join__is_behind(const struct join *join);

/* Enters the next item of the capture. Returns 0 or -ENOMEM. */
int join__put(struct join *join, const struct item *item);

/* Returns why nothing was joined, NULL if something was. */
const char *join__complaint(const struct join *join);

const struct trace *join__trace(const struct join *join);
const struct join_stats *join__stats(const struct join *join);
/* NULL before the first clock sample */
const struct pair_stats *join__pairs(const struct join *join);
const struct join_peer *join__peers(const struct join *join, u32 *nr);
const struct tsc_clock *join__clock(const struct join *join);

#endif
