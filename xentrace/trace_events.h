/* SPDX-License-Identifier: GPL-2.0 */
/* All record types of Xen's trace buffers: one table for decoding, printing and the manual. */
#ifndef GRANTWATCH_TRACE_EVENTS_H
#define GRANTWATCH_TRACE_EVENTS_H

#include "util/types.h"
#include "util/xen_abi.h"

/* Records that grantwatch interprets; others are only printed. */
enum xt_kind {
	XT_OTHER,
	XT_LOST,
	XT_RUNSTATE,
	XT_CONTINUE,
	XT_GRANT_MAP,
	XT_GRANT_UNMAP,
	XT_GRANT_TRANSFER,
	XT_GRANT_MAP_OP,     /* from a patched hypervisor: result of a map operation */
	XT_GRANT_UNMAP_DONE, /* and the end of an unmap */
	XT_HYPERCALL,
	XT_SUBCALL,
	XT_VMENTRY,
	XT_VMEXIT,
	XT_VMMCALL,
	XT_GUEST_MODE, /* a PV guest trapped: its vCPU has no open hypercall */
	XT_GUEST,      /* written by a guest itself through HVMOP_xentrace */
	XT_KINDS,
};

/*
 * `fields' names the words after the header, in order, separated by blanks. A name alone is one
 * word in decimal. Suffixes:
 *
 *	:h	16 bits, two of them share a word, the lower half first
 *	:x	one word in hexadecimal
 *	:q	two words, the lower first, a 64-bit number in decimal; :xq in hexadecimal
 *	:c	the hypercall word, with the arguments that follow it
 *	:iN	no word: bits N and N+1 of the record's id, a vCPU's run state
 */
struct xt_event {
	u32 id;	  /* with the bits of @any clear */
	u32 any;  /* bits of the id that may have any value */
	u32 kind; /* enum xt_kind */
	const char *name;
	const char *fields;
};

/* Returns the table's entry. An unknown id gets the entry whose name is NULL. */
const struct xt_event *xt_event__find(u32 id);

/* Returns entry @nr of the table, NULL after the last. */
const struct xt_event *xt_event__at(u32 nr);

/* NULL when not known. */
const char *hypercall__name(u32 op);
const char *gnttab_cmd__name(u32 cmd);
const char *runstate__name(u32 state);

/* command of GNTTABOP_*; higher bits are of a continued cache_flush */
#define GNTTABOP_BITS 0xfff

#endif
