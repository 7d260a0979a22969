// SPDX-License-Identifier: GPL-2.0
/*
 * Pairing, on a simulated host with known pairs. With bad clocks, preemption, losses and unseen
 * calls an operation is paired correctly or not at all.
 */
#include "test_xentrace_pair_host.h"

static void every_operation_with_a_good_clock(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect("good clock", &(struct sim_config){.calls = 3000, .batch = 20}, 1000);
	assert_int_equal(stats.record[PAIR_UNSEEN], 0);
	assert_int_equal(stats.op[PAIR_FOUND], stats.ops);
}

static void failed_maps_are_skipped(void **state)
{
	(void)state;
	expect("failures", &(struct sim_config){.calls = 3000, .batch = 20, .fail = 5}, 800);
}

static void preempted_calls_are_joined(void **state)
{
	(void)state;
	expect("preempted", &(struct sim_config){.calls = 3000, .batch = 20, .preempt = 6}, 995);
	expect("preempted, failures",
	       &(struct sim_config){.calls = 3000, .batch = 20, .preempt = 6, .fail = 8}, 800);
}

static void user_maps_have_two_passes(void **state)
{
	(void)state;
	expect("two passes",
	       &(struct sim_config){.calls = 3000, .batch = 20, .user = true, .preempt = 30}, 995);
}

static void pvh_domains_pair_without_counts(void **state)
{
	(void)state;
	expect("pvh", &(struct sim_config){.calls = 3000, .batch = 20, .hvm = true}, 1000);
	expect("pvh, preempted",
	       &(struct sim_config){.calls = 3000, .batch = 20, .hvm = true, .preempt = 10}, 900);
}

static void multicalls_pair(void **state)
{
	(void)state;
	expect("multicalls",
	       &(struct sim_config){.calls = 3000, .batch = 20, .multicall = true, .preempt = 10},
	       990);
}

static void a_bad_clock_leaves_fewer_pairs(void **state)
{
	(void)state;
	expect("error of 3 calls", &(struct sim_config){.calls = 5000, .batch = 20, .error = 10000},
	       950);
	expect("error of 30 calls",
	       &(struct sim_config){.calls = 5000, .batch = 20, .error = 100000}, 900);
	expect("error of 300 calls",
	       &(struct sim_config){.calls = 5000, .batch = 20, .error = 1000000, .preempt = 40},
	       990);
}

static void a_clock_that_stands_still_keeps_the_order(void **state)
{
	(void)state;
	expect("standing",
	       &(struct sim_config){.calls = 5000, .batch = 20, .error = 100000, .stand = 20000},
	       900);
	expect("standing, preempted",
	       &(struct sim_config){
		       .calls = 5000, .batch = 20, .error = 100000, .stand = 20000, .preempt = 40},
	       800);
}

static void a_wrong_clock_bound_is_detected(void **state)
{
	(void)state;
	expect("lies", &(struct sim_config){.calls = 5000, .batch = 20, .lie = 5000}, 700);
}

static void calls_alike_pair_in_order(void **state)
{
	(void)state;
	expect("alike",
	       &(struct sim_config){.calls = 3000, .batch = 1, .error = 3000, .same = true}, 900);
	expect("alike, two passes",
	       &(struct sim_config){
		       .calls = 3000, .batch = 4, .error = 3000, .same = true, .user = true},
	       900);
}

static void unseen_calls_cause_no_wrong_pairs(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect("hidden", &(struct sim_config){.calls = 3000, .batch = 20, .hide = 10},
		       1000);
	assert_true(stats.record[PAIR_UNSEEN] > 0);
	expect("hidden, bad clock",
	       &(struct sim_config){.calls = 3000, .batch = 20, .hide = 10, .error = 10000}, 300);
	expect("hidden, alike, bad clock",
	       &(struct sim_config){
		       .calls = 3000, .batch = 1, .hide = 10, .error = 10000, .same = true},
	       0);
}

static void losses_cause_no_wrong_pairs(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect("losses", &(struct sim_config){.calls = 3000, .batch = 20, .lose = 20}, 800);
	assert_true(stats.op[PAIR_LOST] > 0);
	assert_true(stats.losses > 100);
	expect("losses, bad clock, preempted",
	       &(struct sim_config){
		       .calls = 3000, .batch = 20, .lose = 20, .error = 10000, .preempt = 20},
	       300);
	expect("losses, bad clock, hidden, two passes",
	       &(struct sim_config){.calls = 3000,
				    .batch = 5,
				    .lose = 20,
				    .error = 10000,
				    .hide = 20,
				    .user = true},
	       100);
}

static void other_domains_are_distinguished(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect(
		"others",
		&(struct sim_config){.calls = 3000, .batch = 20, .preempt = 6, .others = true},
		990);
	assert_true(stats.record[PAIR_NO_AGENT] > 0);
	assert_int_equal(stats.record[PAIR_UNSEEN], 0);
}

static void a_wrong_vcpu_causes_no_wrong_pairs(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect("misplaced",
		       &(struct sim_config){.calls = 3000, .batch = 20, .misplace = 20}, 900);
	assert_true(stats.op[PAIR_NO_CALL] > 0);
	expect("misplaced, bad clock",
	       &(struct sim_config){
		       .calls = 3000, .batch = 20, .misplace = 50, .error = 10000, .preempt = 20},
	       300);
}

/* More calls overlap than the pairing keeps at a time. */
static void an_endless_overlap_is_split(void **state)
{
	(void)state;
	expect("endless", &(struct sim_config){.calls = 9000, .batch = 30, .error = 20000000}, 0);
	expect("endless, hidden",
	       &(struct sim_config){.calls = 9000, .batch = 30, .error = 20000000, .hide = 50}, 0);
	expect("endless, alike",
	       &(struct sim_config){.calls = 9000, .batch = 3, .error = 20000000, .same = true}, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_with_a_good_clock),
		cmocka_unit_test(failed_maps_are_skipped),
		cmocka_unit_test(preempted_calls_are_joined),
		cmocka_unit_test(user_maps_have_two_passes),
		cmocka_unit_test(pvh_domains_pair_without_counts),
		cmocka_unit_test(multicalls_pair),
		cmocka_unit_test(a_bad_clock_leaves_fewer_pairs),
		cmocka_unit_test(a_clock_that_stands_still_keeps_the_order),
		cmocka_unit_test(a_wrong_clock_bound_is_detected),
		cmocka_unit_test(calls_alike_pair_in_order),
		cmocka_unit_test(unseen_calls_cause_no_wrong_pairs),
		cmocka_unit_test(losses_cause_no_wrong_pairs),
		cmocka_unit_test(other_domains_are_distinguished),
		cmocka_unit_test(a_wrong_vcpu_causes_no_wrong_pairs),
		cmocka_unit_test(an_endless_overlap_is_split),
	};

	return cmocka_run_group_tests_name("xentrace-pair", tests, NULL, NULL);
}
