// SPDX-License-Identifier: GPL-2.0
/*
 * Why records are held back: they lie in the ring in the order of reservation, and t_out is read
 * after it. Two CPUs may read t_out in the other order, so a record that was reserved later may
 * have an earlier t_out. The caller knows up to which time all records were read (pump.c). Up to
 * that time this file sorts and writes them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/convert.h"
#include "record/points.h"
#include "record/recorder_internal.h"
#include "util/array.h"
#include "util/log.h"
#include "util/monotonic.h"

#define HOLD_MAX (4u << 20) /* bytes of events held back */
#define HELD_MAX 65536u

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
	recorder__forget_kept(recorder);
	free(recorder->held);
	free(recorder->data);
	free(recorder);
}

void recorder__set_ksyms(struct recorder *recorder, const struct ksyms *ksyms)
{
	recorder->ksyms = ksyms;
	/* Events in the ring buffer may be from before, and have numbers with the former names. */
	hash__clear(&recorder->older);
	recorder->older = recorder->numbers;
	recorder->older_named = true;
	recorder->numbers = (struct hash){};
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

u64 recorder__reached(const struct recorder *recorder)
{
	return recorder->reached;
}

u64 recorder__described(const struct recorder *recorder)
{
	return recorder->described;
}

void recorder__note_error(struct recorder *recorder, int err)
{
	if (err && !recorder->error)
		recorder->error = err;
}

/* --- holding back --- */

/* Makes room for one more. Returns 0 or -errno. */
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

/* Adds the record at the end of the data to the held ones. */
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
		recorder__learn(recorder, data);
		return recorder->error ? -EAGAIN : 0;
	}
	if (!convert__is_valid(event, size)) {
		recorder->invalid++;
		return 0;
	}
	ids.task = recorder__task_id(recorder, event);
	ids.stack = recorder__stack_id(recorder, event->stack);
	ids.file = recorder__file_id(recorder, event);
	recorder__note_error(recorder, hold(recorder, event, size, &ids));
	recorder->events++;
	return recorder->error || is_nearly_full(recorder) ? -EAGAIN : 0;
}

int recorder__add_entries(struct recorder *recorder, u64 t_in, u64 t_out, const struct op_entry *op,
			  u32 nr)
{
	struct rec_batch *batch;
	size_t len = sizeof(*batch) + nr * sizeof(*op);
	int err = make_place(recorder);

	recorder__note_error(recorder, err);
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

/* Moves the held records from @first on to the front, in order of arrival. */
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

		recorder__note_error(recorder, capture_writer__add(recorder->writer,
								   recorder->data + held->offset,
								   held->len, NULL, 0));
		recorder->reached = max(recorder->reached, held->t_out);
	}
	keep_from(recorder, nr);
}

/* Invalid records count as lost. */
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
	recorder__note_error(recorder,
			     capture_writer__add(recorder->writer, &loss, sizeof(loss), NULL, 0));
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
