/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Xen's trace as xentrace(8) writes it: bytes in, records out, in the order of time and with what
 * was going on.
 *
 *	struct xentrace *xt = xentrace__new(0);
 *
 *	for (;;) {
 *		switch (xentrace__next(xt, &rec)) {
 *		case XT_RECORD:
 *			look at *rec, good until the next call; continue
 *		case XT_MORE:
 *			room = xentrace__room(xt, &size); read up to size bytes there;
 *			xentrace__filled(xt, n), or xentrace__finish(xt) at the end of the input
 *		case XT_END:
 *			xentrace__stats(xt) tells what was lost, damaged or late
 *		}
 *	}
 *
 * Nothing here depends on how the bytes were cut into pieces. docs/xentrace.md explains the format,
 * the order and the context.
 */
#ifndef GRANTWATCH_XENTRACE_H
#define GRANTWATCH_XENTRACE_H

#include <string.h>

#include "trace_events.h"
#include "util/types.h"

#define XT_UNKNOWN   (-1)
#define XT_MAX_CPUS  4096
#define XT_MAX_WORDS 7
/* Bytes of the input held back for ordering when xentrace__new() is not told otherwise. */
#define XT_LOOK_AHEAD (64u << 20)

enum xt_status {
	XT_RECORD,
	XT_MORE, /* every record known to be next has been given: feed me */
	XT_END,
	XT_NOMEM,
};

/*
 * xt_rec.flags. A TSC goes back when the host was suspended or booted, or when it is corrected
 * because it is not reliable.
 */
#define XT_F_NO_TSC   0x01 /* has no time, tsc is that of the record before it on this pCPU */
#define XT_F_NO_TIME  0x02 /* and there was none before it, tsc is 0 */
#define XT_F_LATE     0x04 /* older than a record given before it */
#define XT_F_HOLE     0x08 /* records of this pCPU are missing before this one */
#define XT_F_TSC_BACK 0x10 /* the pCPU's TSC went backwards */

/* A hypercall is open from its entry to the next sign that its vCPU is doing something else. */
struct xt_hypercall {
	u64 tsc;      /* of the entry */
	u64 id;	      /* number of this entry in the trace, from 1 */
	u64 of;	      /* id of the entry that this one may continue, 0 if none: see docs */
	s64 count;    /* operations asked for, XT_UNKNOWN if not recorded */
	u32 op;	      /* __HYPERVISOR_…, never unknown: an entry that does not tell is none */
	s32 cmd;      /* of grant_table_op, XT_UNKNOWN otherwise or if not recorded */
	bool subcall; /* an entry of a multicall */
	bool is_hvm;  /* by VMMCALL: arguments are never recorded */
};

enum xt_hypercall_state {
	XT_HC_UNKNOWN, /* a hypercall may be open and was not seen */
	XT_HC_NONE,
	XT_HC_OPEN,
};

struct xt_rec {
	u64 tsc;			      /* raw TSC of the pCPU */
	const struct xt_event *event;	      /* never NULL, name is NULL if not in the table */
	const struct xt_hypercall *hypercall; /* NULL unless state is XT_HC_OPEN */
	const u8 *payload;		      /* use xt_rec__word() */
	u32 id;				      /* the record's own, 28 bits */
	s32 domid, vcpu;		      /* running on the pCPU, or XT_UNKNOWN */
	u32 nth; /* of a map or unmap in a known hypercall: how many came before it there */
	u16 pcpu;
	u8 nr_words;
	u8 flags;
	u8 state; /* enum xt_hypercall_state */
	u8 kind;  /* that of the event, which is asked for most */
};

struct xt_stats {
	u64 bytes; /* of input */
	u64 windows;
	u64 records;	     /* given */
	u64 wraps;	     /* fillers, not given */
	u64 lost_times;	     /* lost_records records */
	u64 lost;	     /* records that they say are missing */
	u64 skipped;	     /* bytes that were no trace */
	u64 holes;	     /* places where bytes were skipped or a window was cut short */
	u64 truncated;	     /* bytes missing from the last window at the end of input */
	u64 late;	     /* records given out of order */
	u64 forced;	     /* times the look-ahead was too small to wait */
	u64 no_tsc;	     /* records without a time */
	u64 tsc_back;	     /* times a pCPU's TSC went backwards */
	u64 unknown;	     /* records that are not in the table */
	u64 no_vcpu;	     /* grant records whose vCPU is not known */
	u64 no_hypercall;    /* grant records of a known vCPU whose hypercall is not known */
	u64 conflicts;	     /* records that contradict what was known of the pCPU */
	u64 distrusted;	     /* pCPUs whose scheduler records contradict each other */
	u64 vcpus_forgotten; /* times there were too many vCPUs to follow */
	u64 held_max;	     /* most bytes of memory held at a time */
	u32 cpus;
};

struct xentrace;

/* @look_ahead: see XT_LOOK_AHEAD, 0 for it. NULL when memory is short. */
struct xentrace *xentrace__new(size_t look_ahead);
void xentrace__free(struct xentrace *xt);

/*
 * Where the next bytes of input may be put, @size of them, never 0 after XT_MORE; NULL when memory
 * is short.
 */
void *xentrace__room(struct xentrace *xt, size_t *size);
void xentrace__filled(struct xentrace *xt, size_t size);

/*
 * Copy as much of @data as there is room for; returns how much. Take records until XT_MORE, then
 * feed the rest.
 */
size_t xentrace__feed(struct xentrace *xt, const void *data, size_t size);

/* There is no more input. */
void xentrace__finish(struct xentrace *xt);

enum xt_status xentrace__next(struct xentrace *xt, const struct xt_rec **rec);

const struct xt_stats *xentrace__stats(const struct xentrace *xt);

/* Whether anything is missing that could have changed what the records mean. */
bool xt_stats__blind(const struct xt_stats *stats);

/* Word @i of the payload; words that the record does not have are 0. */
static inline u32 xt_rec__word(const struct xt_rec *rec, u32 i)
{
	u32 word = 0;

	if (i < rec->nr_words)
		memcpy(&word, rec->payload + 4 * i, sizeof(word));
	return word;
}

#endif
