// SPDX-License-Identifier: GPL-2.0
/*
 * Percentiles of the clock error bounds of all events in captures, for docs/detection.md.
 *
 *	clock_bounds CAPTURE...
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "merge/merge.h"

struct bounds {
	u64 *err;
	size_t nr, room;
};

static int add(struct bounds *bounds, u64 err)
{
	if (bounds->nr == bounds->room) {
		size_t room = bounds->room ? 2 * bounds->room : 4096;
		u64 *bigger = realloc(bounds->err, room * sizeof(*bigger));

		if (!bigger)
			return -1;
		bounds->err = bigger;
		bounds->room = room;
	}
	bounds->err[bounds->nr++] = err;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print(const struct merge_input *input, struct bounds *bounds)
{
	static const unsigned int at[] = {50, 90, 99, 100};
	unsigned int i;

	printf("d%u: %zu events, %" PRIu64 " samples, %" PRIu64 " steps;", input->feed->domid,
	       bounds->nr, input->clock.nr, input->clock.steps);
	if (!bounds->nr)
		return;
	qsort(bounds->err, bounds->nr, sizeof(*bounds->err), compare);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		printf(" %u%% %.1f us", at[i],
		       (double)bounds->err[(bounds->nr - 1) * at[i] / 100] / 1e3);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct bounds bounds[MERGE_MAX_FEEDS];
	static struct merge merge;
	struct merge_event event;
	int i;

	merge__init(&merge, false);
	for (i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		struct feed *feed = fd < 0 ? NULL : feed__new(fd, argv[i], DOMID_UNKNOWN);

		if (!feed || merge__add(&merge, feed)) {
			perror(argv[i]);
			return 1;
		}
	}
	while (merge__next(&merge, &event) == MERGE_EVENT)
		if (event.rec && event.when.err != CLOCK_ERR_UNKNOWN &&
		    add(&bounds[event.feed_index], event.when.err))
			return 1;
	for (i = 0; i < argc - 1; i++)
		print(merge.input[i], &bounds[i]);
	merge__cleanup(&merge);
	return 0;
}
