// SPDX-License-Identifier: GPL-2.0
/* A ref's history as steps of a finding. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/history.h"
#include "rules/table_evidence.h"

static void gen_steps(struct ledger *ledger, struct finding *finding, struct domain *granter,
		      u32 ref, const struct gen *gen)
{
	const struct ending *end = ending__at(ledger, gen->end);
	const struct gen *older = gen__at(ledger, gen->older);
	struct party party;
	char name[96];

	if (!(gen->flags & GEN_ADOPTED)) {
		party__fill(&party, granter, gen->stack, gen->task);
		step__is(finding__step(finding, granter->domid, &gen->grant, false,
				       "%s grants ref %u to d%u: generation %u, frame 0x%" PRIx64,
				       party__name(&party, name, sizeof(name)), ref, gen->peer,
				       gen->number, gen->frame),
			 STEP_GRANT, &party, gen->number);
	} else if (gen->baseline) {
		step__is(finding__step(finding, granter->domid, &gen->grant, false,
				       "d%u's table has ref %u granted to d%u when its recording "
				       "begins: generation %u, frame 0x%" PRIx64,
				       granter->domid, ref, gen->peer, gen->number, gen->frame),
			 STEP_GRANT, NULL, gen->number);
	}
	if (!(gen->flags & GEN_ENDED))
		return;
	if (gen->flags & GEN_IMPLICIT_END) {
		step__is(
			finding__step(
				finding, granter->domid, &end->at, false,
				"generation %u is replaced by a new grant: its end was not recorded",
				gen->number),
			STEP_END, NULL, gen->number);
		return;
	}
	party__fill(&party, granter, end->stack, end->task);
	if (gen->flags & GEN_ADOPTED && older && gen__ended_well(older)) {
		step__is(
			finding__step(
				finding, granter->domid, &end->at, false,
				"%s ends access again: no grant was recorded since the previous end",
				party__name(&party, name, sizeof(name))),
			STEP_END, &party, gen->number);
		return;
	}
	step__is(finding__step(finding, granter->domid, &end->at, false,
			       "%s ends access: generation %u is over%s",
			       party__name(&party, name, sizeof(name)), gen->number,
			       gen->flags & GEN_EXITING ? " (the task is exiting)" : ""),
		 STEP_END, &party, gen->number);
}

static void arm_step(struct ledger *ledger, struct finding *finding, const struct arm *arm)
{
	const struct call *call = call__at(ledger, arm->call);
	struct domain *mapper = ledger->domains[call->mapper];
	struct party by = {.kind = KIND_GNTDEV};

	if (!mapper->feed)
		return;
	party__fill_task(&by, mapper->feed, call->task);
	step__is(finding__step(finding, mapper->domid, &call->at, false,
			       "%s (pid %u) announces ref %u to gntdev: not mapped yet", by.comm,
			       by.pid, arm->ref),
		 STEP_ARM, &by, 0);
}

static void map_steps(struct ledger *ledger, struct finding *finding, const struct map *map,
		      bool key)
{
	struct domain *mapper = ledger->domains[map->mapper];
	const struct stamp *stamp = stamp__at(ledger, map->stamp);
	struct party party;
	char name[96], traced[40] = "", traced_end[40] = "";

	party__fill_mapper(&party, ledger, map);
	party__name(&party, name, sizeof(name));
	if (map->status) {
		step__is(finding__step(finding, mapper->domid, &map->at, key,
				       "%s maps ref %u: Xen refuses (status %d)", name, map->ref,
				       map->status),
			 STEP_REFUSED_MAP, &party, 0);
		return;
	}
	if (stamp)
		snprintf(traced, sizeof(traced), ", TSC %" PRIu64, stamp->hi);
	if (stamp && stamp->end)
		snprintf(traced_end, sizeof(traced_end), ", TSC %" PRIu64, stamp->end);
	step__is(finding__step(finding, mapper->domid, &map->at, key,
			       "%s maps ref %u: frame 0x%" PRIx64 ", handle %u%s", name, map->ref,
			       map->frame, map->handle, traced),
		 STEP_MAP, &party, map->handle);
	if (map->end)
		step__is(finding__step(finding, mapper->domid, &ending__at(ledger, map->end)->at,
				       false, "%s unmaps ref %u%s%s", name, map->ref,
				       map->flags & MAP_CLOSED_UNSEEN ? " (not recorded)" : "",
				       traced_end),
			 STEP_UNMAP, &party, map->handle);
}

static void copy_step(struct ledger *ledger, struct finding *finding, const struct map *copy,
		      bool key)
{
	const char *way = copy->handle & GNTCOPY_dest_gref ? "to" : "from";
	u16 mapper = ledger->domains[copy->mapper]->domid;
	struct party party;
	struct step *step;
	char name[96];

	party__fill_mapper(&party, ledger, copy);
	party__name(&party, name, sizeof(name));
	if (copy->status)
		step = finding__step(finding, mapper, &copy->at, key,
				     "%s copies %s ref %u: Xen refuses (status %d)", name, way,
				     copy->ref, copy->status);
	else
		step = finding__step(finding, mapper, &copy->at, key, "%s copies %s ref %u", name,
				     way, copy->ref);
	step__is(step, copy->status ? STEP_REFUSED_COPY : STEP_COPY, &party, 0);
}

/* A copy joins its ref's list after its first verdict, so this one is not in the list yet. */
static void add_copies(struct ledger *ledger, struct finding *finding, const struct domain *granter,
		       u32 ref, u32 key)
{
	bool done = !key || !map__at(ledger, key)->is_copy;
	u32 nr, left;

	for (nr = domain__copies(granter, ref), left = 6; nr && left;
	     nr = map__at(ledger, nr)->next, left--) {
		copy_step(ledger, finding, map__at(ledger, nr), nr == key);
		done |= nr == key;
	}
	if (!done)
		copy_step(ledger, finding, map__at(ledger, key), true);
}

void history__add_steps(struct ledger *ledger, struct finding *finding, struct domain *granter,
			u32 ref, u32 key_map)
{
	struct ref *state = domain__ref(granter, ref);
	struct gen *gen;
	u32 nr, left;

	table_evidence__add_steps(ledger, finding, granter, ref);
	if (!state)
		return;
	for (gen = gen__at(ledger, state->gen), left = 5; gen && left;
	     gen = gen__at(ledger, gen->older), left--)
		gen_steps(ledger, finding, granter, ref, gen);
	for (nr = state->arms, left = 4; nr && left; nr = arm__at(ledger, nr)->next, left--) {
		arm_step(ledger, finding, arm__at(ledger, nr));
		if (arm__at(ledger, nr)->told)
			gen_steps(ledger, finding, granter, ref,
				  gen__at(ledger, arm__at(ledger, nr)->told));
	}
	for (nr = state->maps, left = 6; nr && left; nr = map__at(ledger, nr)->next, left--)
		map_steps(ledger, finding, map__at(ledger, nr), nr == key_map);
	add_copies(ledger, finding, granter, ref, key_map);
	finding__sort_steps(finding);
}
