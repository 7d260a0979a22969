// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "merge/join_internal.h"

/*
 * How much further than the capture the trace is read before an operation is decided: a pCPU may be
 * idle for this long.
 */
#define READ_AHEAD (100 * NSEC_PER_MSEC)
/* Trace records between two calls of pair__settle(), and items that count as a mark. */
#define SETTLE_RECORDS 65536u
#define FORCE_ITEMS    65536u

/* --- results of the pairing --- */

static void on_paired(void *arg, u64 cookie, u32 op, u32 pass, const struct pair_record *record)
{
	struct join_call *call = (void *)(uintptr_t)cookie;

	join_call__set(arg, call, op, pass, record);
	call->open--;
}

static void on_no_record(void *arg, u64 cookie, u32 op, u32 pass, enum pair_why why)
{
	struct join_call *call = (void *)(uintptr_t)cookie;
	struct join *join = arg;

	/*
	 * A record of it may be among those without an operation. Then the clocks differed by more
	 * than their bound, or several records fit, or this call came after the decision.
	 */
	if (why != PAIR_OUTSIDE)
		join->stats.unplaced[call->kind]++;
	call->open--;
}

static void count_peer(struct join *join, const struct pair_record *record)
{
	struct join_peer *peer = join->peers;
	u32 i;

	for (i = 0; i < join->nr_peers; i++, peer++)
		if (peer->mapper == record->domid && peer->granter == record->granter)
			break;
	if (i == JOIN_PEERS) {
		join->stats.other_peers++;
		return;
	}
	if (i == join->nr_peers) {
		join->nr_peers++;
		*peer = (struct join_peer){.mapper = (u16)record->domid,
					   .granter = (u16)record->granter,
					   .first = record->tsc};
	}
	peer->maps += record->kind == PAIR_MAP;
	peer->unmaps += record->kind == PAIR_UNMAP;
	peer->last = record->tsc;
}

static bool capture_lost(struct join *join, const struct pair_record *record)
{
	u64 ns = tsc_clock__ns(&join->clock, record->tsc);
	/* An estimate of the rate is enough: a loss is known to a tenth of a second. */
	struct moment now = tsc_clock__at(&join->clock, join->last);
	u64 mono = join->last - (now.ns - ns);

	return feed__lost_between(join->feed,
				  record->kind == PAIR_MAP ? REC_BIT(REC_MAP) : REC_BIT(REC_UNMAP),
				  mono - READ_AHEAD, mono + READ_AHEAD);
}

static void on_no_op(void *arg, const struct pair_record *record, enum pair_why why)
{
	struct join *join = arg;

	if (why == PAIR_NO_AGENT) {
		count_peer(join, record);
	} else if (why == PAIR_UNSEEN && record->tsc <= join->early_until) {
		join->stats.before++;
	} else if (why == PAIR_UNSEEN && record->tsc > join->end) {
		join->stats.after++;
	} else if (why == PAIR_AMBIGUOUS) {
		join->stats.ambiguous[record->kind]++;
	} else if (why == PAIR_UNSEEN) {
		join->stats.unseen[record->kind]++;
		join->stats.unseen_lost[record->kind] += capture_lost(join, record);
	}
}

/* --- life --- */

struct join *join__new(struct trace *trace)
{
	struct join *join = calloc(1, sizeof(*join));

	if (!join)
		return NULL;
	join->trace = trace;
	join->tail = &join->head;
	join->call_max = CALL_MAX;
	join->begin = UINT64_MAX;
	join->end = UINT64_MAX;
	tsc_clock__init(&join->clock);
	return join;
}

static void waiting__free(struct waiting *waiting)
{
	if (!waiting)
		return;
	if (waiting->call)
		join_call__put(waiting->call);
	free(waiting);
}

void join__free(struct join *join)
{
	if (!join)
		return;
	waiting__free(join->given);
	while (join->head) {
		struct waiting *waiting = join->head;

		join->head = waiting->next;
		waiting__free(waiting);
	}
	pair__free(join->pair);
	named_list__cleanup(&join->named);
	trace__free(join->trace);
	free(join->twice);
	free(join);
}

bool join__is_for(struct join *join, const struct feed *feed)
{
	const char *role = feed__fact(feed, "role"), *type = feed__fact(feed, "guest_type");

	/* Only the TSC of a PV dom0 is the host's. */
	if (!join->feed && role && type && !strcmp(role, "dom0") && !strcmp(type, "PV"))
		join->feed = feed;
	return join->feed == feed;
}

/* --- the trace --- */

/* Whether the record must not be paired: the probes could not see its operation. */
static bool is_outside(struct join *join, const struct xt_rec *rec)
{
	bool grant = rec->event->kind == XT_GRANT_MAP || rec->event->kind == XT_GRANT_UNMAP;

	if (!grant && rec->event->kind != XT_HYPERCALL && rec->event->kind != XT_SUBCALL &&
	    rec->event->kind != XT_VMMCALL)
		return false;
	if (rec->tsc < join->begin) {
		join->stats.before += grant;
		return true;
	}
	if (rec->tsc > join->end) {
		join->stats.after += grant;
		return true;
	}
	return false;
}

/*
 * Takes a record of a patched hypervisor. Other domains' operations have no capture to be joined
 * to.
 */
static void take_named(struct join *join, const struct xt_rec *rec)
{
	if (rec->event->kind != XT_GRANT_MAP_OP && rec->event->kind != XT_GRANT_UNMAP_DONE)
		return;
	join->stats.named[rec->event->kind == XT_GRANT_MAP_OP ? PAIR_MAP : PAIR_UNMAP]++;
	if (named_list__add(&join->named, rec, join->feed->domid))
		join->stats.forced++;
}

static void take_record(struct join *join, const struct xt_rec *rec)
{
	if (rec->event->kind == XT_GRANT_MAP || rec->event->kind == XT_GRANT_UNMAP)
		join->stats.seen[rec->event->kind == XT_GRANT_MAP ? PAIR_MAP : PAIR_UNMAP]++;
	if (is_outside(join, rec))
		return;
	if (pair__record(join->pair, rec))
		join->stats.forced++;
	take_named(join, rec);
	/* Settles regularly: a trace that began long before the capture is not kept in memory. */
	if (++join->records % SETTLE_RECORDS == 0)
		pair__settle(join->pair, min(join->begin, join->settle));
}

bool join__catch_up(struct join *join, bool blocking)
{
	const struct xt_rec *rec;

	while (join->behind && join->now <= join->goal) {
		switch (trace__next(join->trace, blocking, &rec)) {
		case TRACE_WAIT:
			return false;
		case TRACE_RECORD:
			if (join->pair)
				take_record(join, rec);
			/* Only times that the trace has surely reached count. */
			if (!(rec->flags & (XT_F_NO_TIME | XT_F_LATE)))
				join->now = rec->tsc;
			continue;
		case TRACE_END:
			join->behind = false;
		}
	}
	join->behind = false;
	if (!join->pair)
		return true;
	if (join->finished)
		return true;
	/* If the trace has ended, the capture is read further, as it may end at the same time. */
	join->finished =
		join->goal == UINT64_MAX || (join->trace->done && join->settle > join->now);
	if (join->finished)
		pair__finish(join->pair);
	else
		pair__settle(join->pair, join->settle);
	return true;
}

bool join__is_behind(const struct join *join)
{
	return join->behind;
}

/* Settles the operations up to @mono. */
static void reach(struct join *join, u64 mono)
{
	struct moment at = tsc_clock__at(&join->clock, mono);

	join__give_up_building(join, false);
	if (!join->pair || join->finished || at.err == CLOCK_ERR_UNKNOWN)
		return;
	join->goal = max(join->goal, tsc_clock__tsc(&join->clock, at.ns + at.err + READ_AHEAD));
	join->settle =
		max(join->settle, tsc_clock__tsc(&join->clock, at.ns - at.err - join->call_max));
	join->behind = true;
}

static void reach_end(struct join *join)
{
	struct moment at = tsc_clock__at(&join->clock, join->last);

	join__give_up_building(join, true);
	if (join->pair && at.err != CLOCK_ERR_UNKNOWN)
		join->end = tsc_clock__tsc(&join->clock, at.ns + at.err);
	join->goal = UINT64_MAX;
	join->behind = true;
}

/* --- the capture --- */

static void take_clock(struct join *join, const struct rec_clock *rec)
{
	const struct pair_sink sink = {
		.paired = on_paired, .no_record = on_no_record, .no_op = on_no_op, .arg = join};
	u64 read_ahead;

	tsc_clock__add(&join->clock, rec);
	if (join->pair || !tsc_clock__is_set(&join->clock))
		return;
	join->begin = min(join->begin, rec->tsc0);
	read_ahead = tsc_clock__tsc(&join->clock, join->clock.base.system_time + READ_AHEAD) -
		     join->clock.base.tsc_timestamp;
	join->pair = pair__new(&sink, read_ahead);
	if (join->pair)
		pair__probe(join->pair, join->feed->domid);
}

/* The start of the recording is known: trace records from before it are not missing. */
static void note_recording(struct join *join)
{
	const u64 since = join->feed->recording_since;
	struct tsc_clock clock;
	struct moment at;

	if (since == join->since || !join->pair)
		return;
	/* A copy of the clock: the reported bound is to cover times of events only. */
	clock = join->clock;
	at = tsc_clock__at(&clock, since);
	join->begin = max(join->begin, tsc_clock__tsc(&join->clock, at.ns + at.err));
	join->since = since;
}

static struct waiting *waiting__new(const struct item *item)
{
	const struct rec *rec = item->rec;
	const struct rec_batch *batch = (const void *)rec;
	bool paired = rec && (rec->type == REC_MAP || rec->type == REC_UNMAP);
	size_t room = paired ? batch->nr * sizeof(struct instant) : 0;
	struct waiting *waiting = malloc(sizeof(*waiting) + room + (rec ? rec->len : 0));

	if (!waiting)
		return NULL;
	memset(waiting, 0, sizeof(*waiting) + room);
	waiting->item = *item;
	if (rec) {
		void *copy = (u8 *)waiting->room + room;

		memcpy(copy, rec, rec->len);
		waiting->item.rec = copy;
	}
	return waiting;
}

static int put_event(struct join *join, struct waiting *waiting)
{
	const struct rec_event *event = (const void *)waiting->item.rec;

	if (event->h.type == REC_LOG)
		return 0;
	join->last = max(join->last, event->t_out);
	if (event->h.type != REC_MAP && event->h.type != REC_UNMAP)
		return 0;
	join->call_max = max(join->call_max, min(2 * (event->t_out - event->t_in), CALL_LONGEST));
	/* The trace has ended, so further items are not paired. */
	if (join->finished) {
		join->stats.ended += ((const struct rec_batch *)(const void *)event)->nr;
		return 0;
	}
	return join__enter(join, waiting);
}

int join__put(struct join *join, const struct item *item)
{
	struct waiting *waiting = waiting__new(item);
	int err = 0;

	if (!waiting)
		return -ENOMEM;
	*join->tail = waiting;
	join->tail = &waiting->next;
	join->nr_waiting++;
	note_recording(join);
	switch (item->type) {
	case ITEM_EVENT:
		err = put_event(join, waiting);
		break;
	case ITEM_CLOCK:
		take_clock(join, (const void *)waiting->item.rec);
		break;
	case ITEM_MARK:
		join->last = max(join->last, item->watermark);
		if (item->watermark)
			reach(join, item->watermark);
		break;
	case ITEM_END:
		reach_end(join);
		break;
	default:
		break;
	}
	/* Without marks, too many waiting items force a decision. */
	if (join->nr_waiting >= FORCE_ITEMS && !join->behind &&
	    join->nr_waiting % FORCE_ITEMS == 0) {
		join->stats.forced++;
		reach(join, join->last);
	}
	return err;
}

bool join__take(struct join *join, struct item *item, const struct instant **instants)
{
	struct waiting *waiting = join->head;

	if (join->behind || !waiting || (waiting->call && waiting->call->open && !join->finished))
		return false;
	waiting__free(join->given);
	join->given = waiting;
	join->head = waiting->next;
	if (!join->head)
		join->tail = &join->head;
	join->nr_waiting--;
	if (waiting->call)
		join_call__name(join, waiting);
	*item = waiting->item;
	*instants = waiting->instants;
	return true;
}

/* --- reports --- */

const char *join__complaint(const struct join *join)
{
	if (join->trace->error)
		return strerror(join->trace->error);
	if (!join->feed)
		return "no capture of a PV dom0 to join it to";
	if (trace__is_empty(join->trace))
		return join->trace->bytes ? "not a trace of xentrace" : "empty";
	if (!join->pair)
		return "the capture of dom0 has no clock samples";
	return NULL;
}

const struct trace *join__trace(const struct join *join)
{
	return join->trace;
}

const struct join_stats *join__stats(const struct join *join)
{
	return &join->stats;
}

const struct pair_stats *join__pairs(const struct join *join)
{
	return join->pair ? pair__stats(join->pair) : NULL;
}

const struct join_peer *join__peers(const struct join *join, u32 *nr)
{
	*nr = join->nr_peers;
	return join->peers;
}

const struct tsc_clock *join__clock(const struct join *join)
{
	return &join->clock;
}
