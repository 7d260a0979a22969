// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_internal.h"

/* Beyond the clocks' bounds: what the recorders' own batching may reorder. */
#define SLACK_FLOOR (1 * NSEC_PER_MSEC)
/* Where clocks cannot be compared, or are this bad, order is not waited for any longer. */
#define SLACK_MAX (2 * NSEC_PER_SEC)

struct ledger *ledger__new(const struct ledger_listener *listener)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	ledger->listener = *listener;
	ledger->slack = SLACK_FLOOR;
	pool__init(&ledger->gens, sizeof(struct gen));
	pool__init(&ledger->maps, sizeof(struct map));
	pool__init(&ledger->arms, sizeof(struct arm));
	return ledger;
}

static void domain__free(struct domain *domain)
{
	u32 i;

	for (i = 0; domain->refs && i < LEDGER_MAX_REFS / REF_CHUNK; i++)
		free(domain->refs[i]);
	for (i = 0; domain->handles && i < LEDGER_MAX_HANDLES / HANDLE_CHUNK; i++)
		free(domain->handles[i]);
	free(domain->refs);
	free(domain->handles);
	free(domain->files);
	free(domain->stack_kind);
	free(domain->stack_via);
	free(domain);
}

void ledger__free(struct ledger *ledger)
{
	u32 i;

	if (!ledger)
		return;
	for (i = 0; i < ledger->nr_domains; i++)
		domain__free(ledger->domains[i]);
	pool__cleanup(&ledger->gens);
	pool__cleanup(&ledger->maps);
	pool__cleanup(&ledger->arms);
	free(ledger->queue);
	free(ledger);
}

struct domain *ledger__domain(struct ledger *ledger, u16 domid)
{
	struct domain *domain;

	if (ledger->by_domid[domid])
		return ledger->domains[ledger->by_domid[domid] - 1];
	/* Index + 1 must fit a byte. */
	if (ledger->nr_domains == LEDGER_MAX_DOMAINS - 1)
		return NULL;
	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return NULL;
	domain->domid = domid;
	domain->index = (u8)ledger->nr_domains;
	ledger->domains[ledger->nr_domains++] = domain;
	ledger->by_domid[domid] = (u8)ledger->nr_domains;
	return domain;
}

/* A two-level table: directory of chunks, both made when first needed. */
static void *chunk_slot(void ***dir, u32 nr, u32 limit, u32 per_chunk, size_t size, bool make)
{
	u32 c = nr / per_chunk;

	if (nr >= limit)
		return NULL;
	if (!*dir && (!make || !(*dir = calloc(limit / per_chunk, sizeof(void *)))))
		return NULL;
	if (!(*dir)[c] && (!make || !((*dir)[c] = calloc(per_chunk, size))))
		return NULL;
	return (char *)(*dir)[c] + (nr % per_chunk) * size;
}

struct ref *domain__ref(const struct domain *domain, u32 ref)
{
	void **dir = (void **)domain->refs;

	return chunk_slot(&dir, ref, LEDGER_MAX_REFS, REF_CHUNK, sizeof(struct ref), false);
}

struct ref *domain__ref_make(struct domain *domain, u32 ref)
{
	struct ref *slot = chunk_slot((void ***)&domain->refs, ref, LEDGER_MAX_REFS, REF_CHUNK,
				      sizeof(struct ref), true);

	if (!slot)
		domain->bad_refs++;
	return slot;
}

u32 *domain__handle(struct domain *domain, u32 handle)
{
	u32 *slot = chunk_slot((void ***)&domain->handles, handle, LEDGER_MAX_HANDLES, HANDLE_CHUNK,
			       sizeof(u32), true);

	if (!slot)
		domain->bad_refs++;
	return slot;
}

struct gen *ledger__gen(struct ledger *ledger, const struct ref *ref, u32 number)
{
	struct gen *gen;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older))
		if (gen->number == number)
			return gen;
	return NULL;
}

static u8 *stack_cache(u8 **cache)
{
	if (!*cache)
		*cache = calloc(ID_MAX + 1, 1);
	return *cache;
}

enum kind domain__kind(struct domain *domain, u32 stack)
{
	u8 *cache = stack_cache(&domain->stack_kind);
	char func[64];

	if (!domain->feed || !cache || stack > ID_MAX || !stack)
		return KIND_UNKNOWN;
	if (!cache[stack])
		cache[stack] = (u8)kind__from_stack(feed__stack(domain->feed, stack), func,
						    sizeof(func)) + 1;
	return cache[stack] - 1;
}

enum via domain__via(struct domain *domain, u32 stack)
{
	u8 *cache = stack_cache(&domain->stack_via);

	if (!domain->feed || !cache || stack > ID_MAX || !stack)
		return VIA_UNKNOWN;
	if (!cache[stack])
		cache[stack] = (u8)via__from_stack(feed__stack(domain->feed, stack)) + 1;
	return cache[stack] - 1;
}

enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen)
{
	if (gen->flags & GEN_ADOPTED && !gen->stack)
		return ref < RESERVED_REFS ? KIND_TOOLSTACK : KIND_UNKNOWN;
	return domain__kind(granter, gen->stack);
}

/* --- settling --- */

static bool queue_grow(struct ledger *ledger)
{
	u32 size = ledger->queue_size ? ledger->queue_size * 2 : 1024;
	struct pending *queue = malloc(size * sizeof(*queue));
	u32 i;

	if (!queue)
		return false;
	for (i = 0; i < ledger->queue_len; i++)
		queue[i] = ledger->queue[(ledger->queue_head + i) % ledger->queue_size];
	free(ledger->queue);
	ledger->queue = queue;
	ledger->queue_size = size;
	ledger->queue_head = 0;
	return true;
}

int ledger__defer(struct ledger *ledger, const struct pending *item)
{
	struct pending *slot;

	if (ledger->queue_len == ledger->queue_size && !queue_grow(ledger))
		return -ENOMEM;
	slot = &ledger->queue[(ledger->queue_head + ledger->queue_len) % ledger->queue_size];
	ledger->queue_len++;
	*slot = *item;
	slot->deadline = ledger->now + ledger->slack;
	return 0;
}

static void settle_one(struct ledger *ledger, const struct pending *item)
{
	const struct ledger_listener *l = &ledger->listener;

	switch (item->type) {
	case PENDING_MAP:
		l->map(l->ctx, ledger, item->id);
		map__at(ledger, item->id)->flags &= (u8)~MAP_PENDING;
		break;
	case PENDING_END:
		l->end(l->ctx, ledger, ledger->domains[item->granter], item->ref, item->gen,
		       item->ok, &item->at, item->stack, item->task);
		break;
	case PENDING_ARM:
		l->arm(l->ctx, ledger, item->id);
		arm__at(ledger, item->id)->flags &= (u8)~ARM_PENDING;
		break;
	case PENDING_FREED:
		l->freed(l->ctx, ledger, ledger->domains[item->granter], item->ref, item->gen,
			 &item->at, item->stack, item->task);
		break;
	}
}

void ledger__settle(struct ledger *ledger, u64 key)
{
	while (ledger->queue_len && ledger->queue[ledger->queue_head].deadline < key) {
		struct pending item = ledger->queue[ledger->queue_head];

		ledger->queue_head = (ledger->queue_head + 1) % ledger->queue_size;
		ledger->queue_len--;
		settle_one(ledger, &item);
	}
}

/* --- entering --- */

/* The slack only grows: a deadline once given stays in the queue's order. */
static void update_slack(struct ledger *ledger, u64 err_max)
{
	u64 slack = min(2 * err_max + SLACK_FLOOR, SLACK_MAX);

	ledger->slack = max(ledger->slack, slack);
}

int ledger__enter(struct ledger *ledger, const struct merge_event *event, u64 err_max)
{
	struct domain *domain = ledger__domain(ledger, event->feed->domid);
	const struct rec *rec = event->rec;
	struct span at = span__from(&event->when);

	if (!domain)
		return -ENOMEM;
	domain->feed = event->feed;
	update_slack(ledger, event->when.err == CLOCK_ERR_UNKNOWN ? SLACK_MAX : err_max);
	ledger__settle(ledger, event->key);
	ledger->now = event->key;
	switch (rec->type) {
	case REC_GRANT:
		return ledger__grant(ledger, domain, event);
	case REC_REVOKE:
		return ledger__revoke(ledger, domain, event);
	case REC_FREE:
	case REC_RELEASE:
		return ledger__release(ledger, domain, event);
	case REC_RESET:
		ledger__reset(ledger, domain, &at);
		return 0;
	case REC_ARM:
		return ledger__arm(ledger, domain, event);
	case REC_DISARM:
		ledger__disarm(ledger, domain, (const void *)rec);
		return 0;
	case REC_MAP:
		return ledger__map(ledger, domain, event);
	case REC_UNMAP:
		ledger__unmap(ledger, domain, event);
		return 0;
	case REC_RING:
		ledger__ring(ledger, domain, event);
		return 0;
	case REC_RING_UNMAP:
		ledger__ring_unmap(ledger, domain, event);
		return 0;
	case REC_LOG:
		ledger->listener.log(ledger->listener.ctx, ledger, domain, &at,
				     ((const struct rec_log *)(const void *)rec)->text);
		return 0;
	default:
		return 0;
	}
}
