// SPDX-License-Identifier: GPL-2.0
/* deferral-backlog: deferred refs accumulate faster than the kernel frees them. */
#include "rules/history.h"

/* the backlog must exceed the limit for this long */
#define BACKLOG_TIME (10 * NSEC_PER_SEC)

static void fill(struct judging *judging, struct finding *finding)
{
	const struct domain *granter = judging->granter;
	u64 since = judging->rules->backlog_since[granter->index];

	finding__evidence(
		finding, "circumstance",
		"%llu refs of d%u wait for a retry; for %.1f s the backlog has been above "
		"%llu refs",
		(unsigned long long)granter->deferred, granter->domid,
		(double)(judging->at->out - since) / 1e9,
		(unsigned long long)judging->ledger->policy->backlog);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
	finding__outcome(finding, OUTCOME_DEFERRED,
			 "see /sys/module/grant_table/parameters/free_per_iteration");
}

/* The count is the maximum of refs deferred at one time, not a number of occurrences. */
void deferral_backlog__judge(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *end)
{
	u64 *since = &rules->backlog_since[end->granter->index];
	struct finding_key key = {.granter = end->granter->domid};
	struct judging judging = judging__of_event(rules, ledger, end, NULL);
	struct finding *finding;

	if (end->granter->deferred < ledger->policy->backlog) {
		*since = 0;
		return;
	}
	if (!*since)
		*since = max(end->at.out, (u64)1);
	if (end->at.out < *since + BACKLOG_TIME)
		return;
	finding = findings__find(&rules->findings, CLASS_DEFERRAL_BACKLOG, &key);
	if (!finding)
		finding = judging__report(&judging, CLASS_DEFERRAL_BACKLOG, &key, fill,
					  judging__likely);
	if (finding)
		finding->count = max(finding->count, end->granter->deferred);
}
