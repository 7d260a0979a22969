// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_internal.h"
#include "util/array.h"
#include "util/log.h"
#include "util/memory.h"

/* ns added to the clock error bounds: recorders write in batches, which reorders events */
#define SLACK_FLOOR (1 * NSEC_PER_MSEC)
/* ns: the maximum wait for order, also where clocks cannot be compared */
#define SLACK_MAX (2 * NSEC_PER_SEC)
/* ns until the check whether a partly refused call was undone */
#define GRACE (5 * NSEC_PER_SEC)

const struct ledger_limits ledger_limits_default = {
	.history = LEDGER_HISTORY,
	.rich_gens = 1u << 18,
	.pending = 1u << 17,
	.postponed = 1u << 14,
	.calls = 1u << 20,
	.arms = 1024,
	.maps = 1024,
	.list = 4096,
	.gens = 4096,
	.reads = 16,
	.needed_reads = 512,
	.lines = 4096,
	.guest_domains = 32,
	.guest_chunks = 1024,
	.guest_items = 1u << 20,
};

struct ledger *ledger__new(const struct ledger_listener *listener)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	ledger->listener = *listener;
	ledger->policy = &policy_defaults;
	ledger->limits = &ledger_limits_default;
	ledger->slack = SLACK_FLOOR;
	ledger->grace = GRACE;
	ledger->margin = &ledger->margin_value;
	ledger->margin_value = SPAN_ONE_CLOCK;
	pool__init(&ledger->gens, sizeof(struct gen));
	pool__init(&ledger->endings, sizeof(struct ending));
	pool__init(&ledger->maps, sizeof(struct map));
	pool__init(&ledger->stamps, sizeof(struct stamp));
	pool__init(&ledger->arms, sizeof(struct arm));
	pool__init(&ledger->calls, sizeof(struct call));
	pool__init(&ledger->lines, LINE_MAX_LEN);
	pool__init(&ledger->table_reads, sizeof(struct table_read));
	return ledger;
}

static void domain__free(struct domain *domain)
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
	free(domain->stack_kind);
	free(domain->stack_via);
	free(domain->stack_teardown);
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
	pool__cleanup(&ledger->endings);
	pool__cleanup(&ledger->maps);
	pool__cleanup(&ledger->stamps);
	pool__cleanup(&ledger->arms);
	pool__cleanup(&ledger->calls);
	pool__cleanup(&ledger->lines);
	pool__cleanup(&ledger->table_reads);
	queue__cleanup(&ledger->queue);
	queue__cleanup(&ledger->later);
	queue__cleanup(&ledger->postponed);
	free(ledger->buckets);
	free(ledger);
}

struct domain *ledger__domain(struct ledger *ledger, u16 domid)
{
	struct domain *domain;

	if (ledger->by_domid[domid])
		return ledger->domains[ledger->by_domid[domid] - 1];
	/* Index + 1 must fit into a byte. */
	if (ledger->nr_domains == LEDGER_MAX_DOMAINS - 1)
		return NULL;
	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return NULL;
	domain->domid = domid;
	domain->index = (u8)ledger->nr_domains;
	domain->err = CLOCK_ERR_UNKNOWN;
	ledger->domains[ledger->nr_domains++] = domain;
	ledger->by_domid[domid] = (u8)ledger->nr_domains;
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
	};

	if (limits[limit].most)
		snprintf(buf, size, "%u %s", limits[limit].most, limits[limit].what);
	else
		snprintf(buf, size, "%s", limits[limit].what);
	return buf;
}

struct domain *ledger__named(struct ledger *ledger, struct domain *by, u16 domid)
{
	bool guest = by->feed && by->feed->guest;

	if (ledger->by_domid[domid])
		return ledger->domains[ledger->by_domid[domid] - 1];
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

void *table__slot(void **table, u32 *nr, u32 id, size_t size)
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

enum kind domain__kind(struct domain *domain, u32 stack)
{
	char func[64];
	u8 *known;

	if (!domain->feed || stack > ID_MAX || !stack)
		return KIND_UNKNOWN;
	known = table__slot((void **)&domain->stack_kind, &domain->nr_stack_kinds, stack, 1);
	if (!known)
		memory__end();
	if (!*known)
		*known =
			(u8)kind__from_stack(feed__stack(domain->feed, stack), func, sizeof(func)) +
			1;
	return *known - 1;
}

enum via domain__via(struct domain *domain, u32 stack)
{
	u8 *known;

	if (!domain->feed || stack > ID_MAX || !stack)
		return VIA_UNKNOWN;
	known = table__slot((void **)&domain->stack_via, &domain->nr_stack_vias, stack, 1);
	if (!known)
		return VIA_UNKNOWN;
	if (!*known)
		*known = (u8)via__from_stack(feed__stack(domain->feed, stack)) + 1;
	return *known - 1;
}

enum teardown domain__teardown(struct domain *domain, u32 stack)
{
	char func[64];
	u8 *known;

	if (!domain->feed || stack > ID_MAX || !stack)
		return TEARDOWN_UNKNOWN;
	known = table__slot((void **)&domain->stack_teardown, &domain->nr_stack_teardowns, stack,
			    1);
	if (!known)
		memory__end();
	if (!*known)
		*known = (u8)teardown__from_stack(feed__stack(domain->feed, stack), func,
						  sizeof(func)) +
			 1;
	return *known - 1;
}

enum kind gen__owner(struct domain *granter, u32 ref, const struct gen *gen)
{
	if (gen->flags & GEN_ADOPTED && !gen->stack)
		return ref < RESERVED_REFS ? KIND_TOOLSTACK : KIND_UNKNOWN;
	return domain__kind(granter, gen->stack);
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

/* --- entering --- */

/*
 * The slack covers the bounds of two events and of the clock that compares them, rounded up as
 * spans are. It never shrinks, as the queue is ordered by deadline.
 */
static void update_slack(struct ledger *ledger, u64 err)
{
	u64 slack = err >= SLACK_MAX ? SLACK_MAX : min(3 * err + err / 16 + SLACK_FLOOR, SLACK_MAX);

	ledger->slack = max(ledger->slack, slack);
}

void ledger__advance(struct ledger *ledger)
{
	bool going = false;
	u32 i;

	ledger->horizon = UINT64_MAX;
	for (i = 0; i < ledger->nr_feeds; i++) {
		if (!ledger->without[i])
			ledger->horizon = min(ledger->horizon, ledger->marks[i]);
		going |= ledger->without[i] && ledger->marks[i] != UINT64_MAX;
	}
	/*
	 * ledger__finish() settles the rest, after all feeds were read. It does not wait for
	 * stalled feeds.
	 */
	if (ledger->horizon != UINT64_MAX)
		ledger__settle(ledger, ledger->horizon);
	else if (going)
		ledger__settle(ledger, ledger->now);
}

static void note_clock(struct domain *domain, const struct merge_event *event)
{
	domain->off = event->when.off;
	domain->err = event->when.err;
}

static void enter_mark(struct ledger *ledger, const struct merge_event *event)
{
	struct domain *domain = event->feed->domid == DOMID_UNKNOWN
					? NULL
					: ledger__domain(ledger, event->feed->domid);

	/* A domain without events has a capture too. */
	if (domain && !domain->feed) {
		domain->feed = event->feed;
		domain->input = event->input;
	}
	if (domain)
		note_clock(domain, event);
	ledger->marks[event->feed_index] = event->last ? UINT64_MAX : event->key;
	ledger__advance(ledger);
}

/*
 * A second capture of one domid: another domain has the domid now, and all state of the first is
 * void.
 */
static void reborn(struct ledger *ledger, struct domain *domain)
{
	ledger__reset(ledger, domain);
	ledger__forget_holders(ledger, domain);
	ledger__forget_maps(ledger, domain);
	ledger__forget_files(ledger, domain);
	ledger__forget_table_reads(ledger, domain);
	ledger__forget_copies(ledger, domain);
	domain->deferred = 0;
	domain->reset_at = 0;
	free(domain->stack_kind);
	free(domain->stack_teardown);
	free(domain->stack_via);
	domain->stack_kind = NULL;
	domain->stack_via = NULL;
	domain->stack_teardown = NULL;
	domain->nr_stack_kinds = 0;
	domain->nr_stack_vias = 0;
	domain->nr_stack_teardowns = 0;
}

static int enter_granter(struct ledger *ledger, struct domain *domain,
			 const struct merge_event *event)
{
	switch (event->rec->type) {
	case REC_GRANT:
		return ledger__grant(ledger, domain, event);
	case REC_REVOKE:
		return ledger__revoke(ledger, domain, event);
	case REC_FREE:
	case REC_RELEASE:
		return ledger__release(ledger, domain, event);
	default:
		ledger__reset(ledger, domain);
		domain->reset_at = event->when.out;
		return 0;
	}
}

static int enter_mapper(struct ledger *ledger, struct domain *domain,
			const struct merge_event *event)
{
	switch (event->rec->type) {
	case REC_ARM:
		return ledger__arm(ledger, domain, event);
	case REC_DISARM:
		ledger__disarm(ledger, domain, (const void *)event->rec);
		return 0;
	case REC_MAP:
		return ledger__map(ledger, domain, event);
	case REC_UNMAP:
		return ledger__unmap(ledger, domain, event);
	case REC_COPY:
		return ledger__copy(ledger, domain, event);
	case REC_RING:
		ledger__ring(ledger, domain, event);
		return 0;
	case REC_RING_UNMAP:
		ledger__ring_unmap(ledger, domain, event);
		return 0;
	case REC_ENTRY:
		return ledger__enter_table_read(ledger, domain, event);
	default:
		return 0;
	}
}

static int enter_log(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_log *log = (const void *)event->rec;
	struct pending item = {.type = PENDING_LOG,
			       .at = span__from(&event->when, false),
			       .granter = domain->index};

	if (domain->nr_lines >=
	    ledger->limits->lines - min(ledger->lines.used, ledger->limits->lines)) {
		ledger->dropped[LIMIT_LINES]++;
		return 0;
	}
	item.id = pool__get(&ledger->lines);
	if (!item.id)
		return -ENOMEM;
	domain->nr_lines++;
	str_sanitize(pool__at(&ledger->lines, item.id), LINE_MAX_LEN, log->text, LINE_MAX_LEN - 1);
	return ledger__defer(ledger, &item);
}

int ledger__enter(struct ledger *ledger, const struct merge_event *event)
{
	const struct rec *rec = event->rec;
	struct domain *domain;

	update_slack(ledger, event->when.err);
	ledger->now = max(ledger->now, event->key);
	if (!rec) {
		enter_mark(ledger, event);
		return 0;
	}
	domain = ledger__domain(ledger, event->feed->domid);
	if (!domain)
		return -ENOMEM;
	if (domain->feed && domain->feed != event->feed)
		reborn(ledger, domain);
	domain->feed = event->feed;
	domain->input = event->input;
	note_clock(domain, event);
	ledger__settle_overflow(ledger);
	ledger->entering = event->feed_index;
	if (!ledger__has_share(ledger, event)) {
		feed__shed(event->feed, rec);
		return 0;
	}
	if (rec->type >= REC_GRANT && rec->type <= REC_RESET)
		return enter_granter(ledger, domain, event);
	if (rec->type == REC_LOG)
		return enter_log(ledger, domain, event);
	return enter_mapper(ledger, domain, event);
}
