// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "merge/merge.h"

void merge__init(struct merge *merge, bool live)
{
	merge->nr = 0;
	merge->live = live;
	merge->err_max = 0;
}

int merge__add(struct merge *merge, struct feed *feed)
{
	struct merge_input *input = &merge->input[merge->nr];

	if (merge->nr == MERGE_MAX_FEEDS)
		return -ENOSPC;
	memset(input, 0, sizeof(*input));
	input->feed = feed;
	clock__init(&input->clock);
	merge->nr++;
	return 0;
}

static void set_head(struct merge *merge, struct merge_input *input, const struct rec *rec)
{
	const struct rec_event *event = (const void *)rec;
	const struct rec_log *log = (const void *)rec;
	struct merge_event *head = &input->head;
	struct moment at;

	head->rec = rec;
	head->feed = input->feed;
	head->when.out = rec->type == REC_LOG ? log->time : event->t_out;
	head->when.in = rec->type == REC_LOG ? log->time : event->t_in;
	at = clock__at(&input->clock, head->when.out);
	head->when.off = (s64)(at.ns - head->when.out);
	head->when.err = at.err;
	if (at.err != CLOCK_ERR_UNKNOWN)
		merge->err_max = max(merge->err_max, at.err);
	/* A watermark already promised that nothing comes before it. */
	input->floor = max(input->floor, at.ns);
	head->key = input->floor;
	input->have_head = true;
}

/* Read on until there is an event to compare, or nothing to read. */
static void advance(struct merge *merge, struct merge_input *input)
{
	const struct rec *rec;

	while (!input->have_head) {
		switch (feed__next(input->feed, !merge->live, &rec)) {
		case FEED_EVENT:
			set_head(merge, input, rec);
			break;
		case FEED_CLOCK:
			clock__add(&input->clock, (const void *)rec);
			break;
		case FEED_MARK:
			if (input->feed->stream.block.watermark)
				input->floor = max(input->floor,
						   clock__at(&input->clock,
							     input->feed->stream.block.watermark)
							   .ns);
			break;
		default:
			return;
		}
	}
}

/* Whether @a goes before @b; equal keys go by domid, then by the order in which feeds were added. */
static bool precedes(const struct merge *merge, u32 a, u32 b)
{
	const struct merge_input *ia = &merge->input[a], *ib = &merge->input[b];

	if (ia->floor != ib->floor)
		return ia->floor < ib->floor;
	if (ia->feed->domid != ib->feed->domid)
		return ia->feed->domid < ib->feed->domid;
	return a < b;
}

enum merge_status merge__next(struct merge *merge, struct merge_event *event)
{
	u32 i, best = merge->nr;
	struct merge_input *input;

	for (i = 0; i < merge->nr; i++) {
		input = &merge->input[i];
		advance(merge, input);
		if (!input->have_head && (input->feed->done || input->feed->stalled))
			continue;
		/* A head's key is its input's floor; an input without one will not go below its floor. */
		if (best == merge->nr || precedes(merge, i, best))
			best = i;
	}
	if (best == merge->nr)
		return MERGE_DONE;
	input = &merge->input[best];
	if (!input->have_head)
		return MERGE_WAIT;
	*event = input->head;
	event->feed_index = best;
	input->have_head = false;
	return MERGE_EVENT;
}

u64 merge__floor(const struct merge *merge)
{
	u64 floor = UINT64_MAX;
	u32 i;

	for (i = 0; i < merge->nr; i++) {
		const struct merge_input *input = &merge->input[i];

		if (input->have_head || !(input->feed->done || input->feed->stalled))
			floor = min(floor, input->floor);
	}
	return floor;
}
