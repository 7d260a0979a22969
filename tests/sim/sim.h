/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small host that knows the truth: Xen's grant entries and maps, guests with free lists and
 * pages, and actors that grant, announce, map and free. It plays a schedule of atomic steps, and
 * remembers for every map which generation was meant and which was reached.
 */
#ifndef GRANTWATCH_SIM_H
#define GRANTWATCH_SIM_H

#include "capture/writer.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"

#define SIM_GUESTS  2
#define SIM_REFS    12 /* refs FIRST_REF … of each guest */
#define SIM_FRAMES  10
#define SIM_ACTORS  64
#define SIM_EVENTS  1024
#define SIM_MSGS    8
#define SIM_DOMAINS (SIM_GUESTS + 2)
#define FIRST_REF   80
#define WINDOW_MAX  2

/* --- choices --- */

struct rng {
	u64 state;
};

u32 rng__next(struct rng *rng);
u32 rng__below(struct rng *rng, u32 n);
bool rng__chance(struct rng *rng, u32 percent);

/* Devices in no table of who serves whom (devices.c). */
enum sim_device {
	DEVICE_UNLISTED,
	DEVICE_DISPLAY,
	DEVICE_OWN_BACKEND,
	/* These are in the tables. */
	DEVICE_COPIED,		  /* a network whose backend copies */
	DEVICE_COPIED_BY_PROCESS, /* a window that a process copies instead of mapping it */
	DEVICE_MAX,
};

/*
 * The parameters of a schedule. They follow from the seed, or are set by hand for exhaustive runs.
 */
struct sim_config {
	u32 guests, mappers; /* mapper 1 is a driver domain */
	u32 refs;	     /* per guest on the free list */
	bool pv[SIM_GUESTS];
	bool moving_frames; /* PVH: pages are exchanged */
	bool agents, polite, killed, disks, persistent, user_disk, nets, bad_net, rings, hasty_disk;
	bool checks_alive; /* the daemon checks that the agent lives before it announces */
	bool lets_go;	   /* the daemon sometimes withdraws without mapping */
	bool exports;	   /* the daemon exports windows as dma-bufs */
	bool device[DEVICE_MAX], hasty_device;
	bool doubles;			     /* a frontend that ends and frees its refs twice */
	bool second_disk, second_persistent; /* xvdb, with the same backend */
	bool plugged;			     /* xvdb is attached while the domains are recorded */
	bool readonly;			     /* some pages are granted and mapped for reading */
	/* a frontend ends refs that it was never granted: 9pfs, whose refs a backend can change */
	bool strangers;
	bool odd_rings; /* rings of a frontend that is in no table */
	bool resets;
	bool honest; /* nothing lost, and bounds small compared with the gaps */
	u32 steps;
	u32 gap;   /* minimum time between two steps, ns */
	u32 width; /* maximum time of a call before and after its effect, ns */
	u32 pause; /* ns an actor may sleep */
	/* recording */
	u32 jitter;		/* half of a clock sample's bracket */
	s32 drift[SIM_DOMAINS]; /* parts per billion */
	u64 boot[SIM_DOMAINS];	/* Xen time at which its CLOCK_MONOTONIC was 0 */
	u64 flush;		/* ns between marks */
	u32 loss;		/* per mille of events */
	u32 no_entry;		/* per mille */
	bool no_clock[SIM_DOMAINS], no_capture[SIM_DOMAINS], cut[SIM_DOMAINS], late[SIM_DOMAINS];
	bool damaged[SIM_DOMAINS];
	bool early[SIM_DOMAINS];			       /* ends before the schedule does */
	u32 late_share[SIM_DOMAINS], early_share[SIM_DOMAINS]; /* per mille of its events */
	/* its capture is of another boot of the host */
	bool other_boot[SIM_DOMAINS];
	bool tight; /* memory ends at .limits */
	struct ledger_limits limits;
	u64 history_bytes; /* --limit history, 0: the default */
};

/* --- truth --- */

struct entry {
	bool permit, status;
	bool readonly;
	bool freed; /* since it was granted last */
	u16 peer;
	u32 gfn, gen;
	enum kind owner;
	u32 pin;
	u16 act_peer;
	bool act_writes; /* one of the maps permits writing */
	u32 act_gen;
	u64 act_frame;
	u64 act_grant_at;
	enum kind act_owner;
	bool backed; /* a kernel backend mapped this generation */
	bool mapped; /* anybody did */
	bool told;   /* an arm named this generation */
	u64 told_at; /* Xen time */
	u64 grant_in, grant_at;
	u64 ready; /* whoever takes the ref next begins after this */
};

struct guest {
	u16 domid;
	u32 index; /* as a domain */
	bool pv;
	struct entry entry[SIM_REFS];
	u32 free[SIM_REFS], nr_free; /* last in, first out */
	u32 frames[SIM_FRAMES], nr_frames;
	u64 p2m[SIM_FRAMES];
	u32 deferred[SIM_REFS], nr_deferred;
	bool agent_dead;
};

struct msg {
	u32 ref[WINDOW_MAX], gen[WINDOW_MAX], nr;
	bool readonly;
	u64 sent;
	u32 from; /* actor */
};

enum event_truth {
	TRUTH_NONE,
	TRUTH_OK,
	TRUTH_STALE,
	TRUTH_REFUSED,
	TRUTH_BLOCKED,
	TRUTH_MISS,
	TRUTH_FREED,
	TRUTH_LOST, /* a device */
};

struct sim_event {
	u8 type; /* enum rec_type */
	u8 flags;
	u8 domain;
	u8 nr;
	u8 stack, task;
	u8 disk;	     /* of the actor */
	u64 in, effect, out; /* Xen time */
	u16 granter;
	u32 ref[WINDOW_MAX], handle[WINDOW_MAX];
	s16 status[WINDOW_MAX];
	u64 frame[WINDOW_MAX];
	u16 peer;
	bool readonly;
	bool ok;
	u32 file;
	u64 index;
	/* what no capture shows */
	enum event_truth truth[WINDOW_MAX];
	u32 gen[WINDOW_MAX], told[WINDOW_MAX];
	bool visible[WINDOW_MAX]; /* the design promises to find it */
	bool hidden[WINDOW_MAX];  /* nobody can: docs/detection.md has the limits */
	bool twice;		  /* an end or a free of what was ended or freed before */
	bool foreign;		  /* an end of another owner's grant */
	bool over;		  /* a grant of a granted ref */
	bool held;		  /* a grant of an owned ref */
	u64 told_at;		  /* of a miss: time of the announcement */
	bool found[WINDOW_MAX];
	bool lost;
	bool before, after; /* its domain's recording */
};

struct actor {
	const struct role *role;
	u32 guest, mapper, peer; /* index of the other end's actor */
	enum sim_device device;
	u8 disk;  /* for blkfront and blkback: 0 xvda, 1 xvdb */
	bool odd; /* a ring of a frontend that is in no table */
	u32 state;
	u64 wake, last_out;
	struct msg inbox[SIM_MSGS];
	u32 nr_inbox;
	struct msg now;
	u32 handle[WINDOW_MAX];
	bool mapped[WINDOW_MAX];
	u64 armed_out, armed_at;
	u64 index;
	bool answered, stopped;
	u64 answered_at;
	u32 pool[4], nr_pool;
	/* frontend: granted and kept; backend: mapped and kept */
	u32 persistent[SIM_REFS], persistent_gen[SIM_REFS], nr_persistent;
};

struct sim {
	struct sim_config cfg;
	struct rng rng;
	u64 now;
	struct guest guest[SIM_GUESTS];
	struct {
		u16 domid;
		u32 handles[64], nr_handles;
	} mapper[2];
	struct actor actor[SIM_ACTORS];
	u32 nr_actors;
	struct sim_event event[SIM_EVENTS];
	u32 nr_events;
	u64 from[SIM_DOMAINS], until[SIM_DOMAINS]; /* Xen system time that each capture covers */
	bool unclean;				   /* something happened that must be reported */
	/* exhaustive: the choice at each point */
	u32 *choice, nr_choices, max_choices, *options;
	bool exhaustive;
};

struct role {
	const char *name;
	bool (*ready)(struct sim *sim, struct actor *actor);
	void (*step)(struct sim *sim, struct actor *actor);
};

/* Tasks and stacks of the captures, by number. */
enum sim_stack {
	STACK_NONE,
	STACK_ALLOC_GRANT,
	STACK_ALLOC_END,
	STACK_RETRY,
	STACK_BLK_GRANT,
	STACK_BLK_END,
	STACK_NET_GRANT,
	STACK_NET_END,
	STACK_RING_GRANT,
	STACK_RING_END,
	STACK_DEV_MAP,
	STACK_BLKBACK,
	STACK_NETBACK,
	STACK_RING_MAP,
	STACK_ODD_GRANT,
	STACK_ODD_END,
	STACK_ODD_MAP,
	STACK_IMPORT_GRANT,
	STACK_IMPORT_END,
	STACK_DISPL_GRANT,
	STACK_DISPL_END,
	STACK_DISPL_MAP,
	STACK_NET_GIVE_UP,
	STACK_NET_COPY,
	STACK_9PFS_GRANT,
	STACK_9PFS_END,
	STACK_EXPORT_MAP,
	STACK_EXPORT_UNMAP,
	STACK_DEV_COPY,
	STACK_ODD_RING_GRANT,
	STACK_ODD_RING_END,
	STACK_ODD_RING_MAP,
	STACK_MAX,
};
enum sim_task {
	TASK_NONE,
	TASK_AGENT,
	TASK_DAEMON,
	TASK_QEMU,
	TASK_BACKEND,
	TASK_OWN_BACKEND,
	TASK_MAX,
};
extern const char *const sim_stacks[STACK_MAX];
extern const char *const sim_tasks[TASK_MAX];
extern const struct role role_agent, role_daemon, role_blkfront, role_blkback, role_qemu,
	role_netfront, role_netback, role_timer, role_ring, role_ringback, role_mover,
	role_resetter, role_front, role_back, role_exporter, role_doubler;

void sim_config__random(struct sim_config *cfg, u64 seed);
void sim__init(struct sim *sim, const struct sim_config *cfg, u64 seed);
void sim__run(struct sim *sim);
u32 sim__choose(struct sim *sim, u32 n);

/* Whether the grants of disk @disk are persistent. */
static inline bool sim__persistent(const struct sim *sim, u8 disk)
{
	return disk ? sim->cfg.second_persistent : sim->cfg.persistent;
}

/* world.c: each operation is one step: it takes time, has its effect, and leaves an event. */
struct sim_event *world__event(struct sim *sim, struct actor *actor, u32 domain, u8 type,
			       u64 after);
void world__grant(struct sim *sim, struct actor *actor, u32 ref, u32 gfn, enum kind owner, u8 stack,
		  u8 task, u64 after);
bool world__end(struct sim *sim, struct actor *actor, u32 ref, u8 stack, u8 task, u8 flags);
void world__free(struct sim *sim, struct actor *actor, u32 ref, bool to_pool, u8 stack);
struct sim_event *world__map(struct sim *sim, struct actor *actor, enum kind kind, u8 stack,
			     u8 task, u8 flags);
void world__unmap(struct sim *sim, struct actor *actor, u8 stack, u8 task, bool record);
/* Copies to the message's refs in one call, which counts as a map that is over at once. */
void world__copy(struct sim *sim, struct actor *actor, enum kind kind, u8 stack, u8 task);
/* The frontend's kernel logs that it gave its device up. */
void world__log(struct sim *sim, struct actor *actor);
static inline struct entry *world__entry(struct sim *sim, const struct actor *actor, u32 ref)
{
	return &sim->guest[actor->guest].entry[ref - FIRST_REF];
}

/* record.c: writes the capture of @domain to the memory of that number. */
void record__write(struct sim *sim, u32 domain);
u16 record__domid(const struct sim *sim, u32 domain);
u64 record__mono(const struct sim *sim, u32 domain, u64 at);

/* check.c: whether @domain takes part and is recorded. */
bool check__has_capture(const struct sim *sim, u32 domain);

/* Prints the capture of @domain as text, up to its last complete block. */
void check__print_capture(FILE *out, u32 domain);

/* Returns NULL, or what is wrong with the verdict. */
const char *check__run(struct sim *sim, bool live, bool verbose);

/*
 * Judges the captures of those who take part, as record__write() left them; @live: their bytes
 * arrive in random pieces. The caller frees the pipeline.
 */
struct pipeline *check__pipeline(const struct sim *sim, bool live);

#endif
