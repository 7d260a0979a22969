// SPDX-License-Identifier: GPL-2.0
/*
 * Scans of simulated grant tables. CPU time of a scan of 32 768 and of a million entries, compared
 * with memcpy(3) of the same bytes in the same run, with no entry changed and with one in a
 * hundred. Then the share of a CPU for ten guests with full tables of 32 768 entries at the rate of
 * `grantwatch top'.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xen/table_scan.h"
#include "xen/top_tables.h"

#include "row.h"

#define ROUNDS 201

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *value)
{
	qsort(value, ROUNDS, sizeof(*value), by_value);
	return value[ROUNDS / 2];
}

static void change(u64 *table, u32 entries, u32 every)
{
	u32 i;

	for (i = 0; every && i < entries; i += every)
		table[i] += (u64)1 << 32;
}

/* Medians of alternate scans and copies of the same memory, ns for each. */
static int measure(u32 frames, u32 every, double *event, double *copy)
{
	size_t bytes = (size_t)frames * TABLE_FRAME_BYTES;
	u64 *memory = calloc(1, bytes), *other = calloc(1, bytes);
	struct table *table = memory ? table__over(memory, NULL, 1, frames) : NULL;
	struct scan *scan = scan__new();
	double looks[ROUNDS], copies[ROUNDS];
	u32 i, entries = frames * TABLE_V1_PER_FRAME;
	int err = !table || !scan || !other;

	for (i = 0; !err && i < entries; i++)
		memory[i] = ENTRY_PERMIT | (u64)(i * 7 + 1) << 32;
	err = err || scan__look(scan, table);
	for (i = 0; !err && i < ROUNDS; i++) {
		double begun;

		change(memory, entries, every);
		begun = now();
		err = scan__look(scan, table);
		looks[i] = now() - begun;
		begun = now();
		memcpy(other, memory, bytes);
		copies[i] = now() - begun;
		/* The comparison uses the copy, so that the compiler does not remove it. */
		err = err || other[i] != memory[i];
	}
	if (!err && scan__counts(scan)->live != entries)
		err = 1;
	*event = err ? 0 : median(looks);
	*copy = err ? 0 : median(copies);
	scan__free(scan);
	table__close(table);
	free(memory);
	free(other);
	return err;
}

int main(void)
{
	static const struct {
		u32 frames, every;
		const char *what;
	} runs[] = {
		{64, 0, "32 768 entries, nothing changed"},
		{64, 100, "32 768 entries, 1 in 100 changed"},
		{1954, 0, "a million entries, nothing changed"},
		{1954, 100, "a million entries, 1 in 100 changed"},
	};
	double look, copy;
	u32 i;

	printf("grant tables: a look at every entry (medians of %d, CPU time, in turn with a copy of the same bytes)\n",
	       ROUNDS);
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (measure(runs[i].frames, runs[i].every, &look, &copy)) {
			printf("  %s: failed\n", runs[i].what);
			return 1;
		}
		printf("  %-38s %8.1f us, ratio to memcpy %.2f\n", runs[i].what, look * 1e6,
		       look / copy);
		bench_row("grant tables", runs[i].what, look / copy, "memcpy", "%.1f us a look",
			  look * 1e6);
		if (!i)
			printf("  %-38s %8.3f %% of a CPU at %u looks a second\n",
			       "ten guests with as many", look * 10 * TOP_LOOKS * 100, TOP_LOOKS);
	}
	return 0;
}
