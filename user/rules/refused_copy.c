// SPDX-License-Identifier: GPL-2.0
/*
 * Copies that Xen refused. After the end it is stale-map-refused. Otherwise the grant may forbid
 * the copy, or the reason is unknown.
 */
#include "rules/candidates.h"
#include "util/xen_abi.h"

/*
 * Whether a generation which the copy may have met permits reading only. Frontends grant for
 * writing what backends write: netfront its receive buffers, blkfront the pages of a read request.
 * So the copy may be meant for an older grant.
 */
static bool is_forbidden(struct rules *rules, struct ledger *ledger, const struct map *copy)
{
	struct candidates candidates;
	u32 i;

	if (!(copy->handle & GNTCOPY_dest_gref))
		return false;
	candidates__find(rules, ledger, copy, &candidates);
	for (i = 0; i < candidates.nr; i++)
		if (candidates.gen[i]->gflags & GTF_readonly)
			return true;
	return false;
}

/* Whether a finding or a blind spot of its own has the reason of the refusal. */
static bool is_explained(struct rules *rules, struct ledger *ledger, u32 copy_nr)
{
	if (stale_map_refused__judge(rules, ledger, copy_nr))
		return true;
	if (!is_forbidden(rules, ledger, map__at(ledger, copy_nr)))
		return false;
	rules->counters.copies_forbidden++;
	return true;
}

void rules__copy_refused(struct rules *rules, struct ledger *ledger, u32 copy_nr)
{
	const struct map *copy = map__at(ledger, copy_nr);
	bool explained = is_explained(rules, ledger, copy_nr);
	bool second = copy->handle & COPY_PAIRED && copy->handle & GNTCOPY_dest_gref &&
		      rules->side.out == copy->at.out && rules->side.mapper == copy->mapper;

	/* Xen does not tell which of two sides it refused: an explanation of one side is enough. */
	if (!second)
		rules->counters.copies_refused += !explained;
	else if (explained && !rules->side.explained)
		rules->counters.copies_refused--;
	rules->side.out = second ? 0 : copy->at.out;
	rules->side.mapper = copy->mapper;
	rules->side.explained = explained;
}
