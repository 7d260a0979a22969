/* SPDX-License-Identifier: GPL-2.0 */
/* The rules' limits: one table from which defaults, --limit and its help follow. */
#ifndef GRANTWATCH_LIMITS_H
#define GRANTWATCH_LIMITS_H

#include "util/types.h"

struct rules_config;

/*
 * CLASS, field of struct rules_config, default, least, most, unit, how many of the field's are one
 * unit, what it says
 */
#define RULES_LIMITS(X)                                                                         \
	X("lingering-map", linger_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                          \
	  "still mapped so long after the end was refused")                                     \
	X("grant-leak", leak_ns, 60, 1, 86400, "s", NSEC_PER_SEC,                               \
	  "not freed so long after the end")                                                    \
	X("deferral-backlog", backlog, 1000, 1, 1000000, "refs", 1, "so many wait for a retry") \
	X("persistent-mismatch", persistent_refs, 3, 1, 100000, "refs", 1,                      \
	  "so many kept mapped by a backend without persistent grants")

void limits__defaults(struct rules_config *config);

/* Set what "CLASS=NUMBER" says. 0, or -EINVAL with what is wrong, a sentence, in @why. */
int limits__set(struct rules_config *config, const char *text, char *why, size_t size);

#endif
