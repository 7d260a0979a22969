/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the ledger keeps: generations of refs, maps and copies, announcements, table reads, and the
 * state of domains. Objects are in pools, and refer to each other by numbers, 0 none.
 */
#ifndef GRANTWATCH_LEDGER_RECORDS_H
#define GRANTWATCH_LEDGER_RECORDS_H

#include "merge/merge.h"
#include "model/kinds.h"
#include "model/span.h"
#include "util/xen_abi.h"

#define LEDGER_MAX_DOMAINS 256
/* per granter; twice the version 1 entries of Qubes' gnttab_max_frames=2048 */
#define LEDGER_MAX_REFS	   (1u << 22)
#define LEDGER_MAX_HANDLES (1u << 22) /* per mapper */
#define LEDGER_RINGS	   512u	      /* maps of rings by one domain at a time */
#define REF_CHUNK	   64u
#define HANDLE_CHUNK	   1024u
#define RESERVED_REFS	   GNTTAB_NR_RESERVED_ENTRIES /* seeded by the toolstack */

/* struct gen.flags */
#define GEN_ADOPTED 0x01 /* granted before recording began, or its grant was not recorded */
#define GEN_ENDED   0x02
/* ended by a new grant without an end: maps of it may still pin the ref */
#define GEN_IMPLICIT_END 0x04
#define GEN_FREED	 0x08 /* the ref went to the free list or to a private pool */
#define GEN_DEFERRED	 0x10 /* an end was refused and queued for a retry */
#define GEN_EXITING	 0x20 /* ended by a task that was exiting */
#define GEN_SHARED	 0x40 /* a kernel backend mapped it */
#define GEN_RESET	 0x80 /* live when the table was set up anew: may be over */
/* maps of an older generation, which a grant ended, may still pin the ref */
#define GEN_TAINTED	 0x100
#define GEN_LINGERS	 0x200	/* reported as still mapped long after its end was refused */
#define GEN_UNEXPLAINED	 0x400	/* an end was refused, and no known map explains it */
#define GEN_MAPPED	 0x800	/* its grantee mapped it, or may have */
#define GEN_RELEASED	 0x1000 /* with GEN_FREED: released to a private pool */
#define GEN_BEFORE_RESET 0x2000 /* granted before the table was last set up anew */
#define GEN_GONE	 0x4000 /* granted by another domain, which had this domid before */
/*
 * The ref has two owners: the grant or an end of this generation overlapped another such call.
 * Records are in the order of return, so it is unknown which call took effect first, and which
 * generation the end was about.
 */
#define GEN_OVERLAPPED 0x8000

/* The end of a generation; of a live generation its first refused end. */
struct ending {
	struct span at;
	u16 stack, task;
	bool waiting; /* of a map that was lost: it is not judged yet */
};

/* One life of a ref. */
struct gen {
	struct span grant; /* of a baseline's: when its entry was read, without a lower bound */
	u64 frame;
	u32 number;
	u32 older; /* pool number of the next older generation, 0 none */
	u32 end;   /* pool number of struct ending, 0 none */
	u16 stack, task;
	u16 peer;
	u16 flags;
	u8 gflags;
	u8 refusals; /* saturating */
	/*
	 * Replaced grants of this ref that have not ended. Each may cause one end without a grant
	 * of its own before it. Saturating.
	 */
	u8 others;
	/*
	 * Of GEN_ADOPTED: its granter's recorder read the entry at the beginning, so peer and frame
	 * are known. Who granted it, and when, is not.
	 */
	bool baseline : 1;
	bool waiting : 1; /* while refs are forgotten: an item of the ref waits for its verdict */
	u8 ender : 5; /* enum kind of the first refused end, whose record a later end replaces */
};

#define MAP_OPEN	  0x01 /* mapped now */
#define MAP_PENDING	  0x02 /* not settled yet */
#define MAP_RING	  0x04
#define MAP_STALE	  0x08 /* a finding says so */
#define MAP_CLOSED_UNSEEN 0x10 /* the time of its unmap is unknown */
#define MAP_PARTIAL	  0x20 /* other refs of the same call were refused */
#define MAP_DISPUTED	  0x40 /* the complete record of the granter excludes the map */
#define MAP_JUDGED	  0x80 /* the rules have been asked about it */

/*
 * A map in Xen's trace, in ticks of the host's TSC. It took effect within [lo, hi] and lasted until
 * @end or longer.
 */
struct stamp {
	u64 lo, hi;
	u64 end; /* lower bound of the unmap, 0 not known */
	/*
	 * The hypercalls' own times, ns of the mapper's CLOCK_MONOTONIC, 0 not recorded. Times
	 * converted from the TSC have the conversion's error.
	 */
	u64 in, out, unmap_in;
	bool named; /* the trace record names ref and handle, so the pairing is exact */
};

#define STAMPS_MAX (1u << 23)

/*
 * One map operation, successful or refused; or one side of a copy, which counts as a map that is
 * gone when its call returns. A ref's list of maps has no copies.
 */
struct map {
	struct span at;
	u64 frame;
	u32 ref : 22;	  /* below LEDGER_MAX_REFS */
	u32 finding : 10; /* number of the finding that says it is stale, 0 none */
	u32 handle;	  /* for a copy: the side, as in op_copy.flags */
	u32 next;	  /* on the ref, newest first */
	u32 end;	  /* pool number of the unmap's struct ending, 0 open or refused */
	u32 call;	  /* pool number of the announcing struct call, 0 none */
	u16 stack, task;
	u32 stamp : 23; /* pool number of struct stamp, 0 not in Xen's trace */
	u32 writes : 1; /* it permits the mapper to write, or a copy wrote */
	u32 kind : 5;
	/*
	 * The announcement is unknown, and a process may have made the map. For a copy: the owner
	 * is unknown.
	 */
	u32 unlinked : 1;
	u32 is_copy : 1;
	u32 undecided : 1; /* counted already among the doubtful copies, refusals or strays */
	s8 status;
	u8 granter, mapper; /* domain indices */
	u8 flags;
};

_Static_assert(LEDGER_MAX_REFS <= 1u << 22, "a ref must fit struct map");
_Static_assert(KIND_MAX <= 1u << 5, "a kind must fit struct map");

#define LEDGER_COPIES 8 /* copies by processes or of unknown owners, kept per ref */

/*
 * One ioctl by which a process announces refs. Its mmap and its withdrawal name it by (file,
 * index).
 */
struct call {
	struct span at;
	u64 index;
	/* the earliest time of its withdrawal, ns of the mapper's CLOCK_MONOTONIC, 0 open */
	u64 closed;
	u64 closed_out; /* the latest time of the withdrawal, same clock, 0 not known */
	u64 closed_key; /* ledger.now when the withdrawal was entered */
	/* the newest map call through it that Xen refused in part, same clock */
	u64 refused_in, refused_out;
	u32 next; /* in the hash bucket */
	u32 file_next, file_prev;
	u32 refs; /* number of arms that point here, and 1 while it is open */
	u16 file, task;
	u8 mapper;
	bool marked; /* by a rule during a walk over a ref's maps; false otherwise */
};

#define ARM_PENDING 0x01
#define ARM_MAPPED  0x02 /* it had a map, which has left the history */
#define ARM_UNKNOWN 0x04 /* counted: it is unknown whether it had a map */
#define ARM_CLOSE   0x08 /* counted: it is unknown whether it is a near miss */

/* One ref of an announcement. */
struct arm {
	u32 call;
	u32 ref;
	u32 next;	 /* on the ref, newest first */
	u32 told_number; /* number of the newest generation when the arm came, 0 none */
	/* pool number of that generation after it left the ref's history, 0 before */
	u32 told;
	u16 finding;
	u8 granter;
	u8 flags;
};

/*
 * A table entry as the mapper's domain found it in one or more reads. The marks of use
 * (ENTRY_READING and ENTRY_WRITING) change with maps and do not make it another entry.
 */
struct table_read {
	struct span first; /* the first read that found this entry, on the reader's clock */
	u64 last;	   /* the last such read, ns of the reader's CLOCK_MONOTONIC */
	u64 frame;
	u32 older; /* pool number, 0 none */
	u16 flags; /* of the last read */
	u16 peer;
	u8 reader; /* domain index */
};

struct ref {
	u32 gen; /* newest generation, 0 none */
	u32 maps;
	u32 arms;
	u32 nr_maps : 13; /* lists end at 4096 */
	u32 nr_arms : 13;
	/* a process mapped or copied it; otherwise no two mappers can be in conflict */
	u32 by_process : 1;
	u32 nr_gens : 5; /* saturating, a lower bound */
};

struct ring {
	u32 file;
	u32 nr;
	u32 map[16];
};

/* What a stack shows: each number is one more, 0 not looked up yet. */
struct stack_view {
	u8 kind, via, teardown, ring;
};

struct domain {
	u16 domid;
	u8 index;
	bool refs_mapped; /* a ref that is not reserved was announced, mapped or copied */
	/*
	 * Whether maps returned the frames in the table, as for a PV domain (same), or others, as
	 * for a translated domain (other).
	 */
	bool frames_same;
	bool frames_other;
	u64 frames_since;  /* key of the newest event when frames_same became true */
	bool granted_to;   /* somebody grants to it */
	bool copied_to;	   /* some domain grants to it pages that backends copy */
	struct feed *feed; /* NULL: no capture of this domain */
	const struct merge_input *input;
	s64 off;	   /* offset of its clock to Xen system time, ns, as last read */
	u64 err;	   /* bound of @off, ns; CLOCK_ERR_UNKNOWN before the first clock sample */
	struct ref **refs; /* chunks of REF_CHUNK */
	u32 **table_reads; /* chunks of REF_CHUNK: newest read by ref */
	u32 nr_table_chunks;
	u32 **copies; /* chunks of REF_CHUNK: newest of LEDGER_COPIES copies by ref */
	u32 nr_copy_chunks;
	u32 **handles; /* chunks of HANDLE_CHUNK: pool number of the map by handle */
	u32 nr_ref_chunks, nr_handle_chunks;
	u32 *files; /* newest call by file id */
	u32 nr_files;
	struct ring *rings; /* array of LEDGER_RINGS, NULL before the first ring */
	u32 nr_rings;
	/* when the table was last set up anew, ns of its CLOCK_MONOTONIC, 0 never */
	u64 reset_at;
	u64 deferred;	  /* live generations whose refused end is queued */
	u32 nr_gens;	  /* generations of its refs, in the history or kept for an announcement */
	u64 history_kept; /* bytes that they took when the oldest were last forgotten, 0 never */
	u64 forgotten;	  /* generations that were forgotten for lack of memory */
	u32 last_forgotten; /* the highest number of a generation that was forgotten, 0 none */
	/* uses of refs or handles above the limits, or without memory for them */
	u64 beyond_limits;
	u64 reserved_uses;    /* grants of reserved refs, and maps of them by backend drivers */
	u64 no_granter;	      /* its successful maps and copies of a granter that is no domain */
	u64 unseen_unmaps;    /* handles given out again without a recorded unmap */
	u64 refused_unmaps;   /* unmaps that Xen refused */
	u64 stackless_unmaps; /* unmaps of gntdev's maps by a caller that is not recorded */
	/* ns by which its clock contradicts at least two other domains, 0 none */
	u64 doubt;
	/* state that this domain's records hold: open calls; arms and maps; log lines to settle */
	u32 nr_calls, nr_items, nr_lines;
	/* state made because its records name it: domains, chunks of their refs */
	u32 named_domains, named_chunks;
	struct stack_view *stacks; /* by stack id */
	u32 nr_stacks;
};

#endif
