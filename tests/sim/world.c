// SPDX-License-Identifier: GPL-2.0
/* Xen and the guests' grant tables, and the events that each step leaves. */
#include <string.h>

#include "sim.h"

u32 rng__next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15ull;
	u64 z = rng->state;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (u32)((z ^ z >> 31) >> 16);
}

u32 rng__below(struct rng *rng, u32 n)
{
	return n ? rng__next(rng) % n : 0;
}

bool rng__chance(struct rng *rng, u32 percent)
{
	return rng__below(rng, 100) < percent;
}

/* The next step: its effect is now; its call began after @after and after the actor's last call. */
struct sim_event *world__event(struct sim *sim, struct actor *actor, u32 domain, u8 type, u64 after)
{
	struct sim_event *event = &sim->event[sim->nr_events++];
	u64 lower = max(after, actor->last_out) + 1;
	u64 before = rng__below(&sim->rng, sim->cfg.width + 1);

	sim->now += sim->cfg.gap + rng__below(&sim->rng, sim->cfg.gap);
	sim->now = max(sim->now, lower);
	memset(event, 0, sizeof(*event));
	event->type = type;
	event->domain = (u8)domain;
	event->nr = 1;
	event->effect = sim->now;
	event->in = max(lower, sim->now - before);
	event->out = sim->now + 1 + rng__below(&sim->rng, sim->cfg.width + 1);
	event->granter = sim->guest[actor->guest].domid;
	event->disk = actor->disk;
	actor->last_out = event->out;
	return event;
}

void world__grant(struct sim *sim, struct actor *actor, u32 ref, u32 gfn, enum kind owner, u8 stack,
		  u8 task, u64 after)
{
	struct guest *guest = &sim->guest[actor->guest];
	struct entry *entry = world__entry(sim, actor, ref);
	struct sim_event *event =
		world__event(sim, actor, guest->index, REC_GRANT, max(after, entry->ready));

	event->over = entry->permit;
	/* Ended, and its owner has not freed it. */
	event->held = entry->gen && !entry->freed;
	sim->unclean |= event->over;
	entry->permit = true;
	entry->freed = false;
	entry->status = false;
	entry->peer = sim->mapper[actor->mapper].domid;
	entry->gfn = gfn;
	entry->readonly = actor->now.readonly;
	event->readonly = actor->now.readonly;
	entry->gen++;
	entry->owner = owner;
	entry->backed = entry->mapped = entry->told = false;
	entry->grant_in = event->in;
	entry->grant_at = event->effect;
	event->ref[0] = ref;
	event->peer = entry->peer;
	event->frame[0] = guest->pv ? guest->p2m[gfn] : 1000 + gfn;
	event->stack = stack;
	event->task = task;
	event->gen[0] = entry->gen;
}

/* Whether an announced generation is over without a map. */
static bool is_miss(const struct entry *entry)
{
	return entry->told && !entry->mapped;
}

/* A disk with persistent grants does not notice that the ref has another owner. */
static bool is_owner(const struct entry *entry, u8 stack)
{
	char func[64];

	return kind__from_stack(sim_stacks[stack], func, sizeof(func)) == entry->owner;
}

bool world__end(struct sim *sim, struct actor *actor, u32 ref, u8 stack, u8 task, u8 flags)
{
	struct guest *guest = &sim->guest[actor->guest];
	struct entry *entry = world__entry(sim, actor, ref);
	struct sim_event *event = world__event(sim, actor, guest->index, REC_REVOKE, entry->ready);

	event->ref[0] = ref;
	event->stack = stack;
	event->task = task;
	event->flags = flags;
	event->gen[0] = entry->gen;
	event->ok = !entry->status;
	event->twice = !entry->permit;
	event->foreign = sim->cfg.doubles && entry->permit && actor->role != &role_timer &&
			 (actor->now.gen[0] != entry->gen || !is_owner(entry, stack));
	sim->unclean |= event->twice || event->foreign;
	if (event->ok) {
		entry->permit = false;
		if (is_miss(entry)) {
			event->truth[0] = TRUTH_MISS;
			event->told_at = entry->told_at;
			sim->unclean = true;
		}
	} else {
		event->truth[0] = TRUTH_BLOCKED;
		entry->ready = event->out;
	}
	return event->ok;
}

void world__free(struct sim *sim, struct actor *actor, u32 ref, bool to_pool, u8 stack)
{
	struct guest *guest = &sim->guest[actor->guest];
	struct entry *entry = world__entry(sim, actor, ref);
	struct sim_event *event =
		world__event(sim, actor, guest->index, to_pool ? REC_RELEASE : REC_FREE, 0);

	event->ref[0] = ref;
	event->stack = stack;
	event->gen[0] = entry->gen;
	event->twice = entry->freed;
	sim->unclean |= event->twice;
	entry->freed = true;
	if (entry->permit) {
		event->truth[0] = TRUTH_FREED;
		sim->unclean = true;
	}
	entry->ready = event->effect;
	if (to_pool)
		actor->pool[actor->nr_pool++] = ref;
	else
		guest->free[guest->nr_free++] = ref;
}

static bool xen_map(const struct guest *guest, struct entry *entry, u16 mapper, bool readonly)
{
	const bool pinned = entry->pin && entry->act_peer == mapper;

	/* Xen checks and marks the entry for the first map only, and for the first that writes. */
	if (pinned && (readonly || entry->act_writes)) {
		entry->pin++;
		return true;
	}
	if ((entry->pin && !pinned) || !entry->permit || entry->peer != mapper ||
	    (entry->readonly && !readonly))
		return false;
	entry->act_writes = !readonly;
	if (pinned) {
		entry->pin++;
		return true;
	}
	entry->pin = 1;
	entry->status = true;
	entry->act_peer = mapper;
	entry->act_gen = entry->gen;
	entry->act_owner = entry->owner;
	entry->act_grant_at = entry->grant_at;
	entry->act_frame = guest->p2m[entry->gfn];
	return true;
}

/* Whether the map's effect is visible without losses (docs/detection.md). */
static bool is_visible(const struct sim *sim, const struct actor *actor, const struct entry *entry,
		       enum kind kind, u8 task, const struct sim_event *event)
{
	u64 bounds = 4 * sim->cfg.jitter + sim->cfg.flush / 1000 + 20000;

	if (entry->act_gen != entry->gen)
		return false; /* pinned by an older map: the ledger cannot know */
	/* A copy is not announced. */
	if (kind == KIND_GNTDEV && event->type == REC_MAP &&
	    actor->armed_out + bounds < entry->grant_in)
		return true;
	if (event->effect - entry->grant_in < 2 * bounds)
		return false;
	switch (kind__serves(&policy_defaults, entry->act_owner, kind)) {
	case SERVES_NO:
		return true;
	case SERVES_BACKEND:
		return entry->backed && task != TASK_QEMU;
	default:
		return false;
	}
}

/*
 * Whether the map looks exactly like a rightful one: its owner may be served by this mapper, and a
 * process announced the ref after the grant.
 */
static bool is_hidden(const struct actor *actor, const struct entry *entry, enum kind kind, u8 task,
		      const struct sim_event *event)
{
	if (kind == KIND_GNTDEV && event->type == REC_MAP && actor->armed_at < entry->act_grant_at)
		return false;
	switch (kind__serves(&policy_defaults, entry->act_owner, kind)) {
	case SERVES_YES:
		return true;
	case SERVES_BACKEND:
		return task == TASK_QEMU;
	case SERVES_UNKNOWN:
		return kind == KIND_GNTDEV;
	default:
		return false;
	}
}

static void note_map(struct sim *sim, struct actor *actor, struct entry *entry, enum kind kind,
		     u8 task, struct sim_event *event, u32 i)
{
	event->gen[i] = entry->act_gen;
	event->told[i] = actor->now.gen[i];
	event->frame[i] = entry->act_frame;
	event->truth[i] = entry->act_gen == actor->now.gen[i] ? TRUTH_OK : TRUTH_STALE;
	if (event->truth[i] == TRUTH_STALE) {
		sim->unclean = true;
		event->visible[i] = is_visible(sim, actor, entry, kind, task, event);
		event->hidden[i] = is_hidden(actor, entry, kind, task, event);
	}
	if (entry->act_gen == entry->gen) {
		entry->mapped = true;
		entry->backed |= kind != KIND_GNTDEV && event->truth[i] == TRUTH_OK;
	}
}

/* Whether Xen refuses the map because the grant permits reading only: the ref is granted again. */
static bool is_reading_only(const struct sim *sim, const struct actor *actor,
			    const struct entry *entry)
{
	return entry->permit && entry->readonly && entry->peer == sim->mapper[actor->mapper].domid;
}

struct sim_event *world__map(struct sim *sim, struct actor *actor, enum kind kind, u8 stack,
			     u8 task, u8 flags)
{
	struct guest *guest = &sim->guest[actor->guest];
	struct sim_event *event;
	u32 i;

	event = world__event(sim, actor, SIM_GUESTS + actor->mapper, REC_MAP, actor->now.sent);
	event->nr = (u8)actor->now.nr;
	event->stack = stack;
	event->task = task;
	event->flags = flags;
	event->index = actor->index;
	event->readonly = actor->now.readonly;
	event->file = kind == KIND_GNTDEV ? 1 + (u32)(actor - sim->actor) : 0;
	for (i = 0; i < actor->now.nr; i++) {
		struct entry *entry = world__entry(sim, actor, actor->now.ref[i]);

		event->ref[i] = actor->now.ref[i];
		actor->mapped[i] = xen_map(guest, entry, sim->mapper[actor->mapper].domid,
					   actor->now.readonly);
		if (actor->mapped[i]) {
			u32 *nr = &sim->mapper[actor->mapper].nr_handles;

			actor->handle[i] = sim->mapper[actor->mapper].handles[--*nr];
			event->handle[i] = actor->handle[i];
			note_map(sim, actor, entry, kind, task, event, i);
			continue;
		}
		event->status[i] = -1;
		event->handle[i] = UINT32_MAX;
		event->truth[i] = TRUTH_REFUSED;
		event->hidden[i] = is_reading_only(sim, actor, entry);
		event->told[i] = actor->now.gen[i];
		sim->unclean = true;
	}
	return event;
}

void world__copy(struct sim *sim, struct actor *actor, enum kind kind, u8 stack, u8 task)
{
	struct guest *guest = &sim->guest[actor->guest];
	struct sim_event *event =
		world__event(sim, actor, SIM_GUESTS + actor->mapper, REC_COPY, actor->now.sent);
	struct entry *entry = world__entry(sim, actor, actor->now.ref[0]);
	bool marked = entry->status, wrote = entry->pin && entry->act_writes;

	event->stack = stack;
	event->task = task;
	event->ref[0] = actor->now.ref[0];
	event->readonly = actor->now.readonly;
	if (xen_map(guest, entry, sim->mapper[actor->mapper].domid, actor->now.readonly)) {
		note_map(sim, actor, entry, kind, task, event, 0);
		event->frame[0] = 0;
		entry->act_writes = wrote;
		if (!--entry->pin)
			entry->status = false;
		else
			entry->status = marked;
		return;
	}
	event->status[0] = -1;
	event->truth[0] = TRUTH_REFUSED;
	event->hidden[0] = is_reading_only(sim, actor, entry);
	event->told[0] = actor->now.gen[0];
	sim->unclean = true;
}

void world__unmap(struct sim *sim, struct actor *actor, u8 stack, u8 task, bool record)
{
	struct sim_event *event = world__event(sim, actor, SIM_GUESTS + actor->mapper,
					       record ? REC_UNMAP : REC_RING_UNMAP, 0);
	u32 i, nr = 0;

	event->stack = stack;
	event->task = task;
	for (i = 0; i < actor->now.nr; i++) {
		struct entry *entry = world__entry(sim, actor, actor->now.ref[i]);

		if (!actor->mapped[i])
			continue;
		event->ref[nr] = actor->now.ref[i];
		event->handle[nr++] = actor->handle[i];
		actor->mapped[i] = false;
		if (!--entry->pin)
			entry->status = false;
		sim->mapper[actor->mapper].handles[sim->mapper[actor->mapper].nr_handles++] =
			actor->handle[i];
	}
	event->nr = (u8)nr;
	event->file = record ? 0 : 1 + (u32)(actor - sim->actor);
}

void world__log(struct sim *sim, struct actor *actor)
{
	struct sim_event *event =
		world__event(sim, actor, sim->guest[actor->guest].index, REC_LOG, 0);

	event->nr = 0;
	event->truth[0] = TRUTH_LOST;
	sim->unclean = true;
}
