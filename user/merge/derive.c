// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "merge/derive.h"
#include "merge/merge.h"
#include "util/hash.h"

/* maximum drift between the clocks of two domains */
#define DRIFT_PPM 2000

#define PAIRS_MAX (1u << 17)

/*
 * A ref that was granted once and mapped once: the times of the granter's and the mapper's calls.
 */
struct derive_pair {
	u32 ref;
	u16 mapper, granter; /* inputs */
	u8 nr_grants, nr_maps;
	bool ended, unmapped;
	u32 handle;
	u64 grant_in, end_out; /* of the granter's clock */
	u64 map_out, unmap_in; /* of the mapper's */
};

struct pairs {
	struct hash places; /* granter << 32 | ref → index of pair + 1 */
	struct derive_pair *pair;
	u32 nr, room;
};

/* Bounds, ns, of the granter's clock minus the mapper's. */
struct bound {
	s64 lo, hi;
	u64 at; /* of the mapper's clock */
	u32 nr;
};

static struct derive_pair *find(struct pairs *pairs, u32 granter, u32 ref)
{
	u32 place = hash__find(&pairs->places, (u64)granter << 32 | ref);

	return place ? &pairs->pair[place - 1] : NULL;
}

/* Returns NULL without room. */
static struct derive_pair *find_or_add(struct pairs *pairs, u32 granter, u32 ref)
{
	struct derive_pair *pair = find(pairs, granter, ref);

	if (pair)
		return pair;
	if (pairs->nr == pairs->room ||
	    hash__set(&pairs->places, (u64)granter << 32 | ref, pairs->nr + 1))
		return NULL;
	pair = &pairs->pair[pairs->nr++];
	pair->granter = (u16)granter;
	pair->ref = ref;
	return pair;
}

static void count(u8 *counter)
{
	*counter += *counter < 2;
}

static void take_granter(struct pairs *pairs, u32 input, const struct rec *rec)
{
	const struct rec_grant *grant = (const void *)rec;
	const struct rec_revoke *revoke = (const void *)rec;
	struct derive_pair *pair;

	if (rec->type != REC_GRANT && rec->type != REC_REVOKE)
		return;
	pair = find_or_add(pairs, input, grant->ref);
	if (!pair)
		return;
	if (rec->type == REC_GRANT) {
		count(&pair->nr_grants);
		pair->grant_in = rec->flags & REC_F_NO_ENTRY ? 0 : grant->e.t_in;
	} else if (!pair->nr_grants) {
		/* Granted before recording: the map's grant is unknown. */
		pair->nr_grants = 2;
	} else if (revoke->ok && !pair->ended) {
		pair->ended = true;
		pair->end_out = revoke->e.t_out;
	}
}

static u32 input_of(const struct merge *merge, u16 domid)
{
	u32 i;

	for (i = 0; i < merge->nr; i++)
		if (merge->input[i]->feed->domid == domid)
			return i;
	return merge->nr;
}

static void take_map(struct merge *merge, struct pairs *pairs, u32 input, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	const struct op_map *op = rec__ops(rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		u32 granter = input_of(merge, op[i].granter);
		struct derive_pair *pair;

		if (op[i].status || granter == merge->nr || granter == input)
			continue;
		pair = find_or_add(pairs, granter, op[i].ref);
		if (!pair)
			continue;
		count(&pair->nr_maps);
		pair->mapper = (u16)input;
		pair->handle = op[i].handle;
		pair->map_out = batch->e.t_out;
	}
}

static void take_unmap(struct merge *merge, struct pairs *pairs, u32 input, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	const struct op_unmap *op = rec__ops(rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		u32 granter = input_of(merge, op[i].granter);
		struct derive_pair *pair =
			granter < merge->nr ? find(pairs, granter, op[i].ref) : NULL;

		if (!pair || op[i].status || !pair->nr_maps || pair->mapper != input ||
		    pair->handle != op[i].handle || pair->unmapped)
			continue;
		pair->unmapped = true;
		pair->unmap_in = rec->flags & REC_F_NO_ENTRY ? 0 : batch->e.t_in;
	}
}

static void take_input(struct merge *merge, struct pairs *pairs, u32 input)
{
	const struct hold *hold = &merge->input[input]->hold;
	struct item item;
	u32 i;

	for (i = 0; i < hold->nr; i++) {
		hold__peek(hold, i, &item);
		if (item.type != ITEM_EVENT)
			continue;
		take_granter(pairs, input, item.rec);
		if (item.rec->type == REC_MAP)
			take_map(merge, pairs, input, item.rec);
		else if (item.rec->type == REC_UNMAP)
			take_unmap(merge, pairs, input, item.rec);
	}
}

/* Tightens @bound by one pair. Both widen with the distance from the bound's time. */
static void apply(struct bound *bound, const struct derive_pair *pair)
{
	u64 away =
		pair->map_out > bound->at ? pair->map_out - bound->at : bound->at - pair->map_out;
	s64 slack = (s64)(away / 1000000 * DRIFT_PPM + away % 1000000 * DRIFT_PPM / 1000000);

	/* grant_in <= map_out + off, unmap_in + off <= end_out */
	if (pair->grant_in)
		bound->lo = max(bound->lo, (s64)(pair->grant_in - pair->map_out) - slack);
	if (pair->ended && pair->unmapped && pair->unmap_in)
		bound->hi = min(bound->hi, (s64)(pair->end_out - pair->unmap_in) + slack);
	bound->nr++;
}

/* Whether @pair is between these domains, and its map surely is of its grant. */
static bool is_between(const struct derive_pair *pair, u32 granter, u32 mapper)
{
	return pair->nr_grants == 1 && pair->nr_maps == 1 && pair->granter == granter &&
	       pair->mapper == mapper;
}

static bool between(const struct pairs *pairs, u32 granter, u32 mapper, struct bound *bound)
{
	u32 i;

	*bound = (struct bound){.lo = INT64_MIN / 2, .hi = INT64_MAX / 2, .at = UINT64_MAX};
	/*
	 * The bound is for the time of the first map, which does not depend on the order of refs.
	 */
	for (i = 0; i < pairs->nr; i++)
		if (is_between(&pairs->pair[i], granter, mapper))
			bound->at = min(bound->at, pairs->pair[i].map_out);
	for (i = 0; i < pairs->nr; i++)
		if (is_between(&pairs->pair[i], granter, mapper))
			apply(bound, &pairs->pair[i]);
	return bound->nr && bound->lo <= bound->hi && bound->lo > INT64_MIN / 4 &&
	       bound->hi < INT64_MAX / 4;
}

static bool has_clock(const struct merge_input *input)
{
	return input->clock.derived || input->clock.nr;
}

/* Derives the clock of @input from that of @peer, which is known. */
static void set_from(struct merge_input *input, struct merge_input *peer, const struct bound *b,
		     bool input_maps)
{
	s64 mid = b->lo + (b->hi - b->lo) / 2;
	u64 err = (u64)(b->hi - b->lo + 1) / 2;
	u64 at_mapper = b->at, at_granter = b->at + (u64)mid;
	struct moment at = clock__at(&peer->clock, input_maps ? at_granter : at_mapper);

	if (at.err == CLOCK_ERR_UNKNOWN)
		return;
	clock__derive(&input->clock, (s64)(at.ns - (input_maps ? at_mapper : at_granter)),
		      at.err + err, input_maps ? at_mapper : at_granter, DRIFT_PPM);
}

static bool derive_one(struct merge *merge, const struct pairs *pairs, u32 i)
{
	struct bound bound;
	u32 p;

	for (p = 0; p < merge->nr; p++) {
		struct merge_input *peer = merge->input[p];

		if (p == i || !has_clock(peer))
			continue;
		if (between(pairs, p, i, &bound))
			set_from(merge->input[i], peer, &bound, true);
		else if (between(pairs, i, p, &bound))
			set_from(merge->input[i], peer, &bound, false);
		if (has_clock(merge->input[i]))
			return true;
	}
	return false;
}

/* Adds the samples of held items. They are read again in their order later. */
static void add_samples(struct merge_input *input, struct clock *clock)
{
	struct item item;
	u32 i;

	clock__init(clock);
	for (i = 0; i < input->hold.nr; i++) {
		hold__peek(&input->hold, i, &item);
		if (item.type == ITEM_CLOCK)
			clock__add(clock, (const void *)item.rec);
	}
}

/* No domain has a clock: the lowest domid's becomes the common one. */
static void pick_reference(struct merge *merge)
{
	u32 i, best = 0;

	for (i = 0; i < merge->nr; i++)
		if (has_clock(merge->input[i]))
			return;
	for (i = 1; i < merge->nr; i++)
		if (merge->input[i]->feed->domid < merge->input[best]->feed->domid)
			best = i;
	clock__derive(&merge->input[best]->clock, 0, 0, 0, 0);
}

/* Makes room for all refs that held items can name. An operation takes at least 16 bytes. */
static int make_room(struct pairs *pairs, const struct merge *merge)
{
	size_t ops = 1;
	u32 i;

	for (i = 0; i < merge->nr; i++)
		ops += merge->input[i]->hold.len / 16;
	pairs->room = (u32)min(ops, (size_t)PAIRS_MAX);
	pairs->pair = calloc(pairs->room, sizeof(*pairs->pair));
	return pairs->pair ? hash__reserve(&pairs->places, pairs->room) : -ENOMEM;
}

static void free_pairs(struct pairs *pairs)
{
	hash__clear(&pairs->places);
	free(pairs->pair);
}

void derive__clocks(struct merge *merge)
{
	struct pairs pairs = {};
	bool more = true;
	u32 i;

	if (make_room(&pairs, merge)) {
		free_pairs(&pairs);
		return;
	}
	/*
	 * Granters first, so that refs in use before recording are known before maps are counted.
	 */
	for (i = 0; i < merge->nr; i++) {
		add_samples(merge->input[i], &merge->input[i]->clock);
		take_input(merge, &pairs, i);
	}
	pick_reference(merge);
	while (more) {
		more = false;
		for (i = 0; i < merge->nr; i++)
			if (!has_clock(merge->input[i]))
				more |= derive_one(merge, &pairs, i);
	}
	free_pairs(&pairs);
	/* The samples come again with the items. Derived clocks are kept. */
	for (i = 0; i < merge->nr; i++)
		if (merge->input[i]->clock.nr)
			clock__init(&merge->input[i]->clock);
}
