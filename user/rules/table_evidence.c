// SPDX-License-Identifier: GPL-2.0
/* Evidence of stale-map by table reads (docs/detection.md, "table"). */
#include <inttypes.h>
#include <stdio.h>

#include "rules/blind.h"
#include "rules/table_evidence.h"
#include "xen/table.h"

/* Whether @mapper could map the entry when it was read. */
static bool is_offered(const struct table_read *read, const struct domain *mapper)
{
	return (read->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT && read->peer == mapper->domid;
}

/* Whether a read that found the entry lies within [from, to] on the reader's clock. */
static bool read_within(const struct table_read *read, u64 from, u64 to)
{
	if (span__in(&read->first) >= from && read->first.out <= to)
		return true;
	return read->last >= from && read->last <= to && read->last > read->first.out;
}

/*
 * Whether @read found the entry while @map surely existed: no unmap may be unrecorded before the
 * read.
 */
static bool read_while_mapped(const struct ledger *ledger, const struct map *map,
			      const struct table_read *read)
{
	u64 from = map__surely_from(ledger, map), until = map__surely_until(ledger, map);

	return read_within(read, from, until) &&
	       !blind__within(ledger, NULL, ledger->domains[map->mapper],
			      REC_BIT(REC_UNMAP) | REC_BIT(REC_RING_UNMAP), map->at.out,
			      read->first.out >= from && read->first.out <= until ? read->first.out
										  : read->last,
			      "");
}

/*
 * Whether the table holds machine frames, as a PV domain's does: a map returned the frame of the
 * entry that was read during its life.
 */
static bool is_pv(const struct domain *granter)
{
	return granter->frames_same && !granter->frames_other;
}

bool table_evidence__find(struct ledger *ledger, const struct map *map, const struct call *call,
			  struct change *change)
{
	struct domain *granter = ledger->domains[map->granter],
		      *mapper = ledger->domains[map->mapper];
	const struct table_read *s, *later = NULL, *within = NULL;
	u64 told = call->at.out, mapped = map__not_before(ledger, map);

	*change = (struct change){0};
	for (s = ledger__table_read(ledger, granter, map->ref); s;
	     s = table_read__at(ledger, s->older)) {
		if (s->reader != map->mapper || s->last < told)
			return false;
		if (is_offered(s, mapper) && read_while_mapped(ledger, map, s))
			within = s;
		if (!read_within(s, told, mapped))
			continue;
		change->after = later ? later : within && within != s ? within : NULL;
		change->before = s;
		if (!is_offered(s, mapper)) {
			*change = (struct change){.after = s};
			return true;
		}
		if (later || (within && within != s))
			return true;
		if (is_pv(granter) && map->frame && s->frame != map->frame)
			return true;
		later = s;
	}
	return false;
}

/* Learns from a map whose entry was the same in a read before it and in a read during it. */
void table_evidence__learn(struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct table_read *s = ledger__table_read(ledger, granter, map->ref);

	for (; s && s->reader == map->mapper; s = table_read__at(ledger, s->older)) {
		if (s->last < map__surely_from(ledger, map))
			return;
		if (!is_offered(s, ledger->domains[map->mapper]) || !map->frame ||
		    !read_while_mapped(ledger, map, s))
			continue;
		if (s->frame == map->frame && !granter->frames_same)
			granter->frames_since = ledger->now;
		granter->frames_same |= s->frame == map->frame;
		granter->frames_other |= s->frame != map->frame;
	}
}

static const char *describe(const struct table_read *read, char *buf, size_t size)
{
	if ((read->flags & ENTRY_TYPE_MASK) != ENTRY_PERMIT)
		snprintf(buf, size, "free");
	else
		snprintf(buf, size, "granted to d%u, frame 0x%" PRIx64, read->peer, read->frame);
	return buf;
}

void table_evidence__explain(struct ledger *ledger, struct finding *finding, const struct map *map,
			     const struct change *change)
{
	const struct domain *reader = ledger->domains[map->mapper];
	const struct table_read *first = change->before ? change->before : change->after;
	char a[64], b[64];

	describe(first, a, sizeof(a));
	if (!change->before)
		finding__evidence(
			finding, "table",
			"between announcement and map, the entry in d%u's table was %s (read by d%u "
			"at %.6f s): the mapped page was granted after this read",
			finding->granter, a, reader->domid,
			(double)span__system(&first->first) / 1e9);
	else if (!change->after)
		finding__evidence(
			finding, "table",
			"after the announcement, the entry in d%u's table was %s (read by d%u at "
			"%.6f s); the map returned frame 0x%" PRIx64 ", a different page",
			finding->granter, a, reader->domid,
			(double)span__system(&first->first) / 1e9, map->frame);
	else
		finding__evidence(
			finding, "table",
			"after the announcement, the entry in d%u's table was %s, and later %s (read "
			"by d%u at %.6f s and %.6f s): the ref was granted again in between",
			finding->granter, a, describe(change->after, b, sizeof(b)), reader->domid,
			(double)span__system(&first->first) / 1e9,
			(double)span__system(&change->after->first) / 1e9);
}

void table_evidence__add_steps(struct ledger *ledger, struct finding *finding,
			       const struct domain *granter, u32 ref)
{
	const struct table_read *s = ledger__table_read(ledger, granter, ref);
	u32 left = 6;
	char text[64];

	for (; s && left; s = table_read__at(ledger, s->older), left--)
		step__is(finding__step(finding, ledger->domains[s->reader]->domid, &s->first, false,
				       "the entry of ref %u in d%u's table is read: %s", ref,
				       granter->domid, describe(s, text, sizeof(text))),
			 STEP_TABLE_READ, NULL, 0);
}
