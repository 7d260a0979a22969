// SPDX-License-Identifier: GPL-2.0
/* Several captures of one domain, read as one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/feed_internal.h"
#include "util/array.h"
#include "util/log.h"

int feed__append(struct feed *feed, int fd, const struct feed_break *at)
{
	struct feed_segments *segments = feed->segments;
	struct feed_segment *bigger = NULL;

	if (!segments)
		segments = feed->segments = calloc(1, sizeof(*segments));
	if (segments)
		bigger = array__reserve(segments->next, &segments->room, segments->nr + 1,
					sizeof(*bigger));
	if (!bigger) {
		close(fd);
		return -ENOMEM;
	}
	segments->next = bigger;
	bigger[segments->nr++] = (struct feed_segment){fd, *at};
	return 0;
}

void feed__free_segments(struct feed *feed)
{
	struct feed_segments *segments = feed->segments;

	if (!segments)
		return;
	while (segments->nr > segments->nr_read)
		close(segments->next[--segments->nr].fd);
	hash__clear(&segments->task_by_content);
	hash__clear(&segments->stack_by_content);
	free(segments->next);
	free(segments);
}

/* --- by content --- */

static u64 hash_task(const struct feed_task *task)
{
	u64 key = hash__bytes(&task->pid, sizeof(task->pid), 0);

	key = hash__bytes(&task->tid, sizeof(task->tid), key);
	return hash__bytes(task->comm, strnlen(task->comm, sizeof(task->comm)), key);
}

static u64 hash_stack(const char *text)
{
	return hash__bytes(text, strlen(text), 0);
}

/* Indexes the first capture, whose ids are the feed's. */
static void index_descriptions(struct feed *feed)
{
	struct feed_segments *segments = feed->segments;
	u32 id;

	for (id = 1; id < feed->nr_tasks; id++) {
		if (!feed->tasks[id].pid && !feed->tasks[id].tid && !feed->tasks[id].comm[0])
			continue;
		segments->last_task = id;
		hash__set(&segments->task_by_content, hash_task(&feed->tasks[id]), id);
	}
	for (id = 1; id < feed->nr_stacks; id++) {
		if (!feed->stacks[id])
			continue;
		segments->last_stack = id;
		hash__set(&segments->stack_by_content, hash_stack(feed->stacks[id]), id);
	}
}

/* Returns an unused id of the feed, 0 if there are no more. */
static u16 new_id(struct feed *feed, u32 *last)
{
	if (*last < ID_MAX)
		return (u16)++ * last;
	feed->dropped_meta++;
	return 0;
}

static void translate_task(struct feed *feed, struct rec_task *rec)
{
	struct feed_segments *segments = feed->segments;
	struct feed_task task = {.pid = rec->pid, .tid = rec->tid};
	const struct feed_task *found;
	u64 key;
	u32 id;

	if (!rec->id || rec->id > ID_MAX)
		return;
	str_sanitize(task.comm, sizeof(task.comm), rec->comm, sizeof(rec->comm));
	key = hash_task(&task);
	id = hash__find(&segments->task_by_content, key);
	found = feed__task(feed, id);
	if (!id || found->pid != task.pid || found->tid != task.tid ||
	    strcmp(found->comm, task.comm) != 0) {
		id = new_id(feed, &segments->last_task);
		if (id)
			hash__set(&segments->task_by_content, key, id);
	}
	segments->task[rec->id] = (u16)id;
	rec->id = id;
}

/* Whether @task surely belongs to another process than one named @comm. */
static bool is_of_other_process(const struct feed_task *task, const struct rec_process *rec)
{
	char comm[sizeof(task->process)];

	str_sanitize(comm, sizeof(comm), rec->comm, sizeof(rec->comm));
	return task->process[0] && strcmp(task->process, comm) != 0;
}

/* The feed's task keeps its process, to which earlier events belong. */
static void translate_process(struct feed *feed, struct rec_process *rec)
{
	struct feed_segments *segments = feed->segments;
	u32 own = rec->id <= ID_MAX ? rec->id : 0;
	const struct feed_task *task = feed__task(feed, segments->task[own]);

	if (is_of_other_process(task, rec)) {
		struct rec_task copy = {.pid = task->pid, .tid = task->tid};

		memcpy(copy.comm, task->comm, sizeof(copy.comm));
		segments->task[own] = new_id(feed, &segments->last_task);
		if (segments->task[own])
			feed__keep_task(feed, segments->task[own], &copy);
	}
	rec->id = segments->task[own];
}

static void translate_stack(struct feed *feed, struct rec_stack *rec)
{
	struct feed_segments *segments = feed->segments;
	char text[TEXT_MAX];
	u64 key;
	u32 id;

	if (!rec->id || rec->id > ID_MAX)
		return;
	str_sanitize(text, sizeof(text), rec->text, strnlen(rec->text, TEXT_MAX - 1));
	key = hash_stack(text);
	id = hash__find(&segments->stack_by_content, key);
	if (!id || strcmp(feed__stack(feed, id), text) != 0) {
		id = new_id(feed, &segments->last_stack);
		if (id)
			hash__set(&segments->stack_by_content, key, id);
	}
	segments->stack[rec->id] = (u16)id;
	rec->id = id;
}

static u32 translate_file(struct feed *feed, u32 id)
{
	struct feed_segments *segments = feed->segments;

	if (!id || id > ID_MAX)
		return id;
	if (id + segments->file_base > ID_MAX) {
		feed->dropped_meta++;
		return 0;
	}
	return id + segments->file_base;
}

static void translate_event(struct feed *feed, struct rec_event *event)
{
	const struct feed_segments *segments = feed->segments;
	struct rec_batch *batch = (void *)event;

	event->task = event->task <= ID_MAX ? segments->task[event->task] : 0;
	event->stack = event->stack <= ID_MAX ? segments->stack[event->stack] : 0;
	if (REC_IS_BATCH(event->h.type))
		batch->file = translate_file(feed, batch->file);
}

void feed__translate(struct feed *feed, struct rec *rec)
{
	if (rec->type == REC_TASK)
		translate_task(feed, (void *)rec);
	else if (rec->type == REC_PROCESS)
		translate_process(feed, (void *)rec);
	else if (rec->type == REC_STACK)
		translate_stack(feed, (void *)rec);
	else if (REC_IS_EVENT(rec->type))
		translate_event(feed, (void *)rec);
}

/* --- from one capture to the next --- */

static void note_gap(struct feed *feed, const struct feed_break *at)
{
	if (at->seamless)
		return;
	if (!feed->has_gap)
		feed->gap = *at;
	feed->gap.until = at->until;
	feed->has_gap = true;
	feed->nr_gaps++;
	feed->unrecorded += at->until - at->since;
	feed->segments->file_base = feed->last_file;
}

bool feed__has_more(const struct feed *feed)
{
	return feed->segments && feed->segments->nr_read < feed->segments->nr;
}

bool feed__go_on(struct feed *feed)
{
	struct feed_segments *segments = feed->segments;
	const struct feed_segment *next;

	if (!feed__has_more(feed) || feed->stream.stopped || feed->stream.error)
		return false;
	if (!segments->nr_read)
		index_descriptions(feed);
	next = &segments->next[segments->nr_read++];
	close(feed->stream.fd);
	capture_stream__go_on(&feed->stream, next->fd);
	feed->ended = false;
	feed->attaching = false;
	feed->stated_losses = 0;
	segments->at = next->at;
	segments->has_phase = false;
	segments->events_before = feed->events;
	memset(segments->task, 0, sizeof(segments->task));
	memset(segments->stack, 0, sizeof(segments->stack));
	note_gap(feed, &next->at);
	return true;
}
