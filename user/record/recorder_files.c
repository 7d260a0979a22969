// SPDX-License-Identifier: GPL-2.0
/* record --rotate: each file describes the tasks and stacks of its events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/recorder_internal.h"
#include "util/array.h"

/* Above this number of ids at the start of a file, ids are given anew so that they suffice. */
#define MANY_IDS (ID_MAX / 2)

/*
 * Whether the current file lacks the description. @file: number of the last file that has it; set
 * to the current one.
 */
static bool is_new_here(const struct recorder *recorder, u32 *file)
{
	bool is_new = *file != recorder->file;

	*file = recorder->file;
	return is_new;
}

static void write_task(struct recorder *recorder, u32 id, const struct kept_task *task)
{
	recorder__note_error(recorder, capture_writer__task(recorder->writer, id, task->pid,
							    task->tid, task->comm));
	if (task->process[0])
		recorder__note_error(recorder,
				     capture_writer__process(recorder->writer, id, task->process));
}

/* Writes @task with the id @id, and keeps it for further files. */
void recorder__add_task(struct recorder *recorder, u32 id, const struct kept_task *task)
{
	struct kept_task *bigger;

	write_task(recorder, id, task);
	if (!recorder->keeps)
		return;
	bigger = array__reserve(recorder->task, &recorder->task_room, id + 1, sizeof(*bigger));
	recorder__note_error(recorder, bigger ? 0 : -ENOMEM);
	if (!bigger)
		return;
	recorder->task = bigger;
	bigger[id] = *task;
	bigger[id].file = recorder->file;
}

void recorder__tell_task(struct recorder *recorder, u32 id)
{
	if (id && id < recorder->task_room && is_new_here(recorder, &recorder->task[id].file))
		write_task(recorder, id, &recorder->task[id]);
}

void recorder__add_stack(struct recorder *recorder, u32 id, const char *text)
{
	struct kept_stack *bigger;
	u32 before = recorder->stack_room;

	recorder__note_error(recorder, capture_writer__stack(recorder->writer, id, text));
	if (!recorder->keeps)
		return;
	bigger = array__reserve(recorder->stack, &recorder->stack_room, id + 1, sizeof(*bigger));
	if (bigger) {
		memset(bigger + before, 0, (recorder->stack_room - before) * sizeof(*bigger));
		recorder->stack = bigger;
		bigger[id] = (struct kept_stack){strdup(text), recorder->file};
	}
	recorder__note_error(recorder, bigger && bigger[id].text ? 0 : -ENOMEM);
}

void recorder__tell_stack(struct recorder *recorder, u32 id)
{
	struct kept_stack *stack = id < recorder->stack_room ? &recorder->stack[id] : NULL;

	if (stack && stack->text && is_new_here(recorder, &stack->file))
		recorder__note_error(recorder,
				     capture_writer__stack(recorder->writer, id, stack->text));
}

/* Gives ids anew, starting with those in use. */
static void restart_tasks(struct recorder *recorder)
{
	u16 *ids = calloc(recorder->tasks.last + 1, sizeof(*ids));

	if (!ids)
		return;
	recorder->new_task = ids;
	recorder->old_task = recorder->task;
	recorder->task = NULL;
	recorder->task_room = 0;
	recorder->tasks.last = 0;
	hash__clear(&recorder->tasks.table);
}

static void restart_files(struct recorder *recorder)
{
	struct id_space *files = &recorder->files;
	u16 *ids = calloc(files->last + 1, sizeof(*ids));
	u32 i, last = 0;

	if (!ids)
		return;
	for (i = 0; i < files->table.size; i++) {
		struct hash_slot *slot = &files->table.slot[i];

		if (!slot->value)
			continue;
		ids[slot->value] = (u16)++last;
		slot->value = last;
	}
	recorder->new_file = ids;
	files->last = last;
}

static u32 carry_task(struct recorder *recorder, u32 id)
{
	u16 *ids = recorder->new_task;

	if (!ids || !id) {
		recorder__tell_task(recorder, id);
		return id;
	}
	if (!ids[id]) {
		ids[id] = (u16)++recorder->tasks.last;
		recorder__add_task(recorder, ids[id], &recorder->old_task[id]);
	}
	return ids[id];
}

/* A file that was closed meanwhile gets an id of its own too. */
static u32 carry_file(struct recorder *recorder, u32 id)
{
	u16 *ids = recorder->new_file;

	if (!ids || !id)
		return id;
	if (!ids[id])
		ids[id] = (u16)++recorder->files.last;
	return ids[id];
}

static void carry(struct recorder *recorder, struct rec *rec)
{
	struct rec_event *event = (void *)rec;
	struct rec_batch *batch = (void *)rec;

	event->task = carry_task(recorder, event->task);
	recorder__tell_stack(recorder, event->stack);
	if (REC_IS_BATCH(rec->type))
		batch->file = carry_file(recorder, batch->file);
}

static void end_carrying(struct recorder *recorder)
{
	free(recorder->new_task);
	free(recorder->old_task);
	free(recorder->new_file);
	recorder->new_task = recorder->new_file = NULL;
	recorder->old_task = NULL;
}

bool recorder__begin_file(struct recorder *recorder)
{
	bool same_files;
	u32 i;

	recorder->file++;
	recorder->tasks.full = recorder->stacks.full = recorder->files.full = false;
	if (recorder->tasks.last > MANY_IDS)
		restart_tasks(recorder);
	if (recorder->files.last > MANY_IDS)
		restart_files(recorder);
	same_files = !recorder->new_file;
	for (i = 0; i < recorder->nr_held; i++)
		carry(recorder, (void *)(recorder->data + recorder->held[i].offset));
	end_carrying(recorder);
	return same_files;
}

void recorder__keep(struct recorder *recorder)
{
	recorder->keeps = true;
}

void recorder__forget_kept(struct recorder *recorder)
{
	u32 id;

	for (id = 0; id < recorder->stack_room; id++)
		free(recorder->stack[id].text);
	free(recorder->stack);
	free(recorder->task);
}
