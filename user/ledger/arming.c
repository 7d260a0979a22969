// SPDX-License-Identifier: GPL-2.0
/* Announcements: gntdev's ioctls, found by file and index, and the refs that each one named. */
#include <errno.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "ledger/ledger_internal.h"

/*
 * Calls are in chains of their own, not in a struct hash: its keys have 64 bits, and a mapper, its
 * file and any index that it may name have more.
 */
static u32 bucket(const struct ledger *ledger, u32 mapper, u32 file, u64 index)
{
	u64 h = (index >> 12) * 0x9e3779b97f4a7c15ull ^ (u64)file * 0xc2b2ae3d27d4eb4full ^ mapper;

	return (u32)((h ^ h >> 29) & (ledger->nr_buckets - 1));
}

static bool grow_buckets(struct ledger *ledger)
{
	u32 size = ledger->nr_buckets ? ledger->nr_buckets * 4 : 1024;
	u32 old_size = ledger->nr_buckets, i;
	u32 *old = ledger->buckets;
	u32 *buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return old;
	ledger->buckets = buckets;
	ledger->nr_buckets = size;
	for (i = 0; i < old_size; i++) {
		u32 nr = old[i];

		while (nr) {
			struct call *call = call__at(ledger, nr);
			u32 next = call->next;
			u32 *slot = &buckets[bucket(ledger, call->mapper, call->file, call->index)];

			call->next = *slot;
			*slot = nr;
			nr = next;
		}
	}
	free(old);
	return true;
}

u32 ledger__find_call(struct ledger *ledger, u32 mapper, u32 file, u64 index)
{
	struct call *call;
	u32 nr;

	if (!file || !ledger->nr_buckets)
		return 0;
	for (nr = ledger->buckets[bucket(ledger, mapper, file, index)]; nr; nr = call->next) {
		call = call__at(ledger, nr);
		if (call->mapper == mapper && call->file == file && call->index == index)
			return nr;
	}
	return 0;
}

u32 ledger__find_closed_call(struct ledger *ledger, const struct ref *ref, u32 mapper, u32 file,
			     u64 index)
{
	const struct call *call;
	u32 nr;

	for (nr = file ? ref->arms : 0; nr; nr = arm__at(ledger, nr)->next) {
		call = call__at(ledger, arm__at(ledger, nr)->call);
		if (call->mapper == mapper && call->file == file && call->index == index)
			return ledger->now - call->closed_key <= LEDGER_CALL_NS
				       ? arm__at(ledger, nr)->call
				       : 0;
	}
	return 0;
}

static u32 *file_slot(struct domain *domain, u32 file)
{
	if (!file || file > ID_MAX)
		return NULL;
	return table__slot((void **)&domain->files, &domain->nr_files, file, sizeof(u32));
}

void ledger__put_call(struct ledger *ledger, u32 nr)
{
	struct call *call = call__at(ledger, nr);

	if (call && !--call->refs) {
		ledger->domains[call->mapper]->nr_calls--;
		pool__put(&ledger->calls, nr);
	}
}

/* Takes the announcement back at @when or later. No further map can come through it. */
static void close_call(struct ledger *ledger, struct domain *domain, u32 nr, u64 when)
{
	struct call *call = call__at(ledger, nr);
	u32 *link = &ledger->buckets[bucket(ledger, call->mapper, call->file, call->index)];

	while (*link != nr)
		link = &call__at(ledger, *link)->next;
	*link = call->next;
	if (call->file_prev)
		call__at(ledger, call->file_prev)->file_next = call->file_next;
	else
		domain->files[call->file] = call->file_next;
	if (call->file_next)
		call__at(ledger, call->file_next)->file_prev = call->file_prev;
	call->closed = max(when, (u64)1);
	call->closed_key = ledger->now;
	ledger__put_call(ledger, nr);
}

static u32 new_call(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	u32 nr = ledger__find_call(ledger, domain->index, batch->file, batch->index);
	u32 *slot = file_slot(domain, batch->file);
	const u32 most = ledger->limits->calls;
	struct call *call;

	if (nr) {
		/*
		 * A call on many refs sends several records. Otherwise the end of the older call
		 * was missed.
		 */
		if (batch->first && call__at(ledger, nr)->at.out <= event->when.out)
			return nr;
		close_call(ledger, domain, nr, event->when.in);
	}
	/* A domain may have as many calls as are still free, so every domain finds room. */
	if (!slot || domain->nr_calls >= most - min(ledger->calls.used, most) ||
	    (ledger->calls.used >= ledger->nr_buckets && !grow_buckets(ledger)))
		return 0;
	nr = pool__get(&ledger->calls);
	if (!nr)
		return 0;
	domain->nr_calls++;
	call = call__at(ledger, nr);
	*call = (struct call){.at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY),
			      .index = batch->index,
			      .file = id16(batch->file),
			      .task = id16(batch->e.task),
			      .mapper = domain->index,
			      .refs = 1,
			      .file_next = *slot};
	call->next = ledger->buckets[bucket(ledger, domain->index, batch->file, batch->index)];
	ledger->buckets[bucket(ledger, domain->index, batch->file, batch->index)] = nr;
	if (*slot)
		call__at(ledger, *slot)->file_prev = nr;
	*slot = nr;
	return nr;
}

static void put_arm(struct ledger *ledger, u32 nr)
{
	const struct arm *arm = arm__at(ledger, nr);

	ledger->domains[call__at(ledger, arm->call)->mapper]->nr_items--;
	ledger__put_call(ledger, arm->call);
	if (arm->told)
		ledger__put_gen(ledger, ledger->domains[arm->granter], arm->told);
	pool__put(&ledger->arms, nr);
}

/* Whether a map that came through @arm has still to be judged. */
static bool has_pending_map(const struct ledger *ledger, const struct ref *ref,
			    const struct arm *arm)
{
	const struct map *map;
	u32 nr;

	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->call == arm->call && map->flags & MAP_PENDING)
			return true;
	}
	return false;
}

/* Whether a map may still come through @arm, or something unsettled may ask about it. */
static bool is_needed(const struct ledger *ledger, const struct ref *ref, const struct arm *arm)
{
	const struct call *call = call__at(ledger, arm->call);

	return arm->flags & ARM_PENDING || !call->closed ||
	       !ledger__is_past(ledger, call->closed_key) || has_pending_map(ledger, ref, arm);
}

/* Forgets withdrawn arms beyond the history's length, and all arms beyond the limit. */
static void trim_arms(struct ledger *ledger, struct ref *ref)
{
	const u32 history = ledger->limits->history, most = ledger->limits->arms;
	u32 *link = &ref->arms, closed = 0, all = 0;

	/* Trims every @history arms only: where all arms are needed, a walk removes nothing. */
	if (ref->nr_arms <= 2 * history || ref->nr_arms % history)
		return;
	while (*link) {
		struct arm *arm = arm__at(ledger, *link);
		bool full = ++all > most, needed = is_needed(ledger, ref, arm);
		u32 nr = *link;

		if (arm->flags & ARM_PENDING || (!full && (needed || closed++ < history))) {
			/*
			 * While marks are missing, arms stay pending. Bounds the walk over such a
			 * list.
			 */
			if (all > 2 * most)
				return;
			link = &arm->next;
			continue;
		}
		ledger->dropped[LIMIT_ARMS] += needed;
		*link = arm->next;
		ref->nr_arms--;
		put_arm(ledger, nr);
	}
}

static int add_arm(struct ledger *ledger, struct domain *by, const struct merge_event *event,
		   const struct op_arm *op, u32 call)
{
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__named(ledger, by, (u16)op->granter)
					 : NULL;
	struct ref *ref = granter ? domain__named_ref(ledger, by, granter, op->ref) : NULL;
	struct pending item = {.type = PENDING_ARM};
	struct arm *arm;

	if (!ref)
		return 0;
	if (ref->nr_arms >= ledger->limits->list || !domain__may_add(ledger, by)) {
		ledger__drop(ledger, event, ref->nr_arms);
		return 0;
	}
	granter->refs_mapped |= op->ref >= RESERVED_REFS;
	item.id = pool__get(&ledger->arms);
	if (!item.id)
		return -ENOMEM;
	arm = arm__at(ledger, item.id);
	*arm = (struct arm){.call = call,
			    .ref = op->ref,
			    .next = ref->arms,
			    .granter = granter->index,
			    .flags = ARM_PENDING};
	if (ref->gen)
		arm->told_number = gen__at(ledger, ref->gen)->number;
	call__at(ledger, call)->refs++;
	by->nr_items++;
	ref->arms = item.id;
	ref->nr_arms++;
	trim_arms(ledger, ref);
	return ledger__defer(ledger, &item);
}

int ledger__arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_arm *op = rec__ops(event->rec);
	u32 i, call = new_call(ledger, domain, event);

	if (!call) {
		ledger->dropped[LIMIT_CALLS]++;
		feed__lose(event->feed, event->rec);
		return 0;
	}
	for (i = 0; i < batch->nr; i++) {
		int err = add_arm(ledger, domain, event, &op[i], call);

		if (err)
			return err;
	}
	return 0;
}

void ledger__disarm(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch)
{
	u32 *slot = file_slot(domain, batch->file);
	u64 when = batch->e.h.flags & REC_F_NO_ENTRY ? 1 : batch->e.t_in;
	u32 nr;

	if (batch->e.h.flags & REC_F_WHOLE) {
		while (slot && *slot)
			close_call(ledger, domain, *slot, when);
		return;
	}
	nr = ledger__find_call(ledger, domain->index, batch->file, batch->index);
	if (!nr)
		return;
	call__at(ledger, nr)->closed_out = batch->e.t_out;
	close_call(ledger, domain, nr, when);
}

/*
 * gntdev announces and maps an exported dma-buf's pages in one ioctl, and that map names no file.
 * The call is therefore the thread's newest announcement. The dma-buf keeps the map and releases it
 * on its own.
 */
u32 ledger__export_call(struct ledger *ledger, struct domain *domain, const struct ref *ref,
			const struct map *map)
{
	u64 in = span__in(&map->at);
	struct call *call;
	u32 nr, found;

	for (nr = map->task ? ref->arms : 0; nr; nr = arm__at(ledger, nr)->next) {
		found = arm__at(ledger, nr)->call;
		call = call__at(ledger, found);
		if (call->mapper != map->mapper || call->task != map->task)
			continue;
		if (call->at.out > map->at.out || (in && call->at.out + LEDGER_CALL_NS < in))
			return 0;
		if (!call->closed)
			close_call(ledger, domain, found, map->at.out);
		return found;
	}
	return 0;
}

void ledger__forget_files(struct ledger *ledger, struct domain *domain)
{
	u32 file;

	for (file = 1; file < domain->nr_files; file++)
		while (domain->files[file])
			close_call(ledger, domain, domain->files[file], 1);
}

struct arm *ledger__arm_of(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct arm *arm;
	u32 nr;

	if (!ref || !map->call)
		return NULL;
	for (nr = ref->arms; nr; nr = arm->next) {
		arm = arm__at(ledger, nr);
		if (arm->call == map->call)
			return arm;
	}
	return NULL;
}

struct gen *ledger__told(struct ledger *ledger, const struct arm *arm)
{
	if (arm->told || !arm->told_number)
		return gen__at(ledger, arm->told);
	return ledger__gen(ledger, domain__ref(ledger->domains[arm->granter], arm->ref),
			   arm->told_number);
}
