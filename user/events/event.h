/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One operation in merged order, as grantwatch events shows it: the capture's contents, and the
 * ledger's state at that moment. It is no verdict: the rules decide, for example, which generation
 * a map reached.
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

/* A subsystem, and the task if it is responsible. */
struct event_actor {
	enum kind kind;
	u32 pid, tid;	/* 0: no task */
	char comm[16];	/* the process, as recorded */
	char shown[24]; /* that, or its pseudonym */
};

/* The related event, by the ledger. */
enum event_pair {
	PAIR_NONE,
	PAIR_GRANTED,	/* the grant of the newest generation */
	PAIR_ENDED,	/* the end of the newest generation, if it was over */
	PAIR_ANNOUNCED, /* the announcement of the map */
	PAIR_MAPPED,	/* the map that is undone */
};

enum event_trace {
	TRACE_NONE,
	TRACE_PAIRED, /* a record of Xen's trace was paired */
	TRACE_NAMED,  /* a record of Xen's trace names ref and handle */
};

struct event {
	u64 call;   /* number of the record in merged order, from 1 */
	u32 op, nr; /* index of this operation, and their number */
	u8 type;    /* enum rec_type */
	u8 trace;   /* enum event_trace */
	u16 domid;  /* of the capture */
	u64 ns;	    /* end, Xen system time, ns */
	u64 err;    /* bound of @ns, ns; CLOCK_ERR_UNKNOWN: @ns is the domain's own clock */
	u64 wall;   /* wall-clock time, ns since 1970; 0 unknown */
	u64 took;   /* ns; EVENT_UNSEEN: the entry was not recorded */
	/* As recorded, even if there can be no such domain. */
	u32 granter;
	u32 peer;	/* the other domain; both EVENT_NO_DOM: none */
	u32 target;	/* the domain whose stub domain @granter is, EVENT_NO_DOM: none */
	u32 ref;	/* EVENT_NO_REF: none */
	u32 generation; /* number of the newest generation, 0 none */
	struct event_actor by, owner; /* who acted; who granted the generation */
	bool has_result, ok;
	s16 status; /* what Xen returned */
	u32 handle;
	u64 frame; /* 0: none */
	u8 pair;   /* enum event_pair */
	u64 pair_ns;
	char text[EVENT_TEXT]; /* of a log line */
};

/* Returns its name, such as "arm", or "announce" for people. */
const char *event__name(const struct event *event);
const char *event__word(const struct event *event);

/* "ok", "refused"; "" without a result. */
const char *event__result(const struct event *event);

const char *event_pair__name(u8 pair);

#endif
