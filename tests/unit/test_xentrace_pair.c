// SPDX-License-Identifier: GPL-2.0
/*
 * Pairing, against a host that knows which operation wrote which record. Whatever is made of
 * clocks, preemption, losses and calls that no probe saw: a pair is right or it is not given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "test_xentrace_gen.h"
#include "test_xentrace_run.h"

#define MAX_CALLS 20000u
#define MAX_OPS	  100u
#define VCPUS	  3u

struct sim_call {
	struct pair_call call;
	struct pair_op ops[MAX_OPS];
	u64 truth[2][MAX_OPS]; /* TSC of each operation's record, 0 for none */
	bool hidden;	       /* no probe saw it */
};

/* What the host does. */
struct sim_config {
	u32 calls;
	u64 error;    /* of the guest's clock, in ticks */
	u32 batch;    /* operations in a call, at most */
	u32 preempt;  /* one operation in so many, 0 never */
	u32 fail;     /* the same for operations that fail */
	u32 hide;     /* and for calls that no probe sees */
	u32 lose;     /* and for calls during which records are lost */
	u32 misplace; /* and for calls whose vCPU is told wrong */
	u64 lie;      /* by how much the clock is off at times, beyond its error */
	u32 stand;    /* the guest's clock goes on only every so many ticks */
	bool user;    /* two passes */
	bool same;    /* all calls alike */
	bool hvm;
	bool multicall;
	bool others; /* a domain without probes maps too */
};

struct sim {
	struct sim_config config;
	struct trace_gen gen;
	struct sim_call *calls;
	u32 nr_calls, delivered;
	u32 pcpu[VCPUS];
	u64 paired, wrong;
};

/* --- the host --- */

static bool chance(struct sim *sim, u32 one_in)
{
	return one_in && !gen__random(&sim->gen, one_in);
}

static void sim__call(struct sim *sim, u32 vcpu, u32 depth);

static void enter_hypercall(struct sim *sim, u32 vcpu, u32 cmd, u32 count)
{
	u32 cpu = sim->pcpu[vcpu];

	if (sim->config.hvm) {
		GEN_REC(&sim->gen, cpu, 0x81102, 0x81, 0, 0);
		gen__rec_no_tsc(&sim->gen, cpu, 0x82012, 1, (u32[]){20});
	} else if (sim->config.multicall) {
		GEN_REC(&sim->gen, cpu, 0x20100d, 0x0040000d, 1);
		GEN_REC(&sim->gen, cpu, 0x20200e, 0x01100014, cmd, count);
	} else {
		gen__grant_op(&sim->gen, cpu, cmd, count);
	}
}

static void leave_hypercall(struct sim *sim, u32 vcpu)
{
	if (sim->config.hvm)
		gen__rec(&sim->gen, sim->pcpu[vcpu], 0x81001, 0, NULL);
	sim->gen.now += gen__random(&sim->gen, 50);
}

/* The vCPU goes away and comes back, perhaps elsewhere; meanwhile an interrupt may call too. */
static void preempt(struct sim *sim, u32 vcpu, u32 depth)
{
	leave_hypercall(sim, vcpu);
	if (chance(sim, 2)) {
		gen__switch_out(&sim->gen, sim->pcpu[vcpu], 0, vcpu);
		if (sim->config.others) {
			gen__switch_in(&sim->gen, sim->pcpu[vcpu], 7, 0);
			gen__grant_op(&sim->gen, sim->pcpu[vcpu], 0, 1);
			gen__map(&sim->gen, sim->pcpu[vcpu], 1);
			gen__switch_out(&sim->gen, sim->pcpu[vcpu], 7, 0);
		}
		sim->pcpu[vcpu] = 2 * vcpu + gen__random(&sim->gen, 2);
		gen__switch_in(&sim->gen, sim->pcpu[vcpu], 0, vcpu);
	}
	if (depth < 2 && chance(sim, 4))
		sim__call(sim, vcpu, depth + 1);
}

static void lose_records(struct sim *sim, u32 cpu, u64 first, size_t kept)
{
	u64 records = 1 + (sim->gen.cpu[cpu].len - kept) / 16;

	sim->gen.cpu[cpu].len = kept;
	GEN_REC(&sim->gen, cpu, 0x1f001, (u32)records, cpu / 2 << 16, (u32)first,
		(u32)(first >> 32));
}

static void run_pass(struct sim *sim, struct sim_call *call, u32 pass, u32 depth)
{
	u32 i, vcpu = call->call.vcpu, cmd = call->call.kind == PAIR_MAP ? 0 : 1;

	enter_hypercall(sim, vcpu, cmd, call->call.nr);
	for (i = 0; i < call->call.nr; i++) {
		const struct pair_op *op = &call->ops[i];
		bool batch_end = call->call.kind == PAIR_MAP || i % 32 == 0;

		if (i && batch_end && chance(sim, sim->config.preempt)) {
			preempt(sim, vcpu, depth);
			enter_hypercall(sim, vcpu, cmd, call->call.nr - i);
		}
		/* An unmap that fails has written its record more often than not. */
		if (op->status && (call->call.kind == PAIR_MAP || chance(sim, 2)))
			continue;
		call->truth[pass][i] =
			call->call.kind == PAIR_MAP
				? gen__map(&sim->gen, sim->pcpu[vcpu], op->granter)
				: gen__unmap(&sim->gen, sim->pcpu[vcpu], op->granter);
	}
	leave_hypercall(sim, vcpu);
}

/* pvclock records of pCPUs that disagree make it stand still: it never goes back. */
static u64 guest_clock(const struct sim *sim)
{
	return sim->config.stand ? sim->gen.now - sim->gen.now % sim->config.stand : sim->gen.now;
}

/* Of every 64 calls the last 16. */
static u64 lie(const struct sim *sim)
{
	return sim->nr_calls % 64 < 48 ? 0 : sim->config.lie;
}

static void sim__call(struct sim *sim, u32 vcpu, u32 depth)
{
	struct sim_call *call = &sim->calls[sim->nr_calls];
	u32 i, pass, cpu = sim->pcpu[vcpu];
	u64 first = sim->gen.now;
	size_t kept = sim->gen.cpu[cpu].len;

	if (sim->nr_calls == MAX_CALLS)
		return;
	call->call = (struct pair_call){
		.cookie = sim->nr_calls++,
		.in = guest_clock(sim),
		.vcpu = (u16)vcpu,
		.kind = sim->config.same ? PAIR_MAP : (u8)gen__random(&sim->gen, 2),
		.passes =
			sim->config.user && (sim->config.same || gen__random(&sim->gen, 2)) ? 2 : 1,
		.nr = sim->config.same ? sim->config.batch
				       : 1 + gen__random(&sim->gen, sim->config.batch),
		.ops = call->ops,
	};
	for (i = 0; i < call->call.nr; i++) {
		call->ops[i].granter = sim->config.same ? 1 : 1 + gen__random(&sim->gen, 3);
		call->ops[i].status = chance(sim, sim->config.fail) ? -1 : 0;
	}
	sim->gen.now += 10 + gen__random(&sim->gen, 100);
	for (pass = 0; pass < call->call.passes; pass++)
		run_pass(sim, call, pass, depth);
	++sim->gen.now;
	call->call.out = guest_clock(sim);
	call->call.tsc_lo = first - gen__random(&sim->gen, (u32)sim->config.error + 1) + lie(sim);
	call->call.tsc_hi =
		sim->gen.now + gen__random(&sim->gen, (u32)sim->config.error + 1) + lie(sim);
	if (chance(sim, sim->config.misplace))
		call->call.vcpu = (u16)((vcpu + 1) % VCPUS);
	call->hidden = chance(sim, sim->config.hide);
	if (cpu == sim->pcpu[vcpu] && chance(sim, sim->config.lose))
		lose_records(sim, cpu, first, kept);
	sim->gen.now += gen__random(&sim->gen, 2000);
}

static void sim__run(struct sim *sim, const struct sim_config *config)
{
	u32 vcpu;

	memset(sim, 0, sizeof(*sim));
	sim->config = *config;
	gen__init(&sim->gen, 42);
	sim->calls = calloc(MAX_CALLS, sizeof(*sim->calls));
	assert_non_null(sim->calls);
	for (vcpu = 0; vcpu < VCPUS; vcpu++) {
		sim->pcpu[vcpu] = 2 * vcpu;
		gen__switch_in(&sim->gen, 2 * vcpu, 0, vcpu);
	}
	sim->gen.now += 1000000;
	while (sim->nr_calls < config->calls) {
		sim__call(sim, gen__random(&sim->gen, VCPUS), 0);
		if (chance(sim, 20))
			gen__poll(&sim->gen);
	}
	/* Every pCPU has something to say in the end. */
	sim->gen.now += 2 * config->error + 1000000;
	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		gen__switch_out(&sim->gen, sim->pcpu[vcpu], 0, vcpu);
	gen__poll(&sim->gen);
}

static void sim__cleanup(struct sim *sim)
{
	gen__cleanup(&sim->gen);
	free(sim->calls);
}

/* --- the pairing --- */

static void on_paired(void *arg, u64 cookie, u32 op, u32 pass, const struct pair_record *record)
{
	struct sim *sim = arg;

	sim->paired++;
	sim->wrong += sim->calls[cookie].truth[pass][op] != record->tsc;
}

struct feed {
	struct sim *sim;
	struct pair *pair;
	u64 now;
};

/* Calls arrive a while after they are over, and the pairing is told how far they go. */
static void deliver(struct feed *feed, u64 until)
{
	struct sim *sim = feed->sim;

	for (; sim->delivered < sim->nr_calls; sim->delivered++) {
		struct sim_call *call = &sim->calls[sim->delivered];

		if (call->call.in > until)
			break;
		if (!call->hidden)
			assert_int_equal(pair__call(feed->pair, &call->call), 0);
	}
}

static void take_record(const struct xt_rec *rec, void *arg)
{
	struct feed *feed = arg;

	assert_int_equal(pair__record(feed->pair, rec), 0);
	if (rec->tsc < feed->now + 100000)
		return;
	feed->now = rec->tsc;
	deliver(feed, feed->now);
	/* Those delivered next may have begun earlier by as much as their clock is wrong. */
	pair__settle(feed->pair, feed->now - feed->sim->config.error - feed->sim->config.lie - 1);
}

static struct pair_stats pair_all(struct sim *sim)
{
	const struct pair_sink sink = {.paired = on_paired, .arg = sim};
	struct feed feed = {.sim = sim, .pair = pair__new(&sink, 1u << 30)};
	struct pair_stats stats;
	u64 ops = 0, records = 0;
	u32 i;

	assert_non_null(feed.pair);
	pair__probe(feed.pair, 0);
	run__decode(sim->gen.out.data, sim->gen.out.len, 4096, 0, take_record, &feed);
	deliver(&feed, UINT64_MAX);
	pair__finish(feed.pair);
	stats = *pair__stats(feed.pair);
	pair__free(feed.pair);

	for (i = 0; i < PAIR_WHYS; i++) {
		ops += stats.op[i];
		records += stats.record[i];
	}
	assert_int_equal(ops, stats.ops);
	assert_int_equal(records, stats.records);
	assert_int_equal(stats.op[PAIR_FOUND], sim->paired);
	assert_int_equal(stats.record[PAIR_FOUND], sim->paired);
	return stats;
}

static void print_stats(const char *name, const struct sim *sim, const struct pair_stats *stats)
{
	u32 i;

	print_message("# %s: %llu calls, %llu operations, %llu wrong:", name,
		      (unsigned long long)stats->calls, (unsigned long long)stats->ops,
		      (unsigned long long)sim->wrong);
	for (i = 0; i < PAIR_WHYS; i++)
		if (stats->op[i] || stats->record[i])
			print_message(" %s %llu/%llu,", pair_why__name(i),
				      (unsigned long long)stats->op[i],
				      (unsigned long long)stats->record[i]);
	print_message(" losses %llu\n", (unsigned long long)stats->losses);
}

/* At least @permille of the operations are paired, and none is wrong. */
static struct pair_stats expect(const char *name, const struct sim_config *config, u32 permille)
{
	struct pair_stats stats;
	struct sim sim;

	sim__run(&sim, config);
	stats = pair_all(&sim);
	print_stats(name, &sim, &stats);
	assert_int_equal(sim.wrong, 0);
	assert_true(stats.ops > 0);
	assert_true(stats.op[PAIR_FOUND] * 1000 >= stats.ops * permille);
	sim__cleanup(&sim);
	return stats;
}

static void every_operation_with_a_good_clock(void **state)
{
	struct pair_stats stats;

	(void)state;
	stats = expect("good clock", &(struct sim_config){.calls = 3000, .batch = 20}, 1000);
	assert_int_equal(stats.record[PAIR_UNSEEN], 0);
	assert_int_equal(stats.op[PAIR_FOUND], stats.ops);
}

static void failed_maps_are_passed_over(void **state)
{
	(void)state;
	expect("failures", &(struct sim_config){.calls = 3000, .batch = 20, .fail = 5}, 800);
}

static void preempted_calls_are_put_together(void **state)
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

static void a_bad_clock_leaves_fewer(void **state)
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

static void a_clock_that_lies_is_found_out(void **state)
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

static void unseen_calls_confuse_nobody(void **state)
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

static void losses_make_blind_not_wrong(void **state)
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

static void other_domains_are_told(void **state)
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

static void a_wrong_vcpu_is_no_pair(void **state)
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

/* So many calls overlap that they are not all looked at together. */
static void an_endless_overlap_is_cut(void **state)
{
	(void)state;
	expect("endless", &(struct sim_config){.calls = 9000, .batch = 30, .error = 20000000}, 0);
	expect("endless, hidden",
	       &(struct sim_config){.calls = 9000, .batch = 30, .error = 20000000, .hide = 50}, 0);
	expect("endless, alike",
	       &(struct sim_config){.calls = 9000, .batch = 3, .error = 20000000, .same = true}, 0);
}

/* --- rules, one by one --- */

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

/* One call of one operation around what the host has done since @from. */
static void little__end(struct little *little, u64 from, u32 granter)
{
	const struct pair_op op = {.granter = granter};
	const struct pair_call call = {
		.in = from,
		.out = little->gen.now,
		.tsc_lo = from,
		.tsc_hi = little->gen.now,
		.vcpu = 1,
		.passes = 1,
		.nr = 1,
		.ops = &op,
	};

	gen__switch_out(&little->gen, 0, 0, 1);
	gen__poll(&little->gen);
	run__decode(little->gen.out.data, little->gen.out.len, 0, 0, give_record, little->pair);
	assert_int_equal(pair__call(little->pair, &call), 0);
	pair__finish(little->pair);
	pair__free(little->pair);
	gen__cleanup(&little->gen);
}

static void a_pair_says_who_and_when(void **state)
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

static void two_possibilities_are_none(void **state)
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

static void a_loss_elsewhere_is_a_loss(void **state)
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
		cmocka_unit_test(every_operation_with_a_good_clock),
		cmocka_unit_test(failed_maps_are_passed_over),
		cmocka_unit_test(preempted_calls_are_put_together),
		cmocka_unit_test(user_maps_have_two_passes),
		cmocka_unit_test(pvh_domains_pair_without_counts),
		cmocka_unit_test(multicalls_pair),
		cmocka_unit_test(a_bad_clock_leaves_fewer),
		cmocka_unit_test(a_clock_that_stands_still_keeps_the_order),
		cmocka_unit_test(a_clock_that_lies_is_found_out),
		cmocka_unit_test(calls_alike_pair_in_order),
		cmocka_unit_test(unseen_calls_confuse_nobody),
		cmocka_unit_test(losses_make_blind_not_wrong),
		cmocka_unit_test(other_domains_are_told),
		cmocka_unit_test(a_wrong_vcpu_is_no_pair),
		cmocka_unit_test(an_endless_overlap_is_cut),
		cmocka_unit_test(a_pair_says_who_and_when),
		cmocka_unit_test(another_granter_is_no_pair),
		cmocka_unit_test(another_time_is_no_pair),
		cmocka_unit_test(another_count_is_no_pair),
		cmocka_unit_test(two_possibilities_are_none),
		cmocka_unit_test(a_loss_elsewhere_is_a_loss),
		cmocka_unit_test(records_before_the_trace_are_not_expected),
	};

	return cmocka_run_group_tests_name("xentrace-pair", tests, NULL, NULL);
}
