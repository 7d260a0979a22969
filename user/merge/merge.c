// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "merge/derive.h"
#include "merge/merge.h"

/* A longer call may span a change of the clock's offset, so both of its ends are translated. */
#define LONG_CALL (1 * NSEC_PER_MSEC)

void merge__init(struct merge *merge, bool live)
{
	*merge = (struct merge){.live = live};
}

void merge__cleanup(struct merge *merge)
{
	u32 i;

	for (i = 0; i < merge->nr; i++) {
		hold__cleanup(&merge->input[i]->hold);
		free(merge->input[i]);
	}
	join__free(merge->join);
}

void merge__join(struct merge *merge, struct join *join)
{
	merge->join = join;
}

int merge__add(struct merge *merge, struct feed *feed)
{
	struct merge_input *input;

	if (merge->nr == MERGE_MAX_FEEDS)
		return -ENOSPC;
	input = calloc(1, sizeof(*input));
	if (!input)
		return -ENOMEM;
	input->feed = feed;
	clock__init(&input->clock);
	coverage__init(&input->coverage);
	merge->input[merge->nr++] = input;
	return 0;
}

void merge__remove(struct merge *merge, u32 i)
{
	hold__cleanup(&merge->input[i]->hold);
	free(merge->input[i]);
	memmove(&merge->input[i], &merge->input[i + 1], /* NOLINT: pointers */
		(merge->nr - i - 1) * sizeof(merge->input[0]));
	merge->nr--;
}

/* --- items of one input --- */

/* The gap between two captures of one domain. */
static void note_gap(struct merge_input *input)
{
	struct feed *feed = input->feed;

	if (feed->has_gap)
		coverage__miss(&input->coverage, feed->gap.since, feed->gap.until);
	feed->has_gap = false;
}

/* From the feed itself. */
static void read_item(struct merge *merge, struct merge_input *input, struct item *item)
{
	*item = (struct item){.type = ITEM_NONE};
	switch (feed__next(input->feed, !merge->live, &item->rec)) {
	case FEED_EVENT:
		item->type = ITEM_EVENT;
		break;
	case FEED_CLOCK:
		item->type = ITEM_CLOCK;
		break;
	case FEED_MARK:
		item->type = ITEM_MARK;
		item->rec = NULL;
		item->watermark = input->feed->stream.block.watermark;
		break;
	case FEED_DONE:
		item->type = ITEM_END;
		item->rec = NULL;
		break;
	default:
		item->rec = NULL;
		break;
	}
	coverage__check(&input->coverage, input->feed);
	note_gap(input);
	if (item->type == ITEM_MARK)
		coverage__mark(&input->coverage, item->watermark);
}

static void set_when(struct merge_input *input, struct when *when)
{
	struct moment at = clock__at(&input->clock, when->out);

	when->off = (s64)(at.ns - when->out);
	when->err = at.err;
	if (when->out - when->in > LONG_CALL && at.err != CLOCK_ERR_UNKNOWN) {
		struct moment in = clock__at(&input->clock, when->in);
		s64 moved = when->off - (s64)(in.ns - when->in);

		when->err = max(at.err, in.err) + (u64)(moved < 0 ? -moved : moved);
	}
	/* A watermark promises that no later item comes before it. */
	input->floor = max(input->floor, at.ns);
}

static void set_event(struct merge_input *input, const struct rec *rec)
{
	const struct rec_event *event = (const void *)rec;
	const struct rec_log *log = (const void *)rec;
	struct merge_event *head = &input->head;
	u64 floor = input->floor;

	head->rec = rec;
	head->when.out = rec->type == REC_LOG ? log->time : event->t_out;
	head->when.in = rec->type == REC_LOG ? log->time : event->t_in;
	set_when(input, &head->when);
	/*
	 * A log line is recorded when it is read, which may be ahead of the events around it. It
	 * keeps its place in the stream.
	 */
	if (rec->type == REC_LOG)
		input->floor = floor;
}

static void set_mark(struct merge_input *input, u64 watermark, bool last)
{
	struct merge_event *head = &input->head;

	head->rec = NULL;
	head->last = last;
	head->when.out = last ? input->coverage.mark : watermark;
	head->when.in = head->when.out;
	set_when(input, &head->when);
}

static void next_item(struct merge *merge, struct merge_input *input, struct item *item)
{
	if (!hold__get(&input->hold, item))
		read_item(merge, input, item);
}

/* The capture with Xen's trace: its items pass through the join. */
static void next_joined(struct merge *merge, struct merge_input *input, struct item *item,
			const struct instant **instants)
{
	struct join *join = merge->join;

	*instants = NULL;
	while (!join__take(join, item, instants)) {
		if (!join__catch_up(join, !merge->live)) {
			*item = (struct item){.type = ITEM_NONE};
			return;
		}
		if (join__take(join, item, instants))
			return;
		next_item(merge, input, item);
		if (item->type == ITEM_NONE)
			return;
		if (join__put(join, item))
			merge->no_memory = true;
	}
}

static void note_begin(struct merge_input *input, u64 mono)
{
	if (!input->begin_mono)
		input->begin_mono = mono;
}

static void convert_begin(struct merge_input *input)
{
	const struct when *when = &input->head.when;

	note_begin(input, when->out);
	input->begin_mono = max(input->begin_mono, input->feed->recording_since);
	if (input->begin || when->err == CLOCK_ERR_UNKNOWN)
		return;
	input->begin = min(input->begin_mono, when->out) + (u64)when->off;
	input->begin_off = when->off;
}

/* Notes the domain's wall clock at a sample. */
static void note_wall(struct merge_input *input)
{
	const struct when *when = &input->head.when;

	if (input->feed->wall.nr && when->err != CLOCK_ERR_UNKNOWN)
		wall__add(&input->wall, when->out + (u64)when->off,
			  wall__at(&input->feed->wall, when->out));
}

const struct merge_input *merge__wall_input(const struct merge *merge)
{
	const struct merge_input *best = NULL;
	u32 i;

	for (i = 0; i < merge->nr; i++)
		if (merge->input[i]->wall.nr &&
		    (!best || merge->input[i]->feed->domid < best->feed->domid))
			best = merge->input[i];
	return best;
}

u64 merge__wall(const struct merge *merge, u64 ns)
{
	const struct merge_input *input = merge__wall_input(merge);

	return input ? wall__at(&input->wall, ns) : 0;
}

const struct wall *merge__wall_of(const struct merge *merge, u16 domid)
{
	u32 i;

	for (i = 0; i < merge->nr; i++)
		if (merge->input[i]->feed->domid == domid)
			return &merge->input[i]->wall;
	return NULL;
}

u16 merge__target(const struct merge *merge, u16 domid)
{
	u16 target = DOMID_UNKNOWN;
	u32 i;

	for (i = 0; i < merge->nr && target == DOMID_UNKNOWN; i++)
		target = feed__target(merge->input[i]->feed, domid);
	return target;
}

const char *merge__name_of(const struct merge *merge, u16 domid)
{
	const char *name = NULL;
	u32 i;

	for (i = 0; i < merge->nr && !name; i++)
		name = feed__name_of(merge->input[i]->feed, domid);
	return name ? name : "";
}

/* Reads until @input has an item to hand on or nothing to read. */
static void advance(struct merge *merge, struct merge_input *input)
{
	const struct instant *instants = NULL;
	struct item item;

	while (!input->have_head && !input->ended) {
		if (merge->join && join__is_for(merge->join, input->feed))
			next_joined(merge, input, &item, &instants);
		else
			next_item(merge, input, &item);
		if (item.type == ITEM_NONE)
			return;
		if (item.type == ITEM_CLOCK) {
			clock__add(&input->clock, (const void *)item.rec);
			note_begin(input, ((const struct rec_clock *)(const void *)item.rec)->mono);
			continue;
		}
		/* A block that ended because it was full has no watermark. */
		if (item.type == ITEM_MARK && !item.watermark)
			continue;
		input->head = (struct merge_event){.feed = input->feed, .instants = instants};
		if (item.type == ITEM_EVENT && item.rec)
			set_event(input, item.rec);
		else
			set_mark(input, item.watermark, item.type == ITEM_END);
		input->head.key = input->floor;
		input->have_head = true;
		convert_begin(input);
		note_wall(input);
	}
}

/* --- clocks without samples --- */

/* Holds @input's items. Returns true when there are enough, or no more. */
static bool hold_items(struct merge *merge, struct merge_input *input, u32 enough)
{
	struct hold *hold = &input->hold;
	struct item item;

	while (hold->nr < enough && hold->len < HOLD_BYTES && !hold->broken) {
		if (hold->nr) {
			hold__peek(hold, hold->nr - 1, &item);
			if (item.type == ITEM_END)
				return true;
		}
		read_item(merge, input, &item);
		if (item.type == ITEM_NONE)
			return input->feed->stalled || (merge->hurry && enough > 1);
		if (!hold__put(hold, &item))
			merge->no_memory = true;
	}
	return true;
}

/* Whether @input, which holds an item at least, begins without a clock sample. */
static bool begins_blind(const struct merge_input *input)
{
	struct item item;
	u32 i;

	for (i = 0; i < input->hold.nr; i++) {
		hold__peek(&input->hold, i, &item);
		if (item.type != ITEM_MARK || item.watermark)
			return item.type == ITEM_EVENT || item.type == ITEM_MARK;
	}
	return false;
}

/*
 * Runs before the first comparison. If a feed has no clock, a part of each feed is read and held,
 * and the missing offsets are derived from it. The part is a number of items, so the result does
 * not depend on how they arrive.
 */
static bool start(struct merge *merge)
{
	bool all = true;
	u32 i, blind = 0;

	for (i = 0; i < merge->nr; i++)
		all &= hold_items(merge, merge->input[i], merge->looked ? HOLD_ITEMS : 1);
	if (!all)
		return false;
	for (i = 0; i < merge->nr; i++)
		blind += begins_blind(merge->input[i]);
	if (blind && merge->nr > 1 && !merge->looked) {
		merge->looked = true;
		return start(merge);
	}
	if (blind && merge->nr > 1)
		derive__clocks(merge);
	merge->started = true;
	return true;
}

/* --- the order --- */

/* Whether input @a comes before @b: by key, then by domid, then by order of adding. */
static bool precedes(const struct merge *merge, u32 a, u32 b)
{
	const struct merge_input *ia = merge->input[a], *ib = merge->input[b];

	if (ia->floor != ib->floor)
		return ia->floor < ib->floor;
	if (ia->feed->domid != ib->feed->domid)
		return ia->feed->domid < ib->feed->domid;
	return a < b;
}

/* The input whose item is next, or which may still have the next one; merge->nr if none is left. */
static u32 first_of(const struct merge *merge)
{
	u32 i, best = merge->nr;

	for (i = 0; i < merge->nr; i++) {
		const struct merge_input *input = merge->input[i];

		if (!input->have_head && (input->ended || input->feed->stalled))
			continue;
		/*
		 * The key of a waiting item is its input's floor. An input without an item does not
		 * go below its floor.
		 */
		if (best == merge->nr || precedes(merge, i, best))
			best = i;
	}
	return best;
}

u32 merge__waits_for(const struct merge *merge)
{
	u32 best = merge->started ? first_of(merge) : merge->nr;

	return best < merge->nr && !merge->input[best]->have_head ? best : merge->nr;
}

u64 merge__reached(const struct merge *merge, u32 i)
{
	return merge->input[i]->floor;
}

enum merge_status merge__next(struct merge *merge, struct merge_event *event)
{
	struct merge_input *input;
	u32 i, best;

	if (!merge->started && !start(merge))
		return MERGE_WAIT;
	for (i = 0; i < merge->nr; i++)
		if (!merge->input[i]->have_head)
			advance(merge, merge->input[i]);
	best = first_of(merge);
	if (best == merge->nr) {
		for (i = 0; i < merge->nr; i++)
			if (!merge->input[i]->ended)
				return MERGE_WAIT;
		return MERGE_DONE;
	}
	input = merge->input[best];
	if (!input->have_head)
		return MERGE_WAIT;
	*event = input->head;
	event->feed_index = best;
	event->input = input;
	input->have_head = false;
	input->ended = event->last;
	return MERGE_EVENT;
}
