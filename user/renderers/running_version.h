/* SPDX-License-Identifier: GPL-2.0 */
/* Which version counts for a known bug, and whether the bug is one of a finding at all. */
#ifndef GRANTWATCH_RUNNING_VERSION_H
#define GRANTWATCH_RUNNING_VERSION_H

#include "known/bugs.h"
#include "rules/finding.h"
#include "summary/summary.h"

struct running_version {
	const char *release; /* uname -r, or Xen's version */
	const char *build;   /* uname -v, "" unknown */
	u16 domid;	     /* whose it is */
	bool from_log;	     /* of the stretch of a log that the finding is in */
};

/*
 * The version of the side that has the bug. Returns false if it is not known: a log tells the
 * version of the kernel that wrote it, and of no other.
 */
bool running_version__of(const struct summary *summary, const struct finding *finding,
			 const struct bug *bug, struct running_version *version);

/* Whether what the finding has seen leaves room for the bug. */
bool bug__may_be(const struct bug *bug, const struct finding *finding);

#endif
