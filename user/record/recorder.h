/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the ring buffer to the capture. Events become records, and repeated parts (tasks, stacks,
 * files) become ids. Records are held back until no earlier one can come, so that a capture is in
 * order.
 */
#ifndef GRANTWATCH_RECORDER_H
#define GRANTWATCH_RECORDER_H

#include "capture/writer.h"
#include "event.h"
#include "record/ksyms.h"

/* Stack numbers remembered: at least these, at most twice as many. */
#define RECORDER_NUMBERS GW_STACKS

struct recorder;

struct recorder *recorder__new(struct capture_writer *writer);
void recorder__free(struct recorder *recorder);

/*
 * Sets the symbols for stacks. The previous ones may be freed afterwards. Forgets stack numbers:
 * the programs have to describe all stacks again.
 */
void recorder__set_ksyms(struct recorder *recorder, const struct ksyms *ksyms);

/* Called when the programs have to describe all stacks again. */
typedef void (*recorder_forget_fn)(void *arg);
void recorder__on_forget(struct recorder *recorder, recorder_forget_fn forget, void *arg);

/*
 * Returns the name of process @pid, of at least 16 bytes, for events without it; false if unknown.
 * Called once for each task.
 */
typedef bool (*recorder_process_fn)(u32 pid, char *name, size_t size);
void recorder__on_process(struct recorder *recorder, recorder_process_fn process);

/*
 * Adds one record of the ring. Returns 0, or -EAGAIN: added, and something must be written before
 * the next one. Invalid records count as lost.
 */
int recorder__add(struct recorder *recorder, const void *data, size_t size);

/* Leaves @event out. If the event ends a file, its address may become another file's. */
void recorder__forget(struct recorder *recorder, const struct gw_event *event);

/* Adds @nr table entries, read between @t_in and @t_out. Returns like recorder__add(). */
int recorder__add_entries(struct recorder *recorder, u64 t_in, u64 t_out, const struct op_entry *op,
			  u32 nr);

/*
 * Writes the events up to @watermark in order of t_out. The caller flushes the block, and
 * guarantees that no event up to @watermark comes later. Returns 0 or -errno of the writer.
 */
int recorder__write(struct recorder *recorder, u64 watermark);

/*
 * Makes room: writes the older half of the held events, out of order if need be. Returns 0 or
 * -errno.
 */
int recorder__make_room(struct recorder *recorder);

/* Writes all held events, at the end. Returns 0 or -errno. */
int recorder__write_all(struct recorder *recorder);

/* Called before the first record: more files will follow. */
void recorder__keep(struct recorder *recorder);

/*
 * The writer continues in another file: describes there what held events refer to. Returns whether
 * ids of files are the same as in the file before.
 */
bool recorder__begin_file(struct recorder *recorder);

/* The latest time written: later than the watermark after recorder__make_room(). */
u64 recorder__reached(const struct recorder *recorder);

u64 recorder__events(const struct recorder *recorder);

/* Number of stacks that the programs unwound, the most expensive part of recording. */
u64 recorder__described(const struct recorder *recorder);

#endif
