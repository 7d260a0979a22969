/* SPDX-License-Identifier: GPL-2.0 */
/* Provenance: who reported the facts behind a finding: Xen, dom0 or a guest. */
#ifndef GRANTWATCH_RULES_PROVENANCE_H
#define GRANTWATCH_RULES_PROVENANCE_H

#include "rules/candidates.h"

/* A phrase for the source of Xen's results, followed by the mapper's domid: dom0 or a guest. */
static inline const char *provenance__xens_word(u16 mapper)
{
	return mapper ? "Xen's result, as reported by" : "Xen's result, recorded by";
}

/*
 * Adds evidence to @finding: a @mapper other than dom0 itself reported its announcements and maps.
 */
void provenance__explain(struct finding *finding, const struct domain *mapper,
			 const struct domain *granter);

/*
 * Whether only the mapper itself reports the map or copy of @judging. A report by a domain other
 * than dom0 needs a candidate generation in the granter's capture.
 */
bool provenance__is_hearsay(const struct judging *judging, const struct candidates *candidates);

#endif
