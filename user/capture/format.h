/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Capture format, version 1, as bytes. docs/capture-format.md is the specification; this header is
 * its translation to C. Everything is little-endian and naturally aligned, and so are the machines
 * that this builds for (checked in reader.c), so records are read in place.
 *
 * 	file header, then blocks; a block is a header and records; nothing spans two blocks.
 */
#ifndef GRANTWATCH_CAPTURE_FORMAT_H
#define GRANTWATCH_CAPTURE_FORMAT_H

#include "util/types.h"

#define CAPTURE_MAGIC	"GWCAP\r\n\x1a"
#define CAPTURE_VERSION 1
#define BLOCK_MAGIC	0x4b425747u   /* "GWBK" */
#define BLOCK_MAX	(256u * 1024) /* payload bytes */
#define RECORD_MAX	(64u * 1024)
#define TEXT_MAX	4096u  /* longest string in a record, with its NUL */
#define ID_MAX		32768u /* task, stack and file ids are 1..ID_MAX; 0 is unknown */

/* Key of the fact by which a capture tells that it goes on where another one ends. */
#define FACT_CONTINUES "continues"

struct capture_header {
	char magic[8];
	u16 version;
	u16 header_len;
	u32 flags;
	u64 reserved[2];
};

struct block_header {
	u32 magic;
	u32 len;       /* payload bytes, multiple of 8, at most BLOCK_MAX */
	u32 seq;       /* counts from 0; a gap is a loss */
	u32 nr;	       /* records */
	u64 watermark; /* every event with t_out <= this is in this block or an earlier one */
	u32 crc;       /* CRC-32 (zlib's) of the payload */
	u32 hcrc;      /* CRC-32 of the 28 bytes before this field */
};

/* Append only: a number is never used again for something else. */
enum rec_type {
	REC_FACT = 1,
	REC_TASK = 2,
	REC_STACK = 3,
	REC_CLOCK = 4,
	REC_PROBE = 5,
	REC_LOSS = 6,
	REC_LOG = 7,
	REC_END = 8,
	REC_PROCESS = 9,
	REC_WALL = 10,
	REC_PHASE = 11,
	REC_EVENT_FIRST = 16,
	REC_GRANT = 16,
	REC_REVOKE = 17,
	REC_FREE = 18,
	REC_RELEASE = 19,
	REC_RESET = 20,
	REC_ARM = 21,
	REC_DISARM = 22,
	REC_MAP = 23,
	REC_UNMAP = 24,
	REC_RING = 25,
	REC_RING_UNMAP = 26,
	REC_COPY = 27,
	REC_ENTRY = 28,
	REC_TYPE_MAX,
};

struct rec {
	u8 type;  /* enum rec_type; a reader skips what it does not know */
	u8 flags; /* REC_F_* */
	u16 cpu;
	u32 len; /* with this header, multiple of 8 */
};

#define REC_F_EXITING  0x01 /* the task was exiting */
#define REC_F_IRQ      0x02 /* interrupt context: the task is a bystander */
#define REC_F_NO_ENTRY 0x04 /* entry not seen, t_in is the exit time again */
#define REC_F_WHOLE    0x08 /* DISARM: every index of the file */
#define REC_F_RING     0x10 /* MAP of a xenbus ring */
#define REC_F_ALL      0x1f

/* Facts about the domain and the run: "key" NUL "value" NUL. Keys: docs/capture-format.md. */
struct rec_fact {
	struct rec h;
	u64 time;
	char text[];
};

struct rec_task {
	struct rec h;
	u32 id;
	u32 pid;
	u32 tid;
	u32 pad;
	char comm[16];
};

/* The name of a task's process, if the task is not its main thread. Follows the task's record. */
struct rec_process {
	struct rec h;
	u32 id; /* the task's */
	u32 pad;
	char comm[16];
};

/* Frames from the innermost outwards, "function+0x1c [module]", separated by "; ". */
struct rec_stack {
	struct rec h;
	u32 id;
	u32 pad;
	char text[];
};

/*
 * One clock sample, taken on one CPU with nothing but this between the two TSC readings:
 * tsc0, CLOCK_MONOTONIC, tsc1; the pvclock record was the same before and after.
 */
struct rec_clock {
	struct rec h;
	u64 mono;
	u64 tsc0;
	u64 tsc1;
	u64 tsc_timestamp;
	u64 system_time;
	u32 mul;
	s32 shift;
};

/*
 * CLOCK_REALTIME at a time of CLOCK_MONOTONIC, so that people find the same moment in other logs.
 * No verdict depends on it.
 */
struct rec_wall {
	struct rec h;
	u64 mono;
	u64 real; /* ns since 1970-01-01 00:00 UTC, leap seconds not counted */
};

enum phase {
	PHASE_ATTACHING = 1, /* probes are being attached; nothing is recorded yet */
	PHASE_RECORDING = 2, /* every event with t_out after the record's time is recorded */
};

/*
 * Written when a recorder starts and when it is ready. What happened before it was ready is neither
 * recorded nor lost. A capture without this record is recorded from its beginning.
 */
struct rec_phase {
	struct rec h;
	u64 time;
	u32 phase; /* enum phase */
	u32 pad;
};

enum probe_state { PROBE_ATTACHED = 1, PROBE_MISSING = 2, PROBE_DETACHED = 3 };

/* "name" NUL "how or why not" NUL */
struct rec_probe {
	struct rec h;
	u64 time;
	u32 state;
	/* bit (1 << (rec_type - REC_EVENT_FIRST)) for each event that this probe feeds */
	u32 events;
	char text[];
};

enum loss_kind {
	LOSS_RING = 1,	    /* no room in the ring buffer */
	LOSS_MISSED = 2,    /* the kernel skipped a probe (recursion, no kretprobe instance) */
	LOSS_STREAM = 3,    /* bytes of the capture itself */
	LOSS_TRUNCATED = 4, /* a batch longer than the handlers copy */
	LOSS_ENTRY = 5,	    /* no room to remember an entry: its exit was dropped */
	LOSS_PASSED = 6,    /* older than what record --flight keeps */
};

struct rec_loss {
	struct rec h;
	u64 since; /* some time after this … */
	u64 until; /* … and not after this */
	u64 count;
	u32 kind;   /* enum loss_kind */
	u32 events; /* which record types, bits as in rec_probe; 0 means any */
};

/* A line of the kernel's log that the table of known messages recognised. */
struct rec_log {
	struct rec h;
	u64 time;
	char text[];
};

/* Written when the recorder ends as told. Its absence: the capture was cut short. */
struct rec_end {
	struct rec h;
	u64 time;
	u64 events;
	u64 lost;
};

/* Head of every event. */
struct rec_event {
	struct rec h;
	u64 t_in;
	u64 t_out;
	u32 task;
	u32 stack;
};

struct rec_grant {
	struct rec_event e;
	u32 ref;
	u16 peer;
	u16 gflags;
	u64 frame;
};

struct rec_revoke {
	struct rec_event e;
	u32 ref;
	u32 ok; /* 1 revoked, 0 refused because still mapped */
};

/* FREE, RELEASE */
struct rec_ref {
	struct rec_event e;
	u32 ref;
	u32 pad;
};

/* RESET has no more than the head. */

/* Head of the events that carry a batch: ARM, DISARM, MAP, UNMAP, RING, RING_UNMAP, COPY. */
struct rec_batch {
	struct rec_event e;
	u32 file;  /* id of a gntdev file or of a ring's address, 0 for none */
	u32 nr;	   /* operations in this record */
	u32 first; /* index of the first one in its call; COPY: 0 */
	u32 total; /* operations of the whole call; COPY: of this record */
	u64 index; /* gntdev's offset; RING, RING_UNMAP: what the call returned, as s64 */
};

struct op_arm {
	u32 granter;
	u32 ref;
};

struct op_map {
	u16 granter;
	s16 status;
	u32 ref;
	u32 handle;
	u32 flags;
	u64 frame; /* machine frame that Xen returned, 0 when the map failed */
};

struct op_unmap {
	u16 granter; /* 0xffff when the page did not tell */
	s16 status;
	u32 ref;
	u32 handle;
	u32 pad;
};

/*
 * One side of a copy that is a ref. A copy from ref to ref has two, one behind the other, with the
 * same status, which tells not about which of them it is.
 */
struct op_copy {
	u16 granter;
	s16 status;
	u32 ref;
	u32 flags; /* of Xen's public ABI: which side (GNTCOPY_*); COPY_PAIRED */
	u32 pad;
};

#define COPY_PAIRED 0x10 /* the other side is a ref as well */

/*
 * A grant table's entry as the recording domain read it there, between t_in and t_out. Written when
 * it is looked at for the first time and whenever it has changed.
 */
struct op_entry {
	u16 granter;
	u16 eflags; /* of Xen's public ABI (GTF_*) */
	u16 peer;
	u16 pad;
	u32 ref;
	u32 pad2;
	u64 frame;
	/* CLOCK_MONOTONIC when what was there before was seen last, 0: this is the first look */
	u64 before;
};

#define REC_IS_EVENT(type) ((type) >= REC_EVENT_FIRST && (type) < REC_TYPE_MAX)
#define REC_IS_BATCH(type) ((type) >= REC_ARM && (type) <= REC_ENTRY)
#define REC_BIT(type)	   (1u << ((type)-REC_EVENT_FIRST))

#endif
