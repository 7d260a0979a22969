// SPDX-License-Identifier: GPL-2.0
/* grant-leak: a ref that will not come back. partial-map-leak: a map that nobody will undo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

static struct finding *leak(struct rules *rules, struct domain *granter, enum kind owner,
			    bool *fresh)
{
	u64 key[3] = {(u64)granter->domid << 32, owner, 0};

	return findings__get(&rules->findings, CLASS_GRANT_LEAK, key, fresh);
}

/* "leaking g.e. 0x50 (pfn …)": the kernel could not even queue it. */
void rules__leak_log(struct rules *rules, struct ledger *ledger, struct domain *domain,
		     const struct span *at, const char *text)
{
	static const char lead[] = "leaking g.e. ";
	const char *pos = strstr(text, lead);
	struct finding *finding;
	const struct gen *gen;
	struct ref *state;
	unsigned long ref;
	enum kind owner;
	bool fresh;
	char *end;

	if (!pos)
		return;
	ref = strtoul(pos + sizeof(lead) - 1, &end, 0);
	if (end == pos + sizeof(lead) - 1 || ref >= LEDGER_MAX_REFS)
		return;
	state = domain__ref(domain, (u32)ref);
	gen = state ? gen__at(ledger, state->gen) : NULL;
	owner = gen ? gen__owner(domain, (u32)ref, gen) : KIND_UNKNOWN;
	finding = leak(rules, domain, owner, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding->granter = domain->domid;
		finding->mapper = gen ? gen->peer : 0;
		finding->ref = (u32)ref;
		finding->generation = gen ? gen->number : 0;
		finding->when = span__system(at);
		finding->when_err = span__err(at);
		if (gen)
			party__fill(&finding->owner, domain, gen->stack, gen->task);
		finding__evidence(finding, "refusal", "d%u's kernel says: %s", domain->domid, text);
		rules__history(ledger, finding, domain, (u32)ref, 0);
	}
	finding__count(finding, CERTAINTY_PROVEN, (u32)ref, at, fresh);
}

struct sweep {
	struct rules *rules;
	struct ledger *ledger;
	struct domain *domain;
};

static void fill(struct ledger *ledger, struct finding *finding, struct domain *domain, u32 ref,
		 const struct gen *gen)
{
	const struct ending *end = ending__at(ledger, gen->end);

	finding->granter = domain->domid;
	finding->mapper = gen->peer;
	finding->ref = ref;
	finding->generation = gen->number;
	finding->told_generation = gen->number;
	finding->when = span__system(&end->at);
	finding->when_err = span__err(&end->at);
	party__fill(&finding->owner, domain, gen->stack, gen->task);
	finding__evidence(
		finding, "circumstance",
		"access ended at %.6f s, and the ref was neither freed nor granted again since",
		(double)span__system(&end->at) / 1e9);
	rules__history(ledger, finding, domain, ref, 0);
}

/* Ended by a caller that has to free by itself, and did not. */
static void sweep_ref(void *ctx, u32 ref, struct ref *state)
{
	struct sweep *sweep = ctx;
	struct domain *domain = sweep->domain;
	const struct gen *gen = gen__at(sweep->ledger, state->gen);
	const struct ending *end = gen ? ending__at(sweep->ledger, gen->end) : NULL;
	u64 now = domain->input->coverage.mark;
	struct finding *finding;
	bool fresh;

	if (!end || ref < RESERVED_REFS || !gen__ended_well(gen) ||
	    gen->flags & (GEN_FREED | GEN_ADOPTED | GEN_RESET) ||
	    domain__via(domain, end->stack) != VIA_REF ||
	    end->at.out + sweep->rules->config.leak_ns > now ||
	    rules__blind(sweep->ledger, NULL, domain, REC_BIT(REC_FREE) | REC_BIT(REC_RELEASE),
			 span__in(&end->at), now, ""))
		return;
	finding = leak(sweep->rules, domain, gen__owner(domain, ref, gen), &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(sweep->ledger, finding, domain, ref, gen);
	finding__count(finding, CERTAINTY_LIKELY, ref, &end->at, fresh);
}

void rules__finish(struct rules *rules, struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		struct sweep sweep = {rules, ledger, ledger->domains[i]};

		if (sweep.domain->feed)
			domain__each_ref(sweep.domain, sweep_ref, &sweep);
	}
	rules__settle_logs(rules);
}

/*
 * gntdev undoes what succeeded when it tells the process that the mmap failed. It has had time to.
 */
void rules__partial(struct rules *rules, struct ledger *ledger, u32 nr)
{
	const struct map *map = map__at(ledger, nr);
	struct domain *mapper = ledger->domains[map->mapper];
	struct finding *finding;
	u64 key[3];
	bool fresh;

	/* At the end of the captures its time has not come. */
	if (!(map->flags & MAP_OPEN) || span__system(&map->at) + ledger->grace > ledger->now)
		return;
	key[0] = (u64)ledger->domains[map->granter]->domid << 32 | (u64)mapper->domid << 16;
	key[1] = map->kind;
	key[2] = rules__task(ledger, map)->pid;
	finding = findings__get(&rules->findings, CLASS_PARTIAL_MAP_LEAK, key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding->granter = ledger->domains[map->granter]->domid;
		finding->mapper = mapper->domid;
		finding->ref = map->ref;
		finding->when = span__system(&map->at);
		finding->when_err = span__err(&map->at);
		finding->when_mono = map->at.out;
		party__fill(&finding->map_by, mapper, map->stack, map->task);
		finding__evidence(finding, "refusal",
				  "other refs of the same mmap were refused, so the process has no "
				  "mapping, but this one is still mapped %.0f s later (d%u's word)",
				  (double)ledger->grace / 1e9, mapper->domid);
		rules__history(ledger, finding, ledger->domains[map->granter], map->ref, nr);
	}
	rules__blind(ledger, finding, mapper, REC_BIT(REC_UNMAP), map->at.out,
		     mapper->input->coverage.mark, "the unmap may be among them");
	finding__count(finding, CERTAINTY_LIKELY, map->ref, &map->at, fresh);
}
