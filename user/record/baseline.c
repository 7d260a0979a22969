// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "record/baseline.h"

#include "baseline.skel.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "xen/table.h"

#define OPS	      64u    /* entries in one record */
#define FLUSH_ENTRIES 32768u /* a megabyte of records */

_Static_assert(sizeof(((struct gw_table_part *)0)->frame[0]) == TABLE_FRAME_BYTES, "frames");
_Static_assert(ARRAY_SIZE(((struct gw_table_part *)0)->status[0]) == TABLE_V2_PER_FRAME, "status");

struct baseline {
	struct baseline_bpf *skel;
	struct op_entry op[OPS];
	u32 nr_op;
	u64 begun, read; /* time of the read whose entries are in op[], ns */
	u64 entries;
	u32 unflushed;
};

enum wanted { WANT_SHARED, WANT_STATUS, WANT_FRAMES, WANT_INTERFACE, NR_WANTED };

static const char *const wanted[NR_WANTED] = {
	[WANT_SHARED] = "gnttab_shared",
	[WANT_STATUS] = "grstatus",
	[WANT_FRAMES] = "nr_grant_frames",
	[WANT_INTERFACE] = "gnttab_interface",
};

unsigned int baseline__wanted(struct ksym_want *want, unsigned int room)
{
	unsigned int i;

	for (i = 0; i < NR_WANTED && i < room; i++)
		want[i] = (struct ksym_want){.name = wanted[i]};
	return i;
}

static bool find_addresses(const struct ksym_want *want, unsigned int nr, u64 *addr)
{
	unsigned int i, k, found = 0;

	for (i = 0; i < nr; i++)
		for (k = 0; k < NR_WANTED; k++)
			if (!strcmp(want[i].name, wanted[k]) && want[i].count == 1 &&
			    want[i].addr) {
				addr[k] = want[i].addr;
				found++;
			}
	return found == NR_WANTED;
}

struct baseline *baseline__new(const struct ksym_want *want, unsigned int nr_want, const char **why)
{
	struct baseline *baseline = calloc(1, sizeof(*baseline));
	u64 addr[NR_WANTED];

	*why = "no memory";
	if (!baseline)
		return NULL;
	*why = "the kernel does not name its grant table";
	if (!find_addresses(want, nr_want, addr))
		goto fail;
	*why = "the program cannot be loaded";
	baseline->skel = baseline_bpf__open();
	if (!baseline->skel)
		goto fail;
	baseline->skel->rodata->shared_addr = addr[WANT_SHARED];
	baseline->skel->rodata->status_addr = addr[WANT_STATUS];
	baseline->skel->rodata->frames_addr = addr[WANT_FRAMES];
	baseline->skel->rodata->interface_addr = addr[WANT_INTERFACE];
	if (!baseline_bpf__load(baseline->skel))
		return baseline;
fail:
	baseline__free(baseline);
	return NULL;
}

void baseline__free(struct baseline *baseline)
{
	if (!baseline)
		return;
	baseline_bpf__destroy(baseline->skel);
	free(baseline);
}

/* --- entries to records --- */

static void end_batch(struct baseline *baseline, struct pump *pump)
{
	if (baseline->nr_op && recorder__add_entries(pump->recorder, baseline->begun,
						     baseline->read, baseline->op, baseline->nr_op))
		pump__note_error(pump, recorder__make_room(pump->recorder));
	baseline->entries += baseline->nr_op;
	baseline->unflushed += baseline->nr_op;
	baseline->nr_op = 0;
}

static void put(struct baseline *baseline, u32 ref, const struct table_entry *entry,
		struct pump *pump)
{
	baseline->op[baseline->nr_op++] = (struct op_entry){.granter = TABLE_OWN,
							    .eflags = entry->flags,
							    .peer = entry->peer,
							    .ref = ref,
							    .frame = entry->frame};
	if (baseline->nr_op == OPS)
		end_batch(baseline, pump);
}

/*
 * Records the live entries of the part, whose first entry is that of @ref. Returns false without
 * memory.
 */
static bool put_part(struct baseline *baseline, u32 ref, struct pump *pump)
{
	const struct gw_table_part *part = &baseline->skel->bss->part;
	struct table *table = table__over(part->frame, part->status[0], part->version, part->nr);
	struct table_entry entry;
	u32 i;

	if (!table)
		return false;
	for (i = 0; table__entry(table, i, &entry); i++)
		if (table_entry__is_live(&entry))
			put(baseline, ref + i, &entry, pump);
	table__close(table);
	end_batch(baseline, pump);
	return true;
}

/* --- the table --- */

static bool is_plausible(const struct gw_table_part *part)
{
	return part->nr_frames <= TABLE_MAX_FRAMES &&
	       ((part->version == 1 && part->per_frame == TABLE_V1_PER_FRAME) ||
		(part->version == 2 && part->per_frame == TABLE_V2_PER_FRAME));
}

/* Returns NULL, or why the table could not be read. */
static const char *read_part(struct baseline *baseline, u32 first)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct baseline_bpf *skel = baseline->skel;

	skel->bss->first = first;
	baseline->begun = now_mono();
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.read_part), &opts))
		return "the program cannot be run";
	baseline->read = now_mono();
	if (opts.retval)
		return "the kernel's grant table cannot be read, or was set up anew";
	return is_plausible(&skel->bss->part) ? NULL : "the kernel's grant table is unlike Xen's";
}

/* The part by which the table grows during the read has recorded grants only. */
static const char *read_table(struct baseline *baseline, struct pump *pump)
{
	const struct gw_table_part *part = &baseline->skel->bss->part;
	u32 first = 0;

	do {
		const char *why = read_part(baseline, first);

		if (why)
			return why;
		if (!put_part(baseline, first * part->per_frame, pump))
			return "no memory";
		if (baseline->unflushed >= FLUSH_ENTRIES) {
			pump__flush(pump, 0);
			baseline->unflushed = 0;
		}
		first += part->nr;
	} while (part->nr == GW_TABLE_FRAMES && !pump->error);
	return NULL;
}

void baseline__record(struct baseline *baseline, const char *why, struct pump *pump)
{
	u64 begun = now_mono();
	const char *problem = baseline ? read_table(baseline, pump) : why;
	bool part = problem && baseline && baseline->entries;
	char text[128];

	snprintf(text, sizeof(text), "%s%s", part ? "read in part: " : "",
		 problem ? problem : "read");
	pump__note_error(pump, capture_writer__fact(pump->writer, now_mono(), "baseline", text));
	if (baseline)
		pr_debug("baseline: %s, %" PRIu64 " grants in %" PRIu64 " us", text,
			 baseline->entries, (now_mono() - begun) / 1000);
}
