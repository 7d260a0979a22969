// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "monitor/rates.h"
#include "pipeline/pipeline.h"

/* refs whose re-use is timed; Linux has 32768 by default */
#define MAX_REFS    65536u
#define REUSE_CHUNK 1024u
/*
 * Buckets of the distribution: eight for each power of two, so percentiles are off by at most 6 %.
 */
#define PARTS	8u
#define BUCKETS (64 * PARTS)

struct freed {
	/* Xen system time + 1 of the free, 0 not free */
	u64 at;
	u8 kind;
};

struct cell {
	u64 count[RATE_MAX];
	u32 *reuse; /* BUCKETS, allocated on first use */
};

struct side {
	struct cell cell[KIND_MAX];
	struct freed *freed[MAX_REFS / REUSE_CHUNK];
	u8 *kind, *via; /* value + 1 by stack id, 0 not looked up */
};

struct rates {
	struct side *side[MERGE_MAX_FEEDS];
	u16 domid[MERGE_MAX_FEEDS];
	bool any;
	u64 first, last;
	u64 uncounted; /* values for which there was no memory */
};

static const char *const keys[] = {
#define RATE_KEY(symbol, key, what) key,
	RATES(RATE_KEY)
#undef RATE_KEY
};

static const char *const measured[] = {
#define RATE_WHAT(symbol, key, what) what,
	RATES(RATE_WHAT)
#undef RATE_WHAT
};

const char *rate__key(enum rate rate)
{
	return keys[rate];
}

const char *rate__what(enum rate rate)
{
	return measured[rate];
}

/* --- counting --- */

static u32 bucket_of(u64 ns)
{
	u32 bit;

	if (ns < PARTS)
		return (u32)ns;
	bit = 63 - (u32)__builtin_clzll(ns);
	return (bit - 2) * PARTS + (u32)(ns >> (bit - 3)) % PARTS;
}

/* The middle of bucket @i. */
static u64 bucket_ns(u32 i)
{
	u32 bit = i / PARTS + 2;

	if (i < PARTS)
		return i;
	return ((u64)(PARTS + i % PARTS) << (bit - 3)) + ((1ull << (bit - 3)) >> 1);
}

static struct side *side_of(struct rates *rates, const struct merge_event *event)
{
	u32 i = event->feed_index;

	if (!rates->side[i]) {
		rates->side[i] = calloc(1, sizeof(*rates->side[i]));
		rates->uncounted += !rates->side[i];
		rates->domid[i] = event->feed->domid;
	}
	return rates->side[i];
}

/* Returns what the stack shows, a small number cached by the stack's id. */
static u32 from_stack(struct rates *rates, u8 **cache, const struct feed *feed, u32 stack, bool via)
{
	const char *frames;

	if (!stack || stack > ID_MAX)
		return 0;
	if (!*cache)
		*cache = calloc(ID_MAX + 1, 1);
	rates->uncounted += !*cache;
	if (!*cache)
		return 0;
	if (!(*cache)[stack]) {
		frames = feed__stack(feed, stack);
		(*cache)[stack] = (u8)(1 + (via ? (u32)via__from_stack(frames)
						: (u32)kind__from_stack(frames, NULL, 0)));
	}
	return (*cache)[stack] - 1u;
}

static struct freed *freed_slot(struct rates *rates, struct side *side, u32 ref)
{
	struct freed **chunk = &side->freed[ref % MAX_REFS / REUSE_CHUNK];

	if (ref >= MAX_REFS)
		return NULL;
	if (!*chunk)
		*chunk = calloc(REUSE_CHUNK, sizeof(**chunk));
	rates->uncounted += !*chunk;
	return *chunk ? &(*chunk)[ref % REUSE_CHUNK] : NULL;
}

static void count_grant(struct rates *rates, struct side *side, u32 kind, u32 ref, u64 now)
{
	struct freed *freed = freed_slot(rates, side, ref);
	struct cell *cell;

	side->cell[kind].count[RATE_GRANTS]++;
	if (!freed || !freed->at)
		return;
	cell = &side->cell[freed->kind];
	if (!cell->reuse)
		cell->reuse = calloc(BUCKETS, sizeof(*cell->reuse));
	rates->uncounted += !cell->reuse;
	if (cell->reuse && now + 1 >= freed->at)
		cell->reuse[bucket_of(now + 1 - freed->at)]++;
	freed->at = 0;
}

static void count_end(struct rates *rates, struct side *side, u32 kind, enum via via,
		      const struct rec_revoke *rec, u64 now)
{
	struct freed *freed = freed_slot(rates, side, rec->ref);

	if (rec->ok) {
		side->cell[kind].count[RATE_FREES]++;
		if (freed)
			*freed = (struct freed){now + 1, (u8)kind};
	} else if (via != VIA_RETRY) {
		/* A failed retry belongs to the same deferral. */
		side->cell[kind].count[RATE_REFUSED]++;
		side->cell[kind].count[RATE_DEFERRALS] += via == VIA_DEFER;
	}
}

static void count_batch(struct cell *cell, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	const struct op_map *ops = rec__ops(rec);
	u32 i;

	if (rec->type == REC_UNMAP) {
		cell->count[RATE_UNMAPS] += batch->nr;
		return;
	}
	for (i = 0; i < batch->nr; i++)
		cell->count[ops[i].status ? RATE_FAILED_MAPS : RATE_MAPS]++;
}

static void on_event(void *ctx, const struct merge_event *event)
{
	const struct rec *rec = event->rec;
	const struct rec_event *head = (const void *)rec;
	struct rates *rates = ctx;
	struct side *side;
	u32 kind;

	if (!rec || !REC_IS_EVENT(rec->type))
		return;
	side = side_of(rates, event);
	if (!side)
		return;
	if (!rates->any)
		rates->first = event->key;
	rates->any = true;
	rates->last = event->key;
	kind = from_stack(rates, &side->kind, event->feed, head->stack, false);
	if (rec->type == REC_GRANT)
		count_grant(rates, side, kind, ((const struct rec_grant *)head)->ref, event->key);
	else if (rec->type == REC_REVOKE)
		count_end(rates, side, kind,
			  from_stack(rates, &side->via, event->feed, head->stack, true),
			  (const void *)head, event->key);
	else if (rec->type == REC_MAP || rec->type == REC_UNMAP)
		count_batch(&side->cell[kind], rec);
}

struct rates *rates__new(struct pipeline *pipeline)
{
	struct rates *rates = calloc(1, sizeof(*rates));

	if (rates)
		pipeline__observe(pipeline, on_event, rates);
	return rates;
}

void rates__free(struct rates *rates)
{
	u32 i, k;

	if (!rates)
		return;
	for (i = 0; i < MERGE_MAX_FEEDS; i++) {
		if (!rates->side[i])
			continue;
		for (k = 0; k < KIND_MAX; k++)
			free(rates->side[i]->cell[k].reuse);
		for (k = 0; k < MAX_REFS / REUSE_CHUNK; k++)
			free(rates->side[i]->freed[k]);
		free(rates->side[i]->kind);
		free(rates->side[i]->via);
		free(rates->side[i]);
	}
	free(rates);
}

/* --- what it comes to --- */

static u64 percentile(const u64 *buckets, u64 count, u32 percent)
{
	u64 seen = 0, want = (count * percent + 99) / 100;
	u32 i;

	for (i = 0; i < BUCKETS; i++) {
		seen += buckets[i];
		if (seen >= want)
			return bucket_ns(i);
	}
	return 0;
}

/* Adds the cells of @kind, of side @only or of all sides, as a row unless all are zero. */
static void add_row(const struct rates *rates, struct rates_table *table, enum kind kind, u32 only)
{
	struct rates_row row = {
		.domid = only < MERGE_MAX_FEEDS ? rates->domid[only] : DOMID_UNKNOWN, .kind = kind};
	u64 buckets[BUCKETS] = {0}, any = 0;
	u32 i, n;

	for (i = 0; i < MERGE_MAX_FEEDS; i++) {
		const struct cell *cell = rates->side[i] ? &rates->side[i]->cell[kind] : NULL;

		if (!cell || (only < MERGE_MAX_FEEDS && i != only))
			continue;
		for (n = 0; n < RATE_MAX; n++) {
			row.count[n] += cell->count[n];
			any |= cell->count[n];
		}
		for (n = 0; cell->reuse && n < BUCKETS; n++) {
			buckets[n] += cell->reuse[n];
			row.reuse.count += cell->reuse[n];
		}
	}
	if (!any || table->nr == RATES_ROWS)
		return;
	if (row.reuse.count) {
		row.reuse.p10 = percentile(buckets, row.reuse.count, 10);
		row.reuse.p50 = percentile(buckets, row.reuse.count, 50);
		row.reuse.p90 = percentile(buckets, row.reuse.count, 90);
	}
	table->row[table->nr++] = row;
}

static void list_kernels(const struct pipeline *pipeline, struct rates_table *table)
{
	size_t n = 0;
	u32 i;

	for (i = 0; i < pipeline->nr_feeds && n < sizeof(table->kernels); i++) {
		const char *kernel = feed__fact(pipeline->feeds[i], "kernel");

		if (kernel)
			n += (size_t)snprintf(table->kernels + n, sizeof(table->kernels) - n,
					      "%sd%u %s", n ? ", " : "", pipeline->feeds[i]->domid,
					      kernel);
	}
}

void rates__table(const struct rates *rates, const struct pipeline *pipeline,
		  struct rates_table *table)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	u32 i, kind;

	memset(table, 0, sizeof(*table));
	table->seconds = (double)(rates->last - rates->first) / NSEC_PER_SEC;
	for (kind = 0; kind < KIND_MAX; kind++)
		add_row(rates, table, kind, MERGE_MAX_FEEDS);
	for (i = 0; i < MERGE_MAX_FEEDS; i++)
		for (kind = 0; rates->side[i] && kind < KIND_MAX; kind++)
			add_row(rates, table, kind, i);
	for (i = 0; i < findings->nr; i++)
		if (!findings->item[i]->gone)
			table->findings[findings->item[i]->class] += findings->item[i]->count;
	table->lost = rates->uncounted + pipeline__dropped(pipeline);
	for (i = 0; i < pipeline->nr_feeds; i++)
		table->lost += pipeline->feeds[i]->lost;
	list_kernels(pipeline, table);
}

const struct rates_row *rates_table__total(const struct rates_table *table, enum kind kind)
{
	u32 i;

	for (i = 0; i < table->nr; i++)
		if (table->row[i].domid == DOMID_UNKNOWN && table->row[i].kind == kind)
			return &table->row[i];
	return NULL;
}
