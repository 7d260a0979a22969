/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which map that a probe saw is which record of Xen's trace: refs from the one, order and time from
 * the other. Neither side names the other; docs/xentrace.md, "Pairing", says what is compared and
 * when the answer is given.
 *
 *	pair__probe(pair, 0);                     calls of domain 0 will be told
 *	pair__record(pair, rec);                  each record of xentrace__next()
 *	pair__call(pair, &call);                  each call, in any order
 *	pair__settle(pair, tsc);                  no call that began before tsc will follow
 *	pair__finish(pair);
 *
 * The answers come through struct pair_sink. A pair is never guessed: what could be two is none.
 */
#ifndef GRANTWATCH_PAIR_H
#define GRANTWATCH_PAIR_H

#include "xentrace.h"

#define PAIR_ANY_GRANTER 0xffffffffu

enum pair_kind { PAIR_MAP, PAIR_UNMAP };

/* One operation of a call, as it was after it. */
struct pair_op {
	u32 granter; /* PAIR_ANY_GRANTER when the probe does not know, unmaps only */
	s32 status;  /* of the hypercall's first pass, 0 is success */
};

/*
 * One call of gnttab_map_refs() or the like. The interval must hold the call for certain: a clock's
 * error belongs into it.
 */
struct pair_call {
	u64 cookie;	    /* the caller's own */
	u64 in, out;	    /* the guest's clock: only the order of one vCPU's calls matters */
	u64 tsc_lo, tsc_hi; /* not entered before, over by */
	u16 domid, vcpu;
	u8 kind;   /* enum pair_kind */
	u8 passes; /* 2 when a PV guest maps for user space: once for that, once for itself */
	u32 nr;
	const struct pair_op *ops; /* copied */
};

/* How a pair is known, and why there is none. */
enum pair_why {
	PAIR_FOUND,    /* nothing else fits */
	PAIR_LOST,     /* the trace has a gap then */
	PAIR_OUTSIDE,  /* before the trace begins or after it ends */
	PAIR_NO_CALL,  /* operation: no hypercall fits. Record: its hypercall is not known */
	PAIR_NO_VCPU,  /* record: the domain is not known */
	PAIR_UNSEEN,   /* record: of a probed domain, and no call fits */
	PAIR_NO_AGENT, /* record: of a domain that is not probed */
	PAIR_AMBIGUOUS,
	PAIR_OP,       /* operation: the call is found, its record is not */
	PAIR_TOO_LATE, /* operation: told after its time had been settled */
	PAIR_OVERFLOW, /* too much was waiting */
	PAIR_WHYS,
};

/* A record that was paired, or not. */
struct pair_record {
	u64 tsc;	 /* of the record */
	u64 call_tsc;	 /* of the hypercall's entry; 0 if not known */
	s32 domid, vcpu; /* who did it, XT_UNKNOWN if not known */
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
	u64 ops;	       /* that should have a record: successful ones, each pass */
	u64 op[PAIR_WHYS];     /* of them, by outcome */
	u64 records;	       /* maps and unmaps in the trace */
	u64 record[PAIR_WHYS]; /* of them, by outcome */
	u64 losses;	       /* gaps in the trace */
};

struct pair;

/*
 * A gap in a pCPU's trace is known when it ends. A call is settled when every pCPU has shown a
 * later record, or the trace as a whole is @patience ticks further (a pCPU may be idle for long).
 */
struct pair *pair__new(const struct pair_sink *sink, u64 patience);
void pair__free(struct pair *pair);

void pair__probe(struct pair *pair, u16 domid);

/* 0, or -1 when memory is short. */
int pair__record(struct pair *pair, const struct xt_rec *rec);
int pair__call(struct pair *pair, const struct pair_call *call);
void pair__settle(struct pair *pair, u64 tsc);
void pair__finish(struct pair *pair);

const struct pair_stats *pair__stats(const struct pair *pair);

/* A word for @why, for reports. */
const char *pair_why__name(enum pair_why why);

#endif
