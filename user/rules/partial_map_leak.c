// SPDX-License-Identifier: GPL-2.0
/*
 * partial-map-leak: a map that nobody is going to undo. When an mmap fails in part, gntdev undoes
 * its successful maps as it returns the error. This map is still there after a grace period.
 */
#include "rules/blind.h"
#include "rules/history.h"

static void fill(struct judging *judging, struct finding *finding)
{
	finding__evidence(
		finding, "refusal",
		"other refs of the same mmap were refused, so the process has no mapping, "
		"but this ref is still mapped %.0f s later (reported by d%u)",
		(double)judging->ledger->grace / 1e9, judging->mapper->domid);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref,
			   judging->map_nr);
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct domain *mapper = judging->mapper;

	blind__within(judging->ledger, finding, mapper, REC_BIT(REC_UNMAP), judging->at->out,
		      mapper->input->coverage.mark, "the unmap may be among them");
	return CERTAINTY_LIKELY;
}

void partial_map_leak__judge(struct rules *rules, struct ledger *ledger, u32 map_nr)
{
	struct judging judging = judging__of_map(rules, ledger, map_nr);
	const struct map *map = judging.map;
	struct finding_key key = judging__key(&judging);

	/* At the end of the captures the grace period may not be over. */
	if (!(map->flags & MAP_OPEN) || span__system(&map->at) + ledger->grace > ledger->now)
		return;
	key.map_kind = map->kind;
	key.task = map__task(ledger, map)->pid;
	judging__report(&judging, CLASS_PARTIAL_MAP_LEAK, &key, fill, weigh);
}
