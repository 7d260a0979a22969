/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the ring buffer to the capture: events become records, what repeats in them (tasks, stacks,
 * files) becomes ids, and they are held back until nothing earlier can come any more, so that a
 * capture is in order.
 */
#ifndef GRANTWATCH_RECORDER_H
#define GRANTWATCH_RECORDER_H

#include "capture/writer.h"
#include "event.h"
#include "record/ksyms.h"

/* Numbers of stacks that are known at once: these at least, twice as many at most. */
#define RECORDER_NUMBERS GW_STACKS

struct recorder;

struct recorder *recorder__new(struct capture_writer *writer);
void recorder__free(struct recorder *recorder);

/*
 * The symbols for stacks from now on; the previous ones may be freed afterwards. Numbers of stacks
 * mean nothing any more: the programs have to describe all stacks again.
 */
void recorder__set_ksyms(struct recorder *recorder, const struct ksyms *ksyms);

/* Whom to tell that the programs have to describe all stacks again. */
typedef void (*recorder_forget_fn)(void *arg);
void recorder__on_forget(struct recorder *recorder, recorder_forget_fn forget, void *arg);

/*
 * Who tells the name of process @pid, of at least 16 bytes, where an event does not; false: not
 * known. Asked once for each task.
 */
typedef bool (*recorder_process_fn)(u32 pid, char *name, size_t size);
void recorder__on_process(struct recorder *recorder, recorder_process_fn process);

/*
 * One record of the ring buffer. 0; or -EAGAIN: taken, but now write something out before the next
 * one. What cannot be made sense of is counted as lost.
 */
int recorder__add(struct recorder *recorder, const void *data, size_t size);

/* @event is not wanted; but the file that it ends, if it does, is another one afterwards. */
void recorder__forget(struct recorder *recorder, const struct gw_event *event);

/*
 * @nr entries of tables that were read between @t_in and @t_out. As recorder__add().
 */
int recorder__add_entries(struct recorder *recorder, u64 t_in, u64 t_out, const struct op_entry *op,
			  u32 nr);

/*
 * Write the events up to @watermark, in order of t_out; the block is the caller's to flush. The
 * promise that nothing up to @watermark is still to come is the caller's as well. 0 or -errno of
 * the writer.
 */
int recorder__write(struct recorder *recorder, u64 watermark);

/* Make room: write the older half of what is held, without any promise. 0 or -errno. */
int recorder__make_room(struct recorder *recorder);

/* Write all that is held, at the end. 0 or -errno. */
int recorder__write_all(struct recorder *recorder);

/* Before the first record: more files will follow. */
void recorder__keep(struct recorder *recorder);

/*
 * The writer has gone on to another file: describe there what is held back refers to. Returns
 * whether ids of files are the same as in the file before.
 */
bool recorder__begin_file(struct recorder *recorder);

/* The latest time of what was written: above the watermark where room had to be made. */
u64 recorder__reached(const struct recorder *recorder);

u64 recorder__events(const struct recorder *recorder);

/* How often the programs had to unwind a stack, which costs more than all the rest of an event. */
u64 recorder__described(const struct recorder *recorder);

#endif
