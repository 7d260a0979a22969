/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring buffer records: the interface between the BPF programs and the recorder.
 *
 * A record is one call of a probed kernel function. Calls on batches carry Xen's own operation
 * structures unchanged (public ABI, the same in every kernel). The handlers copy whole runs of
 * memory instead of single fields, and the same handlers serve the kprobe tier.
 *
 * A batch of more than GW_FIRST operations comes as several records with one t_in. Fields `first`
 * and `total` give the part of the batch. The time t_out grows from record to record: it is read
 * after the record's space in the ring is reserved.
 *
 * Included by BPF programs (with vmlinux types or private ones) and by user space; needs u8…u64,
 * s16, s32.
 */
#ifndef GRANTWATCH_BPF_EVENT_H
#define GRANTWATCH_BPF_EVENT_H

#define GW_COMM_LEN    16
#define GW_STACK_DEPTH 20 /* raw return addresses, BPF's own frames included */
#define GW_STACK_WORDS 64 /* words of the kernel stack which identify a call path */
#define GW_REF_WORDS   32 /* the same for calls on one ref, whose frames are few and small */
#define GW_CHUNK       64 /* maximum of operations in one record */
/* operations in the first record of a batch, nearly always the only one */
#define GW_FIRST       16
#define GW_CHUNKS_MAX  1024 /* further records of a batch; gntdev's limit is 65536 operations */
#define GW_CPUS	       512
#define GW_STACKS      8192 /* places for numbers of known stacks, a power of two */
#define GW_STACK_TRIES 4    /* places where a number may be */
#define GW_HOLDS_BITS  16
#define GW_HOLDS       (1u << GW_HOLDS_BITS) /* handles whose owners --flight keeps */
#define GW_KPROBES     64		     /* functions whose misses are read at once */
#define GW_NO_DOMAIN   0xffff

enum gw_event_type {
	GW_EV_GRANT = 1,  /* gnttab_update_entry_v1/_v2 */
	GW_EV_END,	  /* gnttab_end_foreign_access_ref_v1/_v2 */
	GW_EV_FREE,	  /* put_free_entry(_locked): back on the free list */
	GW_EV_RELEASE,	  /* gnttab_release_grant_reference: to a private pool */
	GW_EV_RESET,	  /* gnttab_resume: all grants of this domain are void */
	GW_EV_ARM,	  /* gntdev_add_map: a process announces refs */
	GW_EV_DISARM,	  /* gntdev's UNMAP ioctl or the file's release */
	GW_EV_MAP,	  /* gnttab_map_refs, gnttab_batch_map */
	GW_EV_UNMAP,	  /* gnttab_unmap_refs */
	GW_EV_RING,	  /* xenbus_map_ring_valloc: the refs behind one address */
	GW_EV_RING_UNMAP, /* xenbus_unmap_ring_vfree: the address is unmapped */
	GW_EV_COPY,	  /* gnttab_batch_copy */
	GW_EV_STACK,	  /* no event but the description of a stack number, struct gw_stack */
	GW_EV_MAX,
};

/* gw_event.flags */
#define GW_F_EXITING   0x01 /* the current task is exiting (PF_EXITING) */
#define GW_F_IRQ       0x02 /* in interrupt context: task and comm are of an unrelated task */
#define GW_F_NO_ENTRY  0x04 /* entry not recorded: t_in is the exit time */
#define GW_F_WHOLE     0x08 /* DISARM: the whole file, not one index */
#define GW_F_BATCH_MAP 0x10 /* MAP through gnttab_batch_map (xenbus rings) */

/* Times are CLOCK_MONOTONIC in nanoseconds (bpf_ktime_get_ns). */
struct gw_event {
	u8 type;
	u8 flags;
	u16 cpu;
	u16 nr;	   /* operations in this record */
	u16 alarm; /* enum gw_alarm, 0 nothing suspicious; record --flight only */
	u32 pid;   /* thread group */
	u32 tid;
	u64 t_in;
	u64 t_out;
	u32 first; /* index of the first operation here */
	u32 total; /* operations of the whole call */
	u64 file;  /* address of gntdev's file or of a ring; only equality is meaningful */
	/* gntdev's offset of a map, bytes; RING, RING_UNMAP: return value, an s64 */
	u64 index;
	/* see struct gw_stack; 0 none, or for FREE the stack of the preceding end */
	u64 stack;
	char comm[GW_COMM_LEN]; /* of the thread */
	/* the main thread's comm; empty if the same, or unknown in this tier */
	char process[GW_COMM_LEN];
};

/*
 * A stack by its number. Unwinding is the most expensive part of an event, and few call paths
 * repeat often, so an event carries a hash of its stack instead. The hash covers the topmost
 * GW_STACK_WORDS words of the kernel stack (GW_REF_WORDS for a call on one ref): the words with
 * text addresses, and their positions. Only for a new number the stack is unwound, and this record
 * precedes the event; a map holds the known numbers. Calls with one number share the frames inside
 * the hashed words; the recorder drops the frames outside.
 */
struct gw_stack {
	u8 type; /* GW_EV_STACK */
	u8 pad[3];
	u32 nr; /* return addresses in ip[] */
	u64 number;
	u64 ip[GW_STACK_DEPTH];
	u64 word[GW_STACK_WORDS];
};

/* Operations follow the header: `nr` of them, of the type's kind. */
struct gw_op_grant {
	u32 ref;
	u16 peer;
	u16 flags;
	u64 frame; /* machine frame for a PV granter, guest frame for PVH and HVM */
};

struct gw_op_end {
	u32 ref;
	s32 ret; /* 1 revoked, 0 refused: still mapped */
};

struct gw_op_ref {
	u32 ref;
	u32 pad;
};

/* struct ioctl_gntdev_grant_ref of the user ABI */
struct gw_op_arm {
	u32 granter;
	u32 ref;
};

/* struct gnttab_map_grant_ref of Xen's public ABI */
struct gw_op_map {
	u64 host_addr;
	u32 flags;
	u32 ref;
	u16 granter;
	s16 status;
	u32 handle;
	u64 dev_bus_addr;
};

/*
 * struct gnttab_unmap_grant_ref of Xen's public ABI. After the record's space for operations (more
 * than nr, 32 bytes each, by the record's size) come as many struct gw_page_foreign.
 */
struct gw_op_unmap {
	u64 host_addr;
	u64 dev_bus_addr;
	u32 handle;
	s16 status;
	u16 pad;
};

/* struct xen_page_foreign as in page->private, 0 if missing */
struct gw_page_foreign {
	u16 granter;
	u16 pad;
	u32 ref;
};

struct gw_op_ring {
	u32 granter;
	u32 ref;
};

/* One side of a copy, struct gnttab_copy_ptr of Xen's public ABI. */
struct gw_copy_side {
	u32 ref; /* or, without its flag, the low half of a frame number */
	u32 pad;
	u16 domid;
	u16 offset;
	u32 pad2;
};

/* struct gnttab_copy of Xen's public ABI */
struct gw_op_copy {
	struct gw_copy_side source;
	struct gw_copy_side dest;
	u16 len;
	u16 flags; /* GNTCOPY_source_gref 1, GNTCOPY_dest_gref 2: the side is a ref */
	s16 status;
	u16 pad;
};

/* One reading of a CPU's pvclock record (struct pvclock_vcpu_time_info, Xen public ABI). */
struct gw_pvclock {
	u32 version; /* odd while Xen writes it */
	u32 pad;
	u64 tsc_timestamp;
	u64 system_time; /* ns since Xen booted */
	u32 tsc_to_system_mul;
	s8 tsc_shift;
	u8 flags;
	u16 pad2;
};

/* Results of the sampler program. The ring's positions were read after mono. */
struct gw_reading {
	struct gw_pvclock pvclock;
	u64 mono;      /* bpf_ktime_get_ns */
	u64 ring_prod; /* bytes ever reserved */
	u64 ring_cons; /* bytes ever consumed */
	u32 cpu;
	u32 valid; /* pvclock could be read */
};

#define GW_TABLE_FRAMES 16 /* frames of the own grant table read at a time */

/* Some frames of the own grant table, and its properties in the kernel. */
struct gw_table_part {
	u32 version;   /* 1 or 2 */
	u32 per_frame; /* entries in a frame */
	u32 nr_frames; /* of the whole table */
	u32 nr;	       /* of those that were read */
	u8 frame[GW_TABLE_FRAMES][4096];
	u16 status[GW_TABLE_FRAMES][256]; /* of version 2 only */
};

/* The alarms for which record --flight collects events. */
enum gw_alarm {
	GW_ALARM_NONE,
	GW_ALARM_END_REFUSED,
	GW_ALARM_MAP_REFUSED,
	GW_ALARM_MAP_LATE,
	GW_ALARM_MAP_DOUBLE,
	GW_ALARM_COPY_REFUSED,
	GW_ALARMS
};

/*
 * Callers by which blkfront's ends are refused by design: its interrupt handler, and its purge
 * work.
 */
enum gw_design { GW_DESIGN_IRQ, GW_DESIGN_TASK, GW_DESIGNS };

/* Number of alarms by kind. */
struct gw_alarms {
	u64 count[GW_ALARMS];
};

/* Set by the loader before the programs are loaded. */
struct gw_config {
	u64 wakeup_bytes; /* bytes in the ring above which the recorder is woken */
	/*
	 * record --flight: ns after its announcement from which a map is late, 0 no flight recorder
	 */
	u64 late_ns;
	/* record --flight: addresses of functions whose ends are refused by design, 0 none */
	u64 by_design[GW_DESIGNS];
	u64 gnttab_list;	   /* address of the variable, up to 5.15 */
	u64 irq_mask;		   /* bits of preempt_count for interrupts */
	u64 preempt_addr[GW_CPUS]; /* address of each CPU's preempt_count, 0 unknown */
};

/* Losses of each CPU, by event type. */
struct gw_losses {
	u64 ring[GW_EV_MAX];	  /* no room in the ring */
	u64 truncated[GW_EV_MAX]; /* truncated batches */
	u64 entry[GW_EV_MAX];	  /* no room to store the entry, so the exit was dropped */
};

/* Calls recorded by two programs, see nest.bpf.h. */
enum gw_nest_kind {
	GW_NEST_GRANT,
	GW_NEST_END,
	GW_NEST_FREE,
	GW_NEST_RELEASE,
	GW_NEST_MAP,
	GW_NEST_UNMAP,
	GW_NEST_COPY,
	GW_NEST_KINDS
};

/* For each CPU, in a cache line of its own. */
struct gw_nest {
	u64 covered[GW_NEST_KINDS]; /* events that only the second program recorded */
	u64 pad[8 - GW_NEST_KINDS];
};

/* Numbers of described stacks, each in one of GW_STACK_TRIES places from its low bits on. */
struct gw_known {
	u64 number[GW_STACKS];
};

#endif
