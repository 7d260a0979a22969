// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile captures and streams, without processes. tests/system/hostile.sh covers running programs.
 */
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

#include "capture/text.h"
#include "ledger/ledger_internal.h"
#include "rules/finding.h"

/* --- bytes --- */

static struct feed *feed_of(const char *text, u16 domid)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int fd = memfd_create("capture", 0);

	struct capture_writer *writer = capture_writer__new(fd);

	assert_int_equal(text__pack(in, "text", writer), 0);
	capture_writer__free(writer);
	fclose(in);
	lseek(fd, 0, SEEK_SET);
	return feed__new(fd, "test", domid);
}

static u32 count_events(struct feed *feed)
{
	const struct rec *rec;
	enum feed_status status;
	u32 n = 0;

	while ((status = feed__next(feed, true, &rec)) != FEED_DONE)
		n += status == FEED_EVENT;
	return n;
}

static void assert_complaint(const struct feed *feed, const char *want)
{
	char text[160];
	const char *got = feed__complaint(feed, text, sizeof(text));

	assert_non_null(got);
	if (!strstr(got, want))
		fail_msg("complaint '%s' lacks '%s'", got, want);
}

#define BEGIN \
	"grantwatch-capture 1\nfact time 1.0 key domid value 5\nfact time 1.0 key kernel value 6.1\n"
#define GRANT "grant out 2.0 ref 80 frame 0x12\nmark 2.0\n"

/* A replayed stream: the same blocks again after the last one. */
static void test_repeated_blocks_count_once(void **state)
{
	struct feed *feed = feed_of(BEGIN "mark 1.5\n" GRANT "mark 3.0\n", 5);
	off_t len = lseek(feed->stream.fd, 0, SEEK_END);
	u8 *bytes = malloc((size_t)len);

	assert_int_equal(pread(feed->stream.fd, bytes, (size_t)len, 0), len);
	assert_int_equal(write(feed->stream.fd, bytes + 32, (size_t)len - 32), len - 32);
	lseek(feed->stream.fd, 0, SEEK_SET);
	assert_int_equal(count_events(feed), 1);
	assert_int_equal(feed->stream.reader.repeated, 3);
	assert_int_equal(feed->stream.reader.skipped, 0);
	assert_complaint(feed, "repeats old blocks: 3 blocks");
	free(bytes);
	feed__free(feed);
}

static void test_another_version_is_refused(void **state)
{
	struct feed *feed = feed_of(BEGIN GRANT, 5);
	u16 newer = CAPTURE_VERSION + 1;

	assert_int_equal(pwrite(feed->stream.fd, &newer, sizeof(newer), 8), sizeof(newer));
	assert_int_equal(count_events(feed), 0);
	assert_true(feed__is_bad(feed));
	assert_complaint(feed, "capture format 2, this grantwatch reads 1");
	feed__free(feed);
}

static void test_another_domid_later_is_refused(void **state)
{
	struct feed *feed = feed_of(BEGIN "mark 1.5\nfact time 1.6 key domid value 6\n" GRANT, 5);

	assert_int_equal(count_events(feed), 0);
	assert_true(feed__is_bad(feed));
	assert_complaint(feed, "claims to be another domain than d5");
	feed__free(feed);
}

static void test_a_changed_kernel_is_reported(void **state)
{
	struct feed *feed =
		feed_of(BEGIN "fact time 1.1 key clocksource value xen\n"
			      "fact time 1.2 key kernel value 6.2\n"
			      "fact time 1.3 key clocksource value tsc\n" GRANT "end time 3.0\n",
			5);

	assert_int_equal(count_events(feed), 1);
	assert_string_equal(feed__fact(feed, "kernel"), "6.1");
	assert_string_equal(feed__fact(feed, "clocksource"), "tsc");
	assert_complaint(feed, "reports another kernel, type, role or tier 1 times");
	feed__free(feed);
}

/*
 * Losses before the start of recording do not count. A later "attaching" does not restart
 * recording.
 */
static void test_losses_after_attaching_count(void **state)
{
	struct feed *feed = feed_of(BEGIN "phase time 1.0 state attaching\n"
					  "loss since 1.0 until 1.4 count 5 kind ring events 0x1\n"
					  "phase time 1.5 state recording\n"
					  "loss since 1.5 until 1.6 count 7 kind ring events 0x1\n"
					  "phase time 1.6 state attaching\n"
					  "phase time 9.0 state recording\n" GRANT "end time 3.0\n",
				    5);

	assert_int_equal(count_events(feed), 1);
	assert_int_equal(feed->lost, 7);
	assert_int_equal(feed->recording_since, 1500000000);
	assert_int_equal(feed__lost_between(feed, 1, 1500000001, 1500000001), 7);
	feed__free(feed);
}

/*
 * An event contradicts "attaching". The capture then counts as recorded from its beginning, with
 * all its losses.
 */
static void test_an_event_ends_attaching(void **state)
{
	struct feed *feed =
		feed_of(BEGIN "phase time 1.0 state attaching\n"
			      "loss since 1.0 until 1.4 count 5 kind ring events 0x1\n" GRANT
			      "phase time 2.5 state recording\n"
			      "phase time 2.6 state attaching\n"
			      "phase time 2.7 state recording\nend time 3.0\n",
			5);

	assert_int_equal(count_events(feed), 1);
	assert_int_equal(feed->lost, 5);
	assert_int_equal(feed->recording_since, 0);
	feed__free(feed);
}

/* --- the ledger --- */

static void ignore(void *ctx, struct ledger *ledger, u32 nr)
{
}

static bool ignore_map(void *ctx, struct ledger *ledger, u32 nr)
{
	return false;
}

static struct ledger *new_ledger(void)
{
	return ledger__new(
		&(struct ledger_listener){.arm = ignore, .map = ignore_map, .unmap = ignore});
}

/*
 * If two clocks contradict each other, neither is known to be right, and no other domain is
 * affected. If one domain contradicts several others, its own clock is wrong.
 */
static void test_clock_doubts(void **state)
{
	struct ledger *ledger = new_ledger();
	struct domain *dom0 = ledger__domain(ledger, 0), *liar = ledger__domain(ledger, 7);
	struct domain *honest = ledger__domain(ledger, 5), *other = ledger__domain(ledger, 6);

	ledger__add_doubt(ledger, liar, dom0, NSEC_PER_SEC);
	ledger__add_doubt(ledger, liar, dom0, 2 * NSEC_PER_SEC);
	/* The doubt is twice the observed contradiction, which is only a lower bound. */
	assert_int_equal(ledger__doubt(ledger, liar->index, dom0->index), 4 * NSEC_PER_SEC);
	assert_int_equal(ledger__doubt(ledger, dom0->index, liar->index), 4 * NSEC_PER_SEC);
	assert_int_equal(ledger__doubt(ledger, honest->index, dom0->index), 0);
	assert_int_equal(ledger__doubt(ledger, honest->index, liar->index), 0);
	/*
	 * Two domains contradict dom0, so its clock is in doubt for all, by twice the smaller
	 * contradiction.
	 */
	ledger__add_doubt(ledger, honest, dom0, NSEC_PER_MSEC);
	assert_int_equal(ledger__doubt(ledger, other->index, dom0->index), 2 * NSEC_PER_MSEC);
	assert_int_equal(ledger__doubt(ledger, other->index, honest->index), 0);
	assert_int_equal(ledger->doubt, 2 * NSEC_PER_SEC);
	ledger__free(ledger);
}

static void test_domains_named_by_a_guest_are_limited(void **state)
{
	struct ledger *ledger = new_ledger();
	struct feed guest = {.guest = true}, ours = {.guest = false};
	struct domain *liar = ledger__domain(ledger, 7), *dom0 = ledger__domain(ledger, 0), *victim;
	u32 i, named = 0;
	u16 domid;

	liar->feed = &guest;
	dom0->feed = &ours;
	for (domid = 100; domid < 1000; domid++)
		named += !!ledger__named(ledger, liar, domid);
	assert_int_equal(named, ledger->limits->guest_domains);
	assert_int_equal(ledger->dropped[LIMIT_DOMAINS], 900 - ledger->limits->guest_domains);
	/* Known domains do not count, and other reporters' limits are unchanged. */
	assert_non_null(ledger__named(ledger, liar, 0));
	for (domid = 2000, named = 0; domid < 3000; domid++)
		named += !!ledger__named(ledger, dom0, domid);
	assert_int_equal(named, LEDGER_MAX_DOMAINS - 1 - MERGE_MAX_FEEDS -
					ledger->limits->guest_domains - 2);
	/* A domain with a capture always has its place. */
	assert_non_null(ledger__domain(ledger, 5));

	victim = ledger__known(ledger, 2000);
	for (i = 0, named = 0; i < LEDGER_MAX_REFS; i += REF_CHUNK)
		named += !!domain__named_ref(ledger, liar, victim, i);
	assert_int_equal(named, ledger->limits->guest_chunks);
	assert_non_null(domain__named_ref(ledger, dom0, victim, LEDGER_MAX_REFS - 1));
	ledger__free(ledger);
}

static int enter(struct ledger *ledger, struct feed *feed, struct merge_input *input, u32 index,
		 u64 at, u32 ref)
{
	struct {
		struct rec_batch batch;
		struct op_arm op[4];
	} rec = {.batch = {.e = {.h = {.type = REC_ARM, .len = sizeof(rec)},
				 .t_in = at,
				 .t_out = at,
				 .task = 1},
			   .file = 1,
			   .nr = 4,
			   .total = 4,
			   .index = (u64)ref << 12},
		 .op = {{5, ref}, {5, ref + 1}, {5, ref + 2}, {5, ref + 3}}};
	struct merge_event event = {.rec = &rec.batch.e.h,
				    .feed = feed,
				    .input = input,
				    .feed_index = index,
				    .when = {.in = at, .out = at, .err = 1000},
				    .key = at};

	return ledger__enter(ledger, &event);
}

/*
 * One feed sends no marks, so nothing settles. The flood of events from one feed takes no memory
 * from the other, and no event settles early.
 */
static void test_a_flood_takes_no_memory_from_others(void **state)
{
	struct ledger *ledger = new_ledger();
	struct feed liar = {.domid = 7, .guest = true}, dom0 = {.domid = 0};
	struct merge_input of_liar = {.feed = &liar}, of_dom0 = {.feed = &dom0};
	u32 i;

	ledger->nr_feeds = 2;
	for (i = 0; i < ledger->limits->pending; i++)
		assert_int_equal(
			enter(ledger, &liar, &of_liar, 0, NSEC_PER_SEC + i, 16 * i % 65536), 0);
	assert_true(liar.shed > 0);
	assert_int_equal(liar.lost, liar.shed);
	assert_int_equal(liar.nr_losses, 1);
	assert_true(feed__lost_between(&liar, REC_BIT(REC_ARM), NSEC_PER_SEC, 2 * NSEC_PER_SEC) >
		    0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(enter(ledger, &dom0, &of_dom0, 1, 2 * NSEC_PER_SEC + i, 16 * i),
				 0);
	assert_int_equal(dom0.shed, 0);
	assert_int_equal(ledger->settled_early, 0);
	assert_int_equal(ledger->waiting[1], 4000);
	ledger__free(ledger);
}

static void test_findings_of_one_domain_are_limited(void **state)
{
	struct findings findings = {0};
	struct finding_key key = {.granter = 7};
	bool fresh;

	for (; key.other < FINDINGS_MAX; key.other++)
		findings__get(&findings, CLASS_FOREIGN_REF_FREED, &key, &fresh);
	assert_int_equal(findings.nr, FINDINGS_OF_ONE);
	assert_int_equal(findings.dropped, FINDINGS_MAX - FINDINGS_OF_ONE);
	/* The same limit holds for a mapper that reports maps of many granters' refs. */
	for (key.other = 0; key.other < FINDINGS_MAX; key.other++) {
		key.granter = (u16)(1000 + key.other);
		key.mapper = 8;
		findings__get(&findings, CLASS_STALE_MAP, &key, &fresh);
	}
	assert_int_equal(findings.nr, 2 * FINDINGS_OF_ONE);
	key.granter = 5;
	key.mapper = 0;
	assert_non_null(findings__get(&findings, CLASS_STALE_MAP, &key, &fresh));
	findings__cleanup(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated_blocks_count_once),
		cmocka_unit_test(test_another_version_is_refused),
		cmocka_unit_test(test_another_domid_later_is_refused),
		cmocka_unit_test(test_losses_after_attaching_count),
		cmocka_unit_test(test_an_event_ends_attaching),
		cmocka_unit_test(test_a_changed_kernel_is_reported),
		cmocka_unit_test(test_clock_doubts),
		cmocka_unit_test(test_domains_named_by_a_guest_are_limited),
		cmocka_unit_test(test_a_flood_takes_no_memory_from_others),
		cmocka_unit_test(test_findings_of_one_domain_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
