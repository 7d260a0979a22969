// SPDX-License-Identifier: GPL-2.0
/* Contradictions between the clocks of two domains, and by how much they widen the error bounds. */
#include "ledger/ledger_internal.h"
#include "merge/hosts.h"

/*
 * Returns by how many ns @domain contradicts a second domain, 0 if none. A domain which contradicts
 * two others has the wrong clock itself.
 */
static u64 own_doubt(const struct ledger *ledger, u32 domain)
{
	u64 largest = 0, second = 0;
	u32 i;

	for (i = 0; i < ledger->nr_doubts; i++) {
		const struct doubt *doubt = &ledger->doubts[i];

		if (doubt->granter != domain && doubt->mapper != domain)
			continue;
		if (doubt->off > largest) {
			second = largest;
			largest = doubt->off;
		} else {
			second = max(second, doubt->off);
		}
	}
	return second;
}

static struct doubt *find_doubt(const struct ledger *ledger, u32 granter, u32 mapper)
{
	u32 i;

	for (i = 0; i < ledger->nr_doubts; i++) {
		const struct doubt *doubt = &ledger->doubts[i];

		if ((doubt->granter == granter && doubt->mapper == mapper) ||
		    (doubt->granter == mapper && doubt->mapper == granter))
			return (struct doubt *)(uintptr_t)doubt;
	}
	return NULL;
}

void ledger__add_doubt(struct ledger *ledger, const struct domain *granter,
		       const struct domain *mapper, u64 off)
{
	struct doubt *doubt = find_doubt(ledger, granter->index, mapper->index);

	ledger->contradictions++;
	ledger->doubt = max(ledger->doubt, off);
	if (!doubt && ledger->nr_doubts < LEDGER_DOUBTS) {
		doubt = &ledger->doubts[ledger->nr_doubts++];
		*doubt = (struct doubt){granter->index, mapper->index, 0};
	}
	/*
	 * The gap to the nearest matching grant is only a lower bound of the clocks' error: the map
	 * may be of another grant.
	 */
	if (doubt)
		doubt->off = max(doubt->off, 2 * min(off, CLOCK_ERR_UNKNOWN / 2));
	ledger->domains[granter->index]->doubt = own_doubt(ledger, granter->index);
	ledger->domains[mapper->index]->doubt = own_doubt(ledger, mapper->index);
}

bool ledger__apart(const struct ledger *ledger, u32 granter, u32 mapper)
{
	const struct merge_input *a = ledger->domains[granter]->input;
	const struct merge_input *b = ledger->domains[mapper]->input;

	return a && b && a != b && hosts__apart(a, b);
}

u64 ledger__doubt(const struct ledger *ledger, u32 granter, u32 mapper)
{
	const struct doubt *doubt = find_doubt(ledger, granter, mapper);
	u64 both = max(ledger->domains[granter]->doubt, ledger->domains[mapper]->doubt);

	return doubt ? max(doubt->off, both) : both;
}
