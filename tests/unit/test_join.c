// SPDX-License-Identifier: GPL-2.0
/* Xen's trace joined to dom0's capture: the instants of operations, and what stays unpaired. */
#include "test_join_host.h"

static void every_operation_gets_the_instant_of_its_record(void **state)
{
	struct merge_event event;
	struct pipeline *pipeline;
	struct host host;
	u32 maps = 0;

	begin_io(&host);
	some_io(&host, 10);
	host__end(&host);
	pipeline = stored(&host);
	while (merge__next(&pipeline->merge, &event) == MERGE_EVENT) {
		const struct rec_batch *batch = (const void *)event.rec;
		u32 i;

		if (!event.rec || event.rec->type != REC_MAP)
			continue;
		assert_non_null(event.instants);
		for (i = 0; i < batch->nr; i++, maps++) {
			const struct instant *instant = &event.instants[i];

			assert_int_equal(instant->tsc_hi, host.tsc[maps]);
			/*
			 * The clocks of this host are exact, so the instant lies within the call
			 * and around the true time.
			 */
			assert_in_range(instant->in, batch->e.t_in, instant->tsc_lo / 2);
			assert_in_range(instant->out, instant->tsc_hi / 2, batch->e.t_out);
			if (i)
				assert_int_equal(instant->tsc_lo, host.tsc[maps - 1]);
			assert_true(instant->out - instant->in < 25000);
		}
	}
	assert_int_equal(maps, host.nr_maps);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void the_summary_counts_pairs(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 10);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_true(summary->trace.present);
	assert_int_equal(summary->trace.maps, host.nr_maps);
	assert_int_equal(summary->trace.ops, 2 * host.nr_maps);
	assert_int_equal(summary->trace.paired, 2 * host.nr_maps);
	assert_int_equal(summary->trace.nr_ops_left, 0);
	assert_int_equal(summary->trace.nr_records_left, 0);
	assert_true(summary->trace.clock_err < 100000);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void maps_that_the_probes_missed_are_found(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 5);
	host.probed = false;
	host__io(&host, 6, 100, 3);
	host.probed = true;
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(left(summary->trace.records_left, summary->trace.nr_records_left,
			      "not seen by probes"),
			 6);
	assert_true(says(summary, "d0: 3 maps in Xen's trace are missing in its capture"));
	assert_int_equal(summary->exit_status, 3);
	assert_int_equal(summary->trace.paired, summary->trace.ops);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/*
 * A probe on a call's entry is missed now and then. The call is paired by the time of its return.
 */
static void a_call_without_its_entry_is_paired(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 5);
	host.late_probe = true;
	host__io(&host, 5, 100, 3);
	host.late_probe = false;
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->trace.paired, summary->trace.ops);
	assert_int_equal(summary->trace.nr_records_left, 0);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/*
 * dom0 maps 3 pages in a call of 400 ms, during which other CPUs' events are recorded: the records
 * of the trace are at its start, and the event comes at its end.
 */
static void long_map(struct host *host)
{
	u64 began = host->now += MS;
	u32 i;

	host->gen.now = TSC(host->now + 10000);
	gen__grant_op(&host->gen, 0, 0, 3);
	for (i = 0; i < 3; i++)
		gen__map(&host->gen, 0, 5);
	for (i = 0; i < 4; i++)
		host__tick(host);
	print_time(host, "map in", began);
	print_time(host, " out", host->now);
	fprintf(host->text, " cpu 0 task 1 stack 1\n");
	for (i = 0; i < 3; i++)
		fprintf(host->text,
			"  op granter 5 ref %u status 0 handle %u mflags 0x2 frame 0x%x\n", 300 + i,
			600 + i, 0x9000 + i);
}

/*
 * The first long call comes when all from its start was decided. Its maps are in the capture, so
 * none is missing there. The decision about later ones comes later.
 */
static void a_long_call_is_not_missed(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 5);
	long_map(&host);
	some_io(&host, 5);
	long_map(&host);
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(left(summary->trace.ops_left, summary->trace.nr_ops_left, "told too late"),
			 3);
	assert_int_equal(summary->trace.paired, summary->trace.ops - 3);
	assert_false(says(summary, "missing in its capture"));
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void maps_with_a_wrong_time_do_not_count_as_missed(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 5);
	host.now += 20 * MS;
	host.skew = 5 * MS;
	host__io(&host, 5, 100, 3);
	host.skew = 0;
	host.now += 20 * MS;
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(left(summary->trace.ops_left, summary->trace.nr_ops_left, "no hypercall"),
			 6);
	assert_true(left(summary->trace.records_left, summary->trace.nr_records_left,
			 "not seen by probes") == 6);
	assert_false(says(summary, "not seen by its probes"));
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/* Writes a record long after its time: two passes of xentrace lie between. */
static void poll_late(struct host *host)
{
	u64 now = host->gen.now;
	u32 pass;

	gen__poll(&host->gen);
	for (pass = 0; pass < 3; pass++) {
		gen__switch_out(&host->gen, 0, 0, 0);
		gen__switch_in(&host->gen, 0, 0, 0);
		gen__poll(&host->gen);
	}
	host->gen.now = now;
	gen__switch_out(&host->gen, 1, 0x7fff, 1);
	gen__switch_in(&host->gen, 1, 0x7fff, 1);
	gen__poll(&host->gen);
}

static void a_late_record_leaves_only_its_surroundings_unpaired(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 near;

	for (near = 0; near < 2; near++) {
		begin_io(&host);
		some_io(&host, 5);
		host.now += 20 * MS;
		host.gen.now = TSC(host.now);
		if (near)
			host__io(&host, 5, 8, 2);
		poll_late(&host);
		if (near)
			host__io(&host, 5, 8, 2);
		host.now += 20 * MS;
		some_io(&host, 5);
		host__end(&host);
		pipeline = stored(&host);
		summary = summarize(pipeline);
		assert_true(xentrace__stats(join__trace(pipeline->merge.join)->xt)->late > 0);
		assert_int_equal(says(summary, "records out of order"), near);
		assert_int_equal(summary->trace.paired == summary->trace.ops, !near);
		pipeline__free(pipeline);
		host__cleanup(&host);
	}
}

static void a_domain_without_probes_is_named(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	begin_io(&host);
	some_io(&host, 5);
	host.gen.now = TSC(host.now);
	gen__switch_out(&host.gen, 1, 0x7fff, 1);
	gen__switch_in(&host.gen, 1, 3, 0);
	gen__grant_op(&host.gen, 1, 0, 2);
	gen__map(&host.gen, 1, 5);
	gen__map(&host.gen, 1, 5);
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->trace.nr_peers, 1);
	assert_int_equal(summary->trace.peer[0].mapper, 3);
	assert_int_equal(summary->trace.peer[0].granter, 5);
	assert_int_equal(summary->trace.peer[0].maps, 2);
	/* Xen system time is one second ahead of dom0's CLOCK_MONOTONIC here. */
	assert_in_range(summary->trace.peer[0].first, 11 * NSEC_PER_SEC, 13 * NSEC_PER_SEC);
	assert_true(says(summary, "d3 mapped pages of d5 (2 maps in Xen's trace)"));
	assert_int_equal(summary->exit_status, 3);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void pairs_beyond_the_limit_are_reported(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 i;

	begin_io(&host);
	some_io(&host, 5);
	host.gen.now = TSC(host.now);
	gen__switch_out(&host.gen, 1, 0x7fff, 1);
	gen__switch_in(&host.gen, 1, 3, 0);
	for (i = 0; i < JOIN_PEERS + 2; i++) {
		gen__grant_op(&host.gen, 1, 0, 1);
		gen__map(&host.gen, 1, 10 + i);
	}
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_true(says(summary, "2 maps and unmaps by domains without probes"));
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void an_early_end_of_the_trace_is_reported(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 before;

	begin_io(&host);
	some_io(&host, 5);
	before = host.nr_maps;
	host.traced = false;
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->trace.ops, 4 * before);
	assert_int_equal(summary->trace.paired, 2 * before);
	assert_int_equal(left(summary->trace.ops_left, summary->trace.nr_ops_left,
			      "outside the trace") +
				 left(summary->trace.ops_left, summary->trace.nr_ops_left,
				      "after the trace"),
			 2 * before);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void records_outside_the_capture_are_not_missed(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 i;

	host__begin(&host, "PV");
	host.probed = false;
	for (i = 0; i < 20; i++)
		host__io(&host, 5, 8, 2);
	host.probed = true;
	host.now += MS;
	for (i = 0; i < 4; i++) {
		host.now += 10 * MS;
		sample(&host);
	}
	host__tick(&host);
	some_io(&host, 5);
	host__tick(&host);
	print_time(&host, "end time", host.now);
	fprintf(host.text, " events 0 lost 0\n");
	host.probed = false;
	host.now += 5 * MS;
	for (i = 0; i < 20; i++)
		host__io(&host, 5, 8, 2);
	gen__poll(&host.gen);
	fclose(host.text);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->nr_blind, 1); /* no capture of d5 */
	assert_int_equal(summary->trace.paired, summary->trace.ops);
	assert_int_equal(left(summary->trace.records_left, summary->trace.nr_records_left,
			      "before the capture"),
			 80);
	assert_int_equal(left(summary->trace.records_left, summary->trace.nr_records_left,
			      "after the capture"),
			 80);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/*
 * The recorder attaches, takes a clock sample, and starts to record in the middle of a call. The
 * trace has earlier operations, which no probe could see.
 */
static void operations_before_recording_are_not_missed(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 i;

	host__begin(&host, "PV");
	fprintf(host.text, "phase time 9.5 state attaching\n");
	host.probed = false;
	for (i = 0; i < 4; i++) {
		host.now += 10 * MS;
		sample(&host);
		host__io(&host, 5, 8, 2);
	}
	/* The call begins, recording begins, Xen maps, the call ends. */
	print_time(&host, "phase time", host.now + MS + 5000);
	fprintf(host.text, " state recording\n");
	host.probed = true;
	host__io(&host, 5, 8, 2);
	host__tick(&host);
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->nr_blind, 1); /* no capture of d5 */
	assert_int_equal(
		left(summary->trace.ops_left, summary->trace.nr_ops_left, "before recording"), 2);
	assert_int_equal(summary->trace.paired, summary->trace.ops - 2);
	assert_int_equal(left(summary->trace.records_left, summary->trace.nr_records_left,
			      "before the capture"),
			 18);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void a_loss_leaves_its_surroundings_unpaired(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u64 first;

	begin_io(&host);
	some_io(&host, 5);
	first = TSC(host.now);
	host.traced = false;
	host__io(&host, 5, 8, 2);
	host.traced = true;
	host.gen.now = TSC(host.now + 100000);
	GEN_REC(&host.gen, 0, 0x1f001, 3, 0, (u32)first, (u32)(first >> 32));
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_int_equal(summary->trace.lost, 3);
	assert_int_equal(left(summary->trace.ops_left, summary->trace.nr_ops_left, "records lost"),
			 4);
	assert_int_equal(summary->trace.paired, summary->trace.ops - 4);
	assert_true(says(summary, "Xen's trace: records lost: 3"));
	assert_int_equal(summary->exit_status, 3);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void only_a_pv_dom0_reads_the_hosts_tsc(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;

	host__begin(&host, "PVH");
	host__tick(&host);
	some_io(&host, 5);
	host__end(&host);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_true(says(summary, "no capture of a PV dom0"));
	assert_int_equal(summary->exit_status, 3);
	assert_int_equal(summary->trace.paired, 0);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/* A capture without marks, and a trace that is not one. */
static void invalid_input_ends(void **state)
{
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 i;

	host__begin(&host, "PV");
	host.now += 10 * MS;
	sample(&host);
	for (i = 0; i < 100000; i++)
		host__io(&host, 5, 8, 1);
	host__end(&host);
	memset(host.gen.out.data, 0x5a, host.gen.out.len);
	pipeline = stored(&host);
	summary = summarize(pipeline);
	assert_true(says(summary, "not a trace of xentrace"));
	assert_int_equal(summary->trace.paired, 0);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_gets_the_instant_of_its_record),
		cmocka_unit_test(the_summary_counts_pairs),
		cmocka_unit_test(maps_that_the_probes_missed_are_found),
		cmocka_unit_test(a_call_without_its_entry_is_paired),
		cmocka_unit_test(a_long_call_is_not_missed),
		cmocka_unit_test(maps_with_a_wrong_time_do_not_count_as_missed),
		cmocka_unit_test(a_late_record_leaves_only_its_surroundings_unpaired),
		cmocka_unit_test(a_domain_without_probes_is_named),
		cmocka_unit_test(pairs_beyond_the_limit_are_reported),
		cmocka_unit_test(an_early_end_of_the_trace_is_reported),
		cmocka_unit_test(records_outside_the_capture_are_not_missed),
		cmocka_unit_test(operations_before_recording_are_not_missed),
		cmocka_unit_test(a_loss_leaves_its_surroundings_unpaired),
		cmocka_unit_test(only_a_pv_dom0_reads_the_hosts_tsc),
		cmocka_unit_test(invalid_input_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
