// SPDX-License-Identifier: GPL-2.0
/*
 * Why held back: records lie in the ring in the order in which their room was reserved, and t_out
 * is read after that. So among what was reserved before some moment nothing is missing once it is
 * drained, but two CPUs may have read their t_out in the other order, and a record reserved later
 * may not be here yet. Whoever drains knows up to which time everything is here (pump.c); up to
 * that time this file sorts and writes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/convert.h"
#include "record/points.h"
#include "record/recorder.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/monotonic.h"

#define HOLD_MAX (4u << 20) /* bytes of events held back */
#define HELD_MAX 65536u
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

struct recorder *recorder__new(struct capture_writer *writer)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	unsigned int i;

	if (!recorder)
		return NULL;
	recorder->writer = writer;
	recorder->tasks.name = "tasks";
	recorder->stacks.name = "stacks";
	recorder->files.name = "files";
	recorder->invalid_since = now_mono();
	for (i = 0; i < nr_points && i < MAX_TOPS; i++)
		recorder->top[recorder->nr_tops++] = points[i].function;
	return recorder;
}

void recorder__free(struct recorder *recorder)
{
	if (!recorder)
		return;
	hash__clear(&recorder->tasks.table);
	hash__clear(&recorder->stacks.table);
	hash__clear(&recorder->files.table);
	hash__clear(&recorder->numbers);
	hash__clear(&recorder->older);
	free(recorder->held);
	free(recorder->data);
	free(recorder);
}

void recorder__set_ksyms(struct recorder *recorder, const struct ksyms *ksyms)
{
	recorder->ksyms = ksyms;
	hash__clear(&recorder->numbers);
	hash__clear(&recorder->older);
}

void recorder__on_forget(struct recorder *recorder, recorder_forget_fn forget, void *arg)
{
	recorder->forget = forget;
	recorder->forget_arg = arg;
}

void recorder__on_process(struct recorder *recorder, recorder_process_fn process)
{
	recorder->process = process;
}

u64 recorder__events(const struct recorder *recorder)
{
	return recorder->events;
}

u64 recorder__described(const struct recorder *recorder)
{
	return recorder->described;
}

static void note_error(struct recorder *recorder, int err)
{
	if (err && !recorder->error)
		recorder->error = err;
}

/* --- ids --- */

/* A number that @key does not have yet; 0 when they are used up, which the capture says once. */
static u32 new_id(struct recorder *recorder, struct id_space *space, u64 key)
{
	char fact[32];

	if (space->last < ID_MAX && !hash__set(&space->table, key, space->last + 1))
		return ++space->last;
	if (!space->full) {
		snprintf(fact, sizeof(fact), "ids.%s", space->name);
		note_error(recorder,
			   capture_writer__fact(recorder->writer, now_mono(), fact, "full"));
		space->full = true;
	}
	return 0;
}

/* What the process of task @id is called, which is another thread of it. */
static void write_process(struct recorder *recorder, u32 id, const struct gw_event *event)
{
	char raw[GW_COMM_LEN] = {}, comm[GW_COMM_LEN];

	memcpy(raw, event->process, strnlen(event->process, sizeof(raw)));
	if (!raw[0] && (!recorder->process || !recorder->process(event->pid, raw, sizeof(raw))))
		return;
	str_sanitize(comm, sizeof(comm), raw, sizeof(raw));
	note_error(recorder, capture_writer__process(recorder->writer, id, comm));
}

static u32 task_id(struct recorder *recorder, const struct gw_event *event)
{
	struct {
		u32 pid, tid;
		char comm[GW_COMM_LEN], process[GW_COMM_LEN];
	} task = {event->pid, event->tid, {}, {}};
	char comm[GW_COMM_LEN];
	u64 key;
	u32 id;

	memcpy(task.comm, event->comm, strnlen(event->comm, GW_COMM_LEN));
	if (event->pid != event->tid)
		memcpy(task.process, event->process, strnlen(event->process, GW_COMM_LEN));
	key = hash__bytes(&task, sizeof(task), 0);
	id = hash__find(&recorder->tasks.table, key);
	if (id)
		return id;
	id = new_id(recorder, &recorder->tasks, key);
	if (!id)
		return 0;
	str_sanitize(comm, sizeof(comm), task.comm, sizeof(task.comm));
	note_error(recorder, capture_writer__task(recorder->writer, id, task.pid, task.tid, comm));
	if (task.pid != task.tid)
		write_process(recorder, id, event);
	return id;
}

/* By the text, so that stacks that differ only in BPF's own frames are one. */
static u32 text_id(struct recorder *recorder, const char *text, size_t len)
{
	u64 key = hash__bytes(text, len, 0);
	u32 id = hash__find(&recorder->stacks.table, key);

	if (id)
		return id;
	id = new_id(recorder, &recorder->stacks, key);
	if (id)
		note_error(recorder, capture_writer__stack(recorder->writer, id, text));
	return id;
}

/* How many of @nr frames, the first one included, lie in order within the words that make the
 * number. */
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

/* The id of a stack that the programs describe. */
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

/* Of the number that an event carries; 0: not known. */
static u32 stack_id(const struct recorder *recorder, u64 number)
{
	u32 id = hash__find(&recorder->numbers, number);

	return id ? id : hash__find(&recorder->older, number);
}

/*
 * Where the kernel moves each system call's stack by chance, or what lay there before shows
 * through, one path has numbers without end. So they are forgotten by generations. What the
 * programs describe again from here on is new; what they still take for known was described while
 * the older ones were new, and is found there until it has been described again.
 */
static void forget_oldest(struct recorder *recorder)
{
	if (recorder->numbers.used < RECORDER_NUMBERS)
		return;
	hash__clear(&recorder->older);
	recorder->older = recorder->numbers;
	recorder->numbers = (struct hash){};
	if (recorder->forget)
		recorder->forget(recorder->forget_arg);
}

/* From now on the number alone comes, even when no name is to be made out of it. */
static void learn(struct recorder *recorder, const struct gw_stack *stack)
{
	u32 id = stack_id(recorder, stack->number);

	if (!id)
		id = describe(recorder, stack);
	if (!id)
		return;
	forget_oldest(recorder);
	hash__set(&recorder->numbers, stack->number, id);
}

/* Then its address is free for another one. */
static bool ends_file(const struct gw_event *event)
{
	return (event->flags & GW_F_WHOLE) || (event->type == GW_EV_RING_UNMAP && !event->index);
}

static u32 file_id(struct recorder *recorder, const struct gw_event *event)
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

/* --- holding back --- */

/* Room for one more; 0 or -errno. */
static int make_place(struct recorder *recorder)
{
	u32 bytes = recorder->used + (u32)CONVERT_MAX;
	struct held_record *held;
	char *data;

	if (bytes > HOLD_MAX || recorder->nr_held == HELD_MAX)
		return -ENOSPC;
	data = array__reserve(recorder->data, &recorder->room, bytes, 1);
	if (!data)
		return -ENOMEM;
	recorder->data = data;
	held = array__reserve(recorder->held, &recorder->room_held, recorder->nr_held + 1,
			      sizeof(*held));
	if (!held)
		return -ENOMEM;
	recorder->held = held;
	return 0;
}

/* What was put at the end of the data is one more that is held. */
static void take_place(struct recorder *recorder, u64 t_out, size_t len)
{
	struct held_record *held = &recorder->held[recorder->nr_held++];

	held->t_out = t_out;
	held->offset = recorder->used;
	held->len = (u32)len;
	recorder->used += held->len;
}

static int hold(struct recorder *recorder, const struct gw_event *event, size_t size,
		const struct convert_ids *ids)
{
	int err = make_place(recorder);

	if (!err)
		take_place(recorder, event->t_out,
			   convert__event(event, size, ids, recorder->data + recorder->used));
	return err;
}

static bool is_nearly_full(const struct recorder *recorder)
{
	return recorder->used + 2 * CONVERT_MAX > HOLD_MAX || recorder->nr_held + 2 > HELD_MAX;
}

int recorder__add(struct recorder *recorder, const void *data, size_t size)
{
	const struct gw_event *event = data;
	struct convert_ids ids;

	if (size >= sizeof(struct gw_stack) && event->type == GW_EV_STACK) {
		recorder->described++;
		learn(recorder, data);
		return recorder->error ? -EAGAIN : 0;
	}
	if (!convert__is_valid(event, size)) {
		recorder->invalid++;
		return 0;
	}
	ids.task = task_id(recorder, event);
	ids.stack = stack_id(recorder, event->stack);
	ids.file = file_id(recorder, event);
	note_error(recorder, hold(recorder, event, size, &ids));
	recorder->events++;
	return recorder->error || is_nearly_full(recorder) ? -EAGAIN : 0;
}

int recorder__add_entries(struct recorder *recorder, u64 t_in, u64 t_out, const struct op_entry *op,
			  u32 nr)
{
	struct rec_batch *batch;
	size_t len = sizeof(*batch) + nr * sizeof(*op);
	int err = make_place(recorder);

	note_error(recorder, err);
	if (err)
		return -EAGAIN;
	batch = (void *)(recorder->data + recorder->used);
	*batch = (struct rec_batch){
		.e = {.h = {.type = REC_ENTRY, .len = (u32)len}, .t_in = t_in, .t_out = t_out},
		.nr = nr,
		.total = nr,
	};
	memcpy(batch + 1, op, nr * sizeof(*op));
	take_place(recorder, t_out, len);
	recorder->events++;
	return recorder->error || is_nearly_full(recorder) ? -EAGAIN : 0;
}

/* --- writing --- */

static int by_time(const void *a, const void *b)
{
	const struct held_record *x = a, *y = b;

	if (x->t_out != y->t_out)
		return x->t_out < y->t_out ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int by_offset(const void *a, const void *b)
{
	const struct held_record *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void sort(struct held_record *held, u32 nr, int (*compare)(const void *, const void *))
{
	u32 i;

	for (i = 1; i < nr; i++) {
		if (compare(&held[i - 1], &held[i]) <= 0)
			continue;
		qsort(held, nr, sizeof(*held), compare);
		return;
	}
}

/* Move what stays to the front, in the order in which it came. */
static void keep_from(struct recorder *recorder, u32 first)
{
	u32 i, used = 0, nr = recorder->nr_held - first;

	if (!recorder->held)
		return;
	memmove(recorder->held, recorder->held + first, nr * sizeof(*recorder->held));
	sort(recorder->held, nr, by_offset);
	for (i = 0; i < nr; i++) {
		struct held_record *held = &recorder->held[i];

		memmove(recorder->data + used, recorder->data + held->offset, held->len);
		held->offset = used;
		used += held->len;
	}
	recorder->nr_held = nr;
	recorder->used = used;
}

static void write_first(struct recorder *recorder, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		const struct held_record *held = &recorder->held[i];

		note_error(recorder,
			   capture_writer__add(recorder->writer, recorder->data + held->offset,
					       held->len, NULL, 0));
	}
	keep_from(recorder, nr);
}

/* Records that made no sense are lost like any other. */
static void write_invalid(struct recorder *recorder)
{
	struct rec_loss loss = {
		.h.type = REC_LOSS,
		.since = recorder->invalid_since,
		.until = now_mono(),
		.count = recorder->invalid,
		.kind = LOSS_RING,
	};

	recorder->invalid_since = loss.until;
	if (!recorder->invalid)
		return;
	recorder->invalid = 0;
	note_error(recorder, capture_writer__add(recorder->writer, &loss, sizeof(loss), NULL, 0));
}

int recorder__write(struct recorder *recorder, u64 watermark)
{
	u32 n = 0;

	sort(recorder->held, recorder->nr_held, by_time);
	while (n < recorder->nr_held && recorder->held[n].t_out <= watermark)
		n++;
	write_first(recorder, n);
	write_invalid(recorder);
	return recorder->error;
}

int recorder__make_room(struct recorder *recorder)
{
	sort(recorder->held, recorder->nr_held, by_time);
	write_first(recorder, (recorder->nr_held + 1) / 2);
	return recorder->error;
}

int recorder__write_all(struct recorder *recorder)
{
	sort(recorder->held, recorder->nr_held, by_time);
	write_first(recorder, recorder->nr_held);
	return recorder->error;
}
