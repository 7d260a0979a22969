// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock/clock.h"
#include "pipeline/segments.h"
#include "util/log.h"

/* s; wall-clock times of one boot agree within seconds, those of two boots do not */
#define BOOT_SLACK 60.0
/* ns; within one boot of Xen a kernel's clock is adjusted by less than 1/1000 */
#define CLOCK_SLACK NSEC_PER_SEC
#define CLOCK_SLEW  1000

/* What a capture tells about itself. Times are ns of its CLOCK_MONOTONIC. */
struct extent {
	u32 feed; /* its index */
	struct feed *seen;
	u64 begin, end;	 /* recorded from, and complete up to; both 0: never recorded */
	u64 last;	 /* of all events */
	u64 first_clock; /* its first clock sample, 0 none */
	/* Xen system time minus CLOCK_MONOTONIC, at the first and last sample */
	s64 first_off, last_off;
};

static bool may_be_read_twice(const struct feed *feed)
{
	struct stat st;

	return !fstat(feed->stream.fd, &st) && S_ISREG(st.st_mode) &&
	       !lseek(feed->stream.fd, 0, SEEK_CUR);
}

static void see_clock(struct extent *extent, const struct rec_clock *rec)
{
	struct clock clock;

	clock__init(&clock);
	clock__add(&clock, rec);
	if (!clock.nr)
		return;
	extent->last_off = (s64)(clock__at(&clock, rec->mono).ns - rec->mono);
	if (extent->first_clock)
		return;
	extent->first_clock = rec->mono;
	extent->first_off = extent->last_off;
}

static u64 begin_of(const struct extent *extent)
{
	const struct feed *seen = extent->seen;
	u64 begin = seen->first_mono ? seen->first_mono : UINT64_MAX;

	if (seen->recording_since)
		return seen->recording_since;
	if (extent->first_clock)
		begin = min(begin, extent->first_clock);
	return begin == UINT64_MAX || seen->attaching ? 0 : begin;
}

/* Reads the file of ->seen until its domid is known, or to its end, and seeks to its start. */
static void see_file(struct extent *extent, bool all)
{
	struct feed *seen = extent->seen;
	enum feed_status status;
	const struct rec *rec;

	do {
		status = feed__next(seen, true, &rec);
		if (status == FEED_CLOCK)
			see_clock(extent, (const void *)rec);
	} while (status != FEED_DONE && (all || seen->domid == DOMID_UNKNOWN));
	lseek(seen->stream.fd, 0, SEEK_SET);
	extent->begin = begin_of(extent);
	if (extent->begin)
		extent->end = max(extent->begin, seen->stream.watermark);
	extent->last = seen->last_mono;
}

/* Reads what the file of @feed tells. Returns 0, or -1 after logging the error. */
static int see(struct extent *extent, const struct feed *feed, bool all)
{
	extent->seen = feed__new(feed->stream.fd, feed->name, feed->domid);
	if (!extent->seen) {
		pr_err("out of memory");
		return -1;
	}
	extent->seen->stream.stop = feed->stream.stop;
	see_file(extent, all);
	/* The feed keeps the descriptor. */
	extent->seen->stream.fd = -1;
	if (!extent->seen->stream.stopped)
		return 0;
	pr_err("interrupted");
	return -1;
}

/* --- of one boot --- */

/* Whether both captures have @key. *@same: with equal values. */
static bool both_have(const struct feed *a, const struct feed *b, const char *key, bool *same)
{
	const char *x = feed__fact(a, key), *y = feed__fact(b, key);

	*same = x && y && !strcmp(x, y);
	return x && y;
}

static bool booted_together(const struct feed *a, const struct feed *b)
{
	const char *x = feed__fact(a, "boot_time"), *y = feed__fact(b, "boot_time");
	double apart = x && y ? strtod(x, NULL) - strtod(y, NULL) : BOOT_SLACK;

	return apart < BOOT_SLACK && apart > -BOOT_SLACK;
}

/*
 * A guest may move to another host, or be restored, and get the same domid by chance. Dom0's boot
 * is also Xen's.
 */
static bool is_one_xen(const struct extent *a, const struct extent *b)
{
	s64 moved = b->first_off - a->last_off;
	u64 slack = CLOCK_SLACK + (b->first_clock - min(a->end, b->first_clock)) / CLOCK_SLEW;

	if (!a->seen->domid || !a->first_clock || !b->first_clock)
		return true;
	return (u64)(moved < 0 ? -moved : moved) <= slack;
}

static bool is_one_boot(const struct feed *a, const struct feed *b)
{
	static const char *const fixed[] = {"kernel", "guest_type", "role",
					    "uuid",   "xen",	    "xen_build"};
	bool same;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (both_have(a, b, fixed[i], &same) && !same)
			return false;
	return both_have(a, b, "boot_id", &same) ? same : booted_together(a, b);
}

/* --- one after the other --- */

/* Whether @b states that nothing is missing between @a and it. */
static bool is_seamless(const struct extent *a, const struct extent *b)
{
	const char *time = feed__fact(b->seen, FACT_CONTINUES);

	return time && a->seen->ended && strtoull(time, NULL, 10) == a->end;
}

static int by_begin(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->feed < y->feed ? -1 : 1;
}

static int check_pair(const struct extent *a, const struct extent *b)
{
	const char *const first = a->seen->name, *const second = b->seen->name;
	const u16 domid = b->seen->domid;

	if (!is_one_boot(a->seen, b->seen) || (!is_seamless(a, b) && !is_one_xen(a, b)))
		pr_err("%s and %s are both of d%u, and not known to be of one boot: give one capture per domain",
		       first, second, domid);
	else if (max(a->end, a->last) > b->begin && !is_seamless(a, b))
		pr_err("%s and %s are both of d%u and overlap in time: give one capture per domain",
		       first, second, domid);
	else
		return 0;
	return -1;
}

/* Joins @nr captures, in order, into the feed of the first. */
static int chain(struct pipeline *pipeline, const struct extent *extent, u32 nr)
{
	struct feed *feed = pipeline->feeds[extent->feed];
	u32 i;

	for (i = 1; i < nr; i++) {
		struct feed *later = pipeline->feeds[extent[i].feed];
		const struct feed_break at = {.since = extent[i - 1].end,
					      .until = extent[i].begin,
					      .seamless = is_seamless(&extent[i - 1], &extent[i])};

		if (feed__append(feed, later->stream.fd, &at)) {
			pr_err("out of memory");
			return -1;
		}
		later->stream.fd = -1;
		feed->input = later->input;
	}
	return 0;
}

/* A recorder that ended while attaching probes recorded nothing. */
static u32 leave_out_empty(struct extent *extent, u32 nr)
{
	u32 i, kept = 0;

	for (i = 0; i < nr; i++) {
		if (extent[i].begin) {
			extent[kept++] = extent[i];
			continue;
		}
		pr_warn("%s: nothing was recorded, it is left out", extent[i].seen->name);
		feed__free(extent[i].seen);
	}
	return kept;
}

static int join_extents(struct pipeline *pipeline, struct extent *extent, u32 nr)
{
	u32 i;

	qsort(extent, nr, sizeof(*extent), by_begin);
	for (i = 1; i < nr; i++)
		if (check_pair(&extent[i - 1], &extent[i]))
			return -1;
	return nr ? chain(pipeline, extent, nr) : 0;
}

/* --- all captures --- */

struct domids {
	u32 of[MERGE_MAX_FEEDS]; /* DOMID_UNKNOWN: not joined */
	bool gone[MERGE_MAX_FEEDS];
};

static int find_domids(const struct pipeline *pipeline, struct domids *domids)
{
	int err = 0;
	u32 i;

	for (i = 0; i < pipeline->nr_feeds && !err; i++) {
		struct extent extent = {.feed = i};

		domids->of[i] = DOMID_UNKNOWN;
		if (!may_be_read_twice(pipeline->feeds[i]))
			continue;
		err = see(&extent, pipeline->feeds[i], false);
		if (!err && !feed__is_bad(extent.seen))
			domids->of[i] = extent.seen->domid;
		feed__free(extent.seen);
	}
	return err;
}

/* Joins the captures of one domain, of which @first is the first. */
static int join_domain(struct pipeline *pipeline, struct domids *domids, u32 first)
{
	struct extent extent[MERGE_MAX_FEEDS];
	u32 i, nr = 0, kept;
	int err = 0;

	for (i = first; i < pipeline->nr_feeds && !err; i++) {
		if (domids->of[i] != domids->of[first])
			continue;
		extent[nr] = (struct extent){.feed = i};
		err = see(&extent[nr], pipeline->feeds[i], true);
		nr += extent[nr].seen != NULL;
	}
	kept = err || nr < 2 ? nr : leave_out_empty(extent, nr);
	if (!err && nr > 1)
		err = join_extents(pipeline, extent, kept);
	for (i = first; i < pipeline->nr_feeds && nr > 1; i++)
		if (domids->of[i] == domids->of[first] && (!kept || i != extent[0].feed))
			domids->gone[i] = true;
	for (i = 0; i < kept; i++)
		feed__free(extent[i].seen);
	return err;
}

static void remove_gone(struct pipeline *pipeline, const struct domids *domids)
{
	u32 i, kept = 0;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		struct feed *feed = pipeline->feeds[i];

		if (!domids->gone[i]) {
			pipeline->feeds[kept++] = feed;
			continue;
		}
		merge__remove(&pipeline->merge, kept);
		feed__free(feed);
	}
	pipeline->nr_feeds = kept;
}

int segments__join(struct pipeline *pipeline)
{
	struct domids domids = {.gone = {false}};
	u32 i, j;
	int err = pipeline->nr_feeds > 1 ? find_domids(pipeline, &domids) : 0;

	for (i = 0; i < pipeline->nr_feeds && !err && pipeline->nr_feeds > 1; i++) {
		for (j = 0; j < i && domids.of[j] != domids.of[i]; j++)
			;
		if (j == i && domids.of[i] != DOMID_UNKNOWN)
			err = join_domain(pipeline, &domids, i);
	}
	if (!err)
		remove_gone(pipeline, &domids);
	return err;
}

/* --- one that grows --- */

static int append_seen(struct feed *feed, const struct extent *after)
{
	const struct feed *seen = after->seen;
	struct extent before = {.seen = feed,
				.end = max(feed->stream.watermark, feed->recording_since),
				.last = feed->last_mono};
	struct feed_break at = {.since = before.end, .until = after->begin};
	int fd = seen->stream.fd;

	if (!after->begin && !seen->refused && !seen->stream.reader.error[0])
		return 0;
	if (feed__is_bad(seen) || seen->domid != feed->domid || check_pair(&before, after)) {
		pr_warn("%s: another file has its name now, which does not go on with it",
			feed->name);
		close(fd);
		return -1;
	}
	at.seamless = is_seamless(&before, after);
	return feed__append(feed, fd, &at) ? -1 : 1;
}

int segments__append(struct feed *feed, int fd)
{
	struct extent extent = {.seen = feed__new(fd, feed->name, DOMID_UNKNOWN)};
	int found;

	if (!extent.seen)
		return 0;
	see_file(&extent, true);
	found = append_seen(feed, &extent);
	extent.seen->stream.fd = -1;
	feed__free(extent.seen);
	return found;
}
