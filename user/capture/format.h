/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Capture format, version 1, as bytes. docs/capture-format.md is the specification. Everything is
 * little-endian and naturally aligned, as on the supported machines (checked in reader.c), so
 * records are read in place. A file has a header and blocks; a block has a header and records, and
 * nothing spans two blocks.
 */
#ifndef GRANTWATCH_CAPTURE_FORMAT_H
#define GRANTWATCH_CAPTURE_FORMAT_H

#include "util/types.h"

#define CAPTURE_MAGIC	"GWCAP\r\n\x1a"
#define CAPTURE_VERSION 1
#define BLOCK_MAGIC	0x4b425747u   /* "GWBK" */
#define BLOCK_MAX	(256u * 1024) /* payload bytes */
#define RECORD_MAX	(64u * 1024)
#define TEXT_MAX	4096u  /* bytes of the longest string in a record, with its NUL */
#define ID_MAX		32768u /* task, stack and file ids are 1..ID_MAX; 0 is unknown */

/* Key of the fact by which a capture states that it continues another one. */
#define FACT_CONTINUES "continues"

/* Key of dom0's fact that a domain is a stub domain, followed by its domid. */
#define FACT_STUBDOM "stubdom."
/* The same for the name of a domain which a stub domain serves. */
#define FACT_NAME "name."

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
	u32 seq;       /* from 0; a gap is a loss */
	u32 nr;	       /* records */
	u64 watermark; /* every event with t_out <= this is in this block or an earlier one */
	u32 crc;       /* CRC-32 (zlib's) of the payload */
	u32 hcrc;      /* CRC-32 of the 28 bytes before this field */
};

/* Append-only: a number is never reused. */
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
	u8 type;  /* enum rec_type; readers skip unknown types */
	u8 flags; /* REC_F_* */
	u16 cpu;
	u32 len; /* bytes, with this header, a multiple of 8 */
};

#define REC_F_EXITING  0x01 /* the task was exiting */
#define REC_F_IRQ      0x02 /* interrupt context: the task is unrelated */
#define REC_F_NO_ENTRY 0x04 /* the entry was missed: t_in is t_out */
#define REC_F_WHOLE    0x08 /* DISARM: every index of the file */
#define REC_F_RING     0x10 /* MAP of a xenbus ring */
#define REC_F_ALL      0x1f

/* Facts about the domain and the recording: "key" NUL "value" NUL. Keys: docs/capture-format.md. */
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
 * A clock sample, taken on one CPU: TSC (tsc0), CLOCK_MONOTONIC, TSC (tsc1). The pvclock record did
 * not change in between.
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
 * CLOCK_REALTIME at a time of CLOCK_MONOTONIC, to find the same moment in other logs. No verdict
 * depends on it.
 */
struct rec_wall {
	struct rec h;
	u64 mono;
	u64 real; /* ns since 1970-01-01 00:00 UTC, without leap seconds */
};

enum phase {
	PHASE_ATTACHING = 1, /* probes are being attached; nothing is recorded */
	PHASE_RECORDING = 2, /* all events with t_out after the record's time are recorded */
};

/*
 * Written at the start of a recorder and when it is ready. Earlier events are neither recorded nor
 * lost. A capture without this record is recorded from its beginning.
 */
struct rec_phase {
	struct rec h;
	u64 time;
	u32 phase; /* enum phase */
	u32 pad;
};

enum probe_state { PROBE_ATTACHED = 1, PROBE_MISSING = 2, PROBE_DETACHED = 3 };

/* "name" NUL "how, or why not" NUL */
struct rec_probe {
	struct rec h;
	u64 time;
	u32 state;
	/* bit (1 << (rec_type - REC_EVENT_FIRST)) for each event type that needs the probe */
	u32 events;
	char text[];
};

enum loss_kind {
	LOSS_RING = 1,	    /* no room in the ring buffer */
	LOSS_MISSED = 2,    /* the kernel skipped a probe (recursion, no kretprobe instance) */
	LOSS_STREAM = 3,    /* bytes of the capture itself */
	LOSS_TRUNCATED = 4, /* a batch longer than the programs copy */
	LOSS_ENTRY = 5,	    /* no room to store an entry, so its exit was dropped */
	LOSS_PASSED = 6,    /* older than record --flight keeps */
};

struct rec_loss {
	struct rec h;
	u64 since; /* some time after this … */
	u64 until; /* … and not after this */
	u64 count;
	u32 kind;   /* enum loss_kind */
	u32 events; /* record types, bits as in rec_probe; 0 any */
};

/* A known message of the kernel's log. */
struct rec_log {
	struct rec h;
	u64 time;
	char text[];
};

/* Written when the recorder ends in order. Without it the capture was cut short. */
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
	u32 file;  /* id of a gntdev file or of a ring's address, 0 none */
	u32 nr;	   /* operations in this record */
	u32 first; /* index of the first operation within the call; COPY: 0 */
	u32 total; /* operations of the whole call; COPY: of this record */
	u64 index; /* gntdev's offset; RING, RING_UNMAP: return value, as s64 */
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
	u64 frame; /* machine frame that Xen returned, 0 if the map failed */
};

struct op_unmap {
	u16 granter; /* 0xffff if the page did not have it */
	s16 status;
	u32 ref;
	u32 handle;
	u32 pad;
};

/*
 * One side of a copy that is a ref. A copy between two refs has two, one after the other, with the
 * same status. The status does not show which side it concerns.
 */
struct op_copy {
	u16 granter;
	s16 status;
	u32 ref;
	u32 flags; /* the side, GNTCOPY_* of Xen's public ABI; COPY_PAIRED */
	u32 pad;
};

#define COPY_PAIRED 0x10 /* the other side is a ref too */

/*
 * An entry of a grant table as the recording domain read it between t_in and t_out. Written at the
 * first read, and whenever it has changed.
 */
struct op_entry {
	u16 granter;
	u16 eflags; /* of Xen's public ABI (GTF_*) */
	u16 peer;
	u16 pad;
	u32 ref;
	u32 pad2;
	u64 frame;
	/* CLOCK_MONOTONIC of the last read before, 0 none */
	u64 before;
};

#define REC_IS_EVENT(type) ((type) >= REC_EVENT_FIRST && (type) < REC_TYPE_MAX)
#define REC_IS_BATCH(type) ((type) >= REC_ARM && (type) <= REC_ENTRY)
#define REC_BIT(type)	   (1u << ((type)-REC_EVENT_FIRST))

#endif
