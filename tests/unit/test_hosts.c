// SPDX-License-Identifier: GPL-2.0
/* Comparison of two captures' facts: whether they are of one boot of Xen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/text.h"
#include "merge/hosts.h"

#define XEN_BOOT "fact time 0 key boot_time value 1700000000\n"
#define DAY_LATE "fact time 0 key boot_time value 1700086400\n"

/* Returns the feed of a capture of @domid with @facts, read to its end. */
static struct feed *read_feed(u16 domid, const char *facts)
{
	char text[256];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);
	enum feed_status status;
	const struct rec *rec;
	struct feed *feed;
	FILE *in;

	snprintf(text, sizeof(text), "grantwatch-capture 1\nfact time 0 key domid value %u\n%s",
		 domid, facts);
	in = fmemopen(text, strlen(text), "r");
	assert_int_equal(text__pack(in, "capture", writer), 0);
	fclose(in);
	capture_writer__free(writer);
	lseek(fd, 0, SEEK_SET);
	feed = feed__new(fd, "capture", domid);
	do {
		status = feed__next(feed, true, &rec);
	} while (status != FEED_DONE);
	return feed;
}

/* Compares d0, booted with Xen, with d5, which has @facts and lost @lost blocks. */
static enum host_relation compare(const char *facts, u64 lost)
{
	struct feed *dom0 = read_feed(0, XEN_BOOT), *guest = read_feed(5, facts);
	struct merge_input a = {.feed = dom0, .begin = 1}, b = {.feed = guest, .begin = 1};
	struct host_difference difference;
	enum host_relation relation;

	guest->stream.reader.lost_blocks = lost;
	relation = hosts__compare(&a, &b, &difference);
	assert_int_equal(relation, hosts__compare(&b, &a, &difference));
	assert_int_equal(hosts__apart(&a, &b), relation != HOST_ONE);
	feed__free(dom0);
	feed__free(guest);
	return relation;
}

static void the_time_of_boot_decides(void **state)
{
	assert_int_equal(compare(XEN_BOOT, 0), HOST_ONE);
	assert_int_equal(compare(DAY_LATE, 0), HOST_DOUBT);
	/* Lost blocks do not matter if the fact is there. */
	assert_int_equal(compare(XEN_BOOT, 1), HOST_ONE);
	assert_int_equal(compare(DAY_LATE, 1), HOST_DOUBT);
}

/* Without the fact, the recorder did not know it, or its block is among the lost ones. */
static void a_damaged_capture_may_have_lost_the_fact(void **state)
{
	assert_int_equal(compare("", 0), HOST_ONE);
	assert_int_equal(compare("", 1), HOST_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_time_of_boot_decides),
		cmocka_unit_test(a_damaged_capture_may_have_lost_the_fact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
