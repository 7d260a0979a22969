// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "model/vbd.h"
#include "rules/persistent.h"

/*
 * Both ends must offer the feature: one "off" means off. Other values, and none, mean unknown. So
 * do facts from before the last connect if the table was set up anew since.
 */
static enum persistence read_fact(const struct domain *granter, const char *key, u64 at)
{
	static const char *const off[] = {"no", "backend-only", "frontend-only"};
	const struct feed_value *value = feed__fact_at(granter->feed, key, at);
	u32 i;

	if (!value || (granter->reset_at && value->until < granter->reset_at))
		return PERSISTENCE_UNKNOWN;
	if (!strcmp(value->text, "yes"))
		return PERSISTENCE_ON;
	for (i = 0; i < ARRAY_SIZE(off); i++)
		if (!strcmp(value->text, off[i]))
			return PERSISTENCE_OFF;
	return PERSISTENCE_UNKNOWN;
}

static bool is_of_disk(const char *key)
{
	const char *dot = strrchr(key, '.');

	return !strncmp(key, "vbd.", 4) && dot && !strcmp(dot, ".persistent");
}

/* For a map of an unknown disk of @granter. */
static enum persistence read_all(const struct domain *granter, u64 at)
{
	const struct feed *feed = granter->feed;
	bool off = false;
	u32 i;

	for (i = 0; i < feed->nr_facts; i++) {
		if (!is_of_disk(feed->facts[i].key))
			continue;
		if (read_fact(granter, feed->facts[i].key, at) != PERSISTENCE_OFF)
			return PERSISTENCE_UNKNOWN;
		off = true;
	}
	return off ? PERSISTENCE_OFF_ALL : PERSISTENCE_UNKNOWN;
}

bool persistence__is_on(const struct domain *granter, const struct span *at)
{
	const struct feed *feed = granter->feed;
	bool on = false;
	u32 i;

	for (i = 0; i < feed->nr_facts; i++) {
		if (!is_of_disk(feed->facts[i].key))
			continue;
		if (read_fact(granter, feed->facts[i].key, at->out) != PERSISTENCE_ON)
			return false;
		on = true;
	}
	return on;
}

enum persistence persistence__of(const struct ledger *ledger, const struct domain *granter,
				 const struct map *map, const struct span *at)
{
	char key[40];
	u32 disk;

	if (map->kind != KIND_BLKBACK ||
	    !vbd__of_blkback(map__task(ledger, map)->comm, granter->domid, &disk))
		return read_all(granter, at->out);
	snprintf(key, sizeof(key), "vbd.%u.persistent", disk);
	return read_fact(granter, key, at->out);
}
