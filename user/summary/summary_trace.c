// SPDX-License-Identifier: GPL-2.0
#include "clock/tsc.h"
#include "merge/merge.h"
#include "summary/sentences.h"
#include "summary/summary_internal.h"
#include "trace_tally.h"

static void add(struct summary_count *list, u32 *nr, const char *why, u64 count)
{
	if (count && *nr < SUMMARY_WHYS)
		list[(*nr)++] = (struct summary_count){why, count};
}

/*
 * A TSC as Xen system time, by the rate and epoch of dom0's first sample: precise enough for a
 * summary.
 */
static u64 as_system(const struct join *join, u64 tsc)
{
	return tsc_clock__ns(join__clock(join), tsc);
}

static void add_pairs(struct summary_trace *to, const struct join *join)
{
	const struct join_stats *stats = join__stats(join);
	const struct pair_stats *pairs = join__pairs(join);
	u32 why;

	add(to->ops_left, &to->nr_ops_left, "before recording", stats->early);
	add(to->ops_left, &to->nr_ops_left, "after the trace", stats->ended);
	add(to->ops_left, &to->nr_ops_left, "call not captured whole", stats->cut);
	add(to->records_left, &to->nr_records_left, "before the capture", stats->before);
	add(to->records_left, &to->nr_records_left, "after the capture", stats->after);
	to->ops = stats->early + stats->ended + stats->cut;
	if (!pairs)
		return;
	to->ops += pairs->ops;
	to->paired = pairs->op[PAIR_FOUND];
	to->named = stats->by_name;
	for (why = PAIR_FOUND + 1; why < PAIR_WHYS; why++) {
		add(to->ops_left, &to->nr_ops_left, pair_why__name(why), pairs->op[why]);
		/* The join knows more about these: some records are from after the capture. */
		add(to->records_left, &to->nr_records_left, pair_why__name(why),
		    why == PAIR_UNSEEN ? stats->unseen[PAIR_MAP] + stats->unseen[PAIR_UNMAP]
				       : pairs->record[why]);
	}
}

/* Its maps are in its own capture. Only dom0's are paired, by dom0's clock. */
static bool is_recorded(const struct merge *merge, u16 domid)
{
	u32 i;

	for (i = 0; i < merge->nr; i++)
		if (merge->input[i]->feed->domid == domid)
			return true;
	return false;
}

static void add_peers(struct summary_trace *to, const struct merge *merge)
{
	const struct join_peer *peers;
	u32 nr, i;

	peers = join__peers(merge->join, &nr);
	for (i = 0; i < nr && to->nr_peers < SUMMARY_PEERS; i++, peers++) {
		if (is_recorded(merge, peers->mapper))
			continue;
		to->peer[to->nr_peers++] =
			(struct summary_peer){.mapper = peers->mapper,
					      .granter = peers->granter,
					      .maps = peers->maps,
					      .unmaps = peers->unmaps,
					      .first = as_system(merge->join, peers->first),
					      .last = as_system(merge->join, peers->last)};
	}
}

/* Maps in Xen's trace, less those that probes recorded or lost. */
static u64 maps_missed(const struct join_stats *stats)
{
	u64 left = stats->unseen[PAIR_MAP] + stats->ambiguous[PAIR_MAP];
	u64 known = stats->unseen_lost[PAIR_MAP] + stats->unplaced[PAIR_MAP];

	return left > known ? left - known : 0;
}

/*
 * Blind spots of the trace as such. A record out of order makes its surroundings a gap. If all
 * operations and records near it were paired all the same, nothing is missing there.
 */
static struct xt_stats what_blinds(const struct join *join)
{
	struct xt_stats stats = *xentrace__stats(join__trace(join)->xt);
	const struct pair_stats *pairs = join__pairs(join);

	if (pairs && !pairs->op[PAIR_LOST] && !pairs->record[PAIR_LOST])
		stats.late = 0;
	return stats;
}

static void say_trace(struct summary *summary, const struct merge *merge)
{
	const struct join *join = merge->join;
	const struct join_stats *stats = join__stats(join);
	const struct trace *trace = join__trace(join);
	const char *complaint = join__complaint(join);
	const struct xt_stats xt = what_blinds(join);
	const u64 missed = maps_missed(stats);
	const struct join_peer *peers, *peer;
	char text[160];
	u32 nr_peers, i;

	peers = join__peers(join, &nr_peers);
#define EACH_PEER(counter, ...)                                                  \
	for (peer = peers; peer < peers + nr_peers; peer++) {                    \
		SAY(!is_recorded(merge, peer->mapper) && (counter), __VA_ARGS__) \
	}
#define EACH_TALLY(...)                                            \
	for (i = 0; tally__blind(&xt, i, text, sizeof(text)); i++) \
		summary__blind(summary, __VA_ARGS__);
	TRACE_SENTENCES(SAY, EACH_PEER, EACH_TALLY)
#undef EACH_PEER
#undef EACH_TALLY
}

void summary__add_trace(struct summary *summary, const struct merge *merge)
{
	const struct join *join = merge->join;
	struct summary_trace *to = &summary->trace;
	const struct xt_stats *stats;

	if (!join)
		return;
	stats = xentrace__stats(join__trace(join)->xt);
	to->present = true;
	to->records = stats->records;
	to->lost = stats->lost;
	to->clock_err = join__pairs(join) ? join__clock(join)->err_max : CLOCK_ERR_UNKNOWN;
	if (join__pairs(join)) {
		to->maps = join__stats(join)->seen[PAIR_MAP];
		to->unmaps = join__stats(join)->seen[PAIR_UNMAP];
	}
	add_pairs(to, join);
	add_peers(to, merge);
	say_trace(summary, merge);
}
