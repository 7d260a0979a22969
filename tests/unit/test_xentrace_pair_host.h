/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated host with the true pairs of operations and records, and the pairing of its trace.
 * struct sim_config sets clock errors, preemption, losses, and calls without probes.
 */
#ifndef GRANTWATCH_TEST_XENTRACE_PAIR_HOST_H
#define GRANTWATCH_TEST_XENTRACE_PAIR_HOST_H

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
	bool hidden;	       /* not recorded by probes */
};

/* Behaviour of the host. */
struct sim_config {
	u32 calls;
	u64 error;    /* clock error bound of the guest, in ticks */
	u32 batch;    /* maximum of operations in a call */
	u32 preempt;  /* preempted: one operation in this many, 0 never */
	u32 fail;     /* failed: one operation in this many, 0 never */
	u32 hide;     /* not recorded by probes: one call in this many, 0 never */
	u32 lose;     /* records lost: during one call in this many, 0 never */
	u32 misplace; /* recorded with a wrong vCPU: one call in this many, 0 never */
	u64 lie;      /* temporary clock error beyond the bound, in ticks */
	u32 stand;    /* step of the guest's clock, in ticks, 0 none */
	bool user;    /* maps by a process, with two passes */
	bool same;    /* all calls are equal */
	bool hvm;
	bool multicall;
	bool others; /* a domain without probes maps as well */
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

static inline bool chance(struct sim *sim, u32 one_in)
{
	return one_in && !gen__random(&sim->gen, one_in);
}

static inline void sim__call(struct sim *sim, u32 vcpu, u32 depth);

static inline void enter_hypercall(struct sim *sim, u32 vcpu, u32 cmd, u32 count)
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

static inline void leave_hypercall(struct sim *sim, u32 vcpu)
{
	if (sim->config.hvm)
		gen__rec(&sim->gen, sim->pcpu[vcpu], 0x81001, 0, NULL);
	sim->gen.now += gen__random(&sim->gen, 50);
}

/*
 * Deschedules the vCPU and runs it again, perhaps on another pCPU. An interrupt may call as well.
 */
static inline void preempt(struct sim *sim, u32 vcpu, u32 depth)
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

static inline void lose_records(struct sim *sim, u32 cpu, u64 first, size_t kept)
{
	u64 records = 1 + (sim->gen.cpu[cpu].len - kept) / 16;

	sim->gen.cpu[cpu].len = kept;
	GEN_REC(&sim->gen, cpu, 0x1f001, (u32)records, cpu / 2 << 16, (u32)first,
		(u32)(first >> 32));
}

static inline void run_pass(struct sim *sim, struct sim_call *call, u32 pass, u32 depth)
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
		/* Most failed unmaps have a record. */
		if (op->status && (call->call.kind == PAIR_MAP || chance(sim, 2)))
			continue;
		call->truth[pass][i] =
			call->call.kind == PAIR_MAP
				? gen__map(&sim->gen, sim->pcpu[vcpu], op->granter)
				: gen__unmap(&sim->gen, sim->pcpu[vcpu], op->granter);
	}
	leave_hypercall(sim, vcpu);
}

/* pvclock records of pCPUs that disagree make the clock stand still. It never goes back. */
static inline u64 guest_clock(const struct sim *sim)
{
	return sim->config.stand ? sim->gen.now - sim->gen.now % sim->config.stand : sim->gen.now;
}

/* The clock is wrong during the last 16 of every 64 calls. */
static inline u64 lie(const struct sim *sim)
{
	return sim->nr_calls % 64 < 48 ? 0 : sim->config.lie;
}

static inline void sim__call(struct sim *sim, u32 vcpu, u32 depth)
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

static inline void sim__run(struct sim *sim, const struct sim_config *config)
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
	/* Each pCPU ends with a record. */
	sim->gen.now += 2 * config->error + 1000000;
	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		gen__switch_out(&sim->gen, sim->pcpu[vcpu], 0, vcpu);
	gen__poll(&sim->gen);
}

static inline void sim__cleanup(struct sim *sim)
{
	gen__cleanup(&sim->gen);
	free(sim->calls);
}

/* --- the pairing --- */

static inline void on_paired(void *arg, u64 cookie, u32 op, u32 pass,
			     const struct pair_record *record)
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

/* Gives the pairing all calls that began before @until. */
static inline void deliver(struct feed *feed, u64 until)
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

static inline void take_record(const struct xt_rec *rec, void *arg)
{
	struct feed *feed = arg;

	assert_int_equal(pair__record(feed->pair, rec), 0);
	if (rec->tsc < feed->now + 100000)
		return;
	feed->now = rec->tsc;
	deliver(feed, feed->now);
	/* Calls delivered later may have begun earlier, by the clock's error. */
	pair__settle(feed->pair, feed->now - feed->sim->config.error - feed->sim->config.lie - 1);
}

static inline struct pair_stats pair_all(struct sim *sim)
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

static inline void print_stats(const char *name, const struct sim *sim,
			       const struct pair_stats *stats)
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

/* Checks that at least @permille of the operations are paired, all of them correctly. */
static inline struct pair_stats expect(const char *name, const struct sim_config *config,
				       u32 permille)
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

#endif
