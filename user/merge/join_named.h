/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hypervisor with our patch (scripts/lab/xen.patch) says of each operation which ref and handle
 * it was, and what came of it. Such a record is an operation's own when it is the only one of that
 * ref and handle while the call was under way: no pairing is needed, nor hypercalls in the trace.
 */
#ifndef GRANTWATCH_JOIN_NAMED_H
#define GRANTWATCH_JOIN_NAMED_H

#include "pair.h"
#include "util/types.h"

/* Records kept at a time: older ones go, and their operations are left to the pairing. */
#define NAMED_MAX (1u << 20)

struct named {
	u64 tsc;
	u64 from; /* the operation had not begun before: its hypercall's entry; 0 unknown */
	u32 ref, handle;
	u32 flags; /* of a map: user space's and the kernel's own differ in it */
	s32 status;
	u16 granter;
	u8 kind; /* enum pair_kind */
};

struct named_list {
	struct named *item;
	u32 first, nr, room; /* [first, nr) are in use, by TSC */
	u64 records, dropped;
};

void named_list__cleanup(struct named_list *list);

/* A record of the trace, if it is one of these and of @domid. 0 or -ENOMEM. */
int named_list__add(struct named_list *list, const struct xt_rec *rec, u16 domid);

/* What lies before @tsc is not asked for any more. */
void named_list__forget(struct named_list *list, u64 tsc);

/* The only one in [@lo, @hi] that is like @like (its granter, ref, flags, handle, status, kind);
 * else NULL. */
const struct named *named_list__find(const struct named_list *list, const struct named *like,
				     u64 lo, u64 hi);

#endif
