// SPDX-License-Identifier: GPL-2.0
/*
 * Endurance of the pipeline: dom0 and several guests send their captures through pipes without
 * pause, while their memory must stay the same. Every guest's disk is busy, and now and then a
 * process in dom0 maps a ref which blkfront has got. All of these races must be found, and nothing
 * else.
 *
 *	bench_fleet [OPERATIONS [GUESTS]]	20 million by 8 guests; 10 million or more
 *
 * Prints memory and findings ten times. Exit status 1: the memory grew, or a verdict is wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"

#include "load.h"
#include "row.h"

#define LIVE	  (91 * BATCH)	 /* refs of a guest's disk */
#define RACE_REF  (FIRST + LIVE) /* the ref of its windows */
#define RACE_EACH 4096		 /* rounds of a guest from race to race */
#define GUESTS	  32
#define LOOKS	  10
#define OPS_MIN	  10000000  /* buffers reach their size in a tenth of them */
#define GROWTH	  (4 << 20) /* bytes of memory by which a look may exceed the second one */

/* --- the fleet --- */

/* Writes the stream of @domid. Other domains' events only take their time. */
struct stream {
	struct capture_writer *writer;
	u32 domid;
	u64 at; /* ns, the same in all streams */
	u64 races;
};

static bool is_of(const struct stream *stream, u32 domid)
{
	return stream->domid == domid;
}

static void granter(struct stream *stream, u32 guest, u8 type, u32 stack, u32 ref, u64 frame)
{
	stream->at += 100;
	if (is_of(stream, guest))
		load__ref(stream->writer, type, stack, ref, frame, stream->at);
}

static void disk(struct stream *stream, u32 guest, u8 type, u64 round)
{
	const struct load_device device = {(u16)guest, LIVE, guest * 4 * LIVE};

	stream->at += 20000;
	if (is_of(stream, 0))
		load__batch(stream->writer, &device, type, (u32)(round * BATCH % LIVE), stream->at);
}

/* An ioctl or map by the GUI daemon. */
static void daemon_does(struct stream *stream, u32 guest, u8 type)
{
	struct rec_batch batch = {.e = {.h.type = type, .task = 1, .stack = 2},
				  .file = 1,
				  .nr = type != REC_DISARM,
				  .total = type != REC_DISARM,
				  .index = stream->races << 12};
	const u32 handle = guest * 4 * LIVE + LIVE;
	const struct op_arm arm = {.granter = guest, .ref = RACE_REF};
	const struct op_map map = {.granter = (u16)guest,
				   .ref = RACE_REF,
				   .handle = handle,
				   .flags = 2,
				   .frame = 4096 + RACE_REF};
	const struct op_unmap unmap = {.granter = (u16)guest, .ref = RACE_REF, .handle = handle};
	const void *op = type == REC_MAP     ? (const void *)&map
			 : type == REC_UNMAP ? (const void *)&unmap
					     : (const void *)&arm;
	size_t len = type == REC_MAP	 ? sizeof(map)
		     : type == REC_UNMAP ? sizeof(unmap)
		     : type == REC_ARM	 ? sizeof(arm)
					 : 0;

	stream->at += 1000000;
	batch.e.t_out = stream->at;
	batch.e.t_in = stream->at - 40;
	if (is_of(stream, 0))
		capture_writer__add(stream->writer, &batch, sizeof(batch), op, len);
}

/* The window's ref is announced and freed. The disk gets it, and the daemon maps it. */
static void race(struct stream *stream, u32 guest)
{
	granter(stream, guest, REC_GRANT, 3, RACE_REF, 4095);
	daemon_does(stream, guest, REC_ARM);
	granter(stream, guest, REC_REVOKE, 4, RACE_REF, 0);
	granter(stream, guest, REC_FREE, 4, RACE_REF, 0);
	stream->at += 1000000;
	granter(stream, guest, REC_GRANT, 1, RACE_REF, 4096 + RACE_REF);
	daemon_does(stream, guest, REC_MAP);
	daemon_does(stream, guest, REC_UNMAP);
	daemon_does(stream, guest, REC_DISARM);
	stream->at += 1000000;
	granter(stream, guest, REC_REVOKE, 2, RACE_REF, 0);
	granter(stream, guest, REC_FREE, 2, RACE_REF, 0);
	stream->races++;
}

/* A request of eleven refs. */
static void request(struct stream *stream, u32 guest, u64 round)
{
	u32 i;

	for (i = 0; i < BATCH; i++) {
		u32 ref = FIRST + (u32)((round * BATCH + i) % LIVE);

		granter(stream, guest, REC_GRANT, 1, ref, 4096 + ref);
	}
	disk(stream, guest, REC_MAP, round);
	disk(stream, guest, REC_UNMAP, round);
	stream->at += 20000;
	for (i = 0; i < BATCH; i++) {
		u32 ref = FIRST + (u32)((round * BATCH + i) % LIVE);

		granter(stream, guest, REC_REVOKE, 2, ref, 0);
		granter(stream, guest, REC_FREE, 2, ref, 0);
	}
}

static void begin(struct stream *stream)
{
	char domid[12];

	snprintf(domid, sizeof(domid), "%u", stream->domid);
	if (stream->domid) {
		load__head(stream->writer, domid, "blkif_queue_rq+0x4e1 [xen_blkfront]",
			   "gnttab_try_end_foreign_access+0x12; blkif_interrupt+0x2b0 "
			   "[xen_blkfront]");
		capture_writer__stack(stream->writer, 3,
				      "gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 "
				      "[xen_gntalloc]");
		capture_writer__stack(stream->writer, 4,
				      "gnttab_end_foreign_access+0x2a; __del_gref+0x51 "
				      "[xen_gntalloc]");
		return;
	}
	load__head(stream->writer, domid, "xen_blkbk_map+0x1a0 [xen_blkback]",
		   "gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]");
	capture_writer__task(stream->writer, 1, 977, 977, "gui-daemon");
	capture_writer__process(stream->writer, 1, "gui-daemon");
}

/* Plays @rounds of all guests, and writes what @domid records to @fd. */
static void play(int fd, u32 domid, u32 guests, u64 rounds)
{
	struct stream stream = {.writer = capture_writer__new(fd), .domid = domid, .at = 10000};
	u64 round;
	u32 guest;

	begin(&stream);
	for (round = 0; round < rounds; round++) {
		for (guest = 1; guest <= guests; guest++) {
			request(&stream, guest, round);
			if (round % RACE_EACH == guest * 16)
				race(&stream, guest);
		}
		if (round % 128 == 127) {
			load__clock(stream.writer, stream.at);
			capture_writer__flush(stream.writer, stream.at);
		}
	}
	load__clock(stream.writer, stream.at);
	load__end(stream.writer, stream.at);
	capture_writer__free(stream.writer);
}

/* Starts a process which sends the stream of @domid. Returns the pipe's end. */
static int start(u32 domid, u32 guests, u64 rounds)
{
	int pipes[2];

	if (pipe(pipes))
		exit(1);
	fflush(stdout);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pipes[0]);
		play(pipes[1], domid, guests, rounds);
		_exit(0);
	}
	close(pipes[1]);
	return pipes[0];
}

/* --- the pipeline --- */

struct looks {
	const struct pipeline *pipeline;
	u64 each, ops, next, least, most;
	u32 nr;
};

/* Bytes of resident memory. */
static u64 resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		exit(1);
	fclose(file);
	return pages * (u64)sysconf(_SC_PAGESIZE);
}

/* Counts the stale maps that were found. *@others: all other findings. */
static u64 count(const struct pipeline *pipeline, u64 *others)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	u64 found = 0;
	u32 i;

	for (*others = 0, i = 0; i < findings->nr; i++) {
		const struct finding *finding = findings->item[i];

		if (finding->class == CLASS_STALE_MAP && finding->certainty == CERTAINTY_PROVEN)
			found += finding->count;
		else
			*others += !finding->gone;
	}
	return found;
}

static void look(struct looks *looks)
{
	u64 others, found = count(looks->pipeline, &others), bytes = resident();

	printf("%6" PRIu64 " million operations: %5.1f MiB, %" PRIu64 " stale maps, %" PRIu64
	       " other findings\n",
	       looks->ops / 1000000, (double)bytes / (1 << 20), found, others);
	fflush(stdout);
	/* Buffers reach their size before the second look. */
	if (++looks->nr == 2)
		looks->least = bytes;
	looks->most = bytes > looks->most ? bytes : looks->most;
}

static void on_event(void *ctx, const struct merge_event *event)
{
	struct looks *looks = ctx;
	const struct rec_batch *batch = (const void *)event->rec;

	if (event->rec)
		looks->ops += REC_IS_BATCH(event->rec->type) ? batch->nr : 1;
	if (looks->ops < looks->next)
		return;
	looks->next += looks->each;
	look(looks);
}

int main(int argc, char **argv)
{
	u64 ops = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
	u32 guests = argc > 2 ? (u32)strtoul(argv[2], NULL, 10) : 8, domid;
	u64 rounds = ops / (5 * BATCH) / (guests ? guests : 1), races = 0, others, found;
	struct looks looks = {.each = ops / LOOKS, .next = ops / LOOKS};
	struct pipeline *pipeline = pipeline__new(false);
	struct timespec a, b;
	struct summary summary;
	bool failed;
	double seconds;

	if (!pipeline || !guests || guests > GUESTS || ops < OPS_MIN) {
		fprintf(stderr,
			"usage: bench_fleet [OPERATIONS [GUESTS]]: %u operations or more, at most %u "
			"guests\n",
			OPS_MIN, GUESTS);
		return 1;
	}
	looks.pipeline = pipeline;
	for (domid = 0; domid <= guests; domid++) {
		pipeline__add(pipeline,
			      feed__new(start(domid, guests, rounds), "fleet", DOMID_UNKNOWN));
		if (domid && rounds > domid * 16)
			races += (rounds - domid * 16 - 1) / RACE_EACH + 1;
	}
	pipeline__observe(pipeline, on_event, &looks);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	pipeline__run(pipeline);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	pipeline__summarize(pipeline, &summary);
	seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	found = count(pipeline, &others);
	failed = found != races || others || summary.exit_status != 2 ||
		 looks.most > looks.least + GROWTH;
	printf("%s: %" PRIu64 " operations by %u guests in %.0f s, memory within %.1f MiB, %" PRIu64
	       " of %" PRIu64 " races found, %" PRIu64 " other findings, exit %d\n",
	       failed ? "FAILED" : "ok", looks.ops, guests, seconds,
	       (double)(looks.most - looks.least) / (1 << 20), found, races, others,
	       summary.exit_status);
	if (failed)
		pipeline__report(pipeline, &text_renderer, stdout, NULL);
	bench_row("ledger", "a fleet of guests", 0, "-", "%.2f million operations/s",
		  (double)looks.ops / seconds / 1e6);
	return failed;
}
