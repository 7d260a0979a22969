// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "merge/coverage.h"

void coverage__init(struct coverage *coverage)
{
	memset(coverage, 0, sizeof(*coverage));
}

void coverage__check(struct coverage *coverage, const struct feed *feed)
{
	u64 now = feed__damage(feed);

	if (now == coverage->damage)
		return;
	coverage->damage = now;
	/*
	 * The missing data was written after the last mark. The next mark may be that of a block
	 * begun before the loss ended, so the second mark closes the gap.
	 */
	if (!coverage->marks_to_close && coverage->nr < COVERAGE_GAPS) {
		coverage->gap[coverage->nr].since = coverage->mark;
		coverage->nr++;
	}
	coverage->gap[coverage->nr - 1].until = UINT64_MAX;
	coverage->marks_to_close = 2;
}

void coverage__miss(struct coverage *coverage, u64 since, u64 until)
{
	bool is_open = coverage->marks_to_close;

	/* An open gap is extended. At the limit of gaps, so is the last one. */
	if (!is_open && coverage->nr < COVERAGE_GAPS)
		coverage->gap[coverage->nr++].since = since;
	coverage->gap[coverage->nr - 1].until = until;
	coverage->marks_to_close = 0;
}

void coverage__mark(struct coverage *coverage, u64 watermark)
{
	coverage->mark = max(coverage->mark, watermark);
	if (!watermark || !coverage->marks_to_close || --coverage->marks_to_close)
		return;
	coverage->gap[coverage->nr - 1].until = coverage->mark;
}

bool coverage__holds(const struct coverage *coverage, u64 from, u64 to)
{
	u32 i;

	if (to > coverage->mark)
		return false;
	for (i = 0; i < coverage->nr; i++)
		if (from <= coverage->gap[i].until && to >= coverage->gap[i].since)
			return false;
	return true;
}
