/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small simulated host, which writes dom0's capture and Xen's trace of the same operations. Its
 * TSC runs at 2 GHz. The trace has the time of each operation.
 */
#ifndef GRANTWATCH_TEST_JOIN_HOST_H
#define GRANTWATCH_TEST_JOIN_HOST_H

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
#include "pipeline/pipeline.h"
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
	u64 tsc[1 << 17];   /* TSC of each map's record, in order */
	u64 named[1 << 17]; /* TSC of the record that names the map's ref */
	u32 nr_maps;
	bool traced;	    /* Xen writes trace records */
	bool names;	    /* Xen writes the records of a patched hypervisor */
	bool no_hypercalls; /* the trace has no hypercalls */
	bool probed;	    /* the capture has events */
	bool late_probe;    /* events have no time of entry */
	u64 skew;	    /* of trace records: a clock error which no sample shows */
};

static inline void print_time(struct host *host, const char *name, u64 mono)
{
	fprintf(host->text, "%s %llu.%09llu", name, (unsigned long long)(mono / NSEC_PER_SEC),
		(unsigned long long)(mono % NSEC_PER_SEC));
}

static inline void sample(struct host *host)
{
	print_time(host, "clock cpu 0 mono", host->now);
	fprintf(host->text, " tsc0 %llu tsc1 %llu stamp 0 system 1.0 mul 0x80000000 shift 0\n",
		(unsigned long long)TSC(host->now) - 200, (unsigned long long)TSC(host->now) + 200);
}

static inline void host__begin(struct host *host, const char *type)
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

/* Advances the time by 100 ms, and writes a clock sample and a mark as the recorder does. */
static inline void host__tick(struct host *host)
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
static inline void host__io(struct host *host, u32 granter, u32 ref, u32 nr)
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

static inline void host__end(struct host *host)
{
	gen__poll(&host->gen);
	print_time(host, "end time", host->now);
	fprintf(host->text, " events 0 lost 0\n");
	fclose(host->text);
}

static inline void host__cleanup(struct host *host)
{
	gen__cleanup(&host->gen);
	free(host->capture);
}

static inline int capture_fd(struct host *host)
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

static inline int trace_fd(struct host *host)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(write(fd, host->gen.out.data, host->gen.out.len) == (ssize_t)host->gen.out.len);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static inline struct pipeline *stored(struct host *host)
{
	struct pipeline *pipeline = pipeline__new(false);

	pipeline__add(pipeline, feed__new(capture_fd(host), "capture", DOMID_UNKNOWN));
	pipeline__add_trace(pipeline, trace__new(trace_fd(host), "trace"));
	return pipeline;
}

static inline struct summary *summarize(struct pipeline *pipeline)
{
	static struct summary summary;

	assert_int_equal(pipeline__run(pipeline), MERGE_DONE);
	pipeline__summarize(pipeline, &summary);
	return &summary;
}

static inline bool says(const struct summary *summary, const char *text)
{
	u32 i;

	for (i = 0; i < summary->nr_blind; i++)
		if (strstr(summary->blind[i], text))
			return true;
	return false;
}

static inline u64 left(const struct summary_count *count, u32 nr, const char *why)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(count[i].why, why))
			return count[i].nr;
	return 0;
}

static inline void some_io(struct host *host, u32 ticks)
{
	u32 i, k;

	for (i = 0; i < ticks; i++) {
		for (k = 0; k < 10; k++)
			host__io(host, 5, 8 + k, 1 + k % 4);
		host__tick(host);
	}
}

static inline void begin_io(struct host *host)
{
	u32 i;

	host__begin(host, "PV");
	for (i = 0; i < 4; i++) {
		host->now += 10 * MS;
		sample(host);
	}
	host__tick(host);
}

#endif
