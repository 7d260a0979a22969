// SPDX-License-Identifier: GPL-2.0
/*
 * Speed and memory of the pipeline on one core. The input is a generated pair of captures with N
 * operations (10 million), cached in /tmp: with a thousand to a million live refs, and once with
 * copies instead of maps. Prints operations per second, ratios to the run with a thousand refs,
 * peak memory.
 *
 *	bench_analyze [OPERATIONS]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/writer.h"
#include "pipeline/pipeline.h"

#include "row.h"

#define BATCH 11 /* refs in a map call of blkback */
#define FIRST 64

static void clock_sample(struct capture_writer *w, u64 at)
{
	struct rec_clock clock = {.h.type = REC_CLOCK,
				  .mul = 1u << 31,
				  .shift = 1,
				  .mono = at,
				  .tsc0 = at - 100,
				  .tsc1 = at + 100};

	capture_writer__add(w, &clock, sizeof(clock), NULL, 0);
}

static void head(struct capture_writer *w, const char *domid, const char *stack1,
		 const char *stack2)
{
	capture_writer__fact(w, 0, "domid", domid);
	capture_writer__fact(w, 0, "guest_type", "PV");
	capture_writer__fact(w, 0, "vbd.51712.persistent", "no");
	capture_writer__stack(w, 1, stack1);
	capture_writer__stack(w, 2, stack2);
	clock_sample(w, 1000);
}

static void granter_op(struct capture_writer *w, u8 type, u32 ref, u64 at)
{
	union {
		struct rec_event e;
		struct rec_grant grant;
		struct rec_revoke revoke;
		struct rec_ref ref;
	} rec = {.e = {.h.type = type,
		       .t_in = at - 20,
		       .t_out = at,
		       .stack = type == REC_GRANT ? 1 : 2}};
	size_t len = sizeof(rec.ref);

	rec.ref.ref = ref;
	if (type == REC_GRANT) {
		rec.grant.gflags = 1;
		rec.grant.frame = 4096 + ref;
		len = sizeof(rec.grant);
	} else if (type == REC_REVOKE) {
		rec.revoke.ok = 1;
		len = sizeof(rec.revoke);
	}
	capture_writer__add(w, &rec, len, NULL, 0);
}

static void mapper_op(struct capture_writer *w, u8 type, u32 ref, u64 at, u32 live)
{
	struct rec_batch batch = {.e = {.h.type = type, .t_in = at - 40, .t_out = at, .stack = 1},
				  .nr = BATCH,
				  .total = BATCH};
	struct op_map map[BATCH] = {0};
	struct op_unmap unmap[BATCH] = {0};
	struct op_copy copy[BATCH] = {0};
	u32 i;

	for (i = 0; i < BATCH; i++) {
		u32 r = FIRST + (ref + i) % live;

		map[i] = (struct op_map){
			.granter = 5, .ref = r, .handle = r, .flags = 2, .frame = 4096 + r};
		unmap[i] = (struct op_unmap){.granter = 5, .ref = r, .handle = r};
		copy[i] = (struct op_copy){.granter = 5, .ref = r, .flags = 2};
	}
	if (type == REC_MAP)
		capture_writer__add(w, &batch, sizeof(batch), map, sizeof(map));
	else if (type == REC_COPY)
		capture_writer__add(w, &batch, sizeof(batch), copy, sizeof(copy));
	else
		capture_writer__add(w, &batch, sizeof(batch), unmap, sizeof(unmap));
}

/*
 * Writes requests of BATCH refs: grant, map, and @live refs later unmap, end, free. With @copies:
 * grant, and later copy, end, free.
 */
static void generate(int guest_fd, int dom0_fd, u32 ops, u32 live, bool copies)
{
	struct capture_writer *g = capture_writer__new(guest_fd), *m = capture_writer__new(dom0_fd);
	u32 rounds = ops / ((copies ? 4 : 5) * BATCH), behind = live / BATCH, round, i;
	u64 at = 10000;

	head(g, "5",
	     copies ? "xennet_alloc_rx_buffers+0x1a1 [xen_netfront]"
		    : "blkif_queue_rq+0x4e1 [xen_blkfront]",
	     copies ? "xennet_get_responses+0x212 [xen_netfront]"
		    : "gnttab_try_end_foreign_access+0x12; blkif_interrupt+0x2b0 [xen_blkfront]");
	head(m, "0",
	     copies ? "xenvif_rx_copy_flush+0x1d [xen_netback]"
		    : "xen_blkbk_map+0x1a0 [xen_blkback]",
	     "");
	live = behind * BATCH;
	for (round = 0; round < rounds + behind; round++) {
		if (round >= behind) {
			mapper_op(m, copies ? REC_COPY : REC_UNMAP, (round - behind) * BATCH % live,
				  at += 20000, live);
			at += 20000;
			for (i = 0; i < BATCH; i++) {
				u32 ref = FIRST + ((round - behind) * BATCH + i) % live;

				granter_op(g, REC_REVOKE, ref, at += 100);
				granter_op(g, REC_FREE, ref, at += 100);
			}
		}
		for (i = 0; i < BATCH && round < rounds; i++)
			granter_op(g, REC_GRANT, FIRST + (round * BATCH + i) % live, at += 100);
		if (round < rounds && !copies)
			mapper_op(m, REC_MAP, round * BATCH % live, at += 20000, live);
		if (round % 512 == 511) {
			clock_sample(g, at);
			clock_sample(m, at);
			capture_writer__flush(g, at);
			capture_writer__flush(m, at);
		}
	}
	granter_op(g, REC_END, 0, at);
	granter_op(m, REC_END, 0, at);
	capture_writer__flush(g, at);
	capture_writer__flush(m, at);
	capture_writer__free(g);
	capture_writer__free(m);
}

static int open_cached(const char *which, u32 ops, u32 live, bool copies, bool *fresh)
{
	char path[200];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/tmp/gw-bench-%s%s-%u-%u.gwc", which, copies ? "-copies" : "",
		 ops, live);
	*fresh = stat(path, &st) || !st.st_size;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		perror(path);
	return fd;
}

/* Runs in a child, so that the peak memory is of this run alone. */
static double measure(u32 ops, u32 live, bool copies)
{
	struct pipeline *pipeline;
	struct timespec a, b;
	struct rusage usage;
	struct summary summary;
	bool fresh_g, fresh_m;
	int g = open_cached("guest", ops, live, copies, &fresh_g),
	    m = open_cached("dom0", ops, live, copies, &fresh_m);
	double seconds;

	if (fresh_g || fresh_m)
		generate(g, m, ops, live, copies);
	lseek(g, 0, SEEK_SET);
	lseek(m, 0, SEEK_SET);
	pipeline = pipeline__new(false);
	pipeline__add(pipeline, feed__new(g, "guest", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(m, "dom0", DOMID_UNKNOWN));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	pipeline__run(pipeline);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	pipeline__summarize(pipeline, &summary);
	seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	getrusage(RUSAGE_SELF, &usage);
	printf("%8u live: %6.2f million operations/s, %5.1f ns each, %4ld MiB peak, %" PRIu64
	       " operations, exit %d\n",
	       live, (double)summary.ops / seconds / 1e6, seconds * 1e9 / (double)summary.ops,
	       usage.ru_maxrss / 1024, summary.ops, summary.exit_status);
	fflush(stdout);
	return seconds * 1e9 / (double)summary.ops;
}

int main(int argc, char **argv)
{
	static const struct {
		u32 live;
		bool copies;
	} runs[] = {{1000, false}, {10000, false}, {100000, false}, {1000000, false}, {1000, true}};
	u32 ops = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 10000000, i;
	double first = 0, cost = 0;
	char what[64];
	int pipes[2];

	if (pipe(pipes))
		return 1;
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();

		if (!pid) {
			cost = measure(ops, runs[i].live, runs[i].copies);
			return write(pipes[1], &cost, sizeof(cost)) != sizeof(cost);
		}
		if (waitpid(pid, NULL, 0) < 0 ||
		    read(pipes[0], &cost, sizeof(cost)) != sizeof(cost))
			return 1;
		first = i ? first : cost;
		printf("%8u live%s: %.2f times the cost of %u\n", runs[i].live,
		       runs[i].copies ? ", copied" : "", cost / first, runs[0].live);
		snprintf(what, sizeof(what), "judging, %u live refs%s", runs[i].live,
			 runs[i].copies ? ", copied" : "");
		bench_row("ledger", what, cost / first, "1000 live refs",
			  "%.2f million operations/s", 1e3 / cost);
	}
	return 0;
}
