// SPDX-License-Identifier: GPL-2.0
/*
 * deferral: an end was refused, and the kernel retries it later. Routine, but it shows a slow
 * mapper.
 */
#include <string.h>

#include "rules/history.h"

struct deferral {
	struct judging judging;
	const struct gen_event *end;
};

/* One cause: grants of one subsystem to one domain. Different tasks may have kept them mapped. */
static struct finding_key key_of(const struct gen_event *end)
{
	return (struct finding_key){.granter = end->granter->domid,
				    .mapper = end->gen->peer,
				    .owner = gen__owner_or_ender(end->granter, end->ref, end->gen)};
}

static void update_outcome(struct finding *finding)
{
	if (finding->resolved == finding->count)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "all freed, the last %.3f s after its end",
				 (double)finding->longest / 1e9);
	else
		finding__outcome(finding, OUTCOME_DEFERRED,
				 "%llu of %llu freed; the kernel retries the rest",
				 (unsigned long long)finding->resolved,
				 (unsigned long long)finding->count);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct gen_event *end = container_of(judging, struct deferral, judging)->end;

	/* Only the owner ends a grant. Another end may have replaced this one in the ledger. */
	if (finding->owner.kind == KIND_UNKNOWN && gen__is_adopted_alone(judging->gen))
		party__fill(&finding->owner, judging->granter, end->stack, end->task);
	finding__evidence(
		finding, "refusal",
		"the end of ref %u was refused at %.6f s: its grant table entry was still "
		"marked as mapped (reported by d%u)",
		judging->ref, (double)span__system(judging->at) / 1e9, judging->granter->domid);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
	finding->killed = judging->gen->flags & GEN_EXITING;
}

void deferral__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
		     const struct map *map)
{
	struct deferral deferral = {judging__of_event(rules, ledger, end, map), end};
	struct finding_key key = key_of(end);
	struct finding *finding;

	finding = judging__report(&deferral.judging, CLASS_DEFERRAL, &key, fill, judging__proven);
	if (finding)
		update_outcome(finding);
}

/* Whether the unmap @ending of @map surely came after @end. */
static bool is_later(const struct ledger *ledger, const struct gen_event *end,
		     const struct map *map, const struct ending *ending)
{
	return ledger__before(ledger, end->granter->index, &end->at, map->mapper, &ending->at);
}

/* Returns the last unmap that surely came before @end, which could not succeed earlier. */
static const struct map *find_last_unmap(struct ledger *ledger, const struct gen_event *end)
{
	const struct ending *last = NULL, *ending;
	const struct map *map, *by = NULL;
	u32 nr;

	for (nr = domain__ref(end->granter, end->ref)->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		ending = ending__at(ledger, map->end);
		if (map->status || !ending || map->flags & MAP_CLOSED_UNSEEN ||
		    is_later(ledger, end, map, ending) ||
		    (last && span__system(&ending->at) <= span__system(&last->at)))
			continue;
		last = ending;
		by = map;
	}
	return by;
}

static struct ref_holder *find_holder(struct finding *finding, u16 domid, const char *name)
{
	struct ref_holder *holder;
	u32 i;

	for (i = 0; i < finding->nr_holders; i++)
		if (finding->holders[i].domid == domid && !strcmp(finding->holders[i].name, name))
			return &finding->holders[i];
	if (finding->nr_holders == FINDING_HOLDERS || finding->nr_evidence == FINDING_EVIDENCE)
		return NULL;
	holder = &finding->holders[finding->nr_holders++];
	*holder = (struct ref_holder){
		.domid = domid, .evidence = finding->nr_evidence, .soonest = UINT64_MAX};
	snprintf(holder->name, sizeof(holder->name), "%s", name);
	finding__evidence(finding, "order", "%s", "");
	return holder;
}

static void describe_holder(struct finding *finding, const struct ref_holder *holder)
{
	struct evidence *evidence = &finding->evidence[holder->evidence];

	if (holder->count == 1)
		snprintf(evidence->text, sizeof(evidence->text),
			 "%s unmapped ref %u %.3f s after its refused end (reported by d%u)",
			 holder->name, holder->ref, (double)holder->latest / 1e9, holder->domid);
	else
		snprintf(evidence->text, sizeof(evidence->text),
			 "%s unmapped %llu refs, %.3f to %.3f s after the refused end of each "
			 "(reported by d%u)",
			 holder->name, (unsigned long long)holder->count,
			 (double)holder->soonest / 1e9, (double)holder->latest / 1e9,
			 holder->domid);
}

/* Adds the task of the last unmap before @end to the evidence, with the delay that it caused. */
static void say_who_unmapped(struct ledger *ledger, struct finding *finding,
			     const struct gen_event *end)
{
	const struct map *map = find_last_unmap(ledger, end);
	const struct ending *ending = map ? ending__at(ledger, map->end) : NULL;
	struct ref_holder *holder;
	struct party party;
	char name[96];
	u64 after;

	if (!map)
		return;
	party__fill_mapper(&party, ledger, map);
	holder = find_holder(finding, ledger->domains[map->mapper]->domid,
			     party__name(&party, name, sizeof(name)));
	if (!holder)
		return;
	after = span__system(&ending->at) - (end->since + (u64)span__off(&end->at));
	/* Within the error bounds of the clocks the unmap may come before the refused end. */
	if ((s64)after < 0)
		after = 0;
	if (!holder->count++)
		holder->ref = end->ref;
	holder->soonest = min(holder->soonest, after);
	holder->latest = max(holder->latest, after);
	describe_holder(finding, holder);
}

void deferral__over(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	struct finding_key key = key_of(end);
	struct finding *finding = findings__find(&rules->findings, CLASS_DEFERRAL, &key);

	if (!finding || finding->resolved == finding->count)
		return;
	say_who_unmapped(ledger, finding, end);
	if (end->ref == finding->ref && end->gen->number == finding->generation) {
		finding->nr_steps = 0;
		history__add_steps(ledger, finding, end->granter, end->ref, 0);
	}
	finding->resolved++;
	finding->longest = max(finding->longest, end->at.out - end->since);
	update_outcome(finding);
}
