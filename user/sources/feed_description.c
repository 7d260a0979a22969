// SPDX-License-Identifier: GPL-2.0
/* The description of a capture: domid, facts, and tasks and stacks by id. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/feed_internal.h"
#include "util/array.h"
#include "util/log.h"

char *feed__keep_text(struct feed *feed, const char *text)
{
	size_t len = strnlen(text, TEXT_MAX - 1);
	char *copy;

	if (feed->text_bytes + len + 1 > FEED_MAX_TEXT || !(copy = malloc(len + 1))) {
		feed->dropped_meta++;
		return NULL;
	}
	feed->text_bytes += len + 1;
	str_sanitize(copy, len + 1, text, len);
	return copy;
}

static void drop_text(struct feed *feed, char *text)
{
	if (text)
		feed->text_bytes -= strlen(text) + 1;
	free(text);
}

/*
 * Makes room for entry @id of an array with elements of @size bytes. Doubles its size, up to
 * ID_MAX.
 */
static bool grow(struct feed *feed, void **array, u32 *nr, u32 id, size_t size)
{
	const u32 before = *nr;
	void *bigger;

	if (!id || id > ID_MAX) {
		feed->dropped_meta++;
		return false;
	}
	if (id < *nr)
		return true;
	bigger = array__reserve(*array, nr, id + 1, size);
	if (!bigger) {
		feed->dropped_meta++;
		return false;
	}
	memset((char *)bigger + before * size, 0, (*nr - before) * size);
	*array = bigger;
	return true;
}

void feed__keep_task(struct feed *feed, u32 id, const struct rec_task *rec)
{
	void *array = feed->tasks;
	struct feed_task *task;

	if (!grow(feed, &array, &feed->nr_tasks, id, sizeof(*feed->tasks)))
		return;
	feed->tasks = array;
	task = &feed->tasks[id];
	task->pid = rec->pid;
	task->tid = rec->tid;
	str_sanitize(task->comm, sizeof(task->comm), rec->comm, sizeof(rec->comm));
	if (rec->pid == rec->tid)
		feed->leaders[rec->pid % FEED_LEADERS] = (u16)id;
}

static void keep_process(struct feed *feed, u32 id, const struct rec_process *rec)
{
	if (id && id < feed->nr_tasks)
		str_sanitize(feed->tasks[id].process, sizeof(feed->tasks[0].process), rec->comm,
			     sizeof(rec->comm));
	else
		feed->dropped_meta++;
}

static void keep_stack(struct feed *feed, u32 id, const struct rec_stack *rec)
{
	void *array = feed->stacks;

	if (!grow(feed, &array, &feed->nr_stacks, id, sizeof(*feed->stacks)))
		return;
	feed->stacks = array;
	/* An id keeps its first text, as pointers to it are kept. */
	if (feed->stacks[id])
		feed->dropped_meta += !feed__is_later(feed);
	else
		feed->stacks[id] = feed__keep_text(feed, rec->text);
}

static void claim_domid(struct feed *feed, const char *value)
{
	char *end;
	unsigned long domid = strtoul(value, &end, 10);

	if (end == value || *end || domid >= DOMID_FIRST_RESERVED) {
		feed->dropped_meta++;
		return;
	}
	/* A capture cannot change its domain. */
	if (!feed->domid_given && !feed->domid_claimed)
		feed->domid = (u16)domid;
	else if (feed->domid != domid)
		feed->refused = true;
	feed->domid_claimed = true;
}

/* A running kernel does not change these facts: the first value counts. */
static bool is_fixed(const char *key)
{
	static const char *const fixed[] = {"domid",	 "kernel", "guest_type", "role",
					    "tier",	 "tool",   "xen",	 "xen_build",
					    "boot_time", "boot_id"};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(key, fixed[i]))
			return true;
	return false;
}

/* Sets @fact to @text, which it owns, from @time on. */
static void change_fact(struct feed *feed, struct feed_fact *fact, char *text, u64 time)
{
	if (!strcmp(fact->now.text, text)) {
		fact->now.until = max(fact->now.until, time);
		drop_text(feed, text);
		return;
	}
	if (is_fixed(fact->key)) {
		/* A later capture may be of another version, or its clock was set. */
		feed->changed += !feed__is_later(feed);
		drop_text(feed, text);
		return;
	}
	drop_text(feed, fact->old[FEED_FACT_OLD - 1].text);
	memmove(fact->old + 1, fact->old, (FEED_FACT_OLD - 1) * sizeof(fact->old[0]));
	fact->old[0] = fact->now;
	fact->now = (struct feed_value){text, time, time};
}

static void take_fact(struct feed *feed, const struct rec_fact *rec)
{
	const char *value = text__second(rec->text);
	char *key, *copy;
	u32 i;

	if (!strcmp(rec->text, "domid"))
		claim_domid(feed, value);
	copy = feed__keep_text(feed, value);
	if (!copy)
		return;
	for (i = 0; i < feed->nr_facts; i++) {
		if (!strcmp(feed->facts[i].key, rec->text)) {
			change_fact(feed, &feed->facts[i], copy, rec->time);
			return;
		}
	}
	key = feed->nr_facts < FEED_MAX_FACTS ? feed__keep_text(feed, rec->text) : NULL;
	if (!key) {
		feed->dropped_meta++;
		free(copy);
		return;
	}
	feed->facts[feed->nr_facts++] =
		(struct feed_fact){.key = key, .now = {copy, rec->time, rec->time}};
}

void feed__describe(struct feed *feed, const struct rec *rec)
{
	const struct rec_task *task = (const void *)rec;
	const struct rec_process *process = (const void *)rec;
	const struct rec_stack *stack = (const void *)rec;

	if (rec->type == REC_FACT)
		take_fact(feed, (const void *)rec);
	else if (rec->type == REC_TASK)
		feed__keep_task(feed, task->id, task);
	else if (rec->type == REC_PROCESS)
		keep_process(feed, process->id, process);
	else
		keep_stack(feed, stack->id, stack);
}

static const struct feed_fact *find_fact(const struct feed *feed, const char *key)
{
	u32 i;

	for (i = 0; i < feed->nr_facts; i++)
		if (!strcmp(feed->facts[i].key, key))
			return &feed->facts[i];
	return NULL;
}

const char *feed__fact(const struct feed *feed, const char *key)
{
	const struct feed_fact *fact = find_fact(feed, key);

	return fact ? fact->now.text : NULL;
}

const struct feed_value *feed__fact_at(const struct feed *feed, const char *key, u64 time)
{
	const struct feed_fact *fact = find_fact(feed, key);
	const struct feed_value *value;
	u32 i;

	if (!fact)
		return NULL;
	for (value = &fact->now, i = 0; value->since > time && i < FEED_FACT_OLD; i++) {
		if (!fact->old[i].text)
			return value;
		value = &fact->old[i];
	}
	return value->since <= time ? value : NULL;
}

const char *feed__name_of(const struct feed *feed, u16 domid)
{
	char key[32];

	snprintf(key, sizeof(key), FACT_NAME "%u", domid);
	return feed->domid ? NULL : feed__fact(feed, key);
}

u16 feed__target(const struct feed *feed, u16 domid)
{
	const char *value;
	char key[32], *end;
	unsigned long target;

	if (feed->domid)
		return DOMID_UNKNOWN;
	snprintf(key, sizeof(key), FACT_STUBDOM "%u", domid);
	value = feed__fact(feed, key);
	if (!value || !isdigit((unsigned char)*value))
		return DOMID_UNKNOWN;
	target = strtoul(value, &end, 10);
	return *end || !target || target >= DOMID_FIRST_RESERVED || target == domid ? DOMID_UNKNOWN
										    : (u16)target;
}

const struct feed_task *feed__task(const struct feed *feed, u32 id)
{
	static const struct feed_task unknown;

	return id && id < feed->nr_tasks ? &feed->tasks[id] : &unknown;
}

const char *feed__process(const struct feed *feed, const struct feed_task *task)
{
	const struct feed_task *leader;

	if (task->process[0] || task->pid == task->tid)
		return task->process[0] ? task->process : task->comm;
	leader = feed__task(feed, feed->leaders[task->pid % FEED_LEADERS]);
	return leader->pid == task->pid ? leader->comm : "";
}

const char *feed__stack(const struct feed *feed, u32 id)
{
	return id && id < feed->nr_stacks && feed->stacks[id] ? feed->stacks[id] : "";
}
