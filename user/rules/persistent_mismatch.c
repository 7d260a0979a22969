// SPDX-License-Identifier: GPL-2.0
/*
 * persistent-mismatch: a backend keeps grants mapped which the frontend takes back after each
 * request.
 */
#include "rules/history.h"

struct mismatch {
	struct judging judging;
	const struct finding *blocked; /* the underlying revoke-blocked finding */
};

static void fill(struct judging *judging, struct finding *finding)
{
	const struct finding *blocked = container_of(judging, struct mismatch, judging)->blocked;

	finding__evidence(
		finding, "circumstance",
		"persistent grants are off in d%u, but blkback in d%u keeps %llu of its refs "
		"mapped after their requests",
		judging->granter->domid, judging->mapper->domid,
		(unsigned long long)blocked->count);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

void persistent_mismatch__judge(struct rules *rules, struct ledger *ledger,
				const struct finding *blocked, const struct gen_event *end,
				const struct map *map)
{
	struct mismatch mismatch = {judging__of_event(rules, ledger, end, map), blocked};
	struct finding_key key = judging__key(&mismatch.judging);

	if (blocked->count < ledger->policy->persistent_refs || !(map->flags & MAP_OPEN))
		return;
	key.map_kind = map->kind;
	judging__report(&mismatch.judging, CLASS_PERSISTENT_MISMATCH, &key, fill, judging__likely);
}
