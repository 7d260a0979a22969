// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/disks.h"
#include "util/log.h"
#include "util/monotonic.h"

#define MAX_DISKS 64
#define CONNECTED 4 /* XenbusStateConnected of Xen's public/io/xenbus.h */

static const char unknown[] = "unknown", yes[] = "yes";

struct disk_fact {
	char id[24];
	const char *word, *next; /* as written last; as just read */
};

struct disks {
	struct xenstore *xenstore;
	struct disk_fact disk[MAX_DISKS];
	u32 nr;
	u64 checked; /* CLOCK_MONOTONIC, ns, up to which the written values hold, 0 none written */
};

struct disks *disks__new(struct xenstore *xenstore)
{
	struct disks *disks = calloc(1, sizeof(*disks));

	if (disks)
		disks->xenstore = xenstore;
	else
		xenstore__close(xenstore);
	return disks;
}

void disks__free(struct disks *disks)
{
	if (!disks)
		return;
	xenstore__close(disks->xenstore);
	free(disks);
}

int disks__watch(struct disks *disks)
{
	return disks->xenstore ? xenstore__watch(disks->xenstore, "device/vbd") : 0;
}

static bool is_set(struct xenstore *xenstore, const char *dir)
{
	char path[320], value[16];

	snprintf(path, sizeof(path), "%.256s/feature-persistent", dir);
	return xenstore__read(xenstore, path, value, sizeof(value)) && strcmp(value, "0") != 0;
}

/*
 * Both ends must agree on persistent grants. A backend that keeps its maps by its own setting alone
 * is worth recording too. Both ends have written theirs when the frontend is connected.
 */
static const char *read_disk(struct xenstore *xenstore, const char *id)
{
	static const char *const words[] = {"no", "backend-only", "frontend-only", yes};
	char front[64], path[128], back[256];

	snprintf(front, sizeof(front), "device/vbd/%.20s", id);
	snprintf(path, sizeof(path), "%s/state", front);
	if (xenstore__read_number(xenstore, path) != CONNECTED)
		return unknown;
	snprintf(path, sizeof(path), "%s/backend", front);
	if (!xenstore__read(xenstore, path, back, sizeof(back)))
		return unknown;
	return words[is_set(xenstore, front) << 1 | is_set(xenstore, back)];
}

static bool note_disk(void *ctx, const char *id)
{
	struct disks *disks = ctx;
	struct disk_fact *disk = disks->disk;

	while (disk < disks->disk + disks->nr && strncmp(disk->id, id, sizeof(disk->id) - 1))
		disk++;
	if (disk == disks->disk + MAX_DISKS)
		return false;
	if (disk == disks->disk + disks->nr) {
		disks->nr++;
		snprintf(disk->id, sizeof(disk->id), "%s", id);
		disk->word = unknown;
	}
	disk->next = read_disk(disks->xenstore, id);
	return true;
}

static int write_word(struct capture_writer *writer, const struct disk_fact *disk, u64 time,
		      const char *word)
{
	char key[48];

	snprintf(key, sizeof(key), "vbd.%s.persistent", disk->id);
	return capture_writer__fact(writer, time, key, word);
}

static int write_disk(struct disks *disks, struct capture_writer *writer, struct disk_fact *disk,
		      u64 now)
{
	bool changed = disk->word != disk->next;
	int err = 0;

	if (changed && disks->checked)
		err = write_word(writer, disk, disks->checked, unknown);
	if (!err && disk->next != unknown)
		err = write_word(writer, disk, now, disk->next);
	disk->word = disk->next;
	return err;
}

int disks__check(struct disks *disks, struct capture_writer *writer)
{
	u64 before = now_mono();
	int err = 0;
	u32 i;

	if (!disks->xenstore)
		return 0;
	if (!xenstore__has_news(disks->xenstore)) {
		disks->checked = before;
		return 0;
	}
	for (i = 0; i < disks->nr; i++)
		disks->disk[i].next = unknown;
	xenstore__each(disks->xenstore, "device/vbd", note_disk, disks);
	for (i = 0; i < disks->nr && !err; i++)
		err = write_disk(disks, writer, &disks->disk[i], now_mono());
	disks->checked = before;
	return err;
}

bool disks__all_persistent(const struct disks *disks)
{
	u32 i;

	for (i = 0; i < disks->nr; i++)
		if (disks->disk[i].word != yes)
			return false;
	return disks->nr;
}
