/* SPDX-License-Identifier: GPL-2.0 */
/* The version that decides about a known bug, and whether the bug may explain a finding at all. */
#ifndef GRANTWATCH_RUNNING_VERSION_H
#define GRANTWATCH_RUNNING_VERSION_H

#include "known/bugs.h"
#include "rules/finding.h"
#include "summary/summary.h"

struct running_version {
	const char *release; /* uname -r, or Xen's version */
	const char *build;   /* uname -v, "" unknown */
	u16 domid;	     /* whose it is */
	bool from_log;	     /* the version is of the log's stretch with the finding */
};

/*
 * Sets the version of the side with the bug. Returns false if it is unknown: a log has the version
 * of the kernel that wrote it only.
 */
bool running_version__of(const struct summary *summary, const struct finding *finding,
			 const struct bug *bug, struct running_version *version);

/* Whether the evidence of the finding permits the bug. */
bool bug__may_be(const struct bug *bug, const struct finding *finding);

#endif
