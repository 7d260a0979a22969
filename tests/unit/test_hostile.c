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
#include "watch/watch.h"

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

/* --- stalled sources --- */

struct live {
	struct watch_config cfg;
	struct watch watch;
};

/*
 * The local recorder, whose clock is the host's, and a guest. The local recorder has events, which
 * wait for the guest's.
 */
static struct live *live__new(void)
{
	struct live *l = calloc(1, sizeof(*l));
	u64 now = now_mono();
	struct rec_clock sample = {.mono = now,
				   .tsc0 = 1,
				   .tsc1 = 1,
				   .tsc_timestamp = 1,
				   .system_time = 1000 * NSEC_PER_SEC};
	u32 i;

	l->cfg.rate = 64;
	l->watch = (struct watch){.cfg = &l->cfg, .nr = 2, .pipeline = pipeline__new(true)};
	for (i = 0; i < 2; i++) {
		struct source *source = &l->watch.source[i];

		source->started = source->last_heard = now;
		assert_int_equal(pipeline__add_source(l->watch.pipeline, memfd_create("capture", 0),
						      i ? "guest" : "local", i ? 5 : DOMID_UNKNOWN,
						      NULL),
				 0);
		l->watch.pipeline->feeds[i]->stream.blocks = 1;
		clock__add(&l->watch.pipeline->merge.input[i]->clock, &sample);
		l->watch.pipeline->merge.input[i]->floor = 1000 * NSEC_PER_SEC;
	}
	l->watch.pipeline->merge.started = true;
	l->watch.pipeline->merge.input[0]->have_head = true;
	l->watch.pipeline->merge.input[0]->floor = 2000 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	return l;
}

static void live__free(struct live *l)
{
	pipeline__free(l->watch.pipeline);
	free(l);
}

static struct feed *guest_of(struct live *l)
{
	return l->watch.pipeline->feeds[1];
}

static u64 *floor_of(struct live *l)
{
	return &l->watch.pipeline->merge.input[1]->floor;
}

/* Half a second passes. The guest sends events and a mark, and its time advances by @progress. */
static void live__pass(struct live *l, u64 progress)
{
	l->watch.checked -= NSEC_PER_SEC / 2;
	l->watch.source[0].last_heard = l->watch.source[1].last_heard = now_mono();
	l->watch.pipeline->merge.input[0]->clock.sample[0].system += NSEC_PER_SEC / 2;
	*floor_of(l) += progress;
	l->watch.pipeline->ledger->marks[1] = *floor_of(l);
	watch__check_stalls(&l->watch);
}

static void test_a_source_in_the_future_is_stalled(void **state)
{
	struct live *l = live__new();

	assert_false(guest_of(l)->stalled);
	*floor_of(l) += 3600 * NSEC_PER_SEC;
	l->watch.pipeline->merge.input[1]->have_head = true;
	watch__check_stalls(&l->watch);
	assert_true(guest_of(l)->stalled);
	assert_complaint(guest_of(l), "empty: no capture"); /* the memfd is empty */
	assert_int_equal(guest_of(l)->has_stalled, FEED_AHEAD);
	assert_false(l->watch.pipeline->feeds[0]->stalled);
	/* The stall ends when the host's clock has reached the guest's. */
	*floor_of(l) = 1001 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

/* An attaching recorder sends nothing for up to two minutes. */
static void test_attaching_is_no_stall(void **state)
{
	struct live *l = live__new();
	struct source *source = &l->watch.source[1];
	u64 now = now_mono();

	guest_of(l)->attaching = true;
	source->started = now - 60 * NSEC_PER_SEC;
	source->last_heard = now - 50 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	source->started = now - 121 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_SILENT);
	/* The recorder has attached. */
	guest_of(l)->attaching = false;
	source->last_heard = now_mono() + 1;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	source->last_heard = now - 6 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_true(guest_of(l)->stalled);
	live__free(l);
}

/* The local recorder has attached and is held until the guest's has. */
static void test_a_held_recorder_is_not_stalled(void **state)
{
	struct live *l = live__new();
	struct feed *local = l->watch.pipeline->feeds[0];

	local->attaching = true;
	l->watch.pipeline->merge.input[0]->have_head = false;
	l->watch.source[0].started = l->watch.source[0].last_heard =
		now_mono() - 200 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(local->stalled);
	/* After the start of recording, silence is a stall. */
	l->watch.begun = true;
	watch__check_stalls(&l->watch);
	assert_true(local->stalled);
	live__free(l);
}

static void test_a_second_ahead_is_no_stall(void **state)
{
	struct live *l = live__new();

	*floor_of(l) += NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

/*
 * A source whose time stands still is stalled, whatever it sends. A source whose time goes on is
 * not.
 */
static void test_a_source_standing_still_is_stalled(void **state)
{
	struct live *l = live__new();
	u32 i;

	for (i = 0; i < 100; i++)
		live__pass(l, NSEC_PER_SEC / 2);
	assert_false(guest_of(l)->stalled);
	live__free(l);

	l = live__new();
	for (i = 0; i < 9; i++)
		live__pass(l, 1);
	assert_false(guest_of(l)->stalled);
	for (i = 0; i < 3; i++)
		live__pass(l, 1);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_BEHIND);
	live__free(l);
}

/* A source far in the past will never catch up, even if its time goes on. */
static void test_a_source_far_behind_is_stalled(void **state)
{
	struct live *l = live__new();
	u32 i;

	*floor_of(l) = l->watch.source[1].reached = 500 * NSEC_PER_SEC;
	for (i = 0; i < 12; i++)
		live__pass(l, NSEC_PER_SEC / 2);
	assert_true(guest_of(l)->stalled);
	live__free(l);
}

static void test_the_third_stall_is_long(void **state)
{
	struct live *l = live__new();
	u32 i, times;

	for (times = 0; times < 3; times++) {
		assert_false(guest_of(l)->stalled);
		for (i = 0; i < 12; i++)
			live__pass(l, 1);
		assert_true(guest_of(l)->stalled);
		/* The source has caught up. */
		*floor_of(l) = l->watch.pipeline->merge.input[0]->clock.sample[0].system;
		live__pass(l, NSEC_PER_SEC / 2);
	}
	assert_true(guest_of(l)->stalled);
	/* The third stall ends after ten minutes. */
	l->watch.source[1].stalled_at -= 601 * NSEC_PER_SEC;
	live__pass(l, NSEC_PER_SEC / 2);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

static void test_events_without_marks_are_a_stall(void **state)
{
	struct live *l = live__new();

	l->watch.pipeline->ledger->marks[1] = 1000 * NSEC_PER_SEC;
	l->watch.pipeline->merge.input[1]->have_head = true;
	/* The host's clock goes on as well. */
	l->watch.pipeline->merge.input[0]->clock.sample[0].system += 6 * NSEC_PER_SEC;
	*floor_of(l) += 4 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	*floor_of(l) += 2 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_BEHIND);
	live__free(l);
}

static void test_a_source_over_its_rate_limit_waits(void **state)
{
	struct live *l = live__new();
	const u32 local = 0, guest = 1;
	size_t n, all = 0;

	while ((n = watch__rate_limit(&l->watch, guest))) {
		assert_true(n <= 256 * 1024);
		watch__charge(&l->watch, guest, n);
		all += n;
	}
	assert_in_range(all, 64 * 1024 * 3, 64 * 1024 * 5);
	assert_true(watch__rate_limit(&l->watch, local) > 0);
	/* One second passes. */
	l->watch.source[guest].filled -= NSEC_PER_SEC;
	assert_in_range(watch__rate_limit(&l->watch, guest), 64 * 1024, 96 * 1024);
	live__free(l);
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
		cmocka_unit_test(test_a_source_in_the_future_is_stalled),
		cmocka_unit_test(test_attaching_is_no_stall),
		cmocka_unit_test(test_a_held_recorder_is_not_stalled),
		cmocka_unit_test(test_a_second_ahead_is_no_stall),
		cmocka_unit_test(test_a_source_standing_still_is_stalled),
		cmocka_unit_test(test_a_source_far_behind_is_stalled),
		cmocka_unit_test(test_the_third_stall_is_long),
		cmocka_unit_test(test_events_without_marks_are_a_stall),
		cmocka_unit_test(test_a_source_over_its_rate_limit_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
