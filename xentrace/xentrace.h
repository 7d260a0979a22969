/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decodes Xen's trace as xentrace(8) writes it: from bytes to records, in order of time and with
 * their context.
 *
 *	struct xentrace *xt = xentrace__new(0);
 *
 *	for (;;) {
 *		switch (xentrace__next(xt, &rec)) {
 *		case XT_RECORD:
 *			use *rec, valid until the next call; continue
 *		case XT_MORE:
 *			room = xentrace__room(xt, &size); read up to size bytes there;
 *			xentrace__filled(xt, n), or xentrace__finish(xt) at the end of the input
 *		case XT_END:
 *			xentrace__stats(xt) counts what was lost, damaged or late
 *		}
 *	}
 *
 * The result does not depend on how the input is divided. docs/xentrace.md explains the format, the
 * order and the context.
 */
#ifndef GRANTWATCH_XENTRACE_H
#define GRANTWATCH_XENTRACE_H

#include <string.h>

#include "trace_events.h"
#include "util/types.h"

#define XT_UNKNOWN   (-1)
#define XT_MAX_CPUS  4096
#define XT_MAX_WORDS 7
/* Bytes of input that are kept for ordering, by default. */
#define XT_LOOK_AHEAD (64u << 20)

enum xt_status {
	XT_RECORD,
	XT_MORE, /* more input is needed */
	XT_END,
	XT_NOMEM,
};

/*
 * xt_rec.flags. A TSC goes back if the host was suspended or booted, or if it is corrected because
 * it is unreliable.
 */
#define XT_F_NO_TSC   0x01 /* has no time; tsc is that of the pCPU's record before it */
#define XT_F_NO_TIME  0x02 /* nor has any record before it; tsc is 0 */
#define XT_F_LATE     0x04 /* older than a record returned before it */
#define XT_F_HOLE     0x08 /* records of this pCPU are missing before it */
#define XT_F_TSC_BACK 0x10 /* the pCPU's TSC went backwards */

/* A hypercall is open from its entry to the next record that shows its vCPU elsewhere. */
struct xt_hypercall {
	u64 tsc;      /* of the entry */
	u64 id;	      /* number of this entry in the trace, from 1 */
	u64 of;	      /* id of the entry that this one may continue (docs/xentrace.md), 0 none */
	s64 count;    /* number of requested operations, XT_UNKNOWN if not recorded */
	u32 op;	      /* __HYPERVISOR_…; never unknown, as entries without it are ignored */
	s32 cmd;      /* command of grant_table_op, XT_UNKNOWN for others or if not recorded */
	bool subcall; /* an entry of a multicall */
	bool is_hvm;  /* by VMMCALL: its arguments are never recorded */
};

enum xt_hypercall_state {
	XT_HC_UNKNOWN, /* a hypercall may be open whose entry was missed */
	XT_HC_NONE,
	XT_HC_OPEN,
};

struct xt_rec {
	u64 tsc; /* raw TSC of the pCPU */
	/* never NULL; its name is NULL if the id is not in the table */
	const struct xt_event *event;
	const struct xt_hypercall *hypercall; /* NULL unless @state is XT_HC_OPEN */
	const u8 *payload;		      /* use xt_rec__word() */
	u32 id;				      /* the record's own, 28 bits */
	s32 domid, vcpu;		      /* the vCPU that runs on the pCPU, or XT_UNKNOWN */
	u32 nth; /* for a map or unmap in a known hypercall: how many came before it there */
	u16 pcpu;
	u8 nr_words;
	u8 flags;
	u8 state; /* enum xt_hypercall_state */
	u8 kind;  /* @event's kind, which is used most */
};

struct xt_stats {
	u64 bytes; /* of input */
	u64 windows;
	u64 records;	     /* given */
	u64 wraps;	     /* fillers, not given */
	u64 lost_times;	     /* lost_records records */
	u64 lost;	     /* records that lost_records count as missing */
	u64 skipped;	     /* bytes that were no trace */
	u64 holes;	     /* places where bytes were skipped or a window was cut short */
	u64 truncated;	     /* bytes missing from the last window */
	u64 late;	     /* records returned out of order */
	u64 forced;	     /* times that the look-ahead was too small */
	u64 no_tsc;	     /* records without a time */
	u64 tsc_back;	     /* times that a pCPU's TSC went backwards */
	u64 unknown;	     /* records that are not in the table */
	u64 no_vcpu;	     /* grant records with an unknown vCPU */
	u64 no_hypercall;    /* grant records of a known vCPU with an unknown hypercall */
	u64 conflicts;	     /* records that contradict the pCPU's state */
	u64 distrusted;	     /* pCPUs whose scheduler records contradict each other */
	u64 vcpus_forgotten; /* times that there were too many vCPUs to follow */
	u64 held_max;	     /* maximum of bytes of memory held */
	u32 cpus;
};

struct xentrace;

/* @look_ahead: bytes, 0 for XT_LOOK_AHEAD. Returns NULL without memory. */
struct xentrace *xentrace__new(size_t look_ahead);
void xentrace__free(struct xentrace *xt);

/*
 * Returns room for the next bytes of input, of *@size bytes, never 0 after XT_MORE; NULL without
 * memory.
 */
void *xentrace__room(struct xentrace *xt, size_t *size);
void xentrace__filled(struct xentrace *xt, size_t size);

/*
 * Copies as much of @data as there is room for. Returns the number of bytes. Take records until
 * XT_MORE, then feed the rest.
 */
size_t xentrace__feed(struct xentrace *xt, const void *data, size_t size);

/* There is no more input. */
void xentrace__finish(struct xentrace *xt);

enum xt_status xentrace__next(struct xentrace *xt, const struct xt_rec **rec);

const struct xt_stats *xentrace__stats(const struct xentrace *xt);

/* Whether anything is missing that could change the meaning of records. */
bool xt_stats__blind(const struct xt_stats *stats);

/* Word @i of the payload, 0 if the record does not have it. */
static inline u32 xt_rec__word(const struct xt_rec *rec, u32 i)
{
	u32 word = 0;

	if (i < rec->nr_words)
		memcpy(&word, rec->payload + 4 * i, sizeof(word));
	return word;
}

#endif
