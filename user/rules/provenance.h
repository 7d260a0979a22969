/* SPDX-License-Identifier: GPL-2.0 */
/* Who reported what a finding rests on: Xen, dom0 or a guest. */
#ifndef GRANTWATCH_RULES_PROVENANCE_H
#define GRANTWATCH_RULES_PROVENANCE_H

#include "rules/candidates.h"

/* How Xen's word came to us: to dom0, or told by a guest. The mapper's domid follows. */
static inline const char *provenance__xens_word(u16 mapper)
{
	return mapper ? "Xen's result, as reported by" : "Xen's result, recorded by";
}

/* Note that announcements and maps of @mapper, other than dom0, are reported by @mapper. */
void provenance__explain(struct finding *finding, const struct domain *mapper,
			 const struct domain *granter);

/*
 * Whether only the mapper's own word says that what @judging is about happened. That a domain other
 * than dom0 mapped or copied something counts for as much as the word of the granter who granted it
 * that; without one, nobody else has seen it.
 */
bool provenance__is_hearsay(const struct judging *judging, const struct candidates *candidates);

#endif
