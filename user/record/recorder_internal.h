/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the recorder: order and writing (recorder.c), ids, further files. */
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

/* A task that a further file may have to describe again. */
struct kept_task {
	u32 pid, tid;
	/* @process "": unknown, or the same as @comm */
	char comm[GW_COMM_LEN], process[GW_COMM_LEN];
	/* number of the last file with its description */
	u32 file;
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
	struct hash numbers; /* stack number of the programs → id */
	struct hash older;   /* the same, from before the programs last forgot */
	bool older_named;    /* @older is from before the last recorder__set_ksyms() */
	recorder_process_fn process;
	recorder_forget_fn forget;
	void *forget_arg;
	bool keeps; /* more files will follow */
	u32 file;   /* number of files before this one */
	struct kept_task *task;
	struct kept_stack *stack;
	u32 task_room, stack_room;
	/* While held events move to another file: tasks by old id, and new ids. NULL otherwise. */
	struct kept_task *old_task;
	u16 *new_task, *new_file;
	struct held_record *held;
	u32 nr_held, room_held;
	char *data;
	u32 used, room;
	u64 events;
	u64 reached;   /* latest t_out written */
	u64 described; /* stacks */
	u64 invalid;   /* ring records that were invalid */
	u64 invalid_since;
	int error; /* first error of the writer or of memory */
};

/* Keeps @err unless it is 0 or an error is already kept. */
void recorder__note_error(struct recorder *recorder, int err);

/* Returns the id of @event's task, 0 none or unknown. */
u32 recorder__task_id(struct recorder *recorder, const struct gw_event *event);
u32 recorder__file_id(struct recorder *recorder, const struct gw_event *event);

/* Returns the id for the stack number in an event, 0 unknown. */
u32 recorder__stack_id(struct recorder *recorder, u64 number);

/* The programs send only the number of @stack from now on, even if it has no names. */
void recorder__learn(struct recorder *recorder, const struct gw_stack *stack);

/* Describes the task of id @id now, and in each further file that uses it. */
void recorder__add_task(struct recorder *recorder, u32 id, const struct kept_task *task);
void recorder__tell_task(struct recorder *recorder, u32 id);
void recorder__add_stack(struct recorder *recorder, u32 id, const char *text);
void recorder__tell_stack(struct recorder *recorder, u32 id);

void recorder__forget_kept(struct recorder *recorder);

#endif
