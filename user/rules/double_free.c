// SPDX-License-Identifier: GPL-2.0
/*
 * double-free: a ref was ended and freed, and then ended or freed again without a grant in between.
 * Linux does not notice: gnttab_end_foreign_access_ref_v1() and _v2() succeed on a free entry, and
 * put_free_entry() links a free ref into the list a second time. Two later owners then get the same
 * ref.
 */
#include "rules/blind.h"
#include "rules/history.h"

enum { KEY_ENDED_AGAIN = 1, KEY_FREED_AGAIN };

struct double_free {
	struct judging judging;	       /* the generation that ended first */
	const struct gen_event *event; /* the second end or free */
	const struct ending *end;      /* the first */
};

/*
 * Whether a map of the ref began after @from and before @to. Then a grant is missing, and the rules
 * of maps report it.
 */
static bool was_mapped(const struct double_free *twice)
{
	struct ledger *ledger = twice->judging.ledger;
	const u32 granter = twice->judging.granter->index;
	const struct map *map;
	u32 nr;

	for (nr = domain__ref(twice->judging.granter, twice->judging.ref)->maps; nr;
	     nr = map->next) {
		map = map__at(ledger, nr);
		if (!map->status &&
		    ledger__before(ledger, granter, &twice->end->at, map->mapper, &map->at) &&
		    ledger__before(ledger, map->mapper, &map->at, granter, twice->judging.at))
			return true;
	}
	return false;
}

/* Whether an unrecorded grant may explain the second end. */
static bool may_be_granted(const struct double_free *twice)
{
	return blind__within(twice->judging.ledger, NULL, twice->judging.granter,
			     REC_BIT(REC_GRANT), twice->end->at.out, twice->judging.at->out, "");
}

/*
 * Losses and gaps are reported elsewhere. This counts refs whose ends were probed before their
 * grants.
 */
static void count_unprobed(const struct double_free *twice)
{
	if (feed__blind_probe(twice->judging.granter->feed, REC_BIT(REC_GRANT), twice->end->at.out,
			      twice->judging.at->out))
		twice->judging.rules->counters.ended_twice++;
}

/*
 * A task in the middle of a grant cannot end the same ref: the end is a second one, whichever call
 * came first.
 */
static const char *in_between(const struct gen_event *event)
{
	return event->gen->flags & GEN_OVERLAPPED ? "while it was being granted anew"
						  : "with no grant in between";
}

static void fill_parties(const struct double_free *twice, struct finding *finding, bool ended)
{
	const struct gen_event *event = twice->event;
	struct party first, again;
	char name[96], name_again[96];

	party__fill(&first, event->granter, twice->end->stack, twice->end->task);
	party__fill(&again, event->granter, event->stack, event->task);
	finding__evidence(finding, "order",
			  "generation %u was ended by %s at %.6f s and %s by %s at %.6f s, %s "
			  "(reported by d%u)",
			  twice->judging.gen->number, party__name(&first, name, sizeof(name)),
			  (double)span__system(&twice->end->at) / 1e9,
			  ended ? "ended again" : "freed again",
			  party__name(&again, name_again, sizeof(name_again)),
			  (double)span__system(&event->at) / 1e9, in_between(event),
			  event->granter->domid);
	if (twice->judging.gen->flags & GEN_ADOPTED)
		finding->owner = first;
	history__add_steps(twice->judging.ledger, finding, event->granter, event->ref, 0);
}

/* --- ended once more --- */

static void fill_ended(struct judging *judging, struct finding *finding)
{
	const struct double_free *twice = container_of(judging, struct double_free, judging);
	u32 i;

	fill_parties(twice, finding, true);
	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].type == STEP_END &&
		    finding->steps[i].number == twice->event->gen->number)
			finding->steps[i].key = true;
}

/*
 * A subsystem that allocates a ref and ends it without a grant is not at fault. No known subsystem
 * does; an unknown one may.
 */
static enum certainty weigh_ended(struct judging *judging, struct finding *finding)
{
	const struct double_free *twice = container_of(judging, struct double_free, judging);
	const struct gen_event *event = twice->event;

	if (judging->gen->flags & GEN_BEFORE_RESET) {
		finding__blind(finding, "d%u was suspended and resumed in between",
			       event->granter->domid);
		return CERTAINTY_LIKELY;
	}
	if (blind__within(judging->ledger, finding, event->granter, REC_BIT(REC_RESET),
			  twice->end->at.out, event->at.out,
			  "the domain may have been suspended and resumed in between"))
		return CERTAINTY_LIKELY;
	if (domain__kind(event->granter, event->stack) == KIND_UNKNOWN &&
	    domain__via(event->granter, event->stack) != VIA_RETRY) {
		finding__blind(
			finding,
			"the subsystem of the second end is unknown: it may have allocated the ref "
			"without granting it");
		return CERTAINTY_LIKELY;
	}
	return CERTAINTY_PROVEN;
}

/* Whether the successful end of @first freed the ref itself or was followed by a free. */
static bool was_given_back(struct domain *granter, const struct gen *first,
			   const struct ending *end)
{
	return first->flags & GEN_FREED || via__frees(domain__via(granter, end->stack));
}

static struct finding_key key_of(const struct double_free *twice, u64 what)
{
	const struct gen_event *event = twice->event;

	return (struct finding_key){.granter = event->granter->domid,
				    .owner = gen__owner(event->granter, event->ref,
							twice->judging.gen),
				    .map_kind = domain__kind(event->granter, event->stack),
				    .other = what};
}

bool double_free__applies(const struct ledger *ledger, const struct gen_event *end)
{
	const struct gen *first = gen__at(ledger, end->gen->older);

	if (!(end->gen->flags & GEN_ADOPTED) || !first || end->ref < RESERVED_REFS)
		return false;
	/*
	 * A refusal shows that the ref was granted. If another owner has a grant, the end is of
	 * that grant.
	 */
	return !end->gen->refusals && !(first->flags & GEN_GONE) && !first->others &&
	       gen__ended_well(first) &&
	       was_given_back(end->granter, first, ending__at(ledger, first->end));
}

void double_free__judge_end(struct rules *rules, struct ledger *ledger,
			    const struct gen_event *event)
{
	const struct gen *first = gen__at(ledger, event->gen->older);
	struct double_free twice = {.event = event,
				    .judging = judging__of_event(rules, ledger, event, NULL)};
	struct finding_key key;

	if (!double_free__applies(ledger, event))
		return;
	twice.end = ending__at(ledger, first->end);
	twice.judging.gen = first;
	if (was_mapped(&twice))
		return;
	if (may_be_granted(&twice)) {
		count_unprobed(&twice);
		return;
	}
	key = key_of(&twice, KEY_ENDED_AGAIN);
	judging__report(&twice.judging, CLASS_DOUBLE_FREE, &key, fill_ended, weigh_ended);
}

/* --- freed once more --- */

static void fill_freed(struct judging *judging, struct finding *finding)
{
	const struct double_free *twice = container_of(judging, struct double_free, judging);
	const struct gen_event *event = twice->event;
	struct party by;
	char name[96];

	fill_parties(twice, finding, false);
	party__fill(&by, event->granter, event->stack, event->task);
	step__is(finding__step(finding, event->granter->domid, &event->at, true,
			       "%s frees ref %u again", party__name(&by, name, sizeof(name)),
			       event->ref),
		 STEP_RELEASE, &by, event->gen->number);
	finding__sort_steps(finding);
}

static enum certainty weigh_freed(struct judging *judging, struct finding *finding)
{
	finding__blind(finding,
		       "allocations are not recorded: the ref may have been allocated in between "
		       "and never granted");
	return CERTAINTY_LIKELY;
}

void double_free__judge_free(struct rules *rules, struct ledger *ledger,
			     const struct gen_event *event)
{
	struct double_free twice = {.event = event,
				    .end = ending__at(ledger, event->gen->end),
				    .judging = judging__of_event(rules, ledger, event, NULL)};
	struct finding_key key;

	/* A free without an end is a finding of its own. */
	if (!gen__ended_well(event->gen) || was_mapped(&twice) || may_be_granted(&twice))
		return;
	key = key_of(&twice, KEY_FREED_AGAIN);
	judging__report(&twice.judging, CLASS_DOUBLE_FREE, &key, fill_freed, weigh_freed);
}
