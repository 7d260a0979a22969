/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user may set about verdicts: backends, who serves whom, and the limits, from one table
 * of which defaults, --limit and its help follow. A pipeline has one, and its ledger points to it.
 */
#ifndef GRANTWATCH_POLICY_H
#define GRANTWATCH_POLICY_H

#include "model/kinds.h"
#include "util/types.h"

/*
 * CLASS, field of struct policy, default, least, most, unit, how many of the field's are one unit,
 * what it says
 */
#define POLICY_LIMITS(X)                                                                        \
	X("lingering-map", linger_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                          \
	  "still mapped so long after the end was refused")                                     \
	X("grant-leak", leak_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                               \
	  "not freed so long after the end")                                                    \
	X("deferral-backlog", backlog, 1000, 1, 1000000, "refs", 1, "so many wait for a retry") \
	X("persistent-mismatch", persistent_refs, 3, 1, 100000, "refs", 1,                      \
	  "so many kept mapped by a backend without persistent grants")

#define POLICY_ADDED 32 /* backends, and pairs that serve */

struct policy {
	const char *backends[POLICY_ADDED]; /* comms, added to the known ones; the caller's */
	u32 nr_backends;
	struct {
		enum kind owner, mapper;
	} serves[POLICY_ADDED]; /* added to the table of who may serve whom */
	u32 nr_serves;
	u64 linger_ns, leak_ns, backlog, persistent_refs;
};

/* Nothing added, and the limits' defaults. */
extern const struct policy policy_defaults;

/*
 * Add a comm to the user-space backends; a trailing * matches any rest. The string stays in use.
 * 0, or -ENOSPC over POLICY_ADDED.
 */
int policy__add_backend(struct policy *policy, const char *comm);

/*
 * Add "OWNER:MAPPER", names as of kind__name(): grants of such an owner are meant for such a mapper
 * too. 0, -EINVAL when a name is unknown, or -ENOSPC over POLICY_ADDED.
 */
int policy__add_serves(struct policy *policy, const char *pair);

/* Set what "CLASS=NUMBER" says. 0, or -EINVAL with what is wrong, a sentence, in @why. */
int policy__set_limit(struct policy *policy, const char *text, char *why, size_t size);

#endif
