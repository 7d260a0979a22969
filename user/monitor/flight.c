// SPDX-License-Identifier: GPL-2.0
/*
 * A segment is a complete capture: it begins with the descriptions so far (tasks, stacks, probes,
 * facts), which a stream has only once. A saved capture is made of the segments in order, described
 * anew with all that is known by then.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/writer.h"
#include "merge/merge.h"
#include "monitor/flight.h"
#include "monitor/monitor_files.h"
#include "util/log.h"

/* parts of the window: the disk holds between N and N + 1 of them */
#define PARTS	 4u
#define SEGMENTS (PARTS + 1)
/* Bytes for one complete block and the start of the next. */
#define BUF_SIZE (2 * (BLOCK_MAX + 4096u))

struct segment {
	int fd; /* 0: unused */
	u64 begun;
};

struct lane {
	const struct feed *feed;
	struct capture_reader reader;
	struct capture_writer *writer; /* writer of the last segment, NULL none */
	u8 *buf;
	size_t len;
	struct segment segment[SEGMENTS]; /* a ring: the oldest is overwritten */
	u32 nr, next;			  /* used slots; the next slot */
	bool bad;			  /* no capture, or a disk error, which was logged */
};

struct flight {
	u64 part_ns, max_bytes;
	struct lane lane[MERGE_MAX_FEEDS];
	u32 nr;
};

static int is_segment(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "flight-", 7);
}

static void remove_old(const char *dir)
{
	struct dirent **names;
	char path[4096];
	int i, nr = scandir(dir, &names, is_segment, alphasort);

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		unlink(path);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

struct flight *flight__new(const char *dir, u32 seconds, u64 max_bytes)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return NULL;
	flight->part_ns = max(seconds * NSEC_PER_SEC / PARTS, NSEC_PER_MSEC);
	flight->max_bytes = max_bytes;
	remove_old(dir);
	return flight;
}

static void close_segment(struct lane *lane)
{
	capture_writer__free(lane->writer);
	lane->writer = NULL;
}

void flight__free(struct flight *flight)
{
	u32 i, n;

	for (i = 0; flight && i < flight->nr; i++) {
		close_segment(&flight->lane[i]);
		for (n = 0; n < SEGMENTS; n++)
			if (flight->lane[i].segment[n].fd)
				close(flight->lane[i].segment[n].fd);
		free(flight->lane[i].buf);
	}
	free(flight);
}

static void give_up(struct lane *lane, int err)
{
	pr_warn("flight recorder: %s: %s; this source is not kept", lane->feed->name,
		strerror(err));
	close_segment(lane);
	lane->bad = true;
}

/* Writes a value, and the time at which it was recorded last. */
static int describe_value(struct capture_writer *writer, const char *key,
			  const struct feed_value *value)
{
	int err = capture_writer__fact(writer, value->since, key, value->text);

	if (!err && value->until > value->since)
		err = capture_writer__fact(writer, value->until, key, value->text);
	return err;
}

static int describe_fact(struct capture_writer *writer, const struct feed_fact *fact)
{
	int err = 0;
	u32 i;

	for (i = FEED_FACT_OLD; i-- && !err;)
		if (fact->old[i].text)
			err = describe_value(writer, fact->key, &fact->old[i]);
	return err ? err : describe_value(writer, fact->key, &fact->now);
}

static int describe(const struct feed *feed, struct capture_writer *writer)
{
	int err = 0;
	u32 i;

	for (i = 0; i < feed->nr_facts && !err; i++)
		err = describe_fact(writer, &feed->facts[i]);
	for (i = 0; i < feed->nr_probes && !err; i++)
		err = capture_writer__probe(writer, feed->probes[i].since, feed->probes[i].state,
					    feed->probes[i].events, feed->probes[i].name,
					    feed->probes[i].how);
	for (i = 1; i < feed->nr_tasks && !err; i++)
		if (feed->tasks[i].tid)
			err = capture_writer__task(writer, i, feed->tasks[i].pid,
						   feed->tasks[i].tid, feed->tasks[i].comm);
	for (i = 1; i < feed->nr_tasks && !err; i++)
		if (feed->tasks[i].process[0])
			err = capture_writer__process(writer, i, feed->tasks[i].process);
	for (i = 1; i < feed->nr_stacks && !err; i++)
		if (feed->stacks[i])
			err = capture_writer__stack(writer, i, feed->stacks[i]);
	return err;
}

/* Empties the oldest slot's file and reuses it, so that no file is opened after the start. */
static int reuse_slot(struct flight *flight, struct lane *lane, u32 slot)
{
	int fd = lane->segment[slot].fd;

	if (!fd)
		return monitor_files__open_segment((u32)(lane - flight->lane), slot);
	return ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd;
}

static void open_segment(struct flight *flight, struct lane *lane, u64 now)
{
	u32 slot = lane->next;
	int err, fd;

	close_segment(lane);
	fd = reuse_slot(flight, lane, slot);
	if (fd < 0) {
		give_up(lane, -fd);
		return;
	}
	lane->segment[slot] = (struct segment){fd, now};
	lane->next = (slot + 1) % SEGMENTS;
	lane->nr = min(lane->nr + 1, SEGMENTS);
	lane->writer = capture_writer__new(fd);
	err = lane->writer ? describe(lane->feed, lane->writer) : -ENOMEM;
	if (err)
		give_up(lane, -err);
}

/* Returns the segment which is @age slots older than the newest. */
static const struct segment *slot_before(const struct lane *lane, u32 age)
{
	return &lane->segment[(lane->next + 2 * SEGMENTS - 1 - age) % SEGMENTS];
}

static bool is_full(const struct flight *flight, const struct lane *lane, u64 now)
{
	return now - slot_before(lane, 0)->begun >= flight->part_ns ||
	       capture_writer__bytes(lane->writer) >=
		       flight->max_bytes / SEGMENTS / max(flight->nr, 1u);
}

static int copy_block(struct capture_reader *reader, struct block *block,
		      struct capture_writer *writer)
{
	const struct rec *rec;
	int err = 0;

	while (!err && block__next(reader, block, &rec) == READ_OK)
		err = capture_writer__add(writer, rec, rec->len, NULL, 0);
	return err ? err : capture_writer__flush(writer, block->watermark);
}

static void take_blocks(struct flight *flight, struct lane *lane, u64 now)
{
	size_t start = 0, used, aligned;
	struct block block;
	int err;

	for (;;) {
		enum read_status status = capture_reader__block(&lane->reader, lane->buf + start,
								lane->len - start, &used, &block);
		start += used;
		if (status == READ_BAD)
			lane->bad = true; /* the feed says it */
		if (status != READ_OK)
			break;
		if (!lane->writer || is_full(flight, lane, now))
			open_segment(flight, lane, now);
		if (lane->bad)
			return;
		err = copy_block(&lane->reader, &block, lane->writer);
		if (err) {
			give_up(lane, -err);
			return;
		}
	}
	aligned = start & ~(size_t)7;
	memmove(lane->buf, lane->buf + aligned, lane->len - aligned);
	lane->len -= aligned;
}

void flight__take(struct flight *flight, u32 index, const struct feed *feed, const void *bytes,
		  size_t len, u64 now)
{
	struct lane *lane = &flight->lane[index];

	if (!lane->feed) {
		lane->feed = feed;
		lane->buf = aligned_alloc(64, BUF_SIZE);
		lane->bad = !lane->buf;
		capture_reader__init(&lane->reader);
		flight->nr = max(flight->nr, index + 1);
	}
	while (len && !lane->bad) {
		size_t n = min(len, BUF_SIZE - lane->len);

		memcpy(lane->buf + lane->len, bytes, n);
		lane->len += n;
		bytes = (const u8 *)bytes + n;
		len -= n;
		take_blocks(flight, lane, now);
		/*
		 * The reader skips what is no block, so there is room again. Never loops without
		 * room.
		 */
		if (lane->len == BUF_SIZE)
			lane->bad = true;
	}
}

/* --- saving --- */

static int copy_segment(int fd, struct capture_writer *writer)
{
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *rec;
	int err;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	err = capture_stream__init(&stream, fd);
	while (!err) {
		status = capture_stream__next_blocking(&stream, &rec);
		if (status == STREAM_EOF || status == STREAM_BAD)
			break;
		if (status == STREAM_MARK)
			err = capture_writer__flush(writer, stream.block.watermark);
		else if (rec->type != REC_FACT && rec->type != REC_TASK &&
			 rec->type != REC_PROCESS && rec->type != REC_STACK)
			err = capture_writer__add(writer, rec, rec->len, NULL, 0);
	}
	capture_stream__cleanup(&stream);
	/* Restores the offset at which its writer continues. */
	return lseek(fd, 0, SEEK_END) < 0 && !err ? -errno : err;
}

static int save_lane(struct lane *lane, const char *name)
{
	int err, fd = monitor_files__open_saved(name, lane->feed->domid);
	struct capture_writer *writer;
	u32 age;

	if (fd < 0)
		return fd;
	writer = capture_writer__new(fd);
	err = writer ? describe(lane->feed, writer) : -ENOMEM;
	for (age = lane->nr; age-- && !err;)
		err = copy_segment(slot_before(lane, age)->fd, writer);
	if (!err) {
		struct rec_end end = {.h.type = REC_END, .time = lane->feed->stream.watermark};

		err = capture_writer__add(writer, &end, sizeof(end), NULL, 0);
	}
	if (!err)
		err = capture_writer__flush(writer, lane->feed->stream.watermark);
	capture_writer__free(writer);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int flight__save(struct flight *flight, const char *name)
{
	int err = 0;
	u32 i;

	for (i = 0; i < flight->nr && !err; i++)
		if (flight->lane[i].nr && flight->lane[i].feed->domid != DOMID_UNKNOWN)
			err = save_lane(&flight->lane[i], name);
	return err;
}
