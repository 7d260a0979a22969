// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "merge/merge.h"
#include "summary/limits.h"
#include "summary/summary_internal.h"

/* Whether @domain has a recorded call by one of these subsystems. */
static bool has_kind(const struct domain *domain, enum kind a, enum kind b)
{
	u32 i;

	for (i = 0; i < domain->nr_stacks; i++)
		if (domain->stacks[i].kind == (u8)a + 1 || domain->stacks[i].kind == (u8)b + 1)
			return true;
	return false;
}

static u32 count_disks(const struct feed *feed, bool *persistent)
{
	u32 i, n = 0;

	for (i = 0; i < feed->nr_facts; i++) {
		const char *key = feed->facts[i].key, *dot = strrchr(key, '.');

		if (strncmp(key, "vbd.", 4) || dot == key + 3 || strcmp(dot, ".persistent"))
			continue;
		n++;
		*persistent |= !strcmp(feed->facts[i].now.text, "yes");
	}
	return n;
}

static bool is_translated(const struct feed *feed)
{
	const char *type = feed__fact(feed, "guest_type");

	return type && strcmp(type, "PV");
}

static void add(struct summary *summary, const char *limit)
{
	summary->limits[summary->nr_limits++] = limit;
}

void summary__add_limits(struct summary *summary, const struct ledger *ledger)
{
	bool announced = false, queued = false, copied = false, persistent = false;
	bool translated = false, alone = false;
	u32 i, disks = 0;

	for (i = 0; i < ledger->nr_domains; i++) {
		const struct domain *domain = ledger->domains[i];

		if (!domain->feed)
			continue;
		announced |= domain->nr_files;
		copied |= domain->copied_to;
		if (!domain->refs_mapped)
			continue;
		disks = max(disks, count_disks(domain->feed, &persistent));
		queued |= has_kind(domain, KIND_BLKFRONT, KIND_NETFRONT);
		translated |= is_translated(domain->feed);
		alone |= domain->domid && !domain->nr_table_chunks && !summary->trace.present;
	}
#define X(condition, sentence) \
	if (condition)         \
		add(summary, sentence);
	LIMITS(X)
#undef X
}
