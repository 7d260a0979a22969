/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of a hypervisor with the project's patch (scripts/lab/xen.patch), which name ref, handle
 * and result of each operation. A record belongs to an operation if it is the only one with that
 * ref and handle during the call. Pairing and hypercall records are not needed for it.
 */
#ifndef GRANTWATCH_JOIN_NAMED_H
#define GRANTWATCH_JOIN_NAMED_H

#include "pair.h"
#include "util/types.h"

/* Maximum of kept records. Operations of older ones are left to the pairing. */
#define NAMED_MAX (1u << 20)

struct named {
	u64 tsc;
	u64 from; /* the hypercall's entry, so the operation began later; 0 unknown */
	u32 ref, handle;
	u32 flags; /* for a map: they differ between user space's and the kernel's own */
	s32 status;
	u16 granter;
	u8 kind; /* enum pair_kind */
};

struct named_list {
	struct named *item;
	u32 first, nr, room; /* [first, nr) are in use, in TSC order */
	u64 records, dropped;
};

void named_list__cleanup(struct named_list *list);

/* Adds @rec of the trace if it is such a record of @domid. Returns 0 or -ENOMEM. */
int named_list__add(struct named_list *list, const struct xt_rec *rec, u16 domid);

/* Forgets records before @tsc. */
void named_list__forget(struct named_list *list, u64 tsc);

/*
 * Returns the only record in [@lo, @hi] with @like's granter, ref, flags, handle, status and kind;
 * NULL if there is none or more than one.
 */
const struct named *named_list__find(const struct named_list *list, const struct named *like,
				     u64 lo, u64 hi);

#endif
