// SPDX-License-Identifier: GPL-2.0
/*
 * `grantwatch xentrace --summary' compared with `xenalyze --summary': alternate runs on one
 * generated trace. Prints medians of CPU time, records per second, the ratio, and grantwatch's
 * memory for this trace and for one four times as long.
 *
 *	bench_xentrace GRANTWATCH GENERATOR [RECORDS]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/types.h"

#include "row.h"

#define ROUNDS 15

struct cost {
	double seconds;
	long kib;
	int status;
};

/*
 * Runs @argv with its output in @out. Measures CPU time, which other load on the machine does not
 * change.
 */
static struct cost run(char *const argv[], const char *out)
{
	struct cost cost = {.status = -1};
	struct rusage usage;
	int status, fd;
	pid_t pid = fork();

	if (!pid) {
		fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		dup2(fd, STDOUT_FILENO);
		fd = open("/dev/null", O_WRONLY);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status))
		return cost;
	cost.status = WEXITSTATUS(status);
	cost.seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	cost.kib = usage.ru_maxrss;
	return cost;
}

static int by_seconds(const void *a, const void *b)
{
	double x = ((const struct cost *)a)->seconds, y = ((const struct cost *)b)->seconds;

	return x < y ? -1 : x > y;
}

static struct cost median(struct cost *cost)
{
	qsort(cost, ROUNDS, sizeof(*cost), by_seconds);
	return cost[ROUNDS / 2];
}

static bool generate(char *generator, u64 records, char *path)
{
	char number[32];
	char *argv[] = {generator, number, NULL};
	struct stat st;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)records);
	if (run(argv, path).status || stat(path, &st)) {
		printf("cannot generate %s\n", path);
		return false;
	}
	printf("xentrace: %llu records, %lld bytes\n", (unsigned long long)records,
	       (long long)st.st_size);
	return true;
}

static void print(const char *name, u64 records, const struct cost *cost)
{
	printf("  %-32s %7.3f s, %6.2f million records/s, %6.1f MB\n", name, cost->seconds,
	       (double)records / cost->seconds / 1e6, (double)cost->kib / 1024);
}

static int compare(char *grantwatch, u64 records, char *path)
{
	char *ours[] = {grantwatch, "xentrace", "--summary", path, NULL};
	char *theirs[] = {"xenalyze", "--summary", path, NULL};
	struct cost a[ROUNDS], b[ROUNDS], ma, mb;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		a[i] = run(ours, "/dev/null");
		b[i] = run(theirs, "/dev/null");
		if (a[i].status || b[i].status) {
			printf("  not compared: %s\n",
			       b[i].status == 127 ? "no xenalyze (package xen-utils-common)"
						  : "one of them failed");
			return b[i].status == 127 ? 0 : 1;
		}
	}
	ma = median(a);
	mb = median(b);
	print("grantwatch xentrace --summary", records, &ma);
	print("xenalyze --summary", records, &mb);
	bench_row("xentrace", "--summary", mb.seconds / ma.seconds, "xenalyze",
		  "%.1f million records/s, %.1f MB", (double)records / ma.seconds / 1e6,
		  (double)ma.kib / 1024);
	printf("  ratio %.1f (medians of %d, CPU time, in turn)\n", mb.seconds / ma.seconds,
	       ROUNDS);
	return 0;
}

int main(int argc, char **argv)
{
	u64 records = argc > 3 ? strtoull(argv[3], NULL, 0) : 5000000;
	char path[] = "/tmp/bench_xentrace.XXXXXX";
	int fd = mkstemp(path), status = 1;
	char *ours[] = {argc > 1 ? argv[1] : NULL, "xentrace", "--summary", path, NULL};

	if (argc < 3 || fd < 0) {
		printf("usage: bench_xentrace GRANTWATCH GENERATOR [RECORDS]\n");
		return 1;
	}
	close(fd);
	if (generate(argv[2], records, path))
		status = compare(argv[1], records, path);
	if (!status && generate(argv[2], 4 * records, path)) {
		struct cost cost = run(ours, "/dev/null");

		print("grantwatch xentrace --summary", 4 * records, &cost);
		status = cost.status;
	}
	unlink(path);
	return status;
}
