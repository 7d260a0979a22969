// SPDX-License-Identifier: GPL-2.0
/* State of domains: their refs, handles and stacks by number, and the memory that it takes. */
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_internal.h"
#include "util/array.h"
#include "util/memory.h"

void domain__free(struct domain *domain)
{
	u32 i;

	for (i = 0; i < domain->nr_ref_chunks; i++)
		free(domain->refs[i]);
	for (i = 0; i < domain->nr_handle_chunks; i++)
		free(domain->handles[i]);
	for (i = 0; i < domain->nr_table_chunks; i++)
		free(domain->table_reads[i]);
	for (i = 0; i < domain->nr_copy_chunks; i++)
		free(domain->copies[i]);
	free(domain->refs);
	free(domain->table_reads);
	free(domain->copies);
	free(domain->handles);
	free(domain->files);
	free(domain->rings);
	free(domain->stacks);
	free(domain);
}

struct domain *ledger__domain(struct ledger *ledger, u16 domid)
{
	u8 **page = &ledger->by_domid[domid / DOMID_PAGE];
	struct domain *domain = ledger__known(ledger, domid);

	if (domain)
		return domain;
	/* Index + 1 must fit into a byte. */
	if (ledger->nr_domains == LEDGER_MAX_DOMAINS - 1)
		return NULL;
	if (!*page)
		*page = calloc(DOMID_PAGE, sizeof(**page));
	domain = *page ? calloc(1, sizeof(*domain)) : NULL;
	if (!domain)
		return NULL;
	domain->domid = domid;
	domain->index = (u8)ledger->nr_domains;
	domain->err = CLOCK_ERR_UNKNOWN;
	ledger->domains[ledger->nr_domains++] = domain;
	(*page)[domid % DOMID_PAGE] = (u8)ledger->nr_domains;
	return domain;
}

/* Domains that have captures find room: names in records cannot take it. */
#define ROOM_FOR_FEEDS MERGE_MAX_FEEDS
#define NAMED_DOMAINS  (LEDGER_MAX_DOMAINS - 1 - ROOM_FOR_FEEDS)

const char *ledger_limit__name(const struct ledger *ledger, enum ledger_limit limit, char *buf,
			       size_t size)
{
	const struct ledger_limits *l = ledger->limits;
	const struct {
		u32 most;
		const char *what;
	} limits[NR_LIMITS] = {
		[LIMIT_GENS] = {l->gens, "unsettled generations of one ref"},
		[LIMIT_ARMS] = {l->arms, "announcements of one ref"},
		[LIMIT_MAPS] = {l->maps, "maps of one ref"},
		[LIMIT_LIST] = {l->list, "unsettled maps or announcements of one ref"},
		[LIMIT_COPIES] = {0, "memory for copies"},
		[LIMIT_TABLE_READS] = {l->needed_reads, "table reads of one ref"},
		[LIMIT_CALLS] = {l->calls, "open announcements"},
		[LIMIT_DOMAINS] = {NAMED_DOMAINS, "domains without captures"},
		[LIMIT_GUEST] = {l->guest_items, "announcements, maps and copies of one guest"},
		[LIMIT_LINES] = {l->lines, "lines of logs"},
		[LIMIT_LINE_LEN] = {LINE_MAX_LEN - 1, "bytes of a log's line"},
	};

	if (limits[limit].most)
		snprintf(buf, size, "%u %s", limits[limit].most, limits[limit].what);
	else
		snprintf(buf, size, "%s", limits[limit].what);
	return buf;
}

struct domain *ledger__named(struct ledger *ledger, struct domain *by, u16 domid)
{
	struct domain *domain = ledger__known(ledger, domid);
	bool guest = by->feed && by->feed->guest;

	if (domain)
		return domain;
	if (ledger->nr_domains >= NAMED_DOMAINS ||
	    (guest && by->named_domains >= ledger->limits->guest_domains)) {
		ledger->dropped[LIMIT_DOMAINS]++;
		return NULL;
	}
	by->named_domains++;
	return ledger__domain(ledger, domid);
}

void ledger__drop(struct ledger *ledger, const struct merge_event *event, u32 nr)
{
	ledger->dropped[nr >= ledger->limits->list ? LIMIT_LIST : LIMIT_GUEST]++;
	feed__lose(event->feed, event->rec);
}

/* Makes room for chunk @c in @dir. A directory has as many entries as the highest number needs. */
bool directory__grow(void ***dir, u32 *nr, u32 c)
{
	u32 want = *nr ? *nr : 8;
	void **bigger;

	while (want <= c)
		want *= 2;
	bigger = realloc(*dir, want * sizeof(void *));
	if (!bigger)
		return false;
	memset(bigger + *nr, 0, (want - *nr) * sizeof(void *));
	*dir = bigger;
	*nr = want;
	return true;
}

struct ref *domain__ref_make(struct domain *domain, u32 ref)
{
	struct ref *slot = domain__ref(domain, ref);
	u32 c = ref / REF_CHUNK;

	if (slot)
		return slot;
	if (ref >= LEDGER_MAX_REFS ||
	    (c >= domain->nr_ref_chunks &&
	     !directory__grow((void ***)&domain->refs, &domain->nr_ref_chunks, c)) ||
	    !(domain->refs[c] = calloc(REF_CHUNK, sizeof(struct ref)))) {
		domain->beyond_limits++;
		return NULL;
	}
	return &domain->refs[c][ref % REF_CHUNK];
}

struct ref *domain__named_ref(const struct ledger *ledger, struct domain *by,
			      struct domain *granter, u32 ref)
{
	struct ref *slot = domain__ref(granter, ref);

	if (slot || by == granter || !by->feed || !by->feed->guest)
		return slot ? slot : domain__ref_make(granter, ref);
	if (by->named_chunks >= ledger->limits->guest_chunks) {
		by->beyond_limits++;
		return NULL;
	}
	by->named_chunks++;
	return domain__ref_make(granter, ref);
}

void domain__each_ref(struct domain *domain, void (*fn)(void *ctx, u32 nr, struct ref *ref),
		      void *ctx)
{
	u32 chunk, i;

	for (chunk = 0; chunk < domain->nr_ref_chunks; chunk++)
		for (i = 0; domain->refs[chunk] && i < REF_CHUNK; i++)
			fn(ctx, chunk * REF_CHUNK + i, &domain->refs[chunk][i]);
}

u32 *domain__handle(struct domain *domain, u32 handle)
{
	u32 c = handle / HANDLE_CHUNK;

	if (c < domain->nr_handle_chunks && domain->handles[c])
		return &domain->handles[c][handle % HANDLE_CHUNK];
	if (handle >= LEDGER_MAX_HANDLES ||
	    (c >= domain->nr_handle_chunks &&
	     !directory__grow((void ***)&domain->handles, &domain->nr_handle_chunks, c)) ||
	    !(domain->handles[c] = calloc(HANDLE_CHUNK, sizeof(u32)))) {
		domain->beyond_limits++;
		return NULL;
	}
	return &domain->handles[c][handle % HANDLE_CHUNK];
}

struct gen *ledger__gen(struct ledger *ledger, const struct ref *ref, u32 number)
{
	struct gen *gen;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older))
		if (gen->number == number)
			return gen;
	return NULL;
}

void *table__grow(void **table, u32 *nr, u32 id, size_t size)
{
	u32 room = *nr;
	void *bigger = array__reserve(*table, &room, id + 1, size);

	if (!bigger)
		return NULL;
	memset((char *)bigger + *nr * size, 0, (room - *nr) * size);
	*table = bigger;
	*nr = room;
	return (char *)bigger + id * size;
}

/* NULL: no capture, or no stack. */
static struct stack_view *view_of(struct domain *domain, u32 stack)
{
	struct stack_view *view;

	if (!domain->feed || stack > ID_MAX || !stack)
		return NULL;
	view = table__slot((void **)&domain->stacks, &domain->nr_stacks, stack, sizeof(*view));
	if (!view)
		memory__end();
	return view;
}

enum kind domain__kind(struct domain *domain, u32 stack)
{
	struct stack_view *view = view_of(domain, stack);
	char func[64];

	if (!view)
		return KIND_UNKNOWN;
	if (!view->kind)
		view->kind =
			(u8)kind__from_stack(feed__stack(domain->feed, stack), func, sizeof(func)) +
			1;
	return view->kind - 1;
}

enum via domain__via(struct domain *domain, u32 stack)
{
	struct stack_view *view = view_of(domain, stack);

	if (!view)
		return VIA_UNKNOWN;
	if (!view->via)
		view->via = (u8)via__from_stack(feed__stack(domain->feed, stack)) + 1;
	return view->via - 1;
}

enum teardown domain__teardown(struct domain *domain, u32 stack)
{
	struct stack_view *view = view_of(domain, stack);
	char func[64];

	if (!view)
		return TEARDOWN_UNKNOWN;
	if (!view->teardown)
		view->teardown = (u8)teardown__from_stack(feed__stack(domain->feed, stack), func,
							  sizeof(func)) +
				 1;
	return view->teardown - 1;
}

/* Up to Linux 5.19 xenbus grants rings by xenbus_grant_ring(). */
bool domain__is_ring(struct domain *domain, u32 stack)
{
	static const char *const calls[] = {"xenbus_setup_ring", "xenbus_grant_ring",
					    "xenbus_map_ring"};
	struct stack_view *view = view_of(domain, stack);
	bool ring = false;
	u32 i;

	if (!view)
		return false;
	for (i = 0; i < ARRAY_SIZE(calls) && !view->ring; i++)
		ring |= strstr(feed__stack(domain->feed, stack), calls[i]) != NULL;
	if (!view->ring)
		view->ring = ring + 1;
	return view->ring - 1;
}

enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen)
{
	if (gen->flags & GEN_ADOPTED && !gen->stack)
		return ref < RESERVED_REFS ? KIND_TOOLSTACK : KIND_UNKNOWN;
	return domain__kind(granter, gen->stack);
}

enum kind gen__owner_or_ender(struct domain *granter, u32 ref, const struct gen *gen)
{
	enum kind owner = gen__owner(granter, ref, gen);

	return owner == KIND_UNKNOWN && gen__is_adopted_alone(gen) ? (enum kind)gen->ender : owner;
}

static size_t chunk_bytes(const struct domain *domain)
{
	size_t bytes = 0;
	u32 i;

	for (i = 0; i < domain->nr_ref_chunks; i++)
		bytes += domain->refs[i] ? REF_CHUNK * sizeof(struct ref) : 0;
	for (i = 0; i < domain->nr_table_chunks; i++)
		bytes += domain->table_reads[i] ? REF_CHUNK * sizeof(u32) : 0;
	for (i = 0; i < domain->nr_copy_chunks; i++)
		bytes += domain->copies[i] ? REF_CHUNK * sizeof(u32) : 0;
	for (i = 0; i < domain->nr_handle_chunks; i++)
		bytes += domain->handles[i] ? HANDLE_CHUNK * sizeof(u32) : 0;
	return bytes;
}

static size_t pool_bytes(const struct pool *pool)
{
	return (size_t)pool->nr_chunks * (POOL_CHUNK * pool->size + sizeof(void *));
}

size_t ledger__bytes(const struct ledger *ledger)
{
	size_t bytes = pool_bytes(&ledger->gens) + pool_bytes(&ledger->endings) +
		       pool_bytes(&ledger->maps) + pool_bytes(&ledger->stamps) +
		       pool_bytes(&ledger->arms) + pool_bytes(&ledger->table_reads) +
		       pool_bytes(&ledger->calls) + ledger->nr_buckets * sizeof(u32) +
		       (ledger->queue.size + ledger->later.size + ledger->postponed.size) *
			       sizeof(struct pending);
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++)
		bytes += chunk_bytes(ledger->domains[i]);
	return bytes;
}
