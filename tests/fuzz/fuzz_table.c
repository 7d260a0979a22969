// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as the pages of a grant table of either version, which change between
 * two reads. Both readers must find the same live entries. Grants minus frees must equal the change
 * in their number.
 */
#include <stdlib.h>
#include <string.h>

#include "xen/table_scan.h"
#include "xen/table_snapshot.h"

#define FRAMES 3u

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct pages {
	u64 shared[FRAMES * TABLE_FRAME_BYTES / sizeof(u64)];
	u16 status[FRAMES * TABLE_V2_PER_FRAME];
};

/* Changes up to 16 bytes, with offset, length and contents from @data. Returns the bytes used. */
static size_t change(struct pages *pages, const u8 *data, size_t size)
{
	u8 *bytes = (u8 *)pages->shared;
	size_t at, n;

	if (size < 3)
		return size;
	at = (size_t)(data[0] | data[1] << 8) % sizeof(pages->shared);
	n = min(min((size_t)data[2] % 17, size - 3), sizeof(pages->shared) - at);
	memcpy(bytes + at, data + 3, n);
	pages->status[at % ARRAY_SIZE(pages->status)] ^= data[2];
	return 3 + n;
}

static void check_snapshots(const struct snapshot *before, const struct snapshot *after)
{
	s64 more = 0;
	u32 ref;

	for (ref = 0; ref < max(before->nr, after->nr) + 1; ref++) {
		enum entry_change what = snapshot__compare(before, after, ref);

		if (what >= ENTRY_CHANGES || !entry_change__name(what))
			abort();
		more += (what == ENTRY_GRANTED) - (what == ENTRY_FREED);
	}
	if (more != (s64)after->live - (s64)before->live)
		abort();
}

/* Reads twice, with at most 16 changes between the reads. Returns the bytes used. */
static size_t read_twice(struct pages *pages, struct scan *scan, u32 version, const u8 *data,
			 size_t size)
{
	struct table *table = table__over(pages->shared, pages->status, version, FRAMES);
	const struct scan_counts *counts = scan__counts(scan);
	struct snapshot before, after;
	struct scan_counts then;
	size_t used = 0;
	u32 i;

	if (!table || scan__look(scan, table) || snapshot__copy(&before, table))
		abort();
	if (counts->live != before.live || counts->entries != before.nr)
		abort();
	then = *counts;
	for (i = 0; i < 16 && used < size; i++)
		used += change(pages, data + used, size - used);
	if (scan__look(scan, table) || snapshot__copy(&after, table))
		abort();
	if (counts->live != after.live || counts->mapped > counts->live ||
	    counts->granted - then.granted - (counts->freed - then.freed) !=
		    (u64)after.live - before.live)
		abort();
	check_snapshots(&before, &after);
	snapshot__cleanup(&before);
	snapshot__cleanup(&after);
	table__close(table);
	return used;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	struct scan *scan = scan__new();
	size_t used, rounds = 0;
	u32 version;

	version = size && data[0] & 1 ? 2 : 1;
	used = min(size, (size_t)1);
	while (used < size && rounds++ < 32) {
		/* A guest without mapped grants may change the version of its table. */
		if (data[used] == 0xff)
			version = 3 - version;
		used += read_twice(pages, scan, version, data + used, size - used);
	}
	scan__free(scan);
	free(pages);
	return 0;
}
