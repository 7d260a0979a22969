// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "clock/tsc.h"
#include "pipeline/pipeline.h"
#include "pipeline/trace_summary.h"
#include "trace_tally.h"

static void add(struct summary_count *list, u32 *nr, const char *why, u64 count)
{
	if (count && *nr < SUMMARY_WHYS)
		list[(*nr)++] = (struct summary_count){why, count};
}

/*
 * A TSC on Xen system time, by the rate and the epoch of dom0's first sample: good enough for a
 * summary.
 */
static u64 as_system(const struct join *join, u64 tsc)
{
	return tsc_clock__ns(join__clock(join), tsc);
}

static void summarize_pairs(const struct join *join, struct summary_trace *to)
{
	const struct join_stats *stats = join__stats(join);
	const struct pair_stats *pairs = join__pairs(join);
	u32 why;

	add(to->ops_left, &to->nr_ops_left, "before the first clock sample", stats->no_clock);
	add(to->ops_left, &to->nr_ops_left, "after the trace", stats->ended);
	add(to->ops_left, &to->nr_ops_left, "call not captured whole", stats->cut);
	add(to->records_left, &to->nr_records_left, "before the capture", stats->before);
	add(to->records_left, &to->nr_records_left, "after the capture", stats->after);
	to->ops = stats->no_clock + stats->ended + stats->cut;
	if (!pairs)
		return;
	to->ops += pairs->ops;
	to->paired = pairs->op[PAIR_FOUND];
	to->named = stats->by_name;
	for (why = PAIR_FOUND + 1; why < PAIR_WHYS; why++) {
		add(to->ops_left, &to->nr_ops_left, pair_why__name(why), pairs->op[why]);
		/* Of these the join knows more: some are from after the capture. */
		add(to->records_left, &to->nr_records_left, pair_why__name(why),
		    why == PAIR_UNSEEN ? stats->unseen[PAIR_MAP] + stats->unseen[PAIR_UNMAP]
				       : pairs->record[why]);
	}
}

/* Its maps are in a capture of its own; only dom0's are paired, by dom0's clock. */
static bool is_recorded(const struct pipeline *pipeline, u16 domid)
{
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++)
		if (pipeline->feeds[i]->domid == domid)
			return true;
	return false;
}

static void summarize_peers(const struct pipeline *pipeline, const struct join *join,
			    struct summary *summary)
{
	struct summary_trace *to = &summary->trace;
	const struct join_peer *peers;
	u32 nr, i;

	peers = join__peers(join, &nr);
	for (i = 0; i < nr; i++, peers++) {
		if (is_recorded(pipeline, peers->mapper))
			continue;
		if (peers->maps)
			summary__blind(
				summary,
				"d%u mapped pages of d%u (%" PRIu64
				" maps in Xen's trace) and has no probes: which refs is not known",
				peers->mapper, peers->granter, peers->maps);
		if (to->nr_peers == SUMMARY_PEERS)
			continue;
		to->peer[to->nr_peers++] =
			(struct summary_peer){.mapper = peers->mapper,
					      .granter = peers->granter,
					      .maps = peers->maps,
					      .unmaps = peers->unmaps,
					      .first = as_system(join, peers->first),
					      .last = as_system(join, peers->last)};
	}
}

/* Maps that Xen recorded, less all that the probes saw or said to have lost. */
static u64 maps_missed(const struct join_stats *stats)
{
	u64 left = stats->unseen[PAIR_MAP] + stats->ambiguous[PAIR_MAP];
	u64 known = stats->unseen_lost[PAIR_MAP] + stats->unplaced[PAIR_MAP];

	return left > known ? left - known : 0;
}

/*
 * What makes the trace as such blind. A record out of order makes its surroundings a gap for the
 * pairing: when every operation and every record near it was paired all the same, nothing could
 * have hidden there.
 */
static struct xt_stats what_blinds(const struct join *join)
{
	struct xt_stats stats = *xentrace__stats(join__trace(join)->xt);
	const struct pair_stats *pairs = join__pairs(join);

	if (pairs && !pairs->op[PAIR_LOST] && !pairs->record[PAIR_LOST])
		stats.late = 0;
	return stats;
}

static void summarize_blind(const struct join *join, struct summary *summary)
{
	const struct join_stats *stats = join__stats(join);
	const struct trace *trace = join__trace(join);
	const char *complaint = join__complaint(join);
	const struct xt_stats xt = what_blinds(join);
	char text[160];
	u32 i;

	if (complaint)
		summary__blind(summary, "Xen's trace is of no use: %s", complaint);
	for (i = 0; tally__blind(&xt, i, text, sizeof(text)); i++)
		summary__blind(summary, "Xen's trace: %s", text);
	if (trace->given_up)
		summary__blind(summary, "Xen's trace stalled: the captures went on without it");
	if (maps_missed(stats))
		summary__blind(summary,
			       "d0: %" PRIu64 " maps in Xen's trace were not seen by its probes",
			       maps_missed(stats));
	if (stats->misnamed)
		summary__blind(summary,
			       "Xen's trace: %" PRIu64
			       " operations were paired with a record that names another",
			       stats->misnamed);
	if (stats->forced)
		summary__blind(summary, "Xen's trace: more was waiting than memory should hold");
}

void trace__summarize(const struct pipeline *pipeline, struct summary *summary)
{
	const struct join *join = pipeline->merge.join;
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
	summarize_pairs(join, to);
	summarize_peers(pipeline, join, summary);
	summarize_blind(join, summary);
}
