// SPDX-License-Identifier: GPL-2.0
/* The vCPU and the hypercall that the decoder finds for each record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "test_xentrace_gen.h"
#include "test_xentrace_run.h"

static struct trace_gen gen;

static int set_up(void **state)
{
	(void)state;
	gen__init(&gen, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gen__cleanup(&gen);
	return 0;
}

struct seen {
	struct {
		u32 id;
		s32 domid, vcpu;
		u8 state;
		struct xt_hypercall hc;
		u32 nth;
	} rec[256];
	u32 nr;
	struct xt_stats stats;
};

static void see(const struct xt_rec *rec, void *arg)
{
	struct seen *seen = arg;

	assert_true(seen->nr < ARRAY_SIZE(seen->rec));
	seen->rec[seen->nr].id = rec->id;
	seen->rec[seen->nr].domid = rec->domid;
	seen->rec[seen->nr].vcpu = rec->vcpu;
	seen->rec[seen->nr].state = rec->state;
	seen->rec[seen->nr].nth = rec->nth;
	assert_int_equal(rec->hypercall != NULL, rec->state == XT_HC_OPEN);
	if (rec->hypercall)
		seen->rec[seen->nr].hc = *rec->hypercall;
	seen->nr++;
}

static void look(struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	gen__poll(&gen);
	seen->stats = run__decode(gen.out.data, gen.out.len, 0, 0, see, seen);
}

static void nothing_is_known_at_first(void **state)
{
	struct seen seen;

	(void)state;
	gen__grant_op(&gen, 0, 0, 2);
	gen__map(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[1].domid, XT_UNKNOWN);
	assert_int_equal(seen.rec[1].vcpu, XT_UNKNOWN);
	assert_int_equal(seen.rec[1].state, XT_HC_UNKNOWN);
	assert_int_equal(seen.stats.no_vcpu, 1);
	assert_false(xt_stats__blind(&seen.stats));
}

static void maps_count_within_their_hypercall(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 3, 0, 2);
	gen__grant_op(&gen, 3, 0, 3);
	gen__map(&gen, 3, 5);
	gen__map(&gen, 3, 6);
	gen__grant_op(&gen, 3, 0, 1);
	gen__map(&gen, 3, 7);
	look(&seen);
	assert_int_equal(seen.rec[2].domid, 0);
	assert_int_equal(seen.rec[2].vcpu, 2);
	assert_int_equal(seen.rec[2].hc.op, __HYPERVISOR_grant_table_op);
	assert_int_equal(seen.rec[2].hc.cmd, GNTTABOP_map_grant_ref);
	assert_int_equal(seen.rec[2].hc.count, 3);
	assert_int_equal(seen.rec[2].nth, 0);
	assert_int_equal(seen.rec[3].nth, 1);
	assert_int_equal(seen.rec[3].hc.id, seen.rec[2].hc.id);
	assert_int_equal(seen.rec[5].nth, 0);
	assert_true(seen.rec[5].hc.id > seen.rec[2].hc.id);
	assert_int_equal(seen.stats.conflicts, 0);
}

static void a_switch_ends_a_hypercall(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 2);
	gen__grant_op(&gen, 0, 0, 3);
	gen__map(&gen, 0, 5);
	gen__switch_out(&gen, 0, 0, 2);
	gen__switch_in(&gen, 0, 9, 0);
	gen__map(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[3].domid, 0);
	assert_int_equal(seen.rec[4].domid, 9);
	assert_int_equal(seen.rec[4].state, XT_HC_NONE);
	assert_int_equal(seen.rec[5].domid, 9);
	assert_int_equal(seen.rec[5].state, XT_HC_UNKNOWN);
	assert_int_equal(seen.stats.no_hypercall, 1);
	assert_int_equal(seen.stats.conflicts, 0);
}

/* Between the two records of a switch the vCPU is unknown. */
static void the_vcpu_is_unknown_within_a_switch(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 2);
	gen__switch_out(&gen, 0, 0, 2);
	GEN_REC(&gen, 0, 0x802007, 1);
	look(&seen);
	assert_int_equal(seen.rec[1].domid, 0);
	assert_int_equal(seen.rec[2].domid, XT_UNKNOWN);
}

static void wakeups_tell_nothing_about_the_pcpu(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 2);
	GEN_REC(&gen, 0, 0x21211, 9 << 16 | 1); /* blocked to runnable */
	gen__map(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[2].domid, 0);
	assert_int_equal(seen.rec[2].vcpu, 2);
}

static void a_loss_leaves_only_the_vcpu_known(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 2);
	gen__grant_op(&gen, 0, 0, 3);
	gen__map(&gen, 0, 5);
	GEN_REC(&gen, 0, 0x1f001, 17, 1 << 16 | 9, 0, 1); /* vcpu in the upper half */
	gen__map(&gen, 0, 5);
	/* The record of the switch away from d9v1 was lost. */
	gen__switch_in(&gen, 0, 3, 0);
	gen__map(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[4].domid, 9);
	assert_int_equal(seen.rec[4].vcpu, 1);
	assert_int_equal(seen.rec[4].state, XT_HC_UNKNOWN);
	assert_int_equal(seen.rec[6].domid, 3);
	assert_int_equal(seen.stats.conflicts, 0);
	assert_int_equal(seen.stats.lost, 17);
	assert_int_equal(seen.stats.lost_times, 1);
}

static void hvm_hypercalls_have_only_a_number(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 4, 1);
	GEN_REC(&gen, 0, 0x81103, 0x81, 0, 0);
	gen__rec_no_tsc(&gen, 0, 0x82012, 1, (u32[]){20});
	gen__map(&gen, 0, 5);
	gen__unmap(&gen, 0, 5);
	gen__rec(&gen, 0, 0x81001, 0, NULL);
	GEN_REC(&gen, 0, 0x81103, 0x60, 0, 0);
	look(&seen);
	assert_int_equal(seen.rec[1].state, XT_HC_NONE);
	assert_int_equal(seen.rec[3].hc.op, __HYPERVISOR_grant_table_op);
	assert_int_equal(seen.rec[3].hc.cmd, XT_UNKNOWN);
	assert_int_equal(seen.rec[3].hc.count, XT_UNKNOWN);
	assert_true(seen.rec[3].hc.is_hvm);
	assert_int_equal(seen.rec[4].state, XT_HC_OPEN);
	assert_int_equal(seen.rec[5].state, XT_HC_NONE);
	assert_int_equal(seen.rec[6].state, XT_HC_NONE);
}

static void multicalls_have_subcalls(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 0);
	GEN_REC(&gen, 0, 0x20100d, 0x0040000d, 2);
	GEN_REC(&gen, 0, 0x20200e, 0x01100014, 0, 2);
	gen__map(&gen, 0, 5);
	gen__map(&gen, 0, 5);
	GEN_REC(&gen, 0, 0x20200e, 0x01100014, 1, 2);
	gen__unmap(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[1].hc.op, __HYPERVISOR_multicall);
	assert_int_equal(seen.rec[1].hc.count, 2);
	assert_true(seen.rec[3].hc.subcall);
	assert_int_equal(seen.rec[4].nth, 1);
	assert_int_equal(seen.rec[6].hc.cmd, GNTTABOP_unmap_grant_ref);
	assert_int_equal(seen.rec[6].nth, 0);
}

/* Subcalls have a class of their own. Without this class only the multicall is known. */
static void multicalls_without_subcalls(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 0);
	GEN_REC(&gen, 0, 0x20100d, 0x0040000d, 2);
	gen__map(&gen, 0, 5);
	gen__unmap(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.rec[2].hc.op, __HYPERVISOR_multicall);
	assert_int_equal(seen.rec[3].state, XT_HC_OPEN);
	assert_int_equal(seen.stats.conflicts, 0);
}

static void continuations_are_suspected(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 1);
	gen__grant_op(&gen, 0, 0, 9);
	gen__map(&gen, 0, 5);
	gen__map(&gen, 0, 5);
	gen__switch_out(&gen, 0, 0, 1);
	gen__switch_in(&gen, 0, 2, 0);
	gen__switch_in(&gen, 1, 0, 1); /* on another pCPU */
	gen__grant_op(&gen, 1, 0, 6);
	gen__map(&gen, 1, 5);
	gen__grant_op(&gen, 1, 0, 6); /* 1 of 6 is done, so 6 cannot be the rest */
	gen__grant_op(&gen, 1, 1, 2); /* another command */
	look(&seen);
	assert_int_equal(seen.rec[1].hc.of, 0);
	assert_int_equal(seen.rec[7].hc.of, seen.rec[1].hc.id);
	assert_int_equal(seen.rec[9].hc.of, 0);
	assert_int_equal(seen.rec[10].hc.of, 0);
}

/* Two of 5 maps are done, so at most 3 can be left. */
static void too_much_left_is_no_continuation(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 1);
	gen__grant_op(&gen, 0, 0, 5);
	gen__map(&gen, 0, 5);
	gen__map(&gen, 0, 5);
	gen__grant_op(&gen, 0, 0, 4);
	gen__grant_op(&gen, 0, 0, 3);
	look(&seen);
	assert_int_equal(seen.rec[4].hc.of, 0);
	assert_int_equal(seen.rec[5].hc.of, seen.rec[4].hc.id);
}

static void a_guest_trap_ends_a_hypercall(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 1);
	gen__grant_op(&gen, 0, 0, 5);
	GEN_REC(&gen, 0, 0x201109, 0, 0, 0, 0); /* Xen's own fault */
	GEN_REC(&gen, 0, 0x201104, 0, 0, 0, 0, 0);
	look(&seen);
	assert_int_equal(seen.rec[2].state, XT_HC_OPEN);
	assert_int_equal(seen.rec[3].state, XT_HC_NONE);
}

static void contradictions_make_unknown(void **state)
{
	struct seen seen;

	(void)state;
	gen__switch_in(&gen, 0, 0, 1);
	gen__switch_in(&gen, 0, 2, 0); /* without a switch away from d0v1 */
	gen__map(&gen, 0, 5);
	gen__switch_in(&gen, 1, 0, 0);
	gen__grant_op(&gen, 1, 0, 1);
	gen__map(&gen, 1, 5);
	gen__map(&gen, 1, 5); /* one more than the hypercall has */
	look(&seen);
	assert_int_equal(seen.rec[2].domid, XT_UNKNOWN);
	assert_int_equal(seen.rec[5].domid, 0);
	assert_int_equal(seen.rec[6].domid, XT_UNKNOWN);
	assert_int_equal(seen.stats.conflicts, 2);
	assert_true(xt_stats__blind(&seen.stats));
}

/* With sched-gran=core a pCPU also writes the switches of its sibling, so its vCPU is not known. */
static void core_scheduling_leaves_the_vcpu_unknown(void **state)
{
	struct seen seen;
	u32 i;

	(void)state;
	for (i = 0; i < 20; i++) {
		gen__switch_in(&gen, 0, 1 + i % 2, 0);
		gen__switch_in(&gen, 0, 1 + i % 2, 1);
		gen__switch_out(&gen, 0, 1 + i % 2, 0);
		gen__switch_out(&gen, 0, 1 + i % 2, 1);
	}
	gen__map(&gen, 0, 5);
	look(&seen);
	assert_int_equal(seen.stats.distrusted, 1);
	assert_int_equal(seen.rec[seen.nr - 1].domid, XT_UNKNOWN);
}

static void forget(const struct xt_rec *rec, void *arg)
{
	(void)rec;
	(void)arg;
}

static void many_domains_come_and_go(void **state)
{
	struct xt_stats stats;
	u32 i;

	(void)state;
	for (i = 0; i < 6000; i++) {
		gen__switch_in(&gen, 0, i, 1);
		gen__grant_op(&gen, 0, 0, 1);
		gen__switch_out(&gen, 0, i, 1);
	}
	gen__poll(&gen);
	stats = run__decode(gen.out.data, gen.out.len, 0, 0, forget, NULL);
	assert_int_equal(stats.vcpus_forgotten, 1);
	assert_int_equal(stats.conflicts, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_known_at_first),
		T(maps_count_within_their_hypercall),
		T(a_switch_ends_a_hypercall),
		T(the_vcpu_is_unknown_within_a_switch),
		T(wakeups_tell_nothing_about_the_pcpu),
		T(a_loss_leaves_only_the_vcpu_known),
		T(hvm_hypercalls_have_only_a_number),
		T(multicalls_have_subcalls),
		T(multicalls_without_subcalls),
		T(continuations_are_suspected),
		T(too_much_left_is_no_continuation),
		T(a_guest_trap_ends_a_hypercall),
		T(contradictions_make_unknown),
		T(core_scheduling_leaves_the_vcpu_unknown),
		T(many_domains_come_and_go),
	};

	return cmocka_run_group_tests_name("xentrace-context", tests, NULL, NULL);
}
