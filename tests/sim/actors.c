// SPDX-License-Identifier: GPL-2.0
/* The actors. Each is a small state machine; a call of step() is one atomic step. */
#include <string.h>

#include "actors.h"

void actor__pause(struct sim *sim, struct actor *actor)
{
	if (!sim->exhaustive)
		actor->wake = sim->now + rng__below(&sim->rng, sim->cfg.pause + 1);
}

void actor__send(struct sim *sim, struct actor *from, struct actor *to)
{
	if (to->nr_inbox == SIM_MSGS)
		return;
	from->now.sent = from->last_out;
	from->now.from = (u32)(from - sim->actor);
	to->inbox[to->nr_inbox++] = from->now;
}

void actor__answer(struct sim *sim, struct actor *actor)
{
	struct actor *to = &sim->actor[actor->now.from];

	to->answered = true;
	to->answered_at = actor->last_out;
}

void actor__take(struct actor *actor)
{
	actor->now = actor->inbox[0];
	memmove(&actor->inbox[0], &actor->inbox[1], --actor->nr_inbox * sizeof(actor->inbox[0]));
}

u32 guest__take_ref(struct guest *guest)
{
	return guest->free[--guest->nr_free];
}

u32 guest__take_frame(struct guest *guest)
{
	return guest->frames[--guest->nr_frames];
}

void guest__put_frame(struct guest *guest, u32 gfn)
{
	u32 i;

	/* Both owners of the ref free the page in its entry; the other page is lost. */
	for (i = 0; i < guest->nr_frames; i++)
		if (guest->frames[i] == gfn)
			return;
	guest->frames[guest->nr_frames++] = gfn;
}

/* --- GUI agent: shares windows through gntalloc --- */

static bool agent_ready(struct sim *sim, struct actor *a)
{
	const struct guest *guest = &sim->guest[a->guest];

	if (a->stopped)
		return false;
	if (!a->state)
		return guest->nr_free && guest->nr_frames;
	return a->state != 1 || !sim->cfg.polite || a->answered;
}

static void agent_share(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = guest__take_ref(guest);

	a->now.nr = 0;
	a->now.ref[a->now.nr++] = ref;
	world__grant(sim, a, ref, guest__take_frame(guest), KIND_GNTALLOC, STACK_ALLOC_GRANT,
		     TASK_AGENT, 0);
	a->now.gen[0] = world__entry(sim, a, ref)->gen;
	a->answered = false;
	actor__send(sim, a, &sim->actor[a->peer]);
	a->state = 1;
}

static void agent_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case 0:
		agent_share(sim, a);
		break;
	case 1:
		if (sim->cfg.polite)
			a->last_out = max(a->last_out, a->answered_at);
		if (world__end(sim, a, ref, STACK_ALLOC_END, TASK_AGENT,
			       sim->cfg.killed ? REC_F_EXITING : 0)) {
			a->state = 2;
		} else {
			guest->deferred[guest->nr_deferred++] = ref;
			a->state = 0;
			a->stopped = sim->cfg.killed || sim->exhaustive;
		}
		guest->agent_dead = sim->cfg.killed;
		break;
	default:
		guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, false, STACK_ALLOC_END);
		a->state = 0;
		a->stopped = sim->cfg.killed || sim->exhaustive;
	}
	actor__pause(sim, a);
}

const struct role role_agent = {"agent", agent_ready, agent_step};

/* --- the kernel's timer: retries deferred ends --- */

static bool timer_ready(struct sim *sim, struct actor *a)
{
	return a->state || sim->guest[a->guest].nr_deferred;
}

static void timer_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref;

	if (a->state) {
		guest__put_frame(guest, world__entry(sim, a, a->state)->gfn);
		world__free(sim, a, a->state, false, STACK_RETRY);
		a->state = 0;
		return;
	}
	ref = guest->deferred[0];
	memmove(&guest->deferred[0], &guest->deferred[1], --guest->nr_deferred * sizeof(u32));
	if (world__end(sim, a, ref, STACK_RETRY, TASK_NONE, 0)) {
		a->state = ref;
	} else {
		guest->deferred[guest->nr_deferred++] = ref;
		a->stopped = sim->exhaustive;
	}
	actor__pause(sim, a);
}

const struct role role_timer = {"timer", timer_ready, timer_step};

/* --- gntdev users: the GUI daemon, and a disk backend in user space --- */

enum { DEV_IDLE, DEV_READ, DEV_ARMED, DEV_MAPPED, DEV_UNMAPPED };

static bool dev_ready(struct sim *sim, struct actor *a)
{
	return a->state || a->nr_inbox;
}

void gntdev_user__arm(struct sim *sim, struct actor *a, u8 task)
{
	struct sim_event *event =
		world__event(sim, a, SIM_GUESTS + a->mapper, REC_ARM, a->now.sent);
	u32 i;

	event->nr = (u8)a->now.nr;
	event->task = task;
	event->file = 1 + (u32)(a - sim->actor);
	event->index = a->index;
	for (i = 0; i < a->now.nr; i++) {
		struct entry *entry = world__entry(sim, a, a->now.ref[i]);

		event->ref[i] = a->now.ref[i];
		event->told[i] = a->now.gen[i];
		event->gen[i] = entry->gen;
		if (entry->gen == a->now.gen[i] && entry->permit) {
			entry->told = true;
			entry->told_at = event->effect;
		} else {
			/* The process announces a ref whose generation is over: a miss or worse. */
			event->truth[i] = TRUTH_MISS;
			/* The announcement then is as good as one of the present generation. */
			event->hidden[i] = entry->permit;
			sim->unclean = true;
		}
	}
	a->armed_out = event->out;
	a->armed_at = event->effect;
}

static void dev_disarm(struct sim *sim, struct actor *a, u8 task)
{
	struct sim_event *event = world__event(sim, a, SIM_GUESTS + a->mapper, REC_DISARM, 0);
	u32 i;

	event->nr = 0;
	event->task = task;
	event->file = 1 + (u32)(a - sim->actor);
	event->index = a->index;
	for (i = 0; i < a->now.nr; i++) {
		struct entry *entry = world__entry(sim, a, a->now.ref[i]);

		if (entry->gen == a->now.gen[i])
			entry->told = false;
	}
	actor__answer(sim, a);
	a->state = DEV_IDLE;
}

void gntdev_user__step(struct sim *sim, struct actor *a, u8 task)
{
	switch (a->state) {
	case DEV_IDLE:
		actor__take(a);
		if (sim->cfg.checks_alive) {
			/*
			 * No probe sees this: the daemon reads the message and checks that the
			 * sender lives.
			 */
			if (!sim->guest[a->guest].agent_dead)
				a->state = DEV_READ;
			break;
		}
		/* fallthrough */
	case DEV_READ:
		gntdev_user__arm(sim, a, task);
		a->state = DEV_ARMED;
		break;
	case DEV_ARMED:
		if (sim->cfg.lets_go && rng__chance(&sim->rng, 25)) {
			dev_disarm(sim, a, task);
			break;
		}
		world__map(sim, a, KIND_GNTDEV, STACK_DEV_MAP, task, 0);
		a->state = a->mapped[0] ? DEV_MAPPED : DEV_UNMAPPED;
		break;
	case DEV_MAPPED:
		world__unmap(sim, a, STACK_DEV_MAP, task, true);
		a->state = DEV_UNMAPPED;
		break;
	default:
		dev_disarm(sim, a, task);
	}
	actor__pause(sim, a);
}

static void daemon_step(struct sim *sim, struct actor *a)
{
	gntdev_user__step(sim, a, TASK_DAEMON);
}

static void qemu_step(struct sim *sim, struct actor *a)
{
	gntdev_user__step(sim, a, TASK_QEMU);
}

const struct role role_daemon = {"daemon", dev_ready, daemon_step};
const struct role role_qemu = {"qemu", dev_ready, qemu_step};

/* --- blkfront --- */

static bool blkfront_ready(struct sim *sim, struct actor *a)
{
	const struct guest *guest = &sim->guest[a->guest];

	if (a->stopped)
		return false;
	if (!a->state)
		return a->nr_persistent || (guest->nr_free && guest->nr_frames);
	return a->state != 1 || a->answered || (sim->cfg.hasty_disk && rng__chance(&sim->rng, 10));
}

static void blkfront_request(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref;

	a->now.nr = 1;
	if (a->nr_persistent) {
		/* Already granted: the frontend tells the backend and does nothing else. */
		ref = a->persistent[--a->nr_persistent];
		a->now.gen[0] = a->persistent_gen[a->nr_persistent];
		sim->now++;
		a->last_out = max(a->last_out, sim->now);
	} else {
		ref = guest__take_ref(guest);
		/* A persistent grant serves reads and writes. */
		a->now.readonly = sim->cfg.readonly && !sim__persistent(sim, a->disk) &&
				  rng__chance(&sim->rng, 50);
		world__grant(sim, a, ref, guest__take_frame(guest), KIND_BLKFRONT, STACK_BLK_GRANT,
			     TASK_NONE, 0);
		a->now.gen[0] = world__entry(sim, a, ref)->gen;
	}
	a->now.ref[0] = ref;
	a->answered = false;
	actor__send(sim, a, &sim->actor[a->peer]);
	a->state = 1;
}

static void blkfront_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case 0:
		blkfront_request(sim, a);
		break;
	case 1:
		if (a->answered)
			a->last_out = max(a->last_out, a->answered_at);
		if (world__end(sim, a, ref, STACK_BLK_END, TASK_NONE, REC_F_IRQ)) {
			a->state = 2;
		} else if (sim__persistent(sim, a->disk)) {
			a->persistent_gen[a->nr_persistent] = a->now.gen[0];
			a->persistent[a->nr_persistent++] = ref;
			a->state = 0;
		} else {
			a->stopped = true;
			world__log(sim, a);
		}
		break;
	default:
		guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, false, STACK_BLK_END);
		a->state = 0;
		a->stopped = sim->exhaustive;
	}
	actor__pause(sim, a);
}

const struct role role_blkfront = {"blkfront", blkfront_ready, blkfront_step};

/* --- kernel backends --- */

static bool back_ready(struct sim *sim, struct actor *a)
{
	return a->state || a->nr_inbox;
}

static bool keeps(const struct actor *a, u32 ref)
{
	u32 i;

	for (i = 0; i < a->nr_persistent; i++)
		if (a->persistent[i] == ref)
			return true;
	return false;
}

static void back_step(struct sim *sim, struct actor *a, enum kind kind, u8 stack)
{
	bool persistent = kind == KIND_BLKBACK && sim__persistent(sim, a->disk);

	if (!a->state) {
		actor__take(a);
		if (persistent && keeps(a, a->now.ref[0])) {
			sim->now = max(sim->now, a->now.sent) + 1;
			a->last_out = max(a->last_out, sim->now);
			actor__answer(sim, a);
			return;
		}
		world__map(sim, a, kind, stack, TASK_BACKEND, 0);
		a->state = 1;
		if (persistent && a->mapped[0]) {
			a->persistent[a->nr_persistent++] = a->now.ref[0];
			actor__answer(sim, a);
			a->state = 0;
		}
	} else {
		if (a->mapped[0])
			world__unmap(sim, a, stack, TASK_BACKEND, true);
		actor__answer(sim, a);
		a->state = 0;
	}
	actor__pause(sim, a);
}

static void blkback_step(struct sim *sim, struct actor *a)
{
	back_step(sim, a, KIND_BLKBACK, STACK_BLKBACK);
}

static void netback_step(struct sim *sim, struct actor *a)
{
	back_step(sim, a, KIND_NETBACK, STACK_NETBACK);
}

const struct role role_blkback = {"blkback", back_ready, blkback_step};
const struct role role_netback = {"netback", back_ready, netback_step};

/* --- netfront: a private pool, refs never go back to the free list --- */

static bool netfront_ready(struct sim *sim, struct actor *a)
{
	if (a->stopped)
		return false;
	if (!a->state)
		return a->nr_pool && sim->guest[a->guest].nr_frames;
	return a->state != 1 || a->answered || (sim->cfg.bad_net && rng__chance(&sim->rng, 10));
}

static void netfront_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case 0:
		ref = a->pool[--a->nr_pool];
		world__grant(sim, a, ref, guest__take_frame(guest), KIND_NETFRONT, STACK_NET_GRANT,
			     TASK_NONE, 0);
		a->now = (struct msg){
			.nr = 1, .ref = {ref}, .gen = {world__entry(sim, a, ref)->gen}};
		a->answered = false;
		actor__send(sim, a, &sim->actor[a->peer]);
		a->state = 1;
		break;
	case 1:
		if (a->answered)
			a->last_out = max(a->last_out, a->answered_at);
		/* The faulty one ignores the result, as a patch for old kernels did. */
		if (!world__end(sim, a, ref, STACK_NET_END, TASK_NONE, REC_F_IRQ))
			sim->unclean = true;
		a->state = 2;
		break;
	default:
		if (!world__entry(sim, a, ref)->pin)
			guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, true, STACK_NET_END);
		a->state = 0;
	}
	actor__pause(sim, a);
}

const struct role role_netfront = {"netfront", netfront_ready, netfront_step};

/* --- xenbus ring: granted for as long as the device lives --- */

static bool ring_ready(struct sim *sim, struct actor *a)
{
	const struct guest *guest = &sim->guest[a->guest];

	return !a->stopped &&
	       (a->state ? a->state == 2 || a->answered : guest->nr_free && guest->nr_frames);
}

static void ring_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case 0:
		ref = guest__take_ref(guest);
		world__grant(sim, a, ref, guest__take_frame(guest),
			     a->odd ? KIND_XENBUS : KIND_BLKFRONT,
			     a->odd ? STACK_ODD_RING_GRANT : STACK_RING_GRANT, TASK_NONE, 0);
		a->now = (struct msg){
			.nr = 1, .ref = {ref}, .gen = {world__entry(sim, a, ref)->gen}};
		a->answered = false;
		actor__send(sim, a, &sim->actor[a->peer]);
		a->state = 1;
		break;
	case 1:
		a->last_out = max(a->last_out, a->answered_at);
		if (world__end(sim, a, ref, a->odd ? STACK_ODD_RING_END : STACK_RING_END, TASK_NONE,
			       0)) {
			a->state = 2;
		} else {
			guest->deferred[guest->nr_deferred++] = ref;
			a->stopped = true;
		}
		break;
	default:
		guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, false, a->odd ? STACK_ODD_RING_END : STACK_RING_END);
		a->stopped = true;
	}
	actor__pause(sim, a);
}

const struct role role_ring = {"ring", ring_ready, ring_step};

static void ringback_step(struct sim *sim, struct actor *a)
{
	struct sim_event *event;

	switch (a->state) {
	case 0:
		actor__take(a);
		world__map(sim, a, a->odd ? KIND_XENBUS : KIND_BLKBACK,
			   a->odd ? STACK_ODD_RING_MAP : STACK_RING_MAP,
			   a->odd ? TASK_NONE : TASK_BACKEND, REC_F_RING);
		a->state = 1;
		break;
	case 1:
		event = world__event(sim, a, SIM_GUESTS + a->mapper, REC_RING, 0);
		event->file = 1 + (u32)(a - sim->actor);
		event->ref[0] = a->now.ref[0];
		event->index = a->mapped[0] ? 0 : (u64)-1;
		a->state = 2;
		break;
	default:
		if (a->mapped[0])
			world__unmap(sim, a, a->odd ? STACK_ODD_RING_MAP : STACK_RING_MAP,
				     a->odd ? TASK_NONE : TASK_BACKEND, false);
		actor__answer(sim, a);
		a->state = 0;
	}
	actor__pause(sim, a);
}

const struct role role_ringback = {"ringback", back_ready, ringback_step};

/* --- other events in a guest --- */

static bool mover_ready(struct sim *sim, struct actor *a)
{
	return !sim->guest[a->guest].pv;
}

/* Ballooning and page exchange: two unmapped guest frames swap their machine frames. */
static void mover_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 x, y, i;
	u64 frame;

	x = rng__below(&sim->rng, SIM_FRAMES);
	y = rng__below(&sim->rng, SIM_FRAMES);
	actor__pause(sim, a);
	for (i = 0; i < SIM_REFS; i++)
		if (guest->entry[i].pin && (guest->entry[i].gfn == x || guest->entry[i].gfn == y))
			return;
	frame = guest->p2m[x];
	guest->p2m[x] = guest->p2m[y];
	guest->p2m[y] = frame;
}

const struct role role_mover = {"mover", mover_ready, mover_step};

static bool resetter_ready(struct sim *sim, struct actor *a)
{
	return !a->stopped;
}

/* A cancelled suspend: the kernel sets its table up again, and nothing is lost. */
static void resetter_step(struct sim *sim, struct actor *a)
{
	world__event(sim, a, sim->guest[a->guest].index, REC_RESET, 0);
	a->stopped = rng__chance(&sim->rng, 50);
	actor__pause(sim, a);
}

const struct role role_resetter = {"resetter", resetter_ready, resetter_step};
