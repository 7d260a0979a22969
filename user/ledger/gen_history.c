// SPDX-License-Identifier: GPL-2.0
/* The generations of a ref: which are kept, and for how long. */
#include <errno.h>

#include "ledger/ledger_internal.h"

#define GENS_COUNTED 31 /* the maximum of struct ref's nr_gens */

void ledger__put_gen(struct ledger *ledger, struct domain *granter, u32 nr)
{
	struct gen *gen = gen__at(ledger, nr);

	if (gen->end)
		pool__put(&ledger->endings, gen->end);
	pool__put(&ledger->gens, nr);
	granter->nr_gens--;
}

/*
 * Moves generation @nr to the arm that announced it. Reports name that generation however old it
 * is.
 */
static bool keep_for_arm(struct ledger *ledger, const struct ref *ref, u32 nr)
{
	u32 arm_nr;

	for (arm_nr = ref->arms; arm_nr; arm_nr = arm__at(ledger, arm_nr)->next) {
		struct arm *arm = arm__at(ledger, arm_nr);

		if (arm->told || arm->told_number != gen__at(ledger, nr)->number)
			continue;
		arm->told = nr;
		gen__at(ledger, nr)->older = 0;
		return true;
	}
	return false;
}

void ledger__trim_gens(struct ledger *ledger, struct domain *granter, struct ref *ref)
{
	u32 history = ledger__history(ledger, granter), keep = history, most = ledger->limits->gens;
	struct gen *gen, *next = NULL;
	u32 nr, waiting = 0;

	/* Saves refs with few generations the walk, which misses the cache. */
	if (ref->nr_gens <= history + 1)
		return;
	for (gen = gen__at(ledger, ref->gen); gen && keep; keep--)
		gen = gen__at(ledger, gen->older);
	for (; gen && (next = gen__at(ledger, gen->older)); gen = next, waiting++)
		/* An unsettled event of one generation may ask about the generation before. */
		if (waiting == most || ledger__is_past(ledger, span__system(gen__end(ledger, gen))))
			break;
	/* Delays the next walk if most of the list is unsettled. */
	ref->nr_gens = (history + 1 - min(waiting, history)) & GENS_COUNTED;
	ledger->dropped[LIMIT_GENS] += next && waiting == most;
	if (!next)
		return;
	for (nr = gen->older; nr;) {
		u32 older = gen__at(ledger, nr)->older;

		if (!keep_for_arm(ledger, ref, nr))
			ledger__put_gen(ledger, granter, nr);
		nr = older;
	}
	gen->older = 0;
}

/*
 * Whether a map of an older generation may still pin the ref, so that Xen gives later maps the old
 * page. A grant over a live generation causes it. It ends once the complete record of the mapper
 * shows that nobody has the ref mapped.
 */
static bool inherits_taint(struct ledger *ledger, const struct ref *ref, const struct gen *before)
{
	struct domain *peer;
	u32 nr;

	if (!(before->flags & (GEN_IMPLICIT_END | GEN_TAINTED)))
		return false;
	peer = before->peer == DOMID_UNKNOWN ? NULL : ledger__known(ledger, before->peer);
	if (!peer || !peer->feed || peer->feed->lost || peer->input->coverage.nr ||
	    !ledger__is_past(ledger, span__system(&before->grant)))
		return true;
	for (nr = ref->maps; nr; nr = map__at(ledger, nr)->next)
		if (map__at(ledger, nr)->flags & (MAP_OPEN | MAP_PENDING))
			return true;
	return false;
}

struct gen *ledger__new_gen(struct ledger *ledger, struct domain *granter, struct ref *ref)
{
	u32 nr = pool__get(&ledger->gens);
	struct gen *gen;

	if (!nr)
		return NULL;
	granter->nr_gens++;
	gen = pool__at(&ledger->gens, nr);
	gen->number = granter->last_forgotten + 1;
	if (ref->gen) {
		const struct gen *before = gen__at(ledger, ref->gen);

		gen->number = before->number + 1;
		gen->others = before->flags & GEN_GONE ? 0 : before->others;
		gen->flags = inherits_taint(ledger, ref, before) ? GEN_TAINTED : 0;
	}
	gen->older = ref->gen;
	ref->gen = nr;
	ref->nr_gens += ref->nr_gens < GENS_COUNTED;
	return gen;
}

int ledger__set_end(struct ledger *ledger, struct gen *gen, const struct span *at, u32 stack,
		    u32 task)
{
	struct ending *end;

	if (!gen->end)
		gen->end = pool__get(&ledger->endings);
	end = ending__at(ledger, gen->end);
	if (!end)
		return -ENOMEM;
	*end = (struct ending){.at = *at, .stack = id16(stack), .task = id16(task)};
	return 0;
}
