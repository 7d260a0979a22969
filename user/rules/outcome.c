// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "rules/outcome.h"
#include "util/log.h"

/* How long after a refused end the frontend's own message about it may come. */
#define LOG_WINDOW (5 * NSEC_PER_SEC)

void outcome__refused(struct finding *finding, const struct gen_event *end, const struct party *by)
{
	char name[96];

	/* One refusal tells it; a retry every second would only push the rest out. */
	if (finding->revoke_refused)
		return;
	finding->revoke_refused = true;
	party__name(by, name, sizeof(name));
	step__is(finding__step(finding, end->granter->domid, &end->at, true,
			       "%s cannot end access to ref %u: refused, still mapped", name,
			       end->ref),
		 STEP_REFUSED_END, by, 0);
	finding__sort_steps(finding);
	if (finding->outcome != OUTCOME_DEVICE_LOST)
		finding__outcome(finding, OUTCOME_REFUSED, "%s in d%u could not revoke ref %u",
				 name, end->granter->domid, end->ref);
}

/* The ref number in "backed has not unmapped grant: 80", UINT32_MAX if the line is another. */
static u32 ref_in_log(const char *text)
{
	static const char lead[] = "backed has not unmapped grant: ";
	const char *pos = strstr(text, lead);
	char *end;
	unsigned long ref;

	if (!pos)
		return UINT32_MAX;
	pos += sizeof(lead) - 1;
	ref = strtoul(pos, &end, 10);
	return end == pos || ref > LEDGER_MAX_REFS ? UINT32_MAX : (u32)ref;
}

void outcome__log(struct rules *rules, const struct domain *domain, const struct span *at,
		  const char *text)
{
	bool lost = strstr(text, "isabled for further use") != NULL;
	u32 i, ref = ref_in_log(text);
	char clean[128];

	if (!lost && ref == UINT32_MAX)
		return;
	str_sanitize(clean, sizeof(clean), text, sizeof(clean));
	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->granter != domain->domid ||
		    (finding->class != CLASS_STALE_MAP && finding->class != CLASS_REVOKE_BLOCKED &&
		     !finding->revoke_refused))
			continue;
		if (span__system(at) + LOG_WINDOW < finding->when ||
		    (ref != UINT32_MAX && ref != finding->ref && finding->outcome == OUTCOME_NONE))
			continue;
		if (finding->outcome == OUTCOME_DEVICE_LOST)
			continue;
		step__is(finding__step(finding, domain->domid, at, lost, "kernel log: %s", clean),
			 STEP_LOG, NULL, 0);
		finding__sort_steps(finding);
		if (lost)
			finding__outcome(finding, OUTCOME_DEVICE_LOST, "%s", clean);
	}
}
