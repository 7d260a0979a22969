// SPDX-License-Identifier: GPL-2.0
/*
 * Many cycles of one ref within the clock error bounds, where every event may belong to every
 * cycle. The work is counted in comparisons of times, which no load of the machine changes: the
 * linker puts a counter in front of span__margin() (see the Makefile).
 */
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

static u64 comparisons;

/*
 * The linker's names for what stands in for others, and for these.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
 */
u64 __real_span__margin(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt);
u64 __wrap_span__margin(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt);
u64 __wrap_span__margin(u32 da, const struct span *a, u32 db, const struct span *b, u64 doubt)
{
	comparisons++;
	return __real_span__margin(da, a, db, b, doubt);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct cycles {
	u32 nr;
	u32 marks;	/* cycles between two marks, 0: one mark at the end */
	s32 status;	/* of each map */
	bool by_kernel; /* the backend is blkback, which announces nothing */
	bool no_maps;
	bool kept; /* announcements are not withdrawn */
};

#define CYCLE 20e-6 /* s; the clocks of both domains are good to 2.5 ms each */

static void print_head(FILE *file, u32 domid)
{
	static const char clock[] =
		"clock cpu 0 mono %s tsc0 1000000 tsc1 1000100 stamp 0 system %s mul 1 shift 0\n";

	fprintf(file,
		"grantwatch-capture 1\n"
		"fact time 0 key domid value %u\n"
		"task id 1 pid 11 tid 11 comm gui-daemon\n"
		"stack id 1 frames gntdev_map_grant_pages+0x1d5 [xen_gntdev]; gntdev_mmap+0x240 [xen_gntdev]\n"
		"stack id 2 frames gnttab_grant_foreign_access+0x6c; gntalloc_ioctl+0x1d4 [xen_gntalloc]\n"
		"stack id 3 frames gnttab_end_foreign_access+0x2a; __del_gref+0x51 [xen_gntalloc]\n"
		"stack id 4 frames xen_blkbk_map+0x11 [xen_blkback]; dispatch_rw_block_io+0x240 [xen_blkback]\n",
		domid);
	fprintf(file, clock, "100.5", "100.5");
	fprintf(file, clock, "120.5", "120.5");
}

static void print_granter(FILE *file, const struct cycles *cycles, u32 nr, double at)
{
	fprintf(file,
		"grant in %.6f out %.6f task 1 stack 2 ref 80 peer 0 gflags 0 frame 0x%x\n"
		"revoke in %.6f out %.6f task 1 stack 3 ref 80 result ok\n"
		"free in %.6f out %.6f task 1 stack 3 ref 80\n",
		at, at + 1e-6, 4096 + nr, at + 12e-6, at + 13e-6, at + 14e-6, at + 15e-6);
}

static void print_map(FILE *file, const struct cycles *cycles, u32 nr, double at)
{
	fprintf(file, "map in %.6f out %.6f task 1 ", at + 4e-6, at + 5e-6);
	if (cycles->by_kernel)
		fprintf(file, "stack 4\n");
	else
		fprintf(file, "stack 1 file 1 index 0x%x\n", nr * 4096);
	fprintf(file, "  op granter 5 ref 80 status %d handle %u frame 0x%x\n", cycles->status,
		7 + nr, 4096 + nr);
	if (!cycles->status)
		fprintf(file,
			"unmap in %.6f out %.6f task 1 stack 1\n"
			"  op granter 5 ref 80 status 0 handle %u\n",
			at + 6e-6, at + 7e-6, 7 + nr);
}

static void print_mapper(FILE *file, const struct cycles *cycles, u32 nr, double at)
{
	if (!cycles->by_kernel)
		fprintf(file,
			"arm in %.6f out %.6f task 1 file 1 index 0x%x\n"
			"  op granter 5 ref 80\n",
			at + 2e-6, at + 3e-6, nr * 4096);
	if (!cycles->no_maps)
		print_map(file, cycles, nr, at);
	if (!cycles->by_kernel && !cycles->kept)
		fprintf(file, "disarm in %.6f out %.6f task 1 file 1 index 0x%x\n", at + 8e-6,
			at + 9e-6, nr * 4096);
}

/* Returns a descriptor of the packed capture of domain @domid. */
static int capture_of(const struct cycles *cycles, u32 domid)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);
	double at = 101;
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	u32 i;

	print_head(file, domid);
	for (i = 0; i < cycles->nr; i++, at += CYCLE) {
		if (domid)
			print_granter(file, cycles, i, at);
		else
			print_mapper(file, cycles, i, at);
		if (cycles->marks && i % cycles->marks == cycles->marks - 1)
			fprintf(file, "mark %.6f\n", at + CYCLE - 1e-6);
	}
	fprintf(file, "end time %.6f events %u lost 0\nmark %.6f\n", at + 9, cycles->nr, at + 9);
	fclose(file);
	file = fmemopen(text, size, "r");
	assert_int_equal(text__pack(file, "capture", writer), 0);
	fclose(file);
	free(text);
	capture_writer__free(writer);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Judges @cycles. Returns the number of comparisons. */
static u64 cost_of(struct cycles cycles, u32 nr)
{
	struct pipeline *pipeline = pipeline__new(false);

	cycles.nr = nr;
	comparisons = 0;
	pipeline__add(pipeline, feed__new(capture_of(&cycles, 0), "capture", DOMID_UNKNOWN));
	pipeline__add(pipeline, feed__new(capture_of(&cycles, 5), "capture", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	pipeline__free(pipeline);
	return comparisons;
}

static const struct cycles kinds[] = {
	{.status = 0},	     {.status = 0, .kept = true}, {.status = -3},
	{.by_kernel = true}, {.no_maps = true},		  {.no_maps = true, .kept = true},
};

/*
 * The order of N ends and N announcements takes N squared comparisons at least, as each may be
 * about each. Twice the cycles take four times as many; eight times is the cube.
 */
static void work_grows_no_faster_than_the_pairs_of_events(void **state)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		u64 few = cost_of(kinds[i], 60), many = cost_of(kinds[i], 120);

		print_message("kind %u: %llu and %llu comparisons\n", i, (unsigned long long)few,
			      (unsigned long long)many);
		assert_true(few > 60);
		assert_true(many < 5 * few);
	}
}

/* In a running capture, what is beyond the bounds is settled and costs nothing any more. */
static void work_per_cycle_does_not_grow_with_time(void **state)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct cycles cycles = kinds[i];
		u64 some, more;

		cycles.marks = 50;
		some = cost_of(cycles, 1500);
		more = cost_of(cycles, 3000);
		print_message("kind %u: %llu and %llu comparisons\n", i, (unsigned long long)some,
			      (unsigned long long)more);
		assert_true(more < some * 23 / 10);
		/* 550 cycles are within the bounds. */
		assert_true(more < 3000ull * 550 * 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_grows_no_faster_than_the_pairs_of_events),
		cmocka_unit_test(work_per_cycle_does_not_grow_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
