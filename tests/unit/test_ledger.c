// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: memory for each live ref, resource limits with any capture, and operations with times
 * of Xen's trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/ledger.h"
#include "rules/rules.h"

#define MILLION 1000000u

struct fixture {
	struct rules *rules;
	struct ledger *ledger;
	struct feed guest, dom0;
	struct merge_input in_guest, in_dom0;
	u64 now;
};

static int setup(void **state)
{
	struct fixture *b = calloc(1, sizeof(*b));
	struct ledger_listener listener;

	b->rules = rules__new();
	listener = rules__listener(b->rules);
	b->ledger = ledger__new(&listener);
	b->ledger->nr_feeds = 2;
	b->guest.domid = 5;
	b->in_guest.feed = &b->guest;
	b->in_dom0.feed = &b->dom0;
	b->now = NSEC_PER_SEC;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *b = *state;

	ledger__free(b->ledger);
	rules__free(b->rules);
	free(b);
	return 0;
}

/* @lasts: duration of the call, ns. @instants: times of its operations in Xen's trace, or NULL. */
static void enter_traced(struct fixture *b, bool guest, const void *rec, u64 lasts,
			 const struct instant *instants)
{
	struct merge_event event = {.rec = rec,
				    .feed = guest ? &b->guest : &b->dom0,
				    .input = guest ? &b->in_guest : &b->in_dom0,
				    .instants = instants,
				    .feed_index = guest ? 0 : 1,
				    .when = {.in = b->now, .out = b->now + lasts, .err = 1000},
				    .key = b->now + lasts};

	b->now += 1000;
	if (event.rec)
		((struct rec_event *)(uintptr_t)rec)->t_out = event.when.out;
	if (event.rec)
		((struct rec_event *)(uintptr_t)rec)->t_in = event.when.in;
	assert_int_equal(ledger__enter(b->ledger, &event), 0);
}

static void enter(struct fixture *b, bool guest, const void *rec)
{
	enter_traced(b, guest, rec, 100, NULL);
}

/* Both captures are complete up to now. */
static void mark(struct fixture *b)
{
	b->in_guest.coverage.mark = b->now + NSEC_PER_SEC;
	b->in_dom0.coverage.mark = b->now + NSEC_PER_SEC;
	b->now += 200 * NSEC_PER_MSEC;
	enter(b, true, NULL);
	enter(b, false, NULL);
}

static void grant(struct fixture *b, u32 ref)
{
	struct rec_grant rec = {
		.e.h.type = REC_GRANT, .ref = ref, .gflags = 1, .frame = 4096 + ref};

	enter(b, true, &rec);
}

static void revoke(struct fixture *b, u32 ref)
{
	struct rec_revoke rec = {.e.h.type = REC_REVOKE, .ref = ref, .ok = 1};

	enter(b, true, &rec);
}

static void map(struct fixture *b, u32 ref, u32 handle)
{
	struct {
		struct rec_batch batch;
		struct op_map op;
	} rec = {.batch = {.e.h.type = REC_MAP, .nr = 1, .total = 1},
		 .op = {.granter = 5,
			.ref = ref,
			.handle = handle,
			.flags = 2,
			.frame = 4096 + ref}};

	enter(b, false, &rec);
}

static void arm(struct fixture *b, u32 ref, u32 file, u64 index)
{
	struct {
		struct rec_batch batch;
		struct op_arm op;
	} rec = {.batch = {.e.h.type = REC_ARM, .nr = 1, .total = 1, .file = file, .index = index},
		 .op = {.granter = 5, .ref = ref}};

	enter(b, false, &rec);
}

/* A ref with so many grants that all generations in its history are unsettled. */
static void test_busy_ref(void **state)
{
	struct fixture *b = *state;
	u32 i;

	for (i = 0; i < 20000; i++) {
		grant(b, 8);
		map(b, 8, 1);
		revoke(b, 8);
		b->now += 100 * NSEC_PER_USEC;
		if (i % 100)
			continue;
		enter(b, true, NULL);
		enter(b, false, NULL);
	}
	assert_in_range(b->ledger->gens.used, 9, 3000);
	assert_in_range(b->ledger->maps.used, 9, 3000);
}

static void test_million_live(void **state)
{
	struct fixture *b = *state;
	size_t granted;
	u32 i;

	for (i = 0; i < MILLION; i++) {
		grant(b, 8 + i);
		if (i % 4096 == 0)
			mark(b);
	}
	mark(b);
	granted = ledger__bytes(b->ledger);
	for (i = 0; i < MILLION; i++) {
		map(b, 8 + i, i);
		if (i % 4096 == 0)
			mark(b);
	}
	mark(b);
	printf("# granted: %.1f bytes a ref, granted and mapped: %.1f\n", (double)granted / MILLION,
	       (double)ledger__bytes(b->ledger) / MILLION);
	assert_true(granted <= 128ull * MILLION);
	assert_true(ledger__bytes(b->ledger) <= 128ull * MILLION);
}

/* Memory depends on live refs, not on the number of events. */
static void test_reuse(void **state)
{
	struct fixture *b = *state;
	size_t warm = 0;
	u32 i;

	for (i = 0; i < 400000; i++) {
		u32 ref = 8 + i % 1000;

		grant(b, ref);
		map(b, ref, i % 1000);
		revoke(b, ref);
		if (i % 500 == 0)
			mark(b);
		if (i == 100000)
			warm = ledger__bytes(b->ledger);
	}
	assert_true(ledger__bytes(b->ledger) <= warm + warm / 8);
}

/* Announcements without end, maps of few refs without unmaps, and no marks. */
static void test_hostile(void **state)
{
	struct fixture *b = *state;
	char text[64];
	u32 i;

	for (i = 0; i < 300000; i++)
		arm(b, 80, 1 + i % 100, (u64)i << 12);
	for (i = 0; i < 300000; i++)
		map(b, 80 + i % 200, i);
	assert_true(b->ledger->dropped[LIMIT_ARMS] + b->ledger->dropped[LIMIT_LIST] > 0);
	assert_string_equal(ledger_limit__name(b->ledger, LIMIT_ARMS, text, sizeof(text)),
			    "1024 announcements of one ref");
	assert_true(b->ledger->settled_early > 0);
	assert_true(ledger__bytes(b->ledger) < 64u << 20);
}

/* An event beyond a limit counts as lost: no proof may rest on its absence. */
static void test_no_room_is_a_loss(void **state)
{
	struct fixture *b = *state;
	struct ledger_limits limits = ledger_limits_default;

	b->ledger->limits = &limits;
	limits.calls = 1;
	arm(b, 80, 1, 0);
	assert_int_equal(b->dom0.lost, 0);
	arm(b, 80, 1, 1 << 12);
	assert_int_equal(b->dom0.lost, 1);
	assert_int_equal(b->ledger->dropped[LIMIT_CALLS], 1);
	assert_true(feed__lost_between(&b->dom0, REC_BIT(REC_ARM), 0, UINT64_MAX) > 0);
	limits.calls = 10;
	limits.list = 1;
	arm(b, 80, 1, 2 << 12);
	assert_int_equal(b->dom0.lost, 2);
	map(b, 80, 1);
	assert_int_equal(b->dom0.lost, 2);
	map(b, 80, 2);
	assert_int_equal(b->dom0.lost, 3);
	assert_int_equal(b->ledger->dropped[LIMIT_LIST], 2);
}

/*
 * A map call of 4 ms. The trace, whose clock is wrong, puts the operation at the start of the call.
 */
static void map_slowly(struct fixture *b, u32 ref)
{
	struct {
		struct rec_batch batch;
		struct op_map op;
	} rec = {.batch = {.e.h.type = REC_MAP, .nr = 1, .total = 1},
		 .op = {.granter = 5, .ref = ref, .handle = 9, .flags = 2, .frame = 4096}};
	const struct instant instant = {
		.in = b->now, .out = b->now + 1000, .tsc_lo = 1, .tsc_hi = 2};

	enter_traced(b, false, &rec, 4 * NSEC_PER_MSEC, &instant);
}

static void read_table(struct fixture *b, u32 ref, u16 flags)
{
	struct {
		struct rec_batch batch;
		struct op_entry op;
	} rec = {.batch = {.e.h.type = REC_ENTRY, .nr = 1, .total = 1},
		 .op = {.granter = 5, .ref = ref, .eflags = flags, .frame = 4096}};

	enter(b, false, &rec);
}

/*
 * A table read finds the entry without Xen's mark. During the map's call this is no evidence. After
 * the call's return it shows that the granter has overwritten the entry.
 */
static void test_table_reads_and_traced_maps(void **state)
{
	struct fixture *b = *state;
	u64 begun = b->now;

	b->in_dom0.coverage.mark = b->in_guest.coverage.mark = 2 * NSEC_PER_SEC;
	map_slowly(b, 80);
	b->now = begun + 2 * NSEC_PER_MSEC;
	read_table(b, 80, 0x1);
	mark(b);
	mark(b);
	assert_int_equal(b->ledger->nr_table_reads, 1);
	assert_int_equal(rules__findings(b->rules)->nr, 0);
	b->now = begun + NSEC_PER_SEC;
	read_table(b, 80, 0x1);
	mark(b);
	mark(b);
	assert_int_equal(b->ledger->nr_table_reads, 2);
	assert_int_equal(rules__findings(b->rules)->nr, 1);
	assert_int_equal(rules__findings(b->rules)->item[0]->class, CLASS_FREED_WHILE_MAPPED);
}

static void read_own(struct fixture *b, u32 ref, u16 flags)
{
	struct {
		struct rec_batch batch;
		struct op_entry op;
	} rec = {.batch = {.e.h.type = REC_ENTRY, .nr = 1, .total = 1},
		 .op = {.granter = DOMID_SELF, .ref = ref, .eflags = flags, .frame = 4096 + ref}};

	enter(b, true, &rec);
}

static const struct gen *newest(struct fixture *b, u32 ref)
{
	const struct ref *state = domain__ref(ledger__domain(b->ledger, 5), ref);

	return state ? gen__at(b->ledger, state->gen) : NULL;
}

/* The entry in the granter's own table is a generation, unless recorded events tell of it. */
static void test_baseline(void **state)
{
	struct fixture *b = *state;
	u64 before;

	read_own(b, 80, GTF_permit_access);
	assert_true(newest(b, 80)->baseline);
	assert_int_equal(newest(b, 80)->number, 1);
	assert_int_equal(newest(b, 80)->frame, 4096 + 80);
	assert_false(span__has_in(&newest(b, 80)->grant));
	revoke(b, 80);
	assert_int_equal(newest(b, 80)->number, 1);
	assert_true(gen__ended_well(newest(b, 80)));
	/* A live entry is of a later grant, unless it was read before the recorded end. */
	b->now -= 1000 + NSEC_PER_MSEC;
	read_own(b, 80, GTF_permit_access);
	assert_int_equal(newest(b, 80)->number, 1);
	b->now += NSEC_PER_MSEC;
	read_own(b, 80, GTF_permit_access);
	assert_int_equal(newest(b, 80)->number, 2);
	assert_true(newest(b, 80)->baseline);
	read_own(b, 81, 0);
	assert_null(newest(b, 81));
	grant(b, 82);
	read_own(b, 82, GTF_permit_access);
	assert_int_equal(newest(b, 82)->number, 1);
	assert_false(newest(b, 82)->baseline);
	assert_int_equal(b->ledger->nr_table_reads, 0);
	/* An entry read before a resume may belong to the old table. */
	before = b->now;
	b->now += NSEC_PER_MSEC;
	enter(b, true, &(struct rec_event){.h.type = REC_RESET});
	b->now = before;
	read_own(b, 83, GTF_permit_access);
	assert_null(newest(b, 83));
	b->now += NSEC_PER_SEC;
	read_own(b, 84, GTF_permit_access);
	assert_true(newest(b, 84)->baseline);
}

/*
 * A grant during whose call the entry was read is the same generation. A later grant is the next
 * one.
 */
static void test_baseline_and_grant(void **state)
{
	struct fixture *b = *state;
	struct rec_grant rec = {.e.h.type = REC_GRANT, .ref = 80, .gflags = 1, .frame = 4096 + 80};

	read_own(b, 80, GTF_permit_access);
	b->now -= 1500;
	enter_traced(b, true, &rec, 2000, NULL);
	assert_int_equal(newest(b, 80)->number, 1);
	assert_int_equal(newest(b, 80)->flags & GEN_ADOPTED, 0);
	assert_false(newest(b, 80)->baseline);
	read_own(b, 81, GTF_permit_access);
	grant(b, 81);
	assert_int_equal(newest(b, 81)->number, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_busy_ref, setup, teardown),
		cmocka_unit_test_setup_teardown(test_million_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room_is_a_loss, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_reads_and_traced_maps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_baseline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_baseline_and_grant, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
