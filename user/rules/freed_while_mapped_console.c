// SPDX-License-Identifier: GPL-2.0
/*
 * freed-while-mapped of the console's ring. The console driver frees its ring without an end in
 * every kernel. It harms nobody until the ref is granted again: while the old map lasts, Xen gives
 * the console's page to every mapper of the ref, and refuses the new owner's end. Neither the
 * mapper nor the new owner's backend is at fault.
 */
#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/history.h"
#include "rules/outcome.h"
#include "rules/owner.h"

#define KEY_CONSOLE 4 /* struct finding_key.other of these */

struct console {
	struct judging judging; /* .gen: the console's */
	const struct gen *newer;
	/* the map returned the console's page; otherwise the map is the console's own */
	bool by_frame;
};

static void fill(struct judging *judging, struct finding *finding)
{
	const struct console *console = container_of(judging, struct console, judging);
	const char *owner = kind__name(gen__owner(judging->granter, judging->ref, console->newer));
	char name[96];

	party__name(&finding->map_by, name, sizeof(name));
	if (console->by_frame)
		finding__evidence(
			finding, "identity",
			"%s got the page of generation %u, which the console driver had freed "
			"without an end, instead of the page of generation %u, granted by %s",
			name, judging->gen->number, console->newer->number, owner);
	else
		finding__evidence(
			finding, "order",
			"%s mapped generation %u before the ref was freed and still had it mapped "
			"when generation %u was granted by %s",
			name, judging->gen->number, console->newer->number, owner);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* An unrecorded end by the console would be in order, and so would an unrecorded unmap. */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct console *console = container_of(judging, struct console, judging);
	struct domain *granter = judging->granter;

	if (blind__within(judging->ledger, finding, granter,
			  REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET), span__in(&judging->gen->grant),
			  console->newer->grant.out, "the end may be among them") ||
	    blind__between(judging->ledger, finding, judging->mapper, granter, &judging->map->at,
			   REC_BIT(REC_UNMAP) | REC_BIT(REC_RING_UNMAP), &judging->gen->grant,
			   &console->newer->grant, "an unmap may be among them") ||
	    !blind__clocks_hold(finding, granter, judging->mapper))
		return CERTAINTY_LIKELY;
	return CERTAINTY_PROVEN;
}

static struct finding *report(struct console *console)
{
	struct finding_key key = judging__key(&console->judging);

	key.owner = KIND_CONSOLE;
	key.other = KEY_CONSOLE;
	return judging__report(&console->judging, CLASS_FREED_WHILE_MAPPED, &key, fill, weigh);
}

static bool is_freed_console(struct domain *granter, u32 ref, const struct gen *gen)
{
	return gen->flags & GEN_FREED && !(gen->flags & (GEN_ADOPTED | GEN_RESET)) &&
	       !gen__ended_well(gen) && gen__owner(granter, ref, gen) == KIND_CONSOLE;
}

/*
 * Whether @map was meant for @newer, which was granted after the console's generation @gen. A
 * process which may serve the console may have mapped the console's ring before that grant.
 */
static bool is_of_newer(struct ledger *ledger, const struct map *map, const struct gen *gen,
			const struct gen *newer)
{
	if (newer->flags & GEN_ADOPTED || newer->peer != ledger->domains[map->mapper]->domid)
		return false;
	if (owner__serves(ledger, map, gen) == SERVES_NO)
		return !ledger__before(ledger, map->mapper, &map->at, map->granter, &newer->grant);
	return ledger__before(ledger, map->granter, &newer->grant, map->mapper, &map->at);
}

bool freed_while_mapped__judge_console_map(struct rules *rules, struct ledger *ledger, u32 map_nr,
					   const struct candidates *candidates)
{
	struct console console = {.judging = judging__of_map(rules, ledger, map_nr),
				  .by_frame = true};
	const struct judging *judging = &console.judging;
	const struct gen *gen = candidates->nr == 1 ? candidates->gen[0] : NULL, *newer;
	const struct map *map = judging->map;

	if (!gen || !candidates->by_frame || candidates->learned ||
	    !is_freed_console(judging->granter, map->ref, gen))
		return false;
	for (newer = gen__at(ledger, domain__ref(judging->granter, map->ref)->gen);
	     newer && newer != gen; newer = gen__at(ledger, newer->older)) {
		if (!is_of_newer(ledger, map, gen, newer))
			continue;
		console.judging.gen = gen;
		console.newer = newer;
		report(&console);
		return true;
	}
	return false;
}

struct finding *freed_while_mapped__judge_console_end(struct rules *rules, struct ledger *ledger,
						      const struct gen_event *end,
						      const struct map *map)
{
	struct console console = {.judging = judging__of_event(rules, ledger, end, map),
				  .newer = end->gen};
	const struct gen *older = gen__at(ledger, end->gen->older);

	if (!older || end->gen->flags & GEN_ADOPTED ||
	    !is_freed_console(end->granter, end->ref, older) ||
	    !ledger__before(ledger, map->mapper, &map->at, map->granter, &end->gen->grant))
		return NULL;
	console.judging.gen = older;
	return report(&console);
}
