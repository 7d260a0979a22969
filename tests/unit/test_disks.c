// SPDX-License-Identifier: GPL-2.0
/* Facts about a domain's disks: what a recorder writes, and a reader's value at a given time. */
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

#include "record/disks.h"
#include "sources/feed.h"
#include "util/monotonic.h"

#define FRONT "device/vbd/51712"
#define BACK  "backend/vbd/5/51712"

static char dir[] = "/tmp/test_disks.XXXXXX";

static void put_node(const char *path, const char *value)
{
	char command[512];

	snprintf(command, sizeof(command), "mkdir -p '%s/%s' && echo '%s' >'%s/%s/value'", dir,
		 path, value, dir, path);
	assert_int_equal(system(command), 0);
}

static void remove_node(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf '%s/%s'", dir, path);
	assert_int_equal(system(command), 0);
}

static void connect_disk(const char *front, const char *back)
{
	put_node(FRONT "/backend", BACK);
	put_node(FRONT "/feature-persistent", front);
	put_node(BACK "/feature-persistent", back);
	put_node(FRONT "/state", "4");
}

static u64 check(struct disks *disks, struct capture_writer *writer)
{
	assert_int_equal(disks__check(disks, writer), 0);
	return now_mono();
}

static void assert_fact(const struct feed *feed, u64 time, const char *text)
{
	const struct feed_value *value = feed__fact_at(feed, "vbd.51712.persistent", time);

	assert_non_null(value);
	assert_string_equal(value->text, text);
}

/* A disk is connected, connected again, removed, and connected again. */
static void test_changes(void **state)
{
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer = capture_writer__new(fd);
	struct disks *disks;
	const struct rec *rec;
	struct feed *feed;
	u64 on, before, connecting, off, gone, back;

	(void)state;
	assert_non_null(mkdtemp(dir));
	connect_disk("1", "1");
	disks = disks__new(xenstore__open_files(dir));
	assert_false(disks__all_persistent(disks));
	on = check(disks, writer);
	assert_true(disks__all_persistent(disks));
	before = check(disks, writer);
	put_node(FRONT "/state", "1");
	connecting = check(disks, writer);
	assert_false(disks__all_persistent(disks));
	connect_disk("0", "1");
	off = check(disks, writer);
	check(disks, writer);
	remove_node(FRONT);
	gone = check(disks, writer);
	connect_disk("1", "0");
	back = check(disks, writer);
	capture_writer__flush(writer, back);

	lseek(fd, 0, SEEK_SET);
	feed = feed__new(dup(fd), "capture", 5);
	while (feed__next(feed, true, &rec) != FEED_DONE)
		;
	assert_fact(feed, 0, "yes");
	assert_fact(feed, on, "yes");
	/*
	 * The value changed at an unknown time between the last unchanged check and the next one.
	 */
	assert_fact(feed, before, "unknown");
	assert_fact(feed, connecting, "unknown");
	assert_fact(feed, off, "backend-only");
	assert_fact(feed, gone, "unknown");
	assert_fact(feed, back, "frontend-only");
	assert_null(feed__fact_at(feed, "vbd.51728.persistent", back));
	feed__free(feed);
	disks__free(disks);
	capture_writer__free(writer);
	close(fd);
	remove_node("");
}

static void test_without_xenstore(void **state)
{
	struct disks *disks = disks__new(NULL);

	(void)state;
	assert_int_equal(disks__watch(disks), 0);
	assert_int_equal(disks__check(disks, NULL), 0);
	assert_false(disks__all_persistent(disks));
	disks__free(disks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_without_xenstore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
