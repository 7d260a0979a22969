// SPDX-License-Identifier: GPL-2.0
/*
 * CPU time of a handler without Xen, from the kernel's own statistics (run_time_ns by run_cnt):
 * bench_handlers.bpf.c, run by bpf(2) every 50 to 100 microseconds. For comparison a bpftrace probe
 * prints the same fields of a grant, without a stack, at the same pace.
 *
 *	bench_handlers OBJECT [load]
 *
 * load: prints only the time in which the kernel verifies and compiles all handlers.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/wait.h>

#include "util/types.h"

#include "event.h"
#include "row.h"

#define EVENTS	40000
#define PACE_US 50

static u32 described; /* number of stack descriptions */

static int on_event(void *arg, void *data, size_t size)
{
	const struct gw_stack *stack = data;

	described += stack->type == GW_EV_STACK;
	return 0;
}

struct cost {
	u64 ns, runs;
};

static struct cost cost_of(int fd)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return (struct cost){};
	return (struct cost){info.run_time_ns, info.run_cnt};
}

static double per_run(struct cost before, struct cost after)
{
	u64 runs = after.runs - before.runs;

	return runs ? (double)(after.ns - before.ns) / (double)runs : 0;
}

static double measure(const struct bpf_program *prog, struct ring_buffer *ring)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct cost before = {};
	u32 i;

	described = 0;
	for (i = 0; i < EVENTS; i++) {
		if (i == EVENTS / 10)
			before = cost_of(bpf_program__fd(prog));
		bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
		usleep(PACE_US);
		if (i % 100 == 0)
			ring_buffer__consume(ring);
	}
	ring_buffer__consume(ring);
	return per_run(before, cost_of(bpf_program__fd(prog)));
}

static u32 last_prog(void)
{
	u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		;
	return id;
}

/* Measures the next BPF program that is loaded, which is bpftrace's. */
static double measure_bpftrace(void)
{
	static const char script[] = "interval:us:50 { printf(\"%llu G %d %d %s %u d%u %lx "
				     "%x\\n\", nsecs, pid, tid, comm, 5, 0,"
				     " 499079, 0); }";
	u32 before = last_prog(), id, tries;
	struct cost first;
	double ns;
	int fd;
	pid_t pid = fork();

	if (!pid) {
		(void)!freopen("/dev/null", "w", stdout);
		(void)!freopen("/dev/null", "w", stderr);
		execlp("bpftrace", "bpftrace", "-q", "-e", script, NULL);
		_exit(127);
	}
	for (tries = 0; tries < 200 && (id = last_prog()) == before; tries++)
		usleep(100000);
	fd = id == before ? -1 : bpf_prog_get_fd_by_id(id);
	sleep(1);
	first = cost_of(fd);
	sleep(3);
	ns = fd < 0 ? 0 : per_run(first, cost_of(fd));
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	if (fd >= 0)
		close(fd);
	return ns;
}

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Measures verifier and compiler. The time of the same object on several machines compares them. */
static int load(struct bpf_object *obj)
{
	u64 begun = clock_ns();
	int err = bpf_object__load(obj);

	if (!err)
		printf("%-22s %8.1f ms\n", "all handlers loaded in",
		       (double)(clock_ns() - begun) / 1e6);
	fflush(stdout);
	return err;
}

int main(int argc, char **argv)
{
	struct gw_config config = {.wakeup_bytes = 2 * 1024 * 1024};
	struct bpf_object *obj = argc >= 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_map *rodata = obj ? bpf_object__find_map_by_name(obj, ".rodata") : NULL;
	struct bpf_program *prog;
	struct ring_buffer *ring;
	double peer;

	if (!rodata || bpf_map__set_initial_value(rodata, &config, sizeof(config)) || load(obj)) {
		fprintf(stderr, "bench_handlers: cannot load the handlers here: %s\n",
			strerror(errno));
		return 77;
	}
	if (argc == 3 && !strcmp(argv[2], "load"))
		return 0;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "ring"), on_event, NULL, NULL);
	if (!ring || bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) {
		fprintf(stderr, "bench_handlers: the kernel keeps no account of programs: %s\n",
			strerror(errno));
		return 77;
	}
	peer = measure_bpftrace();
	if (peer > 0)
		printf("%-22s %8.0f ns an event\n", "bpftrace, a grant", peer);
	else
		printf("bpftrace does not run here: nothing to compare with\n");
	bpf_object__for_each_program(prog, obj)
	{
		double ns = measure(prog, ring);

		printf("%-22s %8.0f ns an event, %u stacks described in %d events",
		       bpf_program__name(prog), ns, described, EVENTS);
		printf(peer > 0 ? "  %.2f of bpftrace's\n" : "\n", ns / peer);
		bench_row("probes", bpf_program__name(prog) + strlen("bench_"),
			  peer > 0 ? ns / peer : 0, "bpftrace, a grant", "%.0f ns an event", ns);
	}
	return 0;
}
