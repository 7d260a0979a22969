/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user's settings for verdicts: backends, pairs that serve each other, and limits. Defaults,
 * --limit and its help follow one table. A pipeline has one policy, and its ledger points to it.
 */
#ifndef GRANTWATCH_POLICY_H
#define GRANTWATCH_POLICY_H

#include "model/kinds.h"
#include "util/types.h"

/*
 * CLASS, or what else has a limit; member of struct policy, default, minimum, maximum, unit,
 * member's units in one unit, help text
 */
#define POLICY_LIMITS(X)                                                                        \
	X("lingering-map", linger_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                          \
	  "still mapped so long after the end was refused")                                     \
	X("grant-leak", leak_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                               \
	  "not freed so long after the end")                                                    \
	X("deferral-backlog", backlog, 1000, 1, 1000000, "refs", 1, "so many wait for a retry") \
	X("persistent-mismatch", persistent_refs, 3, 1, 100000, "refs", 1,                      \
	  "so many kept mapped by a backend without persistent grants")                         \
	X("history", history_bytes, 64, 1, 65536, "MiB", 1ull << 20,                            \
	  "memory for one domain's grants; the oldest are forgotten")

#define POLICY_ADDED 32 /* maximum of added backends, and of added pairs */

struct policy {
	/* comms in addition to the known ones; the caller's strings */
	const char *backends[POLICY_ADDED];
	u32 nr_backends;
	struct {
		enum kind owner, mapper;
	} serves[POLICY_ADDED]; /* in addition to the table of kinds.c */
	u32 nr_serves;
	u64 linger_ns, leak_ns, backlog, persistent_refs, history_bytes;
};

/* No additions, default limits. */
extern const struct policy policy_defaults;

/*
 * Adds a comm to the user-space backends; a trailing * matches any rest. The caller keeps the
 * string. Returns 0, or -ENOSPC at POLICY_ADDED.
 */
int policy__add_backend(struct policy *policy, const char *comm);

/*
 * Adds "OWNER:MAPPER", names as in kind__name(): this owner's grants are meant for this mapper too.
 * Returns 0, -EINVAL for an unknown name, or -ENOSPC at POLICY_ADDED.
 */
int policy__add_serves(struct policy *policy, const char *pair);

/* Sets a limit by "CLASS=NUMBER". Returns 0, or -EINVAL with the reason, a sentence, in @why. */
int policy__set_limit(struct policy *policy, const char *text, char *why, size_t size);

#endif
