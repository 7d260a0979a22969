// SPDX-License-Identifier: GPL-2.0
/* Settling: when an event is old enough to be judged, and which function of the rules judges it. */
#include <errno.h>

#include "ledger/ledger_internal.h"

/* How long postponed items wait, ns. */
static u64 postponed_ns(const struct ledger *ledger)
{
	return max(ledger->slack, (u64)LEDGER_CALL_NS);
}

/* Items before this key have their final verdict. */
static u64 settled_for_good(const struct ledger *ledger)
{
	const struct queue *postponed = &ledger->postponed;
	u64 deadline = postponed->len ? postponed->item[postponed->head].deadline : UINT64_MAX;

	return deadline == UINT64_MAX ? ledger->settled
				      : min(ledger->settled, deadline - postponed_ns(ledger));
}

bool ledger__is_past(const struct ledger *ledger, u64 time)
{
	/* Twice the slack: a waiting item may itself ask about times one slack before its own. */
	return time + 2 * ledger->slack < settled_for_good(ledger);
}

int ledger__defer(struct ledger *ledger, const struct pending *item)
{
	struct pending mine = *item;
	int err;

	mine.feed = (u8)ledger->entering;
	err = queue__put(&ledger->queue, &mine, ledger->now + ledger->slack);
	ledger->waiting[ledger->entering] += !err;
	return err;
}

/* Takes the next due item and returns its place to its feed. */
static bool take_due(struct ledger *ledger, u64 until, struct pending *item)
{
	if (!queue__take(&ledger->queue, until, item))
		return false;
	ledger->waiting[item->feed]--;
	return true;
}

bool ledger__has_share(const struct ledger *ledger, const struct merge_event *event)
{
	return !event->feed->guest ||
	       ledger->waiting[event->feed_index] <= ledger->limits->pending - ledger->queue.len;
}

/* Queues @item to be settled ledger.grace later. Returns 0 or -ENOMEM. */
static int queue_later(struct ledger *ledger, const struct pending *item)
{
	return queue__put(&ledger->later, item, ledger->settled + ledger->grace);
}

/* Queues @item behind the maps and calls under way. Returns false if the queue is full. */
static bool postpone(struct ledger *ledger, const struct pending *item)
{
	return ledger->postponed.len < ledger->limits->postponed && !ledger->finished &&
	       !queue__put(&ledger->postponed, item, ledger->settled + postponed_ns(ledger));
}

bool ledger__judge_again(struct ledger *ledger, const struct table_event *event)
{
	const struct pending item = {.type = PENDING_TABLE_READ,
				     .at = event->at,
				     .ref = event->ref,
				     .id = event->flags,
				     .granter = event->granter->index,
				     .again = true};
	const bool waits = postpone(ledger, &item);

	ledger->settled_early += !waits;
	return waits;
}

/* Queues @item for a second call of the rules. */
static bool postpone_again(struct ledger *ledger, const struct pending *item)
{
	struct pending again = *item;

	again.again = true;
	return postpone(ledger, &again);
}

/* The queue of postponed items is full. The verdict counts as early, and proves nothing. */
static void judge_early(struct ledger *ledger, u32 map)
{
	const bool early = ledger->early;

	ledger->early = true;
	ledger->settled_early++;
	ledger->listener.map(ledger->listener.ctx, ledger, map);
	ledger->early = early;
}

/*
 * Whether other refs of the same call were refused, in this record or another one of the call.
 * Calls through one index do not overlap.
 */
static bool is_partial(const struct ledger *ledger, const struct map *map)
{
	const struct call *call = call__at(ledger, map->call);

	if (map->flags & MAP_PARTIAL)
		return true;
	return call && !map->status && map->kind == KIND_GNTDEV && call->refused_out &&
	       map__surely_from(ledger, map) >= call->refused_in &&
	       map__not_before(ledger, map) <= call->refused_out;
}

static void settle_map(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;
	struct pending partial = {.type = PENDING_PARTIAL, .id = item->id};
	struct map *map = map__at(ledger, item->id);
	bool again = l->map(l->ctx, ledger, item->id);

	map->flags |= MAP_JUDGED;
	if (again && postpone(ledger, item))
		return;
	if (again)
		judge_early(ledger, item->id);
	if (is_partial(ledger, map))
		map->flags |= MAP_PARTIAL;
	/* The map stays pending until its second settling. */
	if (map->flags & MAP_PARTIAL && !queue_later(ledger, &partial))
		return;
	map->flags &= (u8)~MAP_PENDING;
}

static void settle_copy(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;
	const bool early = ledger->early;

	if (l->copy(l->ctx, ledger, item->id)) {
		map__at(ledger, item->id)->flags |= MAP_JUDGED;
		if (postpone(ledger, item))
			return;
		/* The queue of postponed items is full. */
		ledger->early = true;
		ledger->settled_early++;
		l->copy(l->ctx, ledger, item->id);
		ledger->early = early;
	}
	ledger__copy_is_judged(ledger, item->id);
}

static void settle_end(struct ledger *ledger, const struct pending *item, struct gen_event *end)
{
	const struct ledger_listener *l = &ledger->listener;
	const bool early = ledger->early;

	if (!l->end(l->ctx, ledger, end) || postpone_again(ledger, item))
		return;
	/* The queue of postponed items is full. */
	end->again = true;
	ledger->early = true;
	ledger->settled_early++;
	l->end(l->ctx, ledger, end);
	ledger->early = early;
}

/*
 * Whether the verdict depends on calls on the same ref at the same time. Such items are rare, so
 * all of them wait.
 */
static bool is_judged_late(const struct pending *item)
{
	return item->type == PENDING_FREED || item->type == PENDING_FREED_AGAIN ||
	       item->type == PENDING_GRANTED_OVER;
}

static void settle_gen(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;
	struct gen_event what = {.granter = ledger->domains[item->granter],
				 .ref = item->ref,
				 .at = item->at,
				 .since = item->since,
				 .stack = item->stack,
				 .task = item->task,
				 .ok = item->ok,
				 .again = item->again};

	if (is_judged_late(item) && !item->again && postpone_again(ledger, item))
		return;

	what.gen = ledger__gen(ledger, domain__ref(what.granter, item->ref), item->gen);
	/* The generation left the history, as too many followed. */
	if (!what.gen) {
		ledger->dropped[LIMIT_GENS]++;
		return;
	}
	switch (item->type) {
	case PENDING_END:
		settle_end(ledger, item, &what);
		break;
	case PENDING_RETRY:
		l->retried(l->ctx, ledger, &what);
		break;
	case PENDING_FREED_AGAIN:
		l->freed_again(l->ctx, ledger, &what);
		break;
	case PENDING_GRANTED_OVER:
		l->granted_over(l->ctx, ledger, &what);
		break;
	default:
		l->freed(l->ctx, ledger, &what);
		break;
	}
}

static void settle_table_read(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;
	struct domain *granter = ledger->domains[item->granter];
	const struct table_read *read = ledger__table_read(ledger, granter, item->ref);

	/* The read may have left the list. */
	while (read && read->first.out > item->at.out)
		read = table_read__at(ledger, read->older);
	if (read)
		l->table_read(l->ctx, ledger,
			      &(struct table_event){.granter = granter,
						    .ref = item->ref,
						    .read = read,
						    .at = item->at,
						    .flags = (u16)item->id,
						    .again = item->again});
}

/* When the unmap has settled, what the process does next has not been read yet. */
static void settle_lost(struct ledger *ledger, const struct pending *item)
{
	struct pending later = *item;

	later.again = true;
	if (!item->again && !queue_later(ledger, &later))
		return;
	ledger->listener.lost(ledger->listener.ctx, ledger, item->id);
	ending__at(ledger, map__at(ledger, item->id)->end)->waiting = false;
}

static void settle_one(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;

	switch (item->type) {
	case PENDING_MAP:
		settle_map(ledger, item);
		break;
	case PENDING_ARM:
		l->arm(l->ctx, ledger, item->id);
		arm__at(ledger, item->id)->flags &= (u8)~ARM_PENDING;
		break;
	case PENDING_PARTIAL:
		l->partial(l->ctx, ledger, item->id);
		map__at(ledger, item->id)->flags &= (u8)~MAP_PENDING;
		break;
	case PENDING_LOST:
		settle_lost(ledger, item);
		break;
	case PENDING_COPY:
		settle_copy(ledger, item);
		break;
	case PENDING_TABLE_READ:
		settle_table_read(ledger, item);
		break;
	case PENDING_LOG:
		l->log(l->ctx, ledger, ledger->domains[item->granter], &item->at,
		       pool__at(&ledger->lines, item->id));
		pool__put(&ledger->lines, item->id);
		ledger->domains[item->granter]->nr_lines--;
		break;
	default:
		settle_gen(ledger, item);
		break;
	}
}

static void settle_later(struct ledger *ledger)
{
	struct pending item;

	while (queue__take(&ledger->postponed, ledger->settled, &item))
		settle_one(ledger, &item);
	while (queue__take(&ledger->later, ledger->settled, &item))
		settle_one(ledger, &item);
}

/* A log line is settled after the events that it may be about. */
static bool postpone_line(struct ledger *ledger, const struct pending *item)
{
	return item->type == PENDING_LOG && ledger->postponed.len && postpone(ledger, item);
}

void ledger__settle(struct ledger *ledger, u64 until)
{
	struct pending item;

	while (take_due(ledger, until, &item)) {
		ledger->settled = max(ledger->settled, item.deadline);
		settle_later(ledger);
		if (!postpone_line(ledger, &item))
			settle_one(ledger, &item);
	}
	if (until != UINT64_MAX)
		ledger->settled = max(ledger->settled, until);
	settle_later(ledger);
}

void ledger__settle_overflow(struct ledger *ledger)
{
	if (ledger->queue.len < ledger->limits->pending)
		return;
	ledger->early = true;
	while (ledger->queue.len > ledger->limits->pending / 2) {
		struct pending item;

		take_due(ledger, UINT64_MAX, &item);
		ledger->settled_early++;
		settle_one(ledger, &item);
	}
	ledger->early = false;
}

void ledger__finish(struct ledger *ledger)
{
	struct pending item;

	ledger__settle(ledger, UINT64_MAX);
	ledger->finished = true;
	while (queue__take(&ledger->postponed, UINT64_MAX, &item) ||
	       queue__take(&ledger->later, UINT64_MAX, &item))
		settle_one(ledger, &item);
}
