// SPDX-License-Identifier: GPL-2.0
#include "rules/provenance.h"

void provenance__explain(struct finding *finding, const struct domain *mapper,
			 const struct domain *granter)
{
	if (!mapper->domid || mapper == granter || !granter->feed)
		return;
	finding__evidence(finding, "word",
			  "announcements and maps are reported by d%u, grants by d%u",
			  mapper->domid, granter->domid);
}

bool provenance__is_hearsay(const struct judging *judging, const struct candidates *candidates)
{
	const struct domain *granter = judging->granter, *mapper = judging->mapper;

	return mapper->domid && granter->domid != mapper->domid &&
	       !(granter->feed && candidates->nr);
}
