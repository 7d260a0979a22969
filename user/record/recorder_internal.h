/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the recorder: order and writing (recorder.c), ids, files that follow. */
#ifndef GRANTWATCH_RECORDER_INTERNAL_H
#define GRANTWATCH_RECORDER_INTERNAL_H

#include "record/recorder.h"
#include "util/hash.h"

#define MAX_TOPS 64

struct held_record {
	u64 t_out;
	u32 offset;
	u32 len;
};

struct id_space {
	struct hash table;
	u32 last;
	bool full;
	const char *name;
};

/* What a further file may have to describe again. */
struct kept_task {
	u32 pid, tid;
	char comm[GW_COMM_LEN], process[GW_COMM_LEN]; /* the latter "": not known, or the same */
	u32 file;				      /* in which it was described last */
};

struct kept_stack {
	char *text;
	u32 file;
};

struct recorder {
	struct capture_writer *writer;
	const struct ksyms *ksyms;
	const char *top[MAX_TOPS];
	unsigned int nr_tops;
	struct id_space tasks, stacks, files;
	struct hash numbers; /* of stacks, as the programs number them → id */
	struct hash older;   /* the same, from before the programs were last told to forget */
	recorder_process_fn process;
	recorder_forget_fn forget;
	void *forget_arg;
	bool keeps; /* more files will follow */
	u32 file;   /* how many came before this one */
	struct kept_task *task;
	struct kept_stack *stack;
	u32 task_room, stack_room;
	/* While events are carried over: by the id before, tasks, and new ids. NULL: they stay. */
	struct kept_task *old_task;
	u16 *new_task, *new_file;
	struct held_record *held;
	u32 nr_held, room_held;
	char *data;
	u32 used, room;
	u64 events;
	u64 reached;   /* the latest time of those that were written */
	u64 described; /* stacks */
	u64 invalid;   /* ring records that made no sense */
	u64 invalid_since;
	int error; /* of the writer or of memory; sticky */
};

/* Keep @err, of the writer or of memory, unless it is 0 or there is one already. */
void recorder__note_error(struct recorder *recorder, int err);

/* The ids of what @event names; 0: none, or not known. */
u32 recorder__task_id(struct recorder *recorder, const struct gw_event *event);
u32 recorder__file_id(struct recorder *recorder, const struct gw_event *event);

/* Of the number that an event carries; 0: not known. */
u32 recorder__stack_id(struct recorder *recorder, u64 number);

/* From now on the number alone comes, even when no name is to be made out of it. */
void recorder__learn(struct recorder *recorder, const struct gw_stack *stack);

/* Describe what has the new id @id; and again, if need be, in each file where it is used. */
void recorder__add_task(struct recorder *recorder, u32 id, const struct kept_task *task);
void recorder__tell_task(struct recorder *recorder, u32 id);
void recorder__add_stack(struct recorder *recorder, u32 id, const char *text);
void recorder__tell_stack(struct recorder *recorder, u32 id);

void recorder__forget_kept(struct recorder *recorder);

#endif
