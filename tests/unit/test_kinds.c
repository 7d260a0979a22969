// SPDX-License-Identifier: GPL-2.0
/* Which mapper may serve which owner: the table, a user's additions, and docs/detection.md. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/policy.h"
#include "model/vbd.h"

static void test_table(void **state)
{
	(void)state;
	assert_int_equal(kind__serves(&policy_defaults, KIND_BLKFRONT, KIND_BLKBACK), SERVES_YES);
	assert_int_equal(kind__serves(&policy_defaults, KIND_BLKFRONT, KIND_GNTDEV),
			 SERVES_BACKEND);
	assert_int_equal(kind__serves(&policy_defaults, KIND_BLKFRONT, KIND_NETBACK), SERVES_NO);
	assert_int_equal(kind__serves(&policy_defaults, KIND_TOOLSTACK, KIND_BLKBACK), SERVES_NO);
	/* A process may be a frontend and grant pages for its backend's driver. */
	assert_int_equal(kind__serves(&policy_defaults, KIND_GNTALLOC, KIND_BLKBACK),
			 SERVES_UNKNOWN);
	/* A process may also grant a dma-buf by gntdev. */
	assert_int_equal(kind__serves(&policy_defaults, KIND_GNTDEV, KIND_GNTDEV), SERVES_UNKNOWN);
	assert_int_equal(kind__serves(&policy_defaults, KIND_UNKNOWN, KIND_BLKBACK),
			 SERVES_UNKNOWN);
	/* A ring's mapping by xenbus may belong to any backend. */
	assert_int_equal(kind__serves(&policy_defaults, KIND_NETFRONT, KIND_XENBUS),
			 SERVES_UNKNOWN);
	assert_int_equal(kind__serves(&policy_defaults, KIND_GNTALLOC, KIND_XENBUS),
			 SERVES_UNKNOWN);
}

static void test_added(void **state)
{
	struct policy policy = policy_defaults;
	int i;

	(void)state;
	assert_int_equal(kind__serves(&policy, KIND_9PFRONT, KIND_NETBACK), SERVES_NO);
	assert_int_equal(policy__add_serves(&policy, "9pfront:netback"), 0);
	assert_int_equal(kind__serves(&policy, KIND_9PFRONT, KIND_NETBACK), SERVES_YES);
	/* The addition holds for this owner and mapper only. */
	assert_int_equal(kind__serves(&policy, KIND_NETFRONT, KIND_BLKBACK), SERVES_NO);
	/* An addition extends a row that is limited to known backends. */
	assert_int_equal(policy__add_serves(&policy, "console:gntdev"), 0);
	assert_int_equal(kind__serves(&policy, KIND_CONSOLE, KIND_GNTDEV), SERVES_YES);

	assert_int_equal(policy__add_serves(&policy, "9pfront"), -EINVAL);
	assert_int_equal(policy__add_serves(&policy, "9pfront:"), -EINVAL);
	assert_int_equal(policy__add_serves(&policy, ":netback"), -EINVAL);
	assert_int_equal(policy__add_serves(&policy, "9pfront:unknown"), -EINVAL);
	assert_int_equal(policy__add_serves(&policy,
					    "a-name-that-is-longer-than-any-there-is:netback"),
			 -EINVAL);
	for (i = 2; i < 32; i++)
		assert_int_equal(policy__add_serves(&policy, "9pfront:netback"), 0);
	assert_int_equal(policy__add_serves(&policy, "9pfront:netback"), -ENOSPC);
}

/* A call in an interrupt is not attributed to the interrupted code. */
static void test_interrupts(void **state)
{
	static const char retry[] =
		"gnttab_end_foreign_access_ref_v1+0x5; gnttab_handle_deferred+0x90; "
		"call_timer_fn+0x27; __run_timers+0x221; run_timer_softirq+0x19; "
		"handle_softirqs.isra.0+0xc5; __irq_exit_rcu+0x9c; "
		"gnttab_end_foreign_access+0x30; __del_gref+0x51 [xen_gntalloc]";
	static const char rx[] = "gnttab_batch_copy+0x5; xenvif_poll+0x31 [xen_netback]; "
				 "net_rx_action+0x2a0; __do_softirq+0xc5; "
				 "xen_blkif_schedule+0x300 [xen_blkback]";
	static const char other[] = "gnttab_map_refs+0x5; other_interrupt+0x3e [other]; "
				    "__handle_irq_event_percpu+0x43; handle_irq_event+0x34; "
				    "xen_blkif_schedule+0x300 [xen_blkback]";
	char func[64];

	(void)state;
	assert_int_equal(kind__from_stack(retry, func, sizeof(func)), KIND_UNKNOWN);
	assert_int_equal(via__from_stack(retry), VIA_RETRY);
	assert_int_equal(kind__from_stack(rx, func, sizeof(func)), KIND_NETBACK);
	assert_int_equal(kind__from_stack(other, func, sizeof(func)), KIND_UNKNOWN);
	assert_string_equal(func, "other_interrupt");
}

/* Most user-space backends serve one kind of device. */
static void test_backends(void **state)
{
	struct policy policy = policy_defaults;

	(void)state;
	assert_true(comm__is_backend(&policy, "qemu-system-i38", KIND_BLKFRONT));
	assert_true(comm__is_backend(&policy, "xenconsoled", KIND_CONSOLE));
	assert_true(comm__is_backend(&policy, "xenconsoled", KIND_UNKNOWN));
	assert_false(comm__is_backend(&policy, "xenconsoled", KIND_BLKFRONT));
	assert_false(comm__is_backend(&policy, "xenstored", KIND_CONSOLE));
	assert_false(comm__is_backend(&policy, "gui-daemon", KIND_UNKNOWN));
	assert_int_equal(kind__frontend_of(KIND_NETBACK), KIND_NETFRONT);
	assert_int_equal(kind__frontend_of(KIND_GNTDEV), KIND_UNKNOWN);
}

static char *read_doc(void)
{
	FILE *in = fopen("docs/detection.md", "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

/* The document has a row "| owner | mapper, mapper |" for each owner with mappers. */
static void test_documented(void **state)
{
	char *doc = read_doc(), row[256];
	enum kind owner, mapper;

	(void)state;
	for (owner = KIND_UNKNOWN + 1; owner < KIND_MAX; owner++) {
		int len = snprintf(row, sizeof(row), "\n| %s |", kind__name(owner)), bare = len;

		for (mapper = KIND_UNKNOWN + 1; mapper < KIND_MAX; mapper++) {
			enum serves serves = kind__serves(&policy_defaults, owner, mapper);

			if (serves != SERVES_YES && serves != SERVES_BACKEND)
				continue;
			len += snprintf(row + len, sizeof(row) - (size_t)len, "%s %s%s",
					len > bare ? "," : "", kind__name(mapper),
					serves == SERVES_BACKEND ? " of a backend" : "");
		}
		snprintf(row + len, sizeof(row) - (size_t)len, " |\n");
		if (len > bare && !strstr(doc, row))
			fail_msg("docs/detection.md has no row%s", row);
	}
	free(doc);
}

/* Disk numbers, as in Xen's xen-vbd-interface.7. */
static void test_disks(void **state)
{
	static const struct {
		const char *name;
		u32 number;
	} disks[] = {
		{"xvda", 51712},
		{"xvdb", 51728},
		{"xvdp", 202 << 8 | 15 << 4},
		{"xvda1", 51713},
		{"xvdq", 1 << 28 | 16 << 8},
		{"xvdaa", 1 << 28 | 26 << 8},
		{"hdb", 3 << 8 | 1 << 6},
		{"hdd1", 22 << 8 | 1 << 6 | 1},
		{"sdb", 8 << 8 | 1 << 4},
		{"d1p2", 51730},
		{"xvda16", 1 << 28 | 16},
		{"51712", 51712},
	};
	static const char *const none[] = {"xvd",	    "xvdA",	   "xvda-",   "xvdaaaa",
					   "hde",	    "d1",	   "dp1",     "",
					   "4294967296123", "xvda1234567", "xvda999", "sdq"};
	u32 number;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(disks); i++) {
		assert_true(vbd__by_name(disks[i].name, strlen(disks[i].name), &number));
		assert_int_equal(number, disks[i].number);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(vbd__by_name(none[i], strlen(none[i]), &number));
}

static void test_disk_threads(void **state)
{
	char name[32];
	u32 number = 0;

	(void)state;
	assert_true(vbd__of_blkback("5.xvdb-0", 5, &number));
	assert_int_equal(number, 51728);
	assert_true(vbd__of_blkback("blkback.5.xvda", 5, &number));
	assert_int_equal(number, 51712);
	assert_true(vbd__of_blkback("blkback.5.xvdb-", 5, &number));
	assert_int_equal(number, 51728);
	assert_false(vbd__of_blkback("5.xvdb-0", 6, &number));
	assert_false(vbd__of_blkback("xenwatch", 5, &number));
	assert_false(vbd__of_blkback("", 5, &number));
	/* The kernel truncated the thread's name: the disk is xvda, xvdaa or xvda1. */
	assert_false(vbd__of_blkback("blkback.12.xvda", 12, &number));
	assert_string_equal(vbd__name(51728, name, sizeof(name)), "xvdb");
	assert_string_equal(vbd__name(51729, name, sizeof(name)), "xvdb1");
	assert_string_equal(vbd__name(1 << 28 | 16 << 8, name, sizeof(name)), "xvdq");
	assert_string_equal(vbd__name(768, name, sizeof(name)), "vbd 768");
}

/*
 * Kernels inline functions and jump to them. The outermost function in the table is the one called.
 */
static void test_via(void **state)
{
	(void)state;
	assert_int_equal(via__from_stack(""), VIA_UNKNOWN);
	assert_int_equal(via__from_stack("xennet_poll+0x2b0 [xen_netfront]"), VIA_UNKNOWN);
	assert_int_equal(via__from_stack("gnttab_end_foreign_access_ref+0x10; "
					 "gnttab_end_foreign_access+0x2a; f+0x1 [m]"),
			 VIA_DEFER);
	assert_int_equal(via__from_stack("gnttab_free_grant_reference+0x1b; f+0x1 [m]"), VIA_FREE);
	assert_int_equal(via__from_stack("gnttab_free_grant_references+0x1b; f+0x1 [m]"), VIA_LIST);
	assert_int_equal(via__from_stack("gnttab_free_grant_reference_seq+0x1b; f+0x1 [m]"),
			 VIA_LIST);
	assert_int_equal(via__from_stack("gnttab_grant_foreign_access+0x6c; f+0x1 [m]"), VIA_NEW);
	assert_int_equal(via__from_stack("gnttab_grant_foreign_access_ref+0x9; f+0x1 [m]"),
			 VIA_UNKNOWN);
	assert_true(via__frees(VIA_RETRY) && via__frees(VIA_TRY) && via__frees(VIA_DEFER));
	assert_false(via__frees(VIA_REF) || via__frees(VIA_UNKNOWN) || via__frees(VIA_NEW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	     cmocka_unit_test(test_disks),
		cmocka_unit_test(test_disk_threads), cmocka_unit_test(test_documented),
		cmocka_unit_test(test_added),	     cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_backends),     cmocka_unit_test(test_via),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
