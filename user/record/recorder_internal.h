/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the recorder: order and writing (recorder.c), ids. */
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
	struct held_record *held;
	u32 nr_held, room_held;
	char *data;
	u32 used, room;
	u64 events;
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
u32 recorder__stack_id(const struct recorder *recorder, u64 number);

/* From now on the number alone comes, even when no name is to be made out of it. */
void recorder__learn(struct recorder *recorder, const struct gw_stack *stack);

#endif
