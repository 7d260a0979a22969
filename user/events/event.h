/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One operation of the merged order, as grantwatch events shows it: what the capture says, and what
 * the ledger had on record just then. None of it is a verdict: which generation a map landed on,
 * for example, is up to the rules.
 */
#ifndef GRANTWATCH_EVENTS_EVENT_H
#define GRANTWATCH_EVENTS_EVENT_H

#include "capture/format.h"
#include "model/domid.h"
#include "model/kinds.h"
#include "model/when.h"

#define EVENT_NO_REF UINT32_MAX
#define EVENT_NO_DOM UINT32_MAX
#define EVENT_UNSEEN UINT64_MAX
#define EVENT_TEXT   200

/* A subsystem, and the task where that is the one responsible. */
struct event_actor {
	enum kind kind;
	u32 pid, tid;	/* 0: no task */
	char comm[16];	/* of the process, as recorded */
	char shown[24]; /* that, or its pseudonym */
};

/* The event that this one belongs to, as the ledger has it. */
enum event_pair {
	PAIR_NONE,
	PAIR_GRANTED,	/* the grant of the generation that was the newest */
	PAIR_ENDED,	/* its end, as it was over already */
	PAIR_ANNOUNCED, /* the announcement that the map came through */
	PAIR_MAPPED,	/* the map that is undone */
};

enum event_trace {
	TRACE_NONE,
	TRACE_PAIRED, /* Xen's record of it was found by pairing */
	TRACE_NAMED,  /* Xen's record of it names ref and handle */
};

struct event {
	u64 call;   /* number of the record in the merged order, from 1 */
	u32 op, nr; /* which of its operations, of how many */
	u8 type;    /* enum rec_type */
	u8 trace;   /* enum event_trace */
	u16 domid;  /* of the capture */
	u64 ns;	    /* its end on Xen system time */
	u64 err;    /* ± ns; CLOCK_ERR_UNKNOWN: ns is the domain's own clock */
	u64 wall;   /* wall-clock time, ns since 1970; 0 unknown */
	u64 took;   /* ns; EVENT_UNSEEN: its beginning was not recorded */
	/* As recorded, whether there can be such a domain or not. */
	u32 granter;
	u32 peer;		      /* the other domain; EVENT_NO_DOM for both: none */
	u32 ref;		      /* EVENT_NO_REF: none */
	u32 generation;		      /* the newest one on record, 0 none */
	struct event_actor by, owner; /* who did it; who granted that generation */
	bool has_result, ok;
	s16 status; /* what Xen returned */
	u32 handle;
	u64 frame; /* 0: none */
	u8 pair;   /* enum event_pair */
	u64 pair_ns;
	char text[EVENT_TEXT]; /* of a log line */
};

/* Its name, "arm"; for people "announce". */
const char *event__name(const struct event *event);
const char *event__word(const struct event *event);

/* "ok", "refused"; "" where there is no result. */
const char *event__result(const struct event *event);

const char *event_pair__name(u8 pair);

#endif
