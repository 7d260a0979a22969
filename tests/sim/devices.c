// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are in no table, or share pages in their own way: an unlisted frontend and backend,
 * a display whose backend allocates, an unlisted backend in user space, a window that is exported
 * as a dma-buf. And a frontend that frees twice.
 */
#include "actors.h"

/* A kind of device. The mapper is a kernel, or with a task a process. */
static const struct device {
	enum kind owner, mapper;
	u8 grant, end, map, task;
} devices[DEVICE_MAX] = {
	[DEVICE_UNLISTED] = {KIND_UNKNOWN, KIND_UNKNOWN, STACK_ODD_GRANT, STACK_ODD_END,
			     STACK_ODD_MAP, TASK_NONE},
	[DEVICE_DISPLAY] = {KIND_GNTDEV, KIND_DISPLFRONT, STACK_IMPORT_GRANT, STACK_IMPORT_END,
			    STACK_DISPL_MAP, TASK_NONE},
	[DEVICE_OWN_BACKEND] = {KIND_DISPLFRONT, KIND_GNTDEV, STACK_DISPL_GRANT, STACK_DISPL_END,
				STACK_DEV_MAP, TASK_OWN_BACKEND},
	[DEVICE_COPIED] = {KIND_NETFRONT, KIND_NETBACK, STACK_NET_GRANT, STACK_NET_GIVE_UP,
			   STACK_NET_COPY, TASK_NONE},
	[DEVICE_COPIED_BY_PROCESS] = {KIND_GNTALLOC, KIND_GNTDEV, STACK_ALLOC_GRANT,
				      STACK_ALLOC_END, STACK_DEV_COPY, TASK_DAEMON},
};

static bool front_ready(struct sim *sim, struct actor *a)
{
	if (a->stopped)
		return false;
	if (!a->state)
		return guest__can_grant(&sim->guest[a->guest]);
	return a->state != 1 || a->answered ||
	       (sim->cfg.hasty_device && (sim->exhaustive || rng__chance(&sim->rng, 10)));
}

static void front_step(struct sim *sim, struct actor *a)
{
	const struct device *device = &devices[a->device];
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case 0:
		ref = guest__take_ref(guest);
		/* A copy from the page, as of a packet to be sent. */
		a->now.readonly = a->device == DEVICE_COPIED && sim->cfg.readonly &&
				  rng__chance(&sim->rng, 50);
		world__grant(sim, a, ref, guest__take_frame(guest), device->owner, device->grant,
			     TASK_NONE, 0);
		a->now = (struct msg){.nr = 1,
				      .ref = {ref},
				      .gen = {world__entry(sim, a, ref)->gen},
				      .readonly = a->now.readonly};
		a->answered = false;
		actor__send(sim, a, &sim->actor[a->peer]);
		a->state = 1;
		break;
	case 1:
		if (a->answered)
			a->last_out = max(a->last_out, a->answered_at);
		if (world__end(sim, a, ref, device->end, TASK_NONE, 0)) {
			a->state = 2;
		} else {
			guest->deferred[guest->nr_deferred++] = ref;
			a->state = 0;
			a->stopped = sim->exhaustive;
		}
		break;
	default:
		guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, false, device->end);
		a->state = 0;
		a->stopped = sim->exhaustive;
	}
	actor__pause(sim, a);
}

const struct role role_front = {"front", front_ready, front_step};

static bool back_ready(struct sim *sim, struct actor *a)
{
	return a->state || a->nr_inbox;
}

static void back_step(struct sim *sim, struct actor *a)
{
	const struct device *device = &devices[a->device];

	if (a->device == DEVICE_COPIED || a->device == DEVICE_COPIED_BY_PROCESS) {
		actor__take(a);
		world__copy(sim, a, device->mapper, device->map, device->task);
		actor__answer(sim, a);
	} else if (device->task) {
		gntdev_user__step(sim, a, device->task);
		return;
	} else if (!a->state) {
		actor__take(a);
		world__map(sim, a, device->mapper, device->map, TASK_NONE, 0);
		a->state = 1;
	} else {
		if (a->mapped[0])
			world__unmap(sim, a, device->map, TASK_NONE, true);
		actor__answer(sim, a);
		a->state = 0;
	}
	actor__pause(sim, a);
}

const struct role role_back = {"back", back_ready, back_step};

/*
 * Announced and mapped in one ioctl. Nothing withdraws the announcement: the dma-buf keeps the page
 * until its release.
 */
static void exporter_step(struct sim *sim, struct actor *a)
{
	if (!a->state) {
		actor__take(a);
		gntdev_user__arm(sim, a, TASK_DAEMON);
		world__map(sim, a, KIND_GNTDEV, STACK_EXPORT_MAP, TASK_DAEMON, 0)->file = 0;
		a->index += 0x1000;
		a->state = 1;
	} else {
		if (a->mapped[0])
			world__unmap(sim, a, STACK_EXPORT_UNMAP, TASK_DAEMON, true);
		actor__answer(sim, a);
		a->state = 0;
	}
	actor__pause(sim, a);
}

const struct role role_exporter = {"exporter", back_ready, exporter_step};

enum { DOUBLE_IDLE, DOUBLE_GRANTED, DOUBLE_ENDED, DOUBLE_FREED, DOUBLE_ENDED_AGAIN };

static bool doubler_ready(struct sim *sim, struct actor *a)
{
	return a->state ? !a->stopped : guest__can_grant(&sim->guest[a->guest]);
}

/* It does not notice that it has freed the ref, as 9pfs before Linux 7.0. */
static void doubler_end(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	if (world__end(sim, a, ref, STACK_9PFS_END, TASK_NONE, 0)) {
		a->state++;
		return;
	}
	guest->deferred[guest->nr_deferred++] = ref;
	a->stopped = true;
}

/* Returns a ref whose end the backend asks for: one that another owner has, or the actor's own. */
static u32 strange_ref(struct sim *sim, const struct actor *a)
{
	const struct guest *guest = &sim->guest[a->guest];
	u32 i = rng__below(&sim->rng, SIM_REFS);

	if (!sim->cfg.strangers || !guest->entry[i].permit || guest->entry[i].owner == KIND_9PFRONT)
		return a->now.ref[0];
	return FIRST_REF + i;
}

static void doubler_step(struct sim *sim, struct actor *a)
{
	struct guest *guest = &sim->guest[a->guest];
	u32 ref = a->now.ref[0];

	switch (a->state) {
	case DOUBLE_IDLE:
		ref = guest__take_ref(guest);
		world__grant(sim, a, ref, guest__take_frame(guest), KIND_9PFRONT, STACK_9PFS_GRANT,
			     TASK_NONE, 0);
		a->now = (struct msg){
			.nr = 1, .ref = {ref}, .gen = {world__entry(sim, a, ref)->gen}};
		a->state = DOUBLE_GRANTED;
		break;
	case DOUBLE_GRANTED:
		a->now.ref[0] = strange_ref(sim, a);
		/* fallthrough */
	case DOUBLE_FREED:
		doubler_end(sim, a);
		break;
	case DOUBLE_ENDED:
		guest__put_frame(guest, world__entry(sim, a, ref)->gfn);
		world__free(sim, a, ref, false, STACK_9PFS_END);
		a->state = DOUBLE_FREED;
		break;
	default:
		world__free(sim, a, ref, false, STACK_9PFS_END);
		a->stopped = true;
	}
	actor__pause(sim, a);
}

const struct role role_doubler = {"doubler", doubler_ready, doubler_step};
