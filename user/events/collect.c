// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "events/collect.h"
#include "known/programs.h"
#include "util/array.h"
#include "util/log.h"

/* maximum of maps of one ref examined for one record */
#define MAPS_LOOKED 64

void collector__cleanup(struct collector *collector)
{
	free(collector->event);
}

/* --- from the capture --- */

static void set_task(const struct collector *collector, struct event_actor *actor,
		     const struct feed *feed, u32 id)
{
	const struct feed_task *task = feed__task(feed, id);
	const char *process = feed__process(feed, task);
	char name[sizeof(actor->comm)];

	if (!kind__has_task(actor->kind) || !task->tid)
		return;
	actor->pid = task->pid;
	actor->tid = task->tid;
	snprintf(name, sizeof(name), "%.15s", *process ? process : task->comm);
	memcpy(actor->comm, name, sizeof(actor->comm));
	if (collector->keep_names)
		snprintf(actor->shown, sizeof(actor->shown), "%s", name);
	else
		program__public(name, actor->shown, sizeof(actor->shown));
}

/* The subsystem that acted. Without a stack, the type of the record may show it. */
static enum kind kind_of(struct domain *domain, const struct feed *feed, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	enum kind kind = domain && domain->feed == feed
				 ? domain__kind(domain, batch->e.stack)
				 : kind__from_stack(feed__stack(feed, batch->e.stack), NULL, 0);

	if (kind != KIND_UNKNOWN)
		return kind;
	switch (rec->type) {
	case REC_ARM:
	case REC_DISARM:
		return KIND_GNTDEV;
	case REC_MAP:
	case REC_UNMAP:
		return batch->file ? KIND_GNTDEV : KIND_UNKNOWN;
	case REC_RING:
	case REC_RING_UNMAP:
		return KIND_XENBUS;
	default:
		return KIND_UNKNOWN;
	}
}

static void set_result(struct event *event, s16 status)
{
	event->has_result = true;
	event->ok = !status;
	event->status = status;
}

/* Sets granter and ref. In a mapper's event the granter is the other domain. */
static void set_ref(struct event *event, u32 granter, u32 ref)
{
	event->granter = granter;
	event->ref = ref;
	if (event->peer == EVENT_NO_DOM)
		event->peer = event->granter;
}

static void set_operation(struct event *event, const struct rec *rec, u32 i)
{
	const void *ops = rec__ops(rec);

	if (rec->type == REC_ARM || rec->type == REC_RING) {
		const struct op_arm *op = (const struct op_arm *)ops + i;

		set_ref(event, op->granter, op->ref);
	} else if (rec->type == REC_MAP) {
		const struct op_map *op = (const struct op_map *)ops + i;

		set_ref(event, op->granter, op->ref);
		set_result(event, op->status);
		event->frame = op->frame;
		event->handle = op->handle;
	} else if (rec->type == REC_UNMAP) {
		const struct op_unmap *op = (const struct op_unmap *)ops + i;

		if (op->granter < DOMID_FIRST_RESERVED)
			set_ref(event, op->granter, op->ref);
		set_result(event, op->status);
		event->handle = op->handle;
	} else if (rec->type == REC_COPY) {
		const struct op_copy *op = (const struct op_copy *)ops + i;

		set_ref(event, op->granter, op->ref);
		set_result(event, op->status);
	} else if (rec->type == REC_ENTRY) {
		const struct op_entry *op = (const struct op_entry *)ops + i;

		set_ref(event, op->granter == DOMID_SELF ? event->domid : op->granter, op->ref);
		event->peer = op->peer;
		event->frame = op->frame;
	}
}

static void set_granter_event(struct event *event, const struct rec *rec)
{
	event->granter = event->domid;
	if (rec->type == REC_GRANT) {
		const struct rec_grant *grant = (const void *)rec;

		event->ref = grant->ref;
		event->peer = grant->peer;
		event->frame = grant->frame;
	} else if (rec->type == REC_REVOKE) {
		const struct rec_revoke *revoke = (const void *)rec;

		event->ref = revoke->ref;
		event->has_result = true;
		event->ok = revoke->ok;
	} else if (rec->type != REC_RESET) {
		event->ref = ((const struct rec_ref *)(const void *)rec)->ref;
	}
}

static void set_base(struct collector *collector, struct event *event,
		     const struct merge_event *merged)
{
	const struct rec *rec = merged->rec;
	const struct rec_event *head = (const void *)rec;
	bool unseen = rec->type != REC_LOG && rec->flags & REC_F_NO_ENTRY;
	struct span at = span__from(&merged->when, unseen);

	*event = (struct event){.call = collector->calls,
				.type = rec->type,
				.domid = merged->feed->domid,
				.ns = span__system(&at),
				.err = span__err(&at),
				.took = unseen ? EVENT_UNSEEN
					       : min(merged->when.out - merged->when.in,
						     (u64)INT64_MAX),
				.granter = EVENT_NO_DOM,
				.peer = EVENT_NO_DOM,
				.target = EVENT_NO_DOM,
				.ref = EVENT_NO_REF,
				.nr = 1};
	event->wall = merge__wall(collector->merge, event->ns);
	if (rec->type == REC_LOG) {
		const struct rec_log *log = (const void *)rec;

		event->took = 0;
		str_sanitize(event->text, sizeof(event->text), log->text, EVENT_TEXT - 1);
		return;
	}
	event->by.kind = kind_of(ledger__known(collector->ledger, event->domid), merged->feed, rec);
	set_task(collector, &event->by, merged->feed, head->task);
}

/* --- from the ledger --- */

/* Sets the time in Xen system time, if the clock is known. */
static void set_pair(struct event *event, enum event_pair pair, const struct span *at, bool own)
{
	if (!own && (at->err == SPAN_UNKNOWN || event->err >= CLOCK_ERR_UNKNOWN))
		return;
	event->pair = (u8)pair;
	event->pair_ns = span__system(at);
}

/* Returns the present map with @handle of @domain, or NULL. */
static const struct map *map_of_handle(const struct ledger *ledger, const struct domain *domain,
				       u32 handle)
{
	u32 chunk = handle / HANDLE_CHUNK;

	if (chunk >= domain->nr_handle_chunks || !domain->handles[chunk])
		return NULL;
	return map__at(ledger, domain->handles[chunk][handle % HANDLE_CHUNK]);
}

static void pair_unmap(const struct collector *collector, struct event *event)
{
	const struct ledger *ledger = collector->ledger;
	const struct domain *domain = ledger__known(ledger, event->domid);
	const struct map *map = domain ? map_of_handle(ledger, domain, event->handle) : NULL;
	const struct domain *granter = map ? ledger->domains[map->granter] : NULL;

	if (!map || (event->granter != EVENT_NO_DOM &&
		     (event->ref != map->ref || event->granter != granter->domid)))
		return;
	set_ref(event, granter->domid, map->ref);
	if (event->ok)
		set_pair(event, PAIR_MAPPED, &map->at, true);
}

/* Returns the newest generation at the time of @event. */
static const struct gen *gen_of(const struct ledger *ledger, const struct ref *ref,
				const struct event *event)
{
	const struct gen *gen = gen__at(ledger, ref->gen);

	/* A free is recorded late: its ref may have been granted again. */
	while (gen && event->type == REC_FREE && !(gen->flags & GEN_ADOPTED) &&
	       span__system(&gen->grant) > event->ns - min(event->took, event->ns))
		gen = gen__at(ledger, gen->older);
	return gen;
}

static void pair_gen(const struct collector *collector, struct event *event, const struct gen *gen)
{
	bool own = event->domid == event->granter;
	bool over = gen->flags & GEN_ENDED && event->type != REC_REVOKE;

	if (event->type == REC_GRANT || event->type == REC_ENTRY)
		return;
	if (over && gen->end)
		set_pair(event, PAIR_ENDED, gen__end(collector->ledger, gen), own);
	else if (!(gen->flags & GEN_ADOPTED))
		set_pair(event, PAIR_GRANTED, &gen->grant, own);
}

/* Returns the map that @event made or tried. */
static const struct map *map_of(const struct ledger *ledger, const struct ref *ref,
				const struct event *event)
{
	u32 nr = ref->maps, i;

	for (i = 0; nr && i < MAPS_LOOKED; i++) {
		const struct map *map = map__at(ledger, nr);

		if (ledger->domains[map->mapper]->domid == event->domid &&
		    map->handle == event->handle && !map->status == event->ok)
			return map;
		nr = map->next;
	}
	return NULL;
}

static void pair_map(const struct collector *collector, struct event *event, const struct ref *ref)
{
	const struct map *map = map_of(collector->ledger, ref, event);
	const struct arm *arm = map ? ledger__arm_of(collector->ledger, map) : NULL;
	const struct call *call = arm ? call__at(collector->ledger, arm->call) : NULL;

	if (call)
		set_pair(event, PAIR_ANNOUNCED, &call->at, true);
}

static void set_target(const struct collector *collector, struct event *event)
{
	u16 target = event->granter < DOMID_FIRST_RESERVED
			     ? merge__target(collector->merge, (u16)event->granter)
			     : DOMID_UNKNOWN;

	if (target != DOMID_UNKNOWN)
		event->target = target;
}

static void ask_ledger(const struct collector *collector, struct event *event)
{
	struct domain *granter = event->granter < DOMID_FIRST_RESERVED
					 ? ledger__known(collector->ledger, (u16)event->granter)
					 : NULL;
	const struct ref *ref = granter ? domain__ref(granter, event->ref) : NULL;
	const struct gen *gen = ref ? gen_of(collector->ledger, ref, event) : NULL;

	if (event->type == REC_MAP && ref)
		pair_map(collector, event, ref);
	if (!gen)
		return;
	event->generation = gen->number;
	if (event->peer == EVENT_NO_DOM && gen->peer != DOMID_UNKNOWN)
		event->peer = gen->peer;
	event->owner.kind = gen__owner(granter, event->ref, gen);
	if (granter->feed)
		set_task(collector, &event->owner, granter->feed, gen->task);
	if (!event->pair)
		pair_gen(collector, event, gen);
}

/* --- both --- */

static void fill_operation(const struct collector *collector, struct event *event,
			   const struct merge_event *merged)
{
	const struct instant *instant = merged->instants ? &merged->instants[event->op] : NULL;

	set_operation(event, merged->rec, event->op);
	if (event->type == REC_UNMAP)
		pair_unmap(collector, event);
	if (instant && instant->tsc_hi)
		event->trace = instant->named ? TRACE_NAMED : TRACE_PAIRED;
}

int collector__before(struct collector *collector, const struct merge_event *merged)
{
	const struct rec *rec = merged->rec;
	bool batch = rec && REC_IS_BATCH(rec->type);
	u32 i, ops = batch ? ((const struct rec_batch *)(const void *)rec)->nr : 0;
	struct event *event;

	collector->nr = 0;
	if (!rec)
		return 0;
	collector->calls++;
	/* A record without operations, such as the release of a file, is one event. */
	event = array__reserve(collector->event, &collector->room, max(ops, 1u), sizeof(*event));
	if (!event)
		return -ENOMEM;
	collector->event = event;
	collector->nr = max(ops, 1u);
	set_base(collector, &event[0], merged);
	event[0].nr = collector->nr;
	for (i = 1; i < ops; i++) {
		event[i] = event[0];
		event[i].op = i;
	}
	for (i = 0; i < ops; i++)
		fill_operation(collector, &event[i], merged);
	if (!batch && REC_IS_EVENT(rec->type))
		set_granter_event(&event[0], rec);
	return 0;
}

void collector__after(struct collector *collector, const struct merge_event *merged)
{
	u32 i;

	for (i = 0; i < collector->nr; i++) {
		set_target(collector, &collector->event[i]);
		if (collector->event[i].ref != EVENT_NO_REF)
			ask_ledger(collector, &collector->event[i]);
	}
}
