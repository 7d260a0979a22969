// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "ledger/ledger_internal.h"
#include "util/log.h"

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
	ledger->vague = &ledger->vague_value;
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

void ledger__free(struct ledger *ledger)
{
	u32 i;

	if (!ledger)
		return;
	for (i = 0; i < ledger->nr_domains; i++)
		domain__free(ledger->domains[i]);
	for (i = 0; i < DOMID_PAGES; i++)
		free(ledger->by_domid[i]);
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
	free(domain->stacks);
	domain->stacks = NULL;
	domain->nr_stacks = 0;
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
	ledger->dropped[LIMIT_LINE_LEN] += strlen(log->text) >= LINE_MAX_LEN;
	str_sanitize(pool__at(&ledger->lines, item.id), LINE_MAX_LEN, log->text, LINE_MAX_LEN - 1);
	return ledger__defer(ledger, &item);
}

/*
 * Counts a call that took longer than any is expected to, or whose entry is missing for no reason:
 * recorders miss entries of the granter's calls only, when an interrupt takes the place of one. The
 * order of those counts where a verdict asks for it.
 */
static void note_vague(struct ledger *ledger, const struct merge_event *event)
{
	const u32 frequent =
		REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_FREE) | REC_BIT(REC_RELEASE);
	const struct rec *rec = event->rec;

	if (rec->flags & REC_F_NO_ENTRY)
		ledger->vague_value += !(REC_BIT(rec->type) & frequent);
	else
		ledger->vague_value += event->when.out - event->when.in > LEDGER_CALL_NS;
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
	ledger__limit_history(ledger, domain, event->when.out);
	if (rec->type != REC_LOG && rec->type != REC_ENTRY)
		note_vague(ledger, event);
	if (rec->type >= REC_GRANT && rec->type <= REC_RESET)
		return enter_granter(ledger, domain, event);
	if (rec->type == REC_LOG)
		return enter_log(ledger, domain, event);
	return enter_mapper(ledger, domain, event);
}
