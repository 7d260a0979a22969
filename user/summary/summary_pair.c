// SPDX-License-Identifier: GPL-2.0
/* Whether captures can be compared: the times that both cover, and contradictions. */
#include "merge/hosts.h"
#include "summary/sentences.h"
#include "summary/summary_internal.h"

static void add_pair(struct summary *summary, const struct merge_input *a,
		     const struct merge_input *b)
{
	struct host_difference difference;
	enum host_relation relation = hosts__compare(a, b, &difference);
	u64 from, to;
	bool shared = hosts__overlap(a, b, &from, &to);

	PAIR_SENTENCES(SAY)
	if (from < to && summary->nr_compared < SUMMARY_SIDES)
		summary->compared[summary->nr_compared++] =
			(struct summary_pair){a->feed->domid, b->feed->domid, from, to};
}

void summary__add_pairs(struct summary *summary, const struct merge *merge)
{
	const struct merge_input *first = NULL;
	u32 i;

	for (i = 0; i < merge->nr; i++) {
		const struct merge_input *input = merge->input[summary__nth_by_domid(merge, i)];

		if (input->feed->domid == DOMID_UNKNOWN)
			continue;
		if (first)
			add_pair(summary, first, input);
		else
			first = input;
	}
}
