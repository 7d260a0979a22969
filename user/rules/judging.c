// SPDX-License-Identifier: GPL-2.0
/* Common to all classes: an occurrence becomes a finding, or counts in an existing one. */
#include <string.h>

#include "rules/rules_internal.h"

struct judging judging__of_map(struct rules *rules, struct ledger *ledger, u32 map_nr)
{
	const struct map *map = map__at(ledger, map_nr);

	return (struct judging){.rules = rules,
				.ledger = ledger,
				.granter = ledger->domains[map->granter],
				.mapper = ledger->domains[map->mapper],
				.ref = map->ref,
				.at = &map->at,
				.map = map,
				.map_nr = map_nr};
}

struct judging judging__of_event(struct rules *rules, struct ledger *ledger,
				 const struct gen_event *event, const struct map *map)
{
	return (struct judging){.rules = rules,
				.ledger = ledger,
				.granter = event->granter,
				.mapper = map ? ledger->domains[map->mapper] : NULL,
				.ref = event->ref,
				.at = &event->at,
				.map = map,
				.gen = event->gen};
}

struct judging judging__of_table(struct rules *rules, struct ledger *ledger,
				 const struct table_event *event, const struct map *map)
{
	return (struct judging){.rules = rules,
				.ledger = ledger,
				.granter = event->granter,
				.mapper = ledger->domains[map->mapper],
				.ref = map->ref,
				.at = &event->at,
				.map = map,
				/* The table reads and the maps are on one clock. */
				.without_order = CERTAINTY_PROVEN + 1};
}

static u16 mapper_domid(const struct judging *judging)
{
	if (judging->mapper)
		return judging->mapper->domid;
	return judging->gen ? judging->gen->peer : 0;
}

struct finding_key judging__key(const struct judging *judging)
{
	return (struct finding_key){.granter = judging->granter->domid,
				    .mapper = mapper_domid(judging)};
}

/* Returns the earliest Xen system time of the effect at @at in ns, 0 if it has no lower bound. */
static u64 not_before(const struct span *at)
{
	u64 err = span__err(at), in = span__in(at);

	if (err == CLOCK_ERR_UNKNOWN || !in)
		return 0;
	in += (u64)span__off(at);
	return in > err ? in - err : 0;
}

/* Sets what each class reports about its first occurrence. */
static void fill_common(const struct judging *judging, struct finding *finding)
{
	const struct map *map = judging->map;
	const struct gen *gen = judging->gen;

	finding->granter = judging->granter->domid;
	finding->mapper = mapper_domid(judging);
	finding->ref = judging->ref;
	finding->when = span__system(judging->at);
	finding->when_err = span__err(judging->at);
	finding->not_before = not_before(judging->at);
	if (judging->map_nr)
		finding->when_mono = map->at.out;
	finding->copied = map && map->is_copy;
	if (map)
		party__fill_mapper(&finding->map_by, judging->ledger, map);
	if (gen) {
		finding->generation = gen->number;
		finding->told_generation = gen->number;
		party__fill(&finding->owner, judging->granter, gen->stack, gen->task);
	}
}

static void note_margin(const struct judging *judging, struct finding *finding,
			enum certainty certainty)
{
	u64 margin = *judging->ledger->margin;

	if (judging->newest)
		margin = min(margin, judging->ledger->slack);
	finding->margin[certainty] = max(finding->margin[certainty], margin);
	if (judging->without_order)
		finding->margin[min((u32)certainty, judging->without_order - 1)] = SPAN_ONE_CLOCK;
}

struct finding *judging__report(struct judging *judging, enum finding_class class,
				const struct finding_key *key,
				void (*fill)(struct judging *judging, struct finding *finding),
				enum certainty (*weigh)(struct judging *judging,
							struct finding *finding))
{
	struct finding *finding;
	enum certainty certainty;
	bool fresh;

	finding = findings__get(&judging->rules->findings, class, key, &fresh);
	if (!finding)
		return NULL;
	if (fresh) {
		fill_common(judging, finding);
		fill(judging, finding);
	}
	certainty = weigh(judging, finding);
	note_margin(judging, finding, certainty);
	finding__count(finding, certainty, judging->ref, judging->at, fresh);
	return finding;
}

enum certainty judging__proven(struct judging *judging, struct finding *finding)
{
	return CERTAINTY_PROVEN;
}

enum certainty judging__likely(struct judging *judging, struct finding *finding)
{
	return CERTAINTY_LIKELY;
}

void judging__supersede(struct rules *rules, struct arm *arm)
{
	struct finding *miss = arm && arm->finding ? rules->findings.item[arm->finding - 1] : NULL;

	if (!miss || miss->class != CLASS_NEAR_MISS || !miss->count)
		return;
	miss->count--;
	miss->gone = !miss->count;
	arm->finding = 0;
}

const struct feed_task *map__task(const struct ledger *ledger, const struct map *map)
{
	static const struct feed_task unknown;
	const struct domain *mapper = ledger->domains[map->mapper];

	return mapper->feed ? feed__task(mapper->feed, map->task) : &unknown;
}

bool domain__says_pv(const struct domain *domain)
{
	const char *type = domain->feed ? feed__fact(domain->feed, "guest_type") : NULL;

	return type && !strcmp(type, "PV");
}
