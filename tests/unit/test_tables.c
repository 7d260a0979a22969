// SPDX-License-Identifier: GPL-2.0
/* Grant tables in memory: the meaning of entries, changes between two reads, and names of refs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "xen/ref_names.h"
#include "xen/table_snapshot.h"

#define FRAMES 40u /* a table in more than one part */

/* Writes an entry as in Xen's public ABI: flags, domid, frame. */
static void put_v1(u8 *memory, u32 ref, u16 flags, u16 domid, u32 frame)
{
	u8 *at = memory + 8 * (size_t)ref;

	memcpy(at, &flags, 2);
	memcpy(at + 2, &domid, 2);
	memcpy(at + 4, &frame, 4);
}

static void put_v2(u8 *memory, u32 ref, u16 flags, u16 domid, u64 frame)
{
	u8 *at = memory + 16 * (size_t)ref;

	memcpy(at, &flags, 2);
	memcpy(at + 2, &domid, 2);
	memcpy(at + 8, &frame, 8);
}

static void test_v1(void **state)
{
	u8 *memory = calloc(FRAMES, TABLE_FRAME_BYTES);
	u32 last = FRAMES * TABLE_V1_PER_FRAME - 1;
	struct table_entry entry;
	struct table *table;

	assert_non_null(memory);
	put_v1(memory, 80, ENTRY_PERMIT | ENTRY_READING | ENTRY_WRITING, 3, 0xbd3d3);
	put_v1(memory, last, ENTRY_PERMIT | ENTRY_READONLY, 7, 0xffffffff);
	put_v1(memory, 81, ENTRY_TRANSFER, 3, 5);
	table = table__over(memory, NULL, 1, FRAMES);
	assert_int_equal(table__nr_entries(table), last + 1);
	assert_true(table__entry(table, 80, &entry));
	assert_int_equal(entry.flags, ENTRY_PERMIT | ENTRY_READING | ENTRY_WRITING);
	assert_int_equal(entry.peer, 3);
	assert_int_equal(entry.frame, 0xbd3d3);
	assert_true(table_entry__is_live(&entry));
	assert_true(table__entry(table, last, &entry));
	assert_int_equal(entry.peer, 7);
	assert_int_equal(entry.frame, 0xffffffff);
	assert_true(table__entry(table, 81, &entry));
	assert_false(table_entry__is_live(&entry));
	assert_true(table__entry(table, 0, &entry));
	assert_false(table_entry__is_live(&entry));
	assert_false(table__entry(table, last + 1, &entry));
	assert_false(table__entry(table, UINT32_MAX, &entry));
	assert_true(table__knows_status(table));
	table__close(table);
	free(memory);
}

static void test_v2(void **state)
{
	u8 *memory = calloc(FRAMES, TABLE_FRAME_BYTES);
	u16 *status = calloc(FRAMES * TABLE_V2_PER_FRAME, sizeof(u16));
	u32 last = FRAMES * TABLE_V2_PER_FRAME - 1;
	struct table_entry entry;
	struct table *table;

	assert_non_null(memory);
	assert_non_null(status);
	/*
	 * Xen's marks are in the status. Marks in the header, which the guest writes, do not count.
	 */
	put_v2(memory, 9, ENTRY_PERMIT | ENTRY_WRITING, 3, 0x123456789abc);
	put_v2(memory, last, ENTRY_PERMIT, 4, 1);
	status[last] = ENTRY_READING;
	table = table__over(memory, NULL, 2, FRAMES);
	assert_false(table__knows_status(table));
	assert_true(table__entry(table, 9, &entry));
	assert_int_equal(entry.flags, ENTRY_PERMIT | ENTRY_NO_MARKS);
	assert_int_equal(entry.frame, 0x123456789abc);
	assert_true(table__entry(table, last, &entry));
	assert_int_equal(entry.flags, ENTRY_PERMIT | ENTRY_NO_MARKS);
	assert_false(table__entry(table, last + 1, &entry));
	table__close(table);
	table = table__over(memory, status, 2, FRAMES);
	assert_true(table__knows_status(table));
	assert_true(table__entry(table, last, &entry));
	assert_int_equal(entry.flags, ENTRY_PERMIT | ENTRY_READING);
	table__close(table);
	free(status);
	free(memory);
}

static void test_parts(void **state)
{
	u8 *memory = calloc(FRAMES, TABLE_FRAME_BYTES);
	struct table *table = table__over(memory, NULL, 1, FRAMES);
	size_t bytes, sum = 0;
	const u8 *part;
	u32 i;

	assert_non_null(table);
	for (i = 0; (part = table__part(table, i, &bytes)); i++) {
		assert_ptr_equal(part, memory + sum);
		sum += bytes;
	}
	assert_int_equal(sum, FRAMES * TABLE_FRAME_BYTES);
	assert_int_equal(i, 2);
	table__close(table);
	free(memory);
}

static enum entry_change change(const u8 *before, u32 frames_before, const u8 *after,
				u32 frames_after, u32 ref)
{
	struct table *a = table__over(before, NULL, 1, frames_before),
		     *b = table__over(after, NULL, 1, frames_after);
	struct snapshot x, y;
	enum entry_change found;

	assert_int_equal(snapshot__copy(&x, a), 0);
	assert_int_equal(snapshot__copy(&y, b), 0);
	found = snapshot__compare(&x, &y, ref);
	snapshot__cleanup(&x);
	snapshot__cleanup(&y);
	table__close(a);
	table__close(b);
	return found;
}

static void test_changes(void **state)
{
	u8 before[2 * TABLE_FRAME_BYTES] = {0}, after[2 * TABLE_FRAME_BYTES] = {0};

	put_v1(after, 8, ENTRY_PERMIT, 0, 1);
	put_v1(before, 9, ENTRY_PERMIT, 0, 1);
	put_v1(before, 10, ENTRY_PERMIT, 0, 1);
	put_v1(after, 10, ENTRY_PERMIT, 0, 2);
	put_v1(before, 11, ENTRY_PERMIT, 0, 1);
	put_v1(after, 11, ENTRY_PERMIT, 5, 1);
	put_v1(before, 12, ENTRY_PERMIT, 0, 1);
	put_v1(after, 12, ENTRY_PERMIT | ENTRY_READING, 0, 1);
	put_v1(before, 13, ENTRY_PERMIT | ENTRY_READING | ENTRY_WRITING, 0, 1);
	put_v1(after, 13, ENTRY_PERMIT, 0, 1);
	put_v1(before, 14, ENTRY_PERMIT | ENTRY_READING | ENTRY_WRITING, 0, 1);
	put_v1(after, 14, ENTRY_PERMIT | ENTRY_READING, 0, 1);
	/* The frame of a free entry does not count. */
	put_v1(after, 15, 0, 3, 77);
	put_v1(before, 16, ENTRY_PERMIT, 0, 1);
	put_v1(after, 16, ENTRY_PERMIT | ENTRY_READONLY, 0, 1);
	put_v1(after, 600, ENTRY_PERMIT, 0, 1);
	assert_int_equal(change(before, 2, after, 2, 8), ENTRY_GRANTED);
	assert_int_equal(change(before, 2, after, 2, 9), ENTRY_FREED);
	assert_int_equal(change(before, 2, after, 2, 10), ENTRY_REGRANTED);
	assert_int_equal(change(before, 2, after, 2, 11), ENTRY_REGRANTED);
	assert_int_equal(change(before, 2, after, 2, 12), ENTRY_MAPPED);
	assert_int_equal(change(before, 2, after, 2, 13), ENTRY_UNMAPPED);
	assert_int_equal(change(before, 2, after, 2, 14), ENTRY_SAME);
	assert_int_equal(change(before, 2, after, 2, 15), ENTRY_SAME);
	assert_int_equal(change(before, 2, after, 2, 16), ENTRY_REGRANTED);
	assert_int_equal(change(before, 1, after, 2, 600), ENTRY_GRANTED);
	assert_int_equal(change(after, 2, before, 1, 600), ENTRY_FREED);
}

static void put_node(const char *dir, const char *path, const char *value)
{
	char name[512], *pos;
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s/value", dir, path);
	for (pos = strchr(name + 1, '/'); pos; pos = strchr(pos + 1, '/')) {
		*pos = '\0';
		mkdir(name, 0755);
		*pos = '/';
	}
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(value, file);
	fclose(file);
}

static void test_names(void **state)
{
	char dir[] = "/tmp/test_tables.XXXXXX", command[64];
	struct ref_names *names = calloc(1, sizeof(*names));
	struct xenstore *xenstore;

	assert_non_null(mkdtemp(dir));
	put_node(dir, "local/domain/5/device/vbd/51712/ring-ref", "8");
	put_node(dir, "local/domain/5/device/vif/0/queue-1/tx-ring-ref", "768");
	put_node(dir, "local/domain/5/device/vbd/51728/ring-ref", "12; rm -rf /");
	put_node(dir, "local/domain/5/device/vbd/51744/ring-ref0", "-1");
	put_node(dir, "local/domain/5/device/vbd/51760/ring-ref", "0");
	put_node(dir, "local/domain/6/device/vbd/51712/ring-ref", "99");
	xenstore = xenstore__open_files(dir);
	ref_names__read(names, xenstore, 5);
	assert_string_equal(ref_names__find(names, 0), "console (reserved)");
	assert_string_equal(ref_names__find(names, 1), "xenstore (reserved)");
	assert_string_equal(ref_names__find(names, 7), "(reserved)");
	assert_string_equal(ref_names__find(names, 8), "vbd 51712 ring-ref");
	assert_string_equal(ref_names__find(names, 768), "vif 0 queue-1 tx-ring-ref");
	assert_null(ref_names__find(names, 12));
	assert_null(ref_names__find(names, UINT32_MAX));
	assert_null(ref_names__find(names, 99));
	ref_names__read(names, NULL, 5);
	assert_null(ref_names__find(names, 8));
	assert_string_equal(ref_names__find(names, 0), "console (reserved)");
	xenstore__close(xenstore);
	free(names);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void test_why(void **state)
{
	/* Each message has the next step. */
	assert_non_null(strstr(table__why(-ESRCH), "xl list"));
	assert_non_null(strstr(table__why(-EPERM), "dom0"));
	assert_non_null(strstr(table__why(-ENOENT), "modprobe"));
	assert_non_null(strstr(table__why(-EOPNOTSUPP), "needed"));
	assert_string_equal(table__why(-ENOMEM), strerror(ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),    cmocka_unit_test(test_v2),
		cmocka_unit_test(test_parts), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_names), cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
