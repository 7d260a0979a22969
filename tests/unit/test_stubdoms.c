// SPDX-License-Identifier: GPL-2.0
/* Facts about stub domains: what dom0's recorder writes, and what a reader takes from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/stubdoms.h"
#include "sources/feed.h"

static char dir[] = "/tmp/test_stubdoms.XXXXXX";

static void put_node(const char *path, const char *value)
{
	char command[512];

	snprintf(command, sizeof(command), "mkdir -p '%s/%s' && echo '%s' >'%s/%s/value'", dir,
		 path, value, dir, path);
	assert_int_equal(system(command), 0);
}

static void remove_all(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

/* An event of @type with one operation, of @granter. */
static void see(struct stubdoms *stubdoms, u8 type, u32 granter)
{
	struct {
		struct gw_event event;
		union {
			struct gw_op_arm arm;
			struct gw_op_map map;
		};
	} record = {.event = {.type = type, .nr = 1}};

	if (type == GW_EV_MAP)
		record.map.granter = (u16)granter;
	else
		record.arm.granter = granter;
	stubdoms__see(stubdoms, &record.event, sizeof(record));
	/* Cut off: the operation is missing. */
	stubdoms__see(stubdoms, &record.event, sizeof(record.event));
}

static struct feed *read_as(int fd, struct capture_writer *writer, u16 domid)
{
	const struct rec *rec;
	struct feed *feed;

	assert_int_equal(capture_writer__flush(writer, 1), 0);
	lseek(fd, 0, SEEK_SET);
	feed = feed__new(dup(fd), "capture", domid);
	while (feed__next(feed, true, &rec) != FEED_DONE)
		;
	return feed;
}

static void test_facts(void **state)
{
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	struct stubdoms *stubdoms;
	struct feed *feed;

	(void)state;
	put_node("local/domain/6/name", "work");
	put_node("local/domain/7/target", "6");
	put_node("local/domain/8/target", "8");	     /* itself */
	put_node("local/domain/9/target", "0");	     /* dom0 */
	put_node("local/domain/10/target", "32752"); /* no domain */
	put_node("local/domain/11/target", "6 ");    /* no number */
	put_node("local/domain/12/target", "13");    /* without a name */
	put_node("local/domain/14/target", "6");     /* no event names it */
	stubdoms = stubdoms__new(xenstore__open_files(dir));
	see(stubdoms, GW_EV_MAP, 7);
	assert_int_equal(stubdoms__check(stubdoms, writer), 0);
	/* It is asked about once. */
	put_node("local/domain/7/target", "5");
	see(stubdoms, GW_EV_ARM, 7);
	see(stubdoms, GW_EV_ARM, 6);
	see(stubdoms, GW_EV_ARM, 8);
	see(stubdoms, GW_EV_MAP, 9);
	see(stubdoms, GW_EV_MAP, 10);
	see(stubdoms, GW_EV_ARM, 11);
	see(stubdoms, GW_EV_ARM, 12);
	see(stubdoms, GW_EV_ARM, UINT32_MAX);
	see(stubdoms, GW_EV_MAP, 0xffff);
	see(stubdoms, GW_EV_DISARM, 14);
	assert_int_equal(stubdoms__check(stubdoms, writer), 0);

	feed = read_as(fd, writer, 0);
	assert_int_equal(feed__target(feed, 7), 6);
	assert_string_equal(feed__name_of(feed, 6), "work");
	assert_int_equal(feed__target(feed, 12), 13);
	assert_null(feed__name_of(feed, 13));
	assert_int_equal(feed->nr_facts, 3);
	assert_int_equal(feed__target(feed, 6), DOMID_UNKNOWN);
	feed__free(feed);
	/* Another domain states nothing about it. */
	feed = read_as(fd, writer, 5);
	assert_int_equal(feed__target(feed, 7), DOMID_UNKNOWN);
	assert_null(feed__name_of(feed, 6));
	feed__free(feed);
	stubdoms__free(stubdoms);
	capture_writer__free(writer);
	close(fd);
}

/* More new granters than the list has room for, and more stub domains than are recorded. */
static void test_limits(void **state)
{
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	struct stubdoms *stubdoms = stubdoms__new(xenstore__open_files(dir));
	struct feed *feed;
	char path[64];
	u32 i, round;

	(void)state;
	for (i = 100; i < 100 + 2 * STUBDOMS_MAX; i++) {
		snprintf(path, sizeof(path), "local/domain/%u/target", i);
		put_node(path, i % 2 ? "6" : "none");
	}
	for (round = 0; round < 3; round++) {
		for (i = 100; i < 100 + 2 * STUBDOMS_MAX; i++)
			see(stubdoms, GW_EV_ARM, i);
		assert_int_equal(stubdoms__check(stubdoms, writer), 0);
	}
	put_node("local/domain/99/target", "6");
	see(stubdoms, GW_EV_ARM, 99);
	assert_int_equal(stubdoms__check(stubdoms, writer), 0);
	feed = read_as(fd, writer, 0);
	for (i = 100; i < 100 + 2 * STUBDOMS_MAX; i++)
		assert_int_equal(feed__target(feed, (u16)i), i % 2 ? 6 : DOMID_UNKNOWN);
	assert_int_equal(feed__target(feed, 99), DOMID_UNKNOWN);
	feed__free(feed);
	stubdoms__free(stubdoms);
	capture_writer__free(writer);
	close(fd);
}

/* A capture may state anything. */
static void test_lies(void **state)
{
	static const char *const values[] = {
		"", "-6", "6x", "0", "7", "32752", "99999999999999999999"};
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	struct feed *feed;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		assert_int_equal(capture_writer__fact(writer, 1 + i, FACT_STUBDOM "7", values[i]),
				 0);
		feed = read_as(fd, writer, 0);
		assert_int_equal(feed__target(feed, 7), DOMID_UNKNOWN);
		feed__free(feed);
	}
	capture_writer__free(writer);
	close(fd);
}

static void test_without_xenstore(void **state)
{
	struct stubdoms *stubdoms = stubdoms__new(NULL);

	(void)state;
	see(stubdoms, GW_EV_ARM, 7);
	assert_int_equal(stubdoms__check(stubdoms, NULL), 0);
	stubdoms__free(stubdoms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_without_xenstore),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_all();
	return failed;
}
