// SPDX-License-Identifier: GPL-2.0
/*
 * Speed and memory of the pipeline on one core. The input is a generated pair of captures with N
 * operations (10 million), cached in /tmp: with a thousand to a million live refs, and once with
 * copies instead of maps. Prints operations per second, ratios to the run with a thousand refs,
 * peak memory; and the floor, the speed of a loop that only reads the same captures in their order
 * and updates an array.
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

#include "capture/stream.h"
#include "pipeline/pipeline.h"

#include "load.h"
#include "row.h"

/*
 * Writes requests of BATCH refs: grant, map, and @live refs later unmap, end, free. With @copies:
 * grant, and later copy, end, free.
 */
static void generate(int guest_fd, int dom0_fd, u32 ops, u32 live, bool copies)
{
	struct capture_writer *g = capture_writer__new(guest_fd), *m = capture_writer__new(dom0_fd);
	u32 rounds = ops / ((copies ? 4 : 5) * BATCH), behind = live / BATCH, round, i;
	struct load_device device = {.granter = 5, .first_handle = FIRST};
	u64 at = 10000;

	load__head(
		g, "5",
		copies ? "xennet_alloc_rx_buffers+0x1a1 [xen_netfront]"
		       : "blkif_queue_rq+0x4e1 [xen_blkfront]",
		copies ? "xennet_get_responses+0x212 [xen_netfront]"
		       : "gnttab_try_end_foreign_access+0x12; blkif_interrupt+0x2b0 [xen_blkfront]");
	load__head(m, "0",
		   copies ? "xenvif_rx_copy_flush+0x1d [xen_netback]"
			  : "xen_blkbk_map+0x1a0 [xen_blkback]",
		   "");
	device.live = live = behind * BATCH;
	for (round = 0; round < rounds + behind; round++) {
		if (round >= behind) {
			load__batch(m, &device, copies ? REC_COPY : REC_UNMAP,
				    (round - behind) * BATCH % live, at += 20000);
			at += 20000;
			for (i = 0; i < BATCH; i++) {
				u32 ref = FIRST + ((round - behind) * BATCH + i) % live;

				load__ref_op(g, REC_REVOKE, ref, at += 100);
				load__ref_op(g, REC_FREE, ref, at += 100);
			}
		}
		for (i = 0; i < BATCH && round < rounds; i++)
			load__ref_op(g, REC_GRANT, FIRST + (round * BATCH + i) % live, at += 100);
		if (round < rounds && !copies)
			load__batch(m, &device, REC_MAP, round * BATCH % live, at += 20000);
		if (round % 512 == 511) {
			load__clock(g, at);
			load__clock(m, at);
			capture_writer__flush(g, at);
			capture_writer__flush(m, at);
		}
	}
	load__end(g, at);
	load__end(m, at);
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

/* Opens both captures, which are generated if they do not exist. */
static void open_pair(u32 ops, u32 live, bool copies, int *guest, int *dom0)
{
	bool fresh_g, fresh_m;

	*guest = open_cached("guest", ops, live, copies, &fresh_g);
	*dom0 = open_cached("dom0", ops, live, copies, &fresh_m);
	if (fresh_g || fresh_m)
		generate(*guest, *dom0, ops, live, copies);
	lseek(*guest, 0, SEEK_SET);
	lseek(*dom0, 0, SEEK_SET);
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

/* --- the floor --- */

/* Half a cache line, as much as the state of a ref needs without its history. */
struct floor_ref {
	u64 frame, granted, ended;
	u32 generation;
	u16 maps, wrong;
};

/* Returns the next event of @stream, or NULL at its end. */
static const struct rec_event *next_event(struct capture_stream *stream)
{
	enum stream_status status;
	const struct rec *rec;

	do {
		status = capture_stream__next_blocking(stream, &rec);
	} while (status == STREAM_MARK || (status == STREAM_REC && !REC_IS_EVENT(rec->type)));
	return status == STREAM_REC ? (const struct rec_event *)(const void *)rec : NULL;
}

/* Returns the number of operations. */
static u32 update_maps(struct floor_ref *refs, const struct rec_event *event)
{
	const struct rec_batch *batch = (const void *)event;
	const struct op_map *map = rec__ops(&event->h);
	const struct op_unmap *unmap = rec__ops(&event->h);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		if (event->h.type == REC_MAP) {
			refs[map[i].ref].wrong += refs[map[i].ref].frame != map[i].frame;
			refs[map[i].ref].maps++;
		} else {
			refs[unmap[i].ref].maps--;
		}
	}
	return batch->nr;
}

static u32 update(struct floor_ref *refs, const struct rec_event *event)
{
	const struct rec_ref *ref = (const void *)event;
	struct floor_ref *state;

	if (event->h.type == REC_MAP || event->h.type == REC_UNMAP)
		return update_maps(refs, event);
	if (event->h.type < REC_GRANT || event->h.type > REC_FREE)
		return 0;
	state = &refs[ref->ref];
	if (event->h.type == REC_GRANT) {
		state->frame = ((const struct rec_grant *)(const void *)event)->frame;
		state->granted = event->t_out;
		state->generation++;
	} else {
		state->wrong += state->maps != 0;
		state->ended = event->t_out;
	}
	return 1;
}

/* What any analysis of the pair has to do. Returns ns for an operation. */
static double measure_floor(u32 ops, u32 live)
{
	struct floor_ref *refs = calloc(live + FIRST, sizeof(*refs));
	const struct rec_event *event[2];
	struct capture_stream stream[2];
	struct timespec a, b;
	u64 nr = 0, wrong = 0;
	int fds[2];
	u32 i;

	open_pair(ops, live, false, &fds[0], &fds[1]);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = 0; i < 2; i++) {
		if (!refs || capture_stream__init(&stream[i], fds[i]))
			exit(1);
		event[i] = next_event(&stream[i]);
	}
	while (event[0] || event[1]) {
		i = !event[0] || (event[1] && event[1]->t_out < event[0]->t_out);
		nr += update(refs, event[i]);
		event[i] = next_event(&stream[i]);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	for (i = 0; i < live + FIRST; i++)
		wrong += refs[i].wrong;
	printf("%8u live: %6.2f million operations/s by the minimal loop, %" PRIu64
	       " operations, %" PRIu64 " wrong\n",
	       live, (double)nr / seconds_between(&a, &b) / 1e6, nr, wrong);
	fflush(stdout);
	return seconds_between(&a, &b) * 1e9 / (double)nr;
}

/* --- the pipeline --- */

static double measure(u32 ops, u32 live, bool copies)
{
	struct pipeline *pipeline;
	struct timespec a, b;
	struct rusage usage;
	struct summary summary;
	double seconds;
	int g, m;

	open_pair(ops, live, copies, &g, &m);
	pipeline = pipeline__new(false);
	pipeline__add(pipeline, feed__new(g, "guest", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(m, "dom0", DOMID_UNKNOWN));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	pipeline__run(pipeline);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	pipeline__summarize(pipeline, &summary);
	seconds = seconds_between(&a, &b);
	getrusage(RUSAGE_SELF, &usage);
	printf("%8u live: %6.2f million operations/s, %5.1f ns each, %4ld MiB peak, %" PRIu64
	       " operations, exit %d\n",
	       live, (double)summary.ops / seconds / 1e6, seconds * 1e9 / (double)summary.ops,
	       usage.ru_maxrss / 1024, summary.ops, summary.exit_status);
	fflush(stdout);
	return seconds * 1e9 / (double)summary.ops;
}

struct bench_run {
	u32 live;
	bool copies, floor;
};

/* Runs it in a child, so that the peak memory is of this run alone. Exits if that fails. */
static double cost_of(u32 ops, const struct bench_run *run)
{
	double cost;
	int pipes[2];

	fflush(stdout);
	if (pipe(pipes))
		exit(1);
	if (!fork()) {
		cost = run->floor ? measure_floor(ops, run->live)
				  : measure(ops, run->live, run->copies);
		_exit(write(pipes[1], &cost, sizeof(cost)) != sizeof(cost));
	}
	close(pipes[1]);
	if (read(pipes[0], &cost, sizeof(cost)) != sizeof(cost))
		exit(1);
	close(pipes[0]);
	wait(NULL);
	return cost;
}

int main(int argc, char **argv)
{
	static const struct bench_run runs[] = {
		{1000, false, false},	{1000, false, true},	 {10000, false, false},
		{100000, false, false}, {1000000, false, false}, {1000000, false, true},
		{1000, true, false},
	};
	u32 ops = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 10000000, i;
	double first = 0, cost;
	char what[64];

	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		cost = cost_of(ops, &runs[i]);
		first = i ? first : cost;
		snprintf(what, sizeof(what), "%s, %u live refs%s",
			 runs[i].floor ? "minimal loop" : "judging", runs[i].live,
			 runs[i].copies ? ", copied" : "");
		printf("%s: %.2f times the cost of judging, %u live refs\n", what, cost / first,
		       runs[0].live);
		bench_row("ledger", what, cost / first, "judging, 1000 live refs",
			  "%.2f million operations/s", 1e3 / cost);
	}
	return 0;
}
