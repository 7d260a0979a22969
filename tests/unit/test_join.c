// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's trace joined to dom0's capture. A small host writes both: its TSC runs at 2 GHz, and Xen's
 * trace says of each operation when it was done.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/text.h"
#include "merge/join_named.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "test_xentrace_gen.h"

#define MS	  NSEC_PER_MSEC
#define TSC(mono) (2 * (mono))

struct host {
	FILE *text;
	char *capture;
	size_t size;
	struct trace_gen gen;
	u64 now; /* CLOCK_MONOTONIC of dom0 */
	u32 handle;
	u64 tsc[1 << 17];   /* of each map's record, in order */
	u64 named[1 << 17]; /* and of the one that names it */
	u32 nr_maps;
	bool traced;	    /* records are written */
	bool names;	    /* by a patched hypervisor */
	bool no_hypercalls; /* of which nothing is recorded */
	bool probed;	    /* events are */
	bool late_probe;    /* which do not see a call's entry */
	u64 skew;	    /* of records: the clocks are further apart than any sample showed */
};

static void print_time(struct host *host, const char *name, u64 mono)
{
	fprintf(host->text, "%s %llu.%09llu", name, (unsigned long long)(mono / NSEC_PER_SEC),
		(unsigned long long)(mono % NSEC_PER_SEC));
}

static void sample(struct host *host)
{
	print_time(host, "clock cpu 0 mono", host->now);
	fprintf(host->text, " tsc0 %llu tsc1 %llu stamp 0 system 1.0 mul 0x80000000 shift 0\n",
		(unsigned long long)TSC(host->now) - 200, (unsigned long long)TSC(host->now) + 200);
}

static void host__begin(struct host *host, const char *type)
{
	memset(host, 0, sizeof(*host));
	gen__init(&host->gen, 1);
	host->text = open_memstream(&host->capture, &host->size);
	host->now = 10 * NSEC_PER_SEC;
	host->traced = host->probed = true;
	fprintf(host->text,
		"grantwatch-capture 1\n"
		"fact time 9.0 key domid value 0\n"
		"fact time 9.0 key role value dom0\n"
		"fact time 9.0 key guest_type value %s\n"
		"task id 1 pid 7 tid 7 comm blkback\n"
		"stack id 1 frames gnttab_map_refs+0x5; xen_blkbk_map+0x1 [xen_blkback]\n",
		type);
	host->gen.now = TSC(host->now) - 100000;
	gen__switch_in(&host->gen, 0, 0, 0);
	gen__switch_in(&host->gen, 1, 0x7fff, 1);
}

/* A tenth of a second is over: a sample and a mark, as the recorder writes them. */
static void host__tick(struct host *host)
{
	host->now += 100 * MS;
	sample(host);
	print_time(host, "mark", host->now);
	fprintf(host->text, "\n");
	host->gen.now = TSC(host->now);
	if (host->traced) {
		gen__switch_out(&host->gen, 0, 0, 0);
		gen__switch_in(&host->gen, 0, 0, 0);
		gen__poll(&host->gen);
	}
}

/* dom0 maps @nr pages of @granter, and unmaps them again. */
static void host__io(struct host *host, u32 granter, u32 ref, u32 nr)
{
	u32 i;

	host->now += MS;
	host->gen.now = TSC(host->now + 10000 + host->skew);
	if (host->traced && !host->no_hypercalls)
		gen__grant_op(&host->gen, 0, 0, nr);
	for (i = 0; i < nr && host->traced; i++) {
		host->tsc[host->nr_maps++] = gen__map(&host->gen, 0, granter);
		if (host->names)
			host->named[host->nr_maps - 1] =
				gen__map_op(&host->gen, 0, granter, ref + i, host->handle + i, 0);
	}
	if (host->probed) {
		print_time(host, "map in", host->late_probe ? host->now + 50000 : host->now);
		print_time(host, " out", host->now + 50000);
		fprintf(host->text, " cpu 0 %stask 1 stack 1\n",
			host->late_probe ? "flags 0x4 " : "");
		for (i = 0; i < nr; i++)
			fprintf(host->text,
				"  op granter %u ref %u status 0 handle %u mflags 0x2 frame 0x%x\n",
				granter, ref + i, host->handle + i, 0x1000 + ref + i);
	}
	host->now += MS;
	host->gen.now = TSC(host->now + 10000 + host->skew);
	if (host->traced && !host->no_hypercalls)
		gen__grant_op(&host->gen, 0, 1, nr);
	for (i = 0; i < nr && host->traced; i++)
		gen__unmap(&host->gen, 0, granter);
	for (i = 0; i < nr && host->traced && host->names; i++)
		gen__unmap_done(&host->gen, 0, granter, ref + i, host->handle + i);
	if (host->probed) {
		print_time(host, "unmap in", host->now);
		print_time(host, " out", host->now + 50000);
		fprintf(host->text, " cpu 0 task 1 stack 1\n");
		for (i = 0; i < nr; i++)
			fprintf(host->text, "  op granter %u ref %u status 0 handle %u\n", granter,
				ref + i, host->handle + i);
	}
	host->handle = (host->handle + nr) % 500;
}

static void host__end(struct host *host)
{
	gen__poll(&host->gen);
	print_time(host, "end time", host->now);
	fprintf(host->text, " events 0 lost 0\n");
	fclose(host->text);
}

static void host__cleanup(struct host *host)
{
	gen__cleanup(&host->gen);
	free(host->capture);
}

static int capture_fd(struct host *host)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);
	FILE *in = fmemopen(host->capture, host->size, "r");

	assert_int_equal(text__pack(in, "capture", writer), 0);
	capture_writer__free(writer);
	fclose(in);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int trace_fd(struct host *host)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(write(fd, host->gen.out.data, host->gen.out.len) == (ssize_t)host->gen.out.len);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct pipeline *stored(struct host *host)
{
	struct pipeline *pipeline = pipeline__new(false);

	pipeline__add(pipeline, feed__new(capture_fd(host), "capture", DOMID_UNKNOWN));
	pipeline__add_trace(pipeline, trace__new(trace_fd(host), "trace"));
	return pipeline;
}

static struct summary *summarize(struct pipeline *pipeline)
{
	static struct summary summary;

	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	pipeline__summarize(pipeline, &summary);
	return &summary;
}

static bool says(const struct summary *summary, const char *text)
{
	u32 i;

	for (i = 0; i < summary->nr_blind; i++)
		if (strstr(summary->blind[i], text))
			return true;
	return false;
}

static u64 left(const struct summary_count *count, u32 nr, const char *why)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(count[i].why, why))
			return count[i].nr;
	return 0;
}

static void some_io(struct host *host, u32 ticks)
{
	u32 i, k;

	for (i = 0; i < ticks; i++) {
		for (k = 0; k < 10; k++)
			host__io(host, 5, 8 + k, 1 + k % 4);
		host__tick(host);
	}
}

static void begin_io(struct host *host)
{
	u32 i;

	host__begin(host, "PV");
	for (i = 0; i < 4; i++) {
		host->now += 10 * MS;
		sample(host);
	}
	host__tick(host);
}

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
			/* The host's clocks are exact, so this is within the call and around the
			 * truth. */
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

/* A patched hypervisor: with the hypercalls in the trace pairing and names must agree, without them
 * names do. */
static void a_record_that_names_the_ref_needs_no_pairing(void **state)
{
	struct merge_event event;
	struct pipeline *pipeline;
	struct summary *summary;
	struct host host;
	u32 maps = 0, unmaps = 0, way;

	for (way = 0; way < 2; way++, maps = unmaps = 0) {
		begin_io(&host);
		host.names = true;
		host.no_hypercalls = way;
		some_io(&host, 10);
		host__end(&host);
		pipeline = stored(&host);
		while (merge__next(&pipeline->merge, &event) == MERGE_EVENT) {
			const struct rec_batch *batch = (const void *)event.rec;
			u32 i;

			if (!event.rec ||
			    (event.rec->type != REC_MAP && event.rec->type != REC_UNMAP))
				continue;
			assert_non_null(event.instants);
			for (i = 0; i < batch->nr; i++) {
				const struct instant *instant = &event.instants[i];

				assert_true(instant->named);
				assert_true(instant->in >= batch->e.t_in &&
					    instant->out <= batch->e.t_out);
				if (event.rec->type == REC_UNMAP)
					unmaps++;
				else if (way)
					assert_int_equal(instant->tsc_hi, host.named[maps++]);
				else
					assert_int_equal(instant->tsc_hi, host.tsc[maps++]);
			}
		}
		assert_int_equal(maps, host.nr_maps);
		assert_int_equal(unmaps, host.nr_maps);
		summary = summarize(pipeline);
		assert_int_equal(summary->trace.named, 2 * host.nr_maps);
		assert_int_equal(summary->trace.paired, way ? 0 : 2 * host.nr_maps);
		assert_false(says(summary, "names another"));
		pipeline__free(pipeline);
		host__cleanup(&host);
	}
}

/* The same ref with the same handle twice while the clocks leave it open which one is meant: no
 * guess. */
static void a_name_that_fits_twice_is_no_name(void **state)
{
	const struct named like = {
		.granter = 5, .ref = 8, .handle = 3, .flags = 2, .kind = PAIR_MAP};
	struct named_list list = {0};
	struct named other;
	struct xt_rec rec = {.event = xt_event__find(0x0010f006), .nr_words = 5, .domid = 0};
	u32 words[5] = {5, 8, 2, 3, 0};

	rec.payload = (const u8 *)words;
	for (rec.tsc = 100; rec.tsc <= 300; rec.tsc += 100)
		assert_int_equal(named_list__add(&list, &rec, 0), 0);
	rec.domid = 1; /* another domain's is not looked at */
	rec.tsc = 350;
	assert_int_equal(named_list__add(&list, &rec, 0), 0);
	assert_int_equal(list.records, 3);
	assert_int_equal(named_list__find(&list, &like, 150, 250)->tsc, 200);
	assert_null(named_list__find(&list, &like, 150, 300));
	other = like;
	other.ref = 9;
	assert_null(named_list__find(&list, &other, 150, 250));
	other = like;
	other.handle = 4;
	assert_null(named_list__find(&list, &other, 150, 250));
	other = like;
	other.flags = 6;
	assert_null(named_list__find(&list, &other, 150, 250));
	named_list__forget(&list, 250);
	assert_int_equal(named_list__find(&list, &like, 0, 400)->tsc, 300);
	named_list__cleanup(&list);
}

/* Whatever the names, memory stays bounded: the oldest go. */
static void names_that_nobody_asks_for_do_not_pile_up(void **state)
{
	struct named_list list = {0};
	struct xt_rec rec = {.event = xt_event__find(0x0010f007), .nr_words = 5, .domid = 0};
	u32 words[5] = {5, 8, 3, 2, 0}, i;

	rec.payload = (const u8 *)words;
	for (i = 0; i < 3 * NAMED_MAX; i++) {
		rec.tsc = i;
		assert_int_equal(named_list__add(&list, &rec, 0), 0);
	}
	assert_true(list.nr - list.first <= NAMED_MAX && list.room <= 2 * NAMED_MAX);
	assert_true(list.dropped >= NAMED_MAX);
	named_list__cleanup(&list);
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
	assert_true(says(summary, "d0: 3 maps in Xen's trace were not seen by its probes"));
	assert_int_equal(summary->exit_status, 3);
	assert_int_equal(summary->trace.paired, summary->trace.ops);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

/* The probe of an entry is missed now and then: the call is found by its return. */
static void a_call_whose_entry_was_not_seen_is_paired(void **state)
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

static void maps_recorded_at_a_wrong_time_are_not_missed(void **state)
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

/* A record that was written long after its time: two passes of xentrace lie between. */
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

static void a_late_record_blinds_only_what_is_near_it(void **state)
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
	/* Xen system time is a second ahead of dom0's clock here. */
	assert_in_range(summary->trace.peer[0].first, 11 * NSEC_PER_SEC, 13 * NSEC_PER_SEC);
	assert_true(says(summary, "d3 mapped pages of d5 (2 maps in Xen's trace)"));
	assert_int_equal(summary->exit_status, 3);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static void a_trace_that_ends_early_says_so(void **state)
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

static void what_lies_outside_of_the_capture_is_not_missed_by_probes(void **state)
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

static char *report(struct pipeline *pipeline)
{
	char *json = NULL;
	size_t size;
	FILE *out = open_memstream(&json, &size);

	pipeline__report(pipeline, &json_renderer, out, NULL);
	fclose(out);
	return json;
}

static u32 seed = 1;

static u32 next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Send a random piece more of @from; false at its end. */
static bool trickle(int from, int to)
{
	char buf[8192];
	ssize_t n = read(from, buf, 1 + next_random() % sizeof(buf));

	return n > 0 && write(to, buf, (size_t)n) == n;
}

/* As `watch' sees them: in pieces, one ahead of the others. @from[0] is the trace. */
static char *live(const int *from, u32 nr, u32 bias)
{
	struct pipeline *pipeline = pipeline__new(true);
	struct trace *source;
	int pipes[3][2];
	u32 i, open_ends = nr;
	char *json;

	for (i = 0; i < nr; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		if (i)
			pipeline__add(pipeline, feed__new(pipes[i][0], "capture", DOMID_UNKNOWN));
	}
	source = trace__new(pipes[0][0], "trace");
	pipeline__add_trace(pipeline, source);
	while (open_ends) {
		i = next_random() % 100 < bias ? 0 : 1 + next_random() % (nr - 1);
		while (pipes[i][1] < 0)
			i = (i + 1) % nr;
		if (!trickle(from[i], pipes[i][1])) {
			close(pipes[i][1]);
			close(from[i]);
			pipes[i][1] = -1;
			open_ends--;
		}
		for (i = 0; i + 1 < nr; i++)
			capture_stream__fill(&pipeline->feeds[i]->stream);
		trace__fill(source);
		pipeline__run(pipeline);
	}
	for (i = 0; i + 1 < nr; i++)
		while (!pipeline->feeds[i]->stream.eof)
			capture_stream__fill(&pipeline->feeds[i]->stream);
	while (!source->eof)
		trace__fill(source);
	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	json = report(pipeline);
	pipeline__free(pipeline);
	return json;
}

static void live_and_stored_give_the_same_bytes(void **state)
{
	struct pipeline *pipeline;
	struct host host;
	char *json;
	u32 i;

	begin_io(&host);
	some_io(&host, 20);
	host.probed = false;
	host__io(&host, 6, 100, 3);
	host.probed = true;
	some_io(&host, 20);
	host.traced = false;
	some_io(&host, 3);
	host__end(&host);
	pipeline = stored(&host);
	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	json = report(pipeline);
	for (i = 0; i < 60; i++) {
		int from[] = {trace_fd(&host), capture_fd(&host)};
		char *other = live(from, 2, 5 + i * 3 / 2);

		assert_string_equal(json, other);
		free(other);
	}
	free(json);
	pipeline__free(pipeline);
	host__cleanup(&host);
}

static int unpack(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	char command[200], buf[65536];
	FILE *pipe;
	size_t n;

	snprintf(command, sizeof(command), "xz -dc tests/captures/xentrace-race/%s.xz", name);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((n = fread(buf, 1, sizeof(buf), pipe)) > 0)
		assert_true(write(fd, buf, n) == (ssize_t)n);
	assert_int_equal(pclose(pipe), 0);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Clocks that jump by milliseconds, two vCPUs that move between two pCPUs: the lab's own. */
static void the_race_as_the_lab_recorded_it(void **state)
{
	struct pipeline *pipeline = pipeline__new(false);
	struct summary *summary;
	char *json;
	u32 i;

	pipeline__add_trace(pipeline, trace__new(unpack("xentrace.bin"), "trace"));
	pipeline__add(pipeline, feed__new(unpack("d0.gwc"), "capture", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(unpack("d1.gwc"), "capture", DOMID_UNKNOWN));
	summary = summarize(pipeline);
	assert_int_equal(summary->exit_status, 2);
	assert_int_equal(summary->nr_blind, 0);
	assert_int_equal(summary->trace.ops, 664);
	assert_int_equal(summary->trace.paired, 664);
	assert_int_equal(summary->trace.nr_records_left, 0);
	json = report(pipeline);
	assert_non_null(strstr(json, "{\"rule\":\"trace\",\"text\":\"Xen's own record: "));
	for (i = 0; i < 10; i++) {
		int from[] = {unpack("xentrace.bin"), unpack("d0.gwc"), unpack("d1.gwc")};
		char *other = live(from, 3, 10 + 8 * i);

		assert_string_equal(json, other);
		free(other);
	}
	free(json);
	pipeline__free(pipeline);
}

/* A capture that promises nothing, and a trace that is no trace. */
static void hostile_input_ends(void **state)
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
		cmocka_unit_test(a_record_that_names_the_ref_needs_no_pairing),
		cmocka_unit_test(a_name_that_fits_twice_is_no_name),
		cmocka_unit_test(names_that_nobody_asks_for_do_not_pile_up),
		cmocka_unit_test(maps_that_the_probes_missed_are_found),
		cmocka_unit_test(a_call_whose_entry_was_not_seen_is_paired),
		cmocka_unit_test(maps_recorded_at_a_wrong_time_are_not_missed),
		cmocka_unit_test(a_late_record_blinds_only_what_is_near_it),
		cmocka_unit_test(a_domain_without_probes_is_named),
		cmocka_unit_test(a_trace_that_ends_early_says_so),
		cmocka_unit_test(what_lies_outside_of_the_capture_is_not_missed_by_probes),
		cmocka_unit_test(a_loss_leaves_its_surroundings_unpaired),
		cmocka_unit_test(only_a_pv_dom0_reads_the_hosts_tsc),
		cmocka_unit_test(live_and_stored_give_the_same_bytes),
		cmocka_unit_test(the_race_as_the_lab_recorded_it),
		cmocka_unit_test(hostile_input_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
