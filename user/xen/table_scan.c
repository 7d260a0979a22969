// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/table_scan.h"

#define MARKS ((u64)(ENTRY_READING | ENTRY_WRITING))

struct scan {
	struct scan_counts counts;
	u64 *shadow; /* contents at the last scan */
	size_t bytes;
	u32 version;
	bool begun;
};

struct scan *scan__new(void)
{
	return calloc(1, sizeof(struct scan));
}

void scan__free(struct scan *scan)
{
	if (!scan)
		return;
	free(scan->shadow);
	free(scan);
}

const struct scan_counts *scan__counts(const struct scan *scan)
{
	return &scan->counts;
}

static bool is_live(u64 head)
{
	return (head & ENTRY_TYPE_MASK) == ENTRY_PERMIT;
}

/* Counts a change of an entry's first word from @old to @now; @moved: its frame changed too. */
static void count(struct scan_counts *counts, u64 old, u64 now, bool moved)
{
	bool was = is_live(old), is = is_live(now);

	counts->live += (u32)is - (u32)was;
	counts->mapped += (u32)(is && now & MARKS) - (u32)(was && old & MARKS);
	counts->granted += is && !was;
	counts->freed += was && !is;
	if (!was || !is || (!moved && !((old ^ now) & ~MARKS)))
		return;
	counts->regranted++;
	counts->granted++;
	counts->freed++;
}

/* The guest may write at the same time: each word is loaded once, and the loaded value is kept. */
static void look_at_v1(struct scan *scan, const u64 *page, u64 *shadow)
{
	u32 i;

	for (i = 0; i < TABLE_V1_PER_FRAME; i++) {
		u64 now = READ_ONCE(page[i]);

		if (now == shadow[i])
			continue;
		/* The frame is in the same word. */
		count(&scan->counts, shadow[i], now, false);
		shadow[i] = now;
	}
}

static void look_at_v2(struct scan *scan, const u64 *page, u64 *shadow)
{
	u32 i;

	for (i = 0; i < 2 * TABLE_V2_PER_FRAME; i += 2) {
		u64 head = READ_ONCE(page[i]) & ~MARKS, frame = READ_ONCE(page[i + 1]);

		if (head == shadow[i] && frame == shadow[i + 1])
			continue;
		count(&scan->counts, shadow[i], head, frame != shadow[i + 1]);
		shadow[i] = head;
		shadow[i + 1] = frame;
	}
}

static int make_room(struct scan *scan, const struct table *table)
{
	const struct table_size *size = table__size(table);
	size_t bytes = (size_t)size->nr_frames * TABLE_FRAME_BYTES;
	u64 *bigger;

	/* The version changed: the table was emptied and starts anew. */
	if (scan->version != size->version) {
		if (scan->shadow)
			memset(scan->shadow, 0, scan->bytes);
		scan->counts.live = scan->counts.mapped = 0;
	}
	scan->version = size->version;
	if (bytes <= scan->bytes)
		return 0;
	bigger = realloc(scan->shadow, bytes);
	if (!bigger)
		return -ENOMEM;
	memset((char *)bigger + scan->bytes, 0, bytes - scan->bytes);
	scan->shadow = bigger;
	scan->bytes = bytes;
	return 0;
}

int scan__look(struct scan *scan, const struct table *table)
{
	const char *part, *page;
	char *shadow;
	size_t bytes;
	u32 i;
	int err = make_room(scan, table);

	if (err)
		return err;
	shadow = (char *)scan->shadow;
	for (i = 0; (part = table__part(table, i, &bytes)); i++) {
		for (page = part; page < part + bytes;
		     page += TABLE_FRAME_BYTES, shadow += TABLE_FRAME_BYTES) {
			if (!memcmp(page, shadow, TABLE_FRAME_BYTES))
				continue;
			if (scan->version == 2)
				look_at_v2(scan, (const u64 *)page, (u64 *)shadow);
			else
				look_at_v1(scan, (const u64 *)page, (u64 *)shadow);
		}
	}
	scan->counts.entries = table__nr_entries(table);
	scan->counts.looks++;
	/* Entries of the first scan are not counted as granted since. */
	if (!scan->begun)
		scan->counts.granted = scan->counts.freed = scan->counts.regranted = 0;
	scan->begun = true;
	return 0;
}
