// SPDX-License-Identifier: GPL-2.0
/*
 * mapping-lost: a map of gntdev's was ended by something other than its process's munmap, its exit
 * or the close of the file. The stack of the unmap tells (model/teardown.h). What the process did
 * next is known some seconds later.
 */
#include <stdio.h>

#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/history.h"

struct lost {
	struct judging judging;
	const struct ending *end;
	enum teardown teardown;
};

/* How long after the unmap the process's next steps are told. All times are of its clock. */
static u64 told_until(const struct lost *lost)
{
	return lost->end->at.out + lost->judging.ledger->grace;
}

static double seconds_after(const struct lost *lost, u64 later)
{
	return later > lost->end->at.out ? (double)(later - lost->end->at.out) / NSEC_PER_SEC : 0;
}

/* The first map of the ref by the same process after @lost ended, NULL none. */
static const struct map *mapped_again(const struct lost *lost)
{
	struct ledger *ledger = lost->judging.ledger;
	const struct map *map = lost->judging.map, *other, *first = NULL;
	u32 nr;

	for (nr = domain__ref(lost->judging.granter, map->ref)->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->mapper == map->mapper && !other->status &&
		    other->at.out > lost->end->at.out && other->at.out <= told_until(lost) &&
		    map__task(ledger, other)->pid == map__task(ledger, map)->pid)
			first = other;
	}
	return first;
}

static void explain_next(const struct lost *lost, struct finding *finding)
{
	const struct ledger *ledger = lost->judging.ledger;
	const struct map *again = mapped_again(lost);
	const struct call *call = call__at(ledger, lost->judging.map->call);
	const u64 mark = lost->judging.mapper->input->coverage.mark;
	const char *comm = finding->map_by.comm;

	if (again)
		finding__evidence(finding, "circumstance", "%s mapped the ref again %.3f s later",
				  comm, seconds_after(lost, again->at.out));
	else if (call && call->closed_out && call->closed_out <= told_until(lost))
		finding__evidence(finding, "circumstance",
				  "%s withdrew its announcement or closed its file of gntdev %.3f "
				  "s later, and did not map the ref again",
				  comm, seconds_after(lost, call->closed_out));
	else
		finding__evidence(finding, "circumstance",
				  "%s did not map the ref again in the %.1f s after that", comm,
				  seconds_after(lost, min(mark, told_until(lost))));
}

static void explain_call(const struct lost *lost, struct finding *finding)
{
	const struct party *by = &finding->unmapped_by;
	const u32 pid = map__task(lost->judging.ledger, lost->judging.map)->pid;
	char func[64], task[80] = "";

	teardown__from_stack(feed__stack(lost->judging.mapper->feed, lost->end->stack), func,
			     sizeof(func));
	if (by->pid)
		snprintf(task, sizeof(task), ", in %s (pid %u)%s", by->comm, by->pid,
			 by->pid == pid ? "" : ", another process");
	finding__evidence(finding, "stack",
			  "gntdev unmapped the ref at %.6f s because of %s: %s() called the MMU "
			  "notifier%s",
			  (double)span__system(&lost->end->at) / 1e9,
			  teardown__text(lost->teardown), func, task);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct lost *lost = container_of(judging, struct lost, judging);

	finding->teardown = lost->teardown;
	party__fill(&finding->unmapped_by, judging->mapper, lost->end->stack, lost->end->task);
	explain_call(lost, finding);
	explain_next(lost, finding);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
	step__is(finding__step(finding, judging->mapper->domid, &lost->end->at, true,
			       "%s loses ref %u by %s", finding->map_by.comm, judging->ref,
			       teardown__text(lost->teardown)),
		 STEP_OTHER, &finding->map_by, judging->map->handle);
	finding__sort_steps(finding);
}

/* A handle that was given out again, unseen, would name another map. */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct lost *lost = container_of(judging, struct lost, judging);

	judging->without_order = CERTAINTY_PROVEN + 1;
	if (judging->mapper->domid && judging->mapper != judging->granter) {
		finding__blind(finding, "this map is reported only by d%u itself",
			       judging->mapper->domid);
		return CERTAINTY_LIKELY;
	}
	/* What is in no table may be a way to unmap under a new name. */
	if (lost->teardown == TEARDOWN_OTHER) {
		finding__blind(finding, "the caller of the MMU notifier is in no table");
		return CERTAINTY_LIKELY;
	}
	return blind__within(judging->ledger, finding, judging->mapper,
			     REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP), judging->map->at.out,
			     lost->end->at.out, "the unmap may be of another map")
		       ? CERTAINTY_LIKELY
		       : CERTAINTY_PROVEN;
}

void mapping_lost__judge(struct rules *rules, struct ledger *ledger, u32 map_nr)
{
	struct lost lost = {.judging = judging__of_map(rules, ledger, map_nr)};
	const struct map *map = lost.judging.map;
	struct finding_key key = judging__key(&lost.judging);
	struct candidates candidates;

	lost.end = ending__at(ledger, map->end);
	lost.teardown = domain__teardown(lost.judging.mapper, lost.end->stack);
	/* Another domain has the domid by now. */
	if (!teardown__is_loss(lost.teardown))
		return;
	candidates__find(rules, ledger, map, &candidates);
	lost.judging.gen = candidates.best;
	lost.judging.at = &lost.end->at;
	key.map_kind = map->kind;
	key.task = map__task(ledger, map)->pid;
	key.other = lost.teardown;
	judging__report(&lost.judging, CLASS_MAPPING_LOST, &key, fill, weigh);
}
