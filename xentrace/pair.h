/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs each map and unmap that a probe recorded with a record of Xen's trace. The probe has the
 * ref, the trace has order and time, and neither names the other. docs/xentrace.md, "Pairing", has
 * what is compared and when it is decided.
 *
 *	pair__probe(pair, 0);                     domain 0 has probes: its calls follow
 *	pair__record(pair, rec);                  each record of xentrace__next()
 *	pair__call(pair, &call);                  each call, in any order
 *	pair__settle(pair, tsc);                  no call that began before tsc will follow
 *	pair__finish(pair);
 *
 * Results come through struct pair_sink. A pair is never guessed: of two possibilities none counts.
 */
#ifndef GRANTWATCH_PAIR_H
#define GRANTWATCH_PAIR_H

#include "xentrace.h"

#define PAIR_ANY_GRANTER 0xffffffffu

enum pair_kind { PAIR_MAP, PAIR_UNMAP };

/* One operation of a call, with its result. */
struct pair_op {
	u32 granter; /* PAIR_ANY_GRANTER if the probe has no granter, unmaps only */
	s32 status;  /* of the hypercall's first pass, 0 success */
};

/*
 * One call of gnttab_map_refs() or a similar function. The interval must surely hold the call, so
 * it includes the clock error bound.
 */
struct pair_call {
	u64 cookie;	    /* the caller's own */
	u64 in, out;	    /* the guest's clock: orders the calls of one vCPU, nothing else */
	u64 tsc_lo, tsc_hi; /* entered at tsc_lo or later, returned by tsc_hi */
	u16 domid, vcpu;
	u8 kind;   /* enum pair_kind */
	u8 passes; /* number of hypercalls: 2 if a PV guest maps for user space and for itself */
	u32 nr;
	const struct pair_op *ops; /* copied */
};

/* The result for an operation or record: paired, or why not. */
enum pair_why {
	PAIR_FOUND,    /* nothing else fits */
	PAIR_LOST,     /* the trace has a gap then */
	PAIR_OUTSIDE,  /* before the trace begins or after it ends */
	PAIR_NO_CALL,  /* operation: no hypercall fits; record: its hypercall is unknown */
	PAIR_NO_VCPU,  /* record: its domain is unknown */
	PAIR_UNSEEN,   /* record: of a probed domain, and no call fits */
	PAIR_NO_AGENT, /* record: of a domain without probes */
	PAIR_AMBIGUOUS,
	PAIR_OP,       /* operation: its call was found, its record was not */
	PAIR_TOO_LATE, /* operation: entered after its time had been settled */
	PAIR_OVERFLOW, /* too many items were waiting */
	PAIR_WHYS,
};

/* A record, paired or not. */
struct pair_record {
	u64 tsc;	 /* of the record */
	u64 call_tsc;	 /* TSC of the hypercall's entry, 0 unknown */
	s32 domid, vcpu; /* the vCPU that made it, XT_UNKNOWN if unknown */
	u32 granter;
	u8 kind;
};

struct pair_sink {
	/* Operation @op of the call with @cookie is this record; @pass 0 or 1. */
	void (*paired)(void *arg, u64 cookie, u32 op, u32 pass, const struct pair_record *record);
	/* A successful operation without a record. */
	void (*no_record)(void *arg, u64 cookie, u32 op, u32 pass, enum pair_why why);
	/* A record without an operation. */
	void (*no_op)(void *arg, const struct pair_record *record, enum pair_why why);
	void *arg;
};

struct pair_stats {
	u64 calls;
	/* operations that should have a record: successful ones, in each pass */
	u64 ops;
	u64 op[PAIR_WHYS];     /* of them, by outcome */
	u64 records;	       /* the same by result */
	u64 record[PAIR_WHYS]; /* maps and unmaps in the trace */
	u64 losses;	       /* the same by result */
};

struct pair;

/*
 * A gap in a pCPU's trace shows at its end. So a call is settled when every pCPU has a later
 * record, or when the trace as a whole is @idle_max ticks further, as a pCPU may be idle for long.
 */
struct pair *pair__new(const struct pair_sink *sink, u64 idle_max);
void pair__free(struct pair *pair);

void pair__probe(struct pair *pair, u16 domid);

/* Returns 0, or -1 without memory. */
int pair__record(struct pair *pair, const struct xt_rec *rec);
int pair__call(struct pair *pair, const struct pair_call *call);
void pair__settle(struct pair *pair, u64 tsc);
void pair__finish(struct pair *pair);

const struct pair_stats *pair__stats(const struct pair *pair);

/* A word for @why in reports. */
const char *pair_why__name(enum pair_why why);

#endif
