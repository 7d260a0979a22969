/* SPDX-License-Identifier: GPL-2.0 */
/* Who reported what a finding rests on: Xen, dom0 or a guest. */
#ifndef GRANTWATCH_RULES_PROVENANCE_H
#define GRANTWATCH_RULES_PROVENANCE_H

#include "rules/candidates.h"

/* Source of a result of Xen, a phrase to be followed by the mapper's domid: dom0 or a guest. */
static inline const char *provenance__xens_word(u16 mapper)
{
	return mapper ? "Xen's result, as reported by" : "Xen's result, recorded by";
}

/* Adds to @finding: a @mapper other than dom0 reports its announcements and maps itself. */
void provenance__explain(struct finding *finding, const struct domain *mapper,
			 const struct domain *granter);

/*
 * True if only the mapper itself reports the map or copy of @judging. A report by a domain other
 * than dom0 needs a candidate generation in the granter's capture.
 */
bool provenance__is_hearsay(const struct judging *judging, const struct candidates *candidates);

#endif
