// SPDX-License-Identifier: GPL-2.0
/* The rules of pairing, one by one, with small calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "test_xentrace_gen.h"
#include "test_xentrace_run.h"

struct answers {
	u32 paired, no_record, no_op;
	enum pair_why why;
	struct pair_record record;
};

static void note_paired(void *arg, u64 cookie, u32 op, u32 pass, const struct pair_record *record)
{
	struct answers *answers = arg;

	(void)cookie;
	(void)op;
	(void)pass;
	answers->paired++;
	answers->record = *record;
}

static void note_no_record(void *arg, u64 cookie, u32 op, u32 pass, enum pair_why why)
{
	struct answers *answers = arg;

	(void)cookie;
	(void)op;
	(void)pass;
	answers->no_record++;
	answers->why = why;
}

static void note_no_op(void *arg, const struct pair_record *record, enum pair_why why)
{
	struct answers *answers = arg;

	answers->no_op++;
	answers->why = why;
	answers->record = *record;
}

struct little {
	struct trace_gen gen;
	struct answers answers;
	struct pair *pair;
};

static void little__begin(struct little *little)
{
	const struct pair_sink sink = {note_paired, note_no_record, note_no_op, &little->answers};

	memset(little, 0, sizeof(*little));
	gen__init(&little->gen, 1);
	gen__switch_in(&little->gen, 0, 0, 1);
	little->pair = pair__new(&sink, 1000000);
	assert_non_null(little->pair);
	pair__probe(little->pair, 0);
}

static void give_record(const struct xt_rec *rec, void *arg)
{
	assert_int_equal(pair__record(arg, rec), 0);
}

/* Ends the call of @nr operations @ops, which covers the host's records since @from. */
static void little__end_all(struct little *little, u64 from, const struct pair_op *ops, u32 nr)
{
	const struct pair_call call = {
		.in = from,
		.out = little->gen.now,
		.tsc_lo = from,
		.tsc_hi = little->gen.now,
		.vcpu = 1,
		.passes = 1,
		.nr = nr,
		.ops = ops,
	};

	gen__switch_out(&little->gen, 0, 0, 1);
	gen__poll(&little->gen);
	run__decode(little->gen.out.data, little->gen.out.len, 0, 0, give_record, little->pair);
	assert_int_equal(pair__call(little->pair, &call), 0);
	pair__finish(little->pair);
	pair__free(little->pair);
	gen__cleanup(&little->gen);
}

/* The same with one operation. */
static void little__end(struct little *little, u64 from, u32 granter)
{
	const struct pair_op op = {.granter = granter};

	little__end_all(little, from, &op, 1);
}

static void a_pair_has_vcpu_and_time(void **state)
{
	struct little little;
	u64 from, entry, map;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	entry = gen__grant_op(&little.gen, 0, 0, 1);
	map = gen__map(&little.gen, 0, 5);
	little__end(&little, from, 5);
	assert_int_equal(little.answers.paired, 1);
	assert_int_equal(little.answers.record.tsc, map);
	assert_int_equal(little.answers.record.call_tsc, entry);
	assert_int_equal(little.answers.record.granter, 5);
	assert_int_equal(little.answers.record.domid, 0);
	assert_int_equal(little.answers.record.vcpu, 1);
}

static void another_granter_is_no_pair(void **state)
{
	struct little little;
	u64 from;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 6);
	little__end(&little, from, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.no_record, 1);
	assert_int_equal(little.answers.no_op, 1);
}

/* The granter of each record counts, and not only that of the first: one hypercall fits. */
static void each_granter_counts(void **state)
{
	static const struct pair_op ops[] = {{.granter = 5}, {.granter = 5}};
	struct little little;
	u64 from;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	gen__grant_op(&little.gen, 0, 0, 2);
	gen__map(&little.gen, 0, 5);
	gen__map(&little.gen, 0, 6);
	gen__grant_op(&little.gen, 0, 0, 2);
	gen__map(&little.gen, 0, 5);
	gen__map(&little.gen, 0, 5);
	little__end_all(&little, from, ops, 2);
	assert_int_equal(little.answers.paired, 2);
	assert_int_equal(little.answers.no_op, 2);
}

static void another_time_is_no_pair(void **state)
{
	struct little little;

	(void)state;
	little__begin(&little);
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 5);
	little__end(&little, little.gen.now + 1, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.no_op, 1);
}

static void another_count_is_no_pair(void **state)
{
	struct little little;
	u64 from;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	gen__grant_op(&little.gen, 0, 0, 2);
	gen__map(&little.gen, 0, 5);
	little__end(&little, from, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.no_record, 1);
}

static void an_ambiguous_operation_is_not_paired(void **state)
{
	struct little little;
	u64 from;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 5);
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 5);
	little__end(&little, from, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.no_record, 1);
	assert_int_equal(little.answers.no_op, 2);
}

static void a_loss_on_another_pcpu_counts(void **state)
{
	struct little little;
	u64 from;

	(void)state;
	little__begin(&little);
	from = little.gen.now;
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 5);
	GEN_REC(&little.gen, 3, 0x1f001, 1, 9, (u32)from, (u32)(from >> 32));
	little__end(&little, from, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.why, PAIR_LOST);
}

static void records_before_the_trace_are_not_expected(void **state)
{
	struct little little;

	(void)state;
	little__begin(&little);
	gen__grant_op(&little.gen, 0, 0, 1);
	gen__map(&little.gen, 0, 5);
	little__end(&little, 5, 5);
	assert_int_equal(little.answers.paired, 0);
	assert_int_equal(little.answers.no_record, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_has_vcpu_and_time),
		cmocka_unit_test(another_granter_is_no_pair),
		cmocka_unit_test(each_granter_counts),
		cmocka_unit_test(another_time_is_no_pair),
		cmocka_unit_test(another_count_is_no_pair),
		cmocka_unit_test(an_ambiguous_operation_is_not_paired),
		cmocka_unit_test(a_loss_on_another_pcpu_counts),
		cmocka_unit_test(records_before_the_trace_are_not_expected),
	};

	return cmocka_run_group_tests_name("xentrace-pair-rules", tests, NULL, NULL);
}
