// SPDX-License-Identifier: GPL-2.0
/* Modules that come and go: addresses of their functions, and probes in new ones. */
#include <stdio.h>

#include "record/record.h"

static u64 hash_text(u64 sum, const char *text)
{
	for (; *text; text++)
		sum = sum * 0x100000001b3ull + (u8)*text;
	return sum * 0x100000001b3ull + ' ';
}

/*
 * Returns a value that changes with the list of modules, and not with their use counts. A module
 * that was removed and loaded again may have the same place in the list, but has another inode.
 */
static u64 look_at_modules(void)
{
	FILE *file = fopen("/proc/modules", "re");
	char line[1024], name[64];
	u64 sum = 1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s", name) == 1)
			sum = hash_text(sum, name) * 0x100000001b3ull + probes__find_module(name);
	if (file)
		fclose(file);
	return sum;
}

void record__note_modules(struct record *rec)
{
	rec->modules = look_at_modules();
}

void record__check_modules(struct record *rec)
{
	u64 modules = look_at_modules();
	struct ksyms *ksyms;
	unsigned int i;

	probes__see_modules(rec->pump.probes, max(rec->pump.marked, (u64)1));
	if (modules == rec->modules && !probes__is_late(rec->pump.probes))
		return;
	rec->modules = modules;
	for (i = 0; i < rec->nr_want; i++)
		rec->want[i] = (struct ksym_want){.name = rec->want[i].name};
	ksyms = ksyms__new(rec->want, rec->nr_want);
	if (!ksyms)
		return;
	probes__forget_stacks(rec->pump.probes);
	recorder__set_ksyms(rec->pump.recorder, ksyms);
	ksyms__free(rec->ksyms);
	rec->ksyms = ksyms;
	record__work(rec);
	record__enter(STAGE_ATTACHING_LATE);
	probes__attach_late(rec->pump.probes, rec->want, rec->nr_want);
	record__enter(STAGE_RECORDING);
}
