// SPDX-License-Identifier: GPL-2.0
/* The mapper's side of the ledger: maps and unmaps. */
#include <errno.h>

#include "capture/reader.h"
#include "ledger/ledger_internal.h"

void ledger__close_map(struct ledger *ledger, u32 nr, const struct span *at, u8 flags)
{
	struct map *map = map__at(ledger, nr);

	if (!(map->flags & MAP_OPEN))
		return;
	map->end = pool__get(&ledger->endings);
	/* Without memory for the time, the map counts as closed at an unknown time. */
	if (!map->end)
		flags |= MAP_CLOSED_UNSEEN;
	else
		*ending__at(ledger, map->end) = (struct ending){.at = *at};
	map->flags = (u8)((map->flags & ~MAP_OPEN) | flags);
	ledger->listener.unmap(ledger->listener.ctx, ledger, nr);
}

static void note_handle(struct ledger *ledger, struct domain *domain, u32 nr, struct map *map)
{
	u32 *slot = domain__handle(domain, map->handle);

	if (!slot)
		return;
	/*
	 * Xen gave the handle out again, so its older map is gone. The record of the unmap may
	 * still come.
	 */
	if (*slot) {
		domain->unseen_unmaps++;
		ledger__close_map(ledger, *slot, &map->at, MAP_CLOSED_UNSEEN);
	}
	*slot = nr;
	map->flags |= MAP_OPEN;
}

/* The ref has no room for the map. An older map of the same handle is gone all the same. */
static void drop_map(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		     const struct ref *ref, const struct op_map *op)
{
	struct span at = span__from(&event->when, false);
	u32 *slot = op->status ? NULL : domain__handle(domain, op->handle);

	ledger__drop(ledger, event, ref->nr_maps);
	if (!slot || !*slot)
		return;
	ledger__close_map(ledger, *slot, &at, MAP_CLOSED_UNSEEN);
	*slot = 0;
}

static bool is_mixed(const struct rec_batch *batch, const struct op_map *op)
{
	bool ok = false, bad = false;
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		ok |= !op[i].status;
		bad |= op[i].status < 0;
	}
	return ok && bad;
}

/*
 * The time at which operation @i of @event took effect. Xen's trace has tighter bounds than the
 * call.
 */
static struct span when_done(const struct merge_event *event, u32 i)
{
	const struct instant *instant = event->instants ? &event->instants[i] : NULL;
	struct when when = event->when;

	if (instant && instant->tsc_hi) {
		when.in = instant->in;
		when.out = instant->out;
	}
	return span__from(&when, event->rec->flags & REC_F_NO_ENTRY);
}

/*
 * The subsystem that maps, from the stack. If the stack is unknown, a file shows gntdev: no other
 * mapper has one.
 */
enum kind domain__batch_kind(struct domain *domain, const struct rec_batch *batch)
{
	enum kind kind = domain__kind(domain, batch->e.stack);

	return kind == KIND_UNKNOWN && batch->file ? KIND_GNTDEV : kind;
}

/*
 * Notes the map's place in Xen's trace. At the limit of stamps the map counts as not in the trace.
 */
static void stamp_map(struct ledger *ledger, struct map *map, const struct merge_event *event,
		      u32 i)
{
	const struct instant *instant = &event->instants[i];

	if (!instant->tsc_hi)
		return;
	if (ledger->stamps.used >= STAMPS_MAX - 1)
		return;
	map->stamp = pool__get(&ledger->stamps) & (STAMPS_MAX - 1);
	if (map->stamp)
		*stamp__at(ledger, map->stamp) = (struct stamp){
			.lo = instant->tsc_lo,
			.hi = instant->tsc_hi,
			.in = event->rec->flags & REC_F_NO_ENTRY ? 0 : event->when.in,
			.out = event->when.out,
			.named = instant->named};
}

u64 map__not_before(const struct ledger *ledger, const struct map *map)
{
	return map->stamp ? stamp__at(ledger, map->stamp)->in : span__in(&map->at);
}

u64 map__surely_from(const struct ledger *ledger, const struct map *map)
{
	return map->stamp ? stamp__at(ledger, map->stamp)->out : map->at.out;
}

u64 map__surely_until(const struct ledger *ledger, const struct map *map)
{
	if (map->flags & MAP_OPEN)
		return UINT64_MAX;
	if (map->flags & MAP_CLOSED_UNSEEN || !map->end)
		return map__surely_from(ledger, map);
	return map->stamp ? stamp__at(ledger, map->stamp)->unmap_in
			  : span__in(&ending__at(ledger, map->end)->at);
}

/* Xen refuses flags which name no kind of map: those were not recorded. */
static bool writes(const struct op_map *op)
{
	return op->flags & (GNTMAP_device_map | GNTMAP_host_map) && !(op->flags & GNTMAP_readonly);
}

static void fill_map(struct domain *domain, const struct merge_event *event, u32 i, struct map *map)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_map *op = (const struct op_map *)rec__ops(event->rec) + i;

	*map = (struct map){.at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY),
			    .frame = op->frame,
			    .ref = op->ref,
			    .handle = op->handle,
			    .stack = id16(batch->e.stack),
			    .task = id16(batch->e.task),
			    .status = (s8)max(op->status, (s16)-128),
			    .mapper = domain->index,
			    .kind = domain__batch_kind(domain, batch) & 0x1f,
			    .writes = writes(op),
			    .flags = MAP_PENDING};
	if (event->rec->flags & REC_F_RING)
		map->flags |= MAP_RING;
}

static bool is_export(const struct domain *domain, const struct rec_batch *batch)
{
	return !batch->file && batch->e.stack && batch->e.stack <= ID_MAX && domain->feed &&
	       stack__is_export(feed__stack(domain->feed, batch->e.stack));
}

/* Finds the announcement through which @map came. */
static void link_call(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch,
		      const struct ref *ref, struct map *map)
{
	map->call = ledger__find_call(ledger, domain->index, batch->file, batch->index);
	if (!map->call)
		map->call = ledger__find_closed_call(ledger, ref, domain->index, batch->file,
						     batch->index);
	if (!map->call && map->kind == KIND_GNTDEV && is_export(domain, batch))
		map->call = ledger__export_call(ledger, domain, ref, map);
	if (map->call)
		call__at(ledger, map->call)->refs++;
	else
		map->unlinked =
			!batch->file && (map->kind == KIND_GNTDEV || map->kind == KIND_UNKNOWN);
}

static int add_map(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		   u32 i, bool mixed)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_map *op = (const struct op_map *)rec__ops(event->rec) + i;
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__named(ledger, domain, op->granter)
					 : NULL;
	struct ref *ref = granter ? domain__named_ref(ledger, domain, granter, op->ref) : NULL;
	struct pending item = {.type = PENDING_MAP};
	struct map *map;

	domain->no_granter += !op->status && op->granter >= DOMID_FIRST_RESERVED;
	/* A positive status: Xen did not reach this operation of the batch. */
	if (!ref || op->status > 0)
		return 0;
	granter->refs_mapped |= op->ref >= RESERVED_REFS;
	if (ref->nr_maps >= ledger->limits->list || !domain__may_add(ledger, domain)) {
		drop_map(ledger, domain, event, ref, op);
		return 0;
	}
	item.id = pool__get(&ledger->maps);
	if (!item.id)
		return -ENOMEM;
	map = map__at(ledger, item.id);
	fill_map(domain, event, i, map);
	if (event->instants)
		stamp_map(ledger, map, event, i);
	if (map->stamp)
		map->at = when_done(event, i);
	map->granter = granter->index;
	if (!op->status && op->ref < RESERVED_REFS)
		granter->reserved_uses += kind__is_backend(map->kind);
	domain->nr_items++;
	link_call(ledger, domain, batch, ref, map);
	if (!op->status)
		note_handle(ledger, domain, item.id, map);
	if (mixed && !op->status && map->kind == KIND_GNTDEV)
		map->flags |= MAP_PARTIAL;
	map->next = ref->maps;
	ref->maps = item.id;
	ref->nr_maps++;
	ref->by_process |= map->kind == KIND_GNTDEV;
	ledger__trim_maps(ledger, granter, ref);
	return ledger__defer(ledger, &item);
}

/* A large call sends several records. A refusal in one makes the others of the call partial. */
static void note_refusal(struct ledger *ledger, struct domain *domain,
			 const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	u32 nr = ledger__find_call(ledger, domain->index, batch->file, batch->index);
	struct call *call = call__at(ledger, nr);

	if (!call)
		return;
	call->refused_out = event->when.out;
	call->refused_in = event->rec->flags & REC_F_NO_ENTRY ? event->when.out : event->when.in;
}

int ledger__map(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_map *op = rec__ops(event->rec);
	bool mixed = batch->nr > 1 && is_mixed(batch, op);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err = add_map(ledger, domain, event, i, mixed);

		if (err)
			return err;
		if (op[i].status < 0)
			note_refusal(ledger, domain, event);
	}
	return 0;
}

/* Notes who unmapped @nr. A loss is judged later, when it is known what the process did next. */
static int note_teardown(struct ledger *ledger, struct domain *domain,
			 const struct rec_batch *batch, u32 nr)
{
	struct pending item = {.type = PENDING_LOST, .id = nr};
	const struct map *map = map__at(ledger, nr);
	struct ending *end = ending__at(ledger, map->end);

	if (!end || map->kind != KIND_GNTDEV)
		return 0;
	end->stack = id16(batch->e.stack);
	end->task = id16(batch->e.task);
	domain->stackless_unmaps += !end->stack;
	end->waiting = teardown__is_loss(domain__teardown(domain, end->stack));
	return end->waiting ? ledger__defer(ledger, &item) : 0;
}

static int unmap_one(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		     u32 i, const struct op_unmap *op)
{
	u32 *slot = domain__handle(domain, op->handle), nr;
	struct stamp *stamp;
	struct span at;
	struct map *map;
	u8 flags = 0;
	bool other;

	/* The map was made before recording began. */
	if (!slot || !*slot)
		return 0;
	map = map__at(ledger, *slot);
	/*
	 * The handle belongs to another ref's map, which was not recorded. So this map is gone, at
	 * an unknown time.
	 */
	other = op->granter < DOMID_FIRST_RESERVED &&
		(op->ref != map->ref || ledger->domains[map->granter]->domid != op->granter);
	/*
	 * Nobody unmaps before the map's call returned. So the unmap is of the handle's previous
	 * map: Xen may give a handle out again before the unmap is recorded.
	 */
	if (event->when.in < map->at.out && domain->unseen_unmaps)
		domain->unseen_unmaps--;
	if (other && event->when.in < map->at.out)
		return 0;
	domain->unseen_unmaps += other;
	if (other || event->when.in < map->at.out)
		flags = MAP_CLOSED_UNSEEN;
	stamp = flags ? NULL : stamp__at(ledger, map->stamp);
	if (stamp) {
		stamp->unmap_in = event->rec->flags & REC_F_NO_ENTRY ? 0 : event->when.in;
		stamp->end = event->instants ? event->instants[i].tsc_lo : 0;
	}
	/* With a stamp the map keeps the call's own time beside that of the trace. */
	at = stamp ? when_done(event, i)
		   : span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY);
	nr = *slot;
	ledger__close_map(ledger, nr, &at, flags);
	*slot = 0;
	return flags ? 0 : note_teardown(ledger, domain, (const void *)event->rec, nr);
}

int ledger__unmap(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_unmap *op = rec__ops(event->rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err;

		/* INVALID_GRANT_HANDLE: an entry of the batch that was never mapped. */
		if (op[i].handle == UINT32_MAX)
			continue;
		/* A positive status: Xen did not reach this operation of the batch. */
		domain->refused_unmaps += op[i].status < 0;
		err = op[i].status ? 0 : unmap_one(ledger, domain, event, i, &op[i]);
		if (err)
			return err;
	}
	return 0;
}

void ledger__forget_maps(struct ledger *ledger, struct domain *domain)
{
	struct span never = {.dt_lo = 0xff, .dt_hi = 0xf, .err = SPAN_UNKNOWN};
	u32 i;

	for (i = 0; i < domain->nr_handle_chunks * HANDLE_CHUNK; i++) {
		u32 *chunk = domain->handles[i / HANDLE_CHUNK];

		if (!chunk) {
			i += HANDLE_CHUNK - 1;
			continue;
		}
		if (chunk[i % HANDLE_CHUNK])
			ledger__close_map(ledger, chunk[i % HANDLE_CHUNK], &never,
					  MAP_CLOSED_UNSEEN);
		chunk[i % HANDLE_CHUNK] = 0;
	}
	for (i = 0; domain->rings && i < LEDGER_RINGS; i++)
		domain->rings[i].nr = 0;
}
