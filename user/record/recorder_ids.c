// SPDX-License-Identifier: GPL-2.0
/* Ids of tasks, stacks and files, each described where it first occurs in the capture. */
#include <stdio.h>
#include <string.h>

#include "record/recorder_internal.h"
#include "util/log.h"
#include "util/monotonic.h"

/* Returns a new number for @key; 0 if none is left, which a record in the capture states once. */
static u32 new_id(struct recorder *recorder, struct id_space *space, u64 key)
{
	char fact[32];

	if (space->last < ID_MAX && !hash__set(&space->table, key, space->last + 1))
		return ++space->last;
	if (!space->full) {
		snprintf(fact, sizeof(fact), "ids.%s", space->name);
		recorder__note_error(recorder, capture_writer__fact(recorder->writer, now_mono(),
								    fact, "full"));
		space->full = true;
	}
	return 0;
}

/* Finds the name of the process of @event's task, a thread with another name. */
static void find_process(const struct recorder *recorder, const struct gw_event *event,
			 char *process)
{
	char raw[GW_COMM_LEN] = {};

	memcpy(raw, event->process, strnlen(event->process, sizeof(raw)));
	if (raw[0] || (recorder->process && recorder->process(event->pid, raw, sizeof(raw))))
		str_sanitize(process, GW_COMM_LEN, raw, sizeof(raw));
}

u32 recorder__task_id(struct recorder *recorder, const struct gw_event *event)
{
	struct {
		u32 pid, tid;
		char comm[GW_COMM_LEN], process[GW_COMM_LEN];
	} raw = {event->pid, event->tid, {}, {}};
	struct kept_task task = {.pid = event->pid, .tid = event->tid};
	u64 key;
	u32 id;

	memcpy(raw.comm, event->comm, strnlen(event->comm, GW_COMM_LEN));
	if (event->pid != event->tid)
		memcpy(raw.process, event->process, strnlen(event->process, GW_COMM_LEN));
	key = hash__bytes(&raw, sizeof(raw), 0);
	id = hash__find(&recorder->tasks.table, key);
	if (id) {
		recorder__tell_task(recorder, id);
		return id;
	}
	id = new_id(recorder, &recorder->tasks, key);
	if (!id)
		return 0;
	str_sanitize(task.comm, sizeof(task.comm), raw.comm, sizeof(raw.comm));
	if (task.pid != task.tid)
		find_process(recorder, event, task.process);
	recorder__add_task(recorder, id, &task);
	return id;
}

/* By text: stacks that differ only in BPF's own frames share an id. */
static u32 text_id(struct recorder *recorder, const char *text, size_t len)
{
	u64 key = hash__bytes(text, len, 0);
	u32 id = hash__find(&recorder->stacks.table, key);

	if (id)
		return id;
	id = new_id(recorder, &recorder->stacks, key);
	if (id)
		recorder__add_stack(recorder, id, text);
	return id;
}

/* The number of frames, including the first of @nr, that lie in order within the hashed words. */
static unsigned int count_covered(const struct gw_stack *stack, unsigned int first, unsigned int nr)
{
	unsigned int n = 1, word = 0;

	while (n < nr) {
		while (word < GW_STACK_WORDS && stack->word[word] != stack->ip[first + n])
			word++;
		if (word == GW_STACK_WORDS)
			break;
		n++;
	}
	return n;
}

/* Returns the id of a stack that the programs describe. */
static u32 describe(struct recorder *recorder, const struct gw_stack *stack)
{
	unsigned int nr = min(stack->nr, (u32)GW_STACK_DEPTH), top;
	char text[TEXT_MAX];
	size_t len;

	if (!recorder->ksyms)
		return 0;
	top = ksyms__find_top(recorder->ksyms, stack->ip, nr, recorder->top, recorder->nr_tops);
	if (top == nr)
		return 0;
	len = ksyms__format_stack(recorder->ksyms, stack->ip + top,
				  count_covered(stack, top, nr - top), text, sizeof(text));
	return len ? text_id(recorder, text, len) : 0;
}

/* Returns the id for the number in an event, 0 unknown. */
static u32 find_number(const struct recorder *recorder, u64 number)
{
	u32 id = hash__find(&recorder->numbers, number);

	return id ? id : hash__find(&recorder->older, number);
}

u32 recorder__stack_id(struct recorder *recorder, u64 number)
{
	u32 id = find_number(recorder, number);

	recorder__tell_stack(recorder, id);
	return id;
}

/*
 * One path may have any number of stack numbers: the kernel may move each system call's stack
 * randomly, and old data shows through. Numbers are therefore forgotten in two generations. Stacks
 * described from here on are in the new one. Numbers that the programs still take for known are
 * found in the old one until they are described again.
 */
static void forget_oldest(struct recorder *recorder)
{
	if (recorder->numbers.used < RECORDER_NUMBERS)
		return;
	hash__clear(&recorder->older);
	recorder->older = recorder->numbers;
	recorder->older_named = false;
	recorder->numbers = (struct hash){};
	if (recorder->forget)
		recorder->forget(recorder->forget_arg);
}

/* The programs send only the number from now on, even of a stack without names. */
void recorder__learn(struct recorder *recorder, const struct gw_stack *stack)
{
	u32 id = recorder->older_named ? hash__find(&recorder->numbers, stack->number)
				       : find_number(recorder, stack->number);

	if (!id)
		id = describe(recorder, stack);
	if (!id)
		return;
	forget_oldest(recorder);
	hash__set(&recorder->numbers, stack->number, id);
}

/* --- files --- */

/* The address of the file may be used for another one afterwards. */
static bool ends_file(const struct gw_event *event)
{
	return (event->flags & GW_F_WHOLE) || (event->type == GW_EV_RING_UNMAP && !event->index);
}

u32 recorder__file_id(struct recorder *recorder, const struct gw_event *event)
{
	u32 id;

	if (!event->file)
		return 0;
	id = hash__find(&recorder->files.table, event->file);
	if (!id)
		id = new_id(recorder, &recorder->files, event->file);
	if (ends_file(event))
		hash__remove(&recorder->files.table, event->file);
	return id;
}

void recorder__forget(struct recorder *recorder, const struct gw_event *event)
{
	if (event->file && ends_file(event))
		hash__remove(&recorder->files.table, event->file);
}
