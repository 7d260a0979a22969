/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blind spots as sentences: a table for each subject, in the order of the report. A row is
 * X(counter, sentence, values). If the counter is not 0, the sentence is printed and the run is
 * blind: without a race its exit status is 3. A new sentence is a new row. A table is expanded in a
 * function with the variables in the table's comment.
 */
#ifndef GRANTWATCH_SUMMARY_SENTENCES_H
#define GRANTWATCH_SUMMARY_SENTENCES_H

#include <inttypes.h>

/* Expands a row in a function with a struct summary *summary. */
#define SAY(counter, ...) \
	if (counter)      \
		summary__blind(summary, __VA_ARGS__);

/* clang-format off */

/*
 * A capture, usable or not: feed; complaint, what is wrong with it; unknown, whether its domid is
 * unknown; nr, its place on the command line. The file's name is not shown, as it may be a qube's.
 */
#define STREAM_SENTENCES(X) \
	X(complaint && unknown, "capture %u: %s", nr, complaint) \
	X(complaint && !unknown, "d%u's capture: %s", feed->domid, complaint)

/*
 * A capture of a known domain: feed; clock; uncounted, why it may have lost more than it counts;
 * alone, whether it is the only one. EACH_PROBE rows are for each of its probes.
 */
#define CAPTURE_SENTENCES(X, EACH_PROBE) \
	X(feed->stream.stopped, \
	  "d%u: the analysis was interrupted after %.1f MB of its capture: later events were not judged", \
	  feed->domid, (double)feed->stream.bytes / 1e6) \
	X(feed->nr_gaps == 1, "d%u: nothing was recorded for %.3f s between two of its captures", \
	  feed->domid, (double)feed->unrecorded / 1e9) \
	X(feed->nr_gaps > 1, \
	  "d%u: nothing was recorded for %.3f s in all, in %u gaps between its captures", \
	  feed->domid, (double)feed->unrecorded / 1e9, feed->nr_gaps) \
	X(feed->lost, "d%u lost %" PRIu64 " events", feed->domid, feed->lost) \
	X(feed->dropped_meta, \
	  "d%u: %" PRIu64 " tasks, stacks, facts, probes or losses were dropped at the resource limit", \
	  feed->domid, feed->dropped_meta) \
	X(feed->no_stack, \
	  "d%u: %" PRIu64 " grants, ends, maps or copies have no stack: their subsystems are unknown", \
	  feed->domid, feed->no_stack) \
	X(feed->no_task, \
	  "d%u: %" PRIu64 " announcements or maps have no task: their processes are unknown", \
	  feed->domid, feed->no_task) \
	X(feed__fact(feed, "ids.tasks"), \
	  "d%u: the recorder ran out of ids for tasks: later tasks are unknown", \
	  feed->domid) \
	X(feed__fact(feed, "ids.stacks"), \
	  "d%u: the recorder ran out of ids for stacks: later stacks are unknown", \
	  feed->domid) \
	X(feed__fact(feed, "ids.files"), \
	  "d%u: the recorder ran out of ids for gntdev's files: later announcements " \
	  "are not linked with maps", feed->domid) \
	X(uncounted, "d%u: events may be lost uncounted: %.100s", feed->domid, uncounted) \
	EACH_PROBE(time_away(probe), "d%u: %s was not probed for %.3f s", \
	  feed->domid, probe->name, (double)time_away(probe) / 1e9) \
	EACH_PROBE(probe->state != PROBE_ATTACHED && probe->events, \
	  "d%u: %s is not probed: %.100s", feed->domid, probe->name, probe->how) \
	X(!alone && !clock->nr && clock->derived, \
	  "d%u: its clock is not calibrated; derived from grants and maps, ± %.3f ms", \
	  feed->domid, (double)clock->derived_err / 1e6) \
	X(!alone && !clock->nr && !clock->derived, \
	  "d%u: its clock is not calibrated against Xen's", feed->domid)

/*
 * Two captures: a, b, of which a is dom0's or that of the lowest domid; relation of their hosts;
 * difference; shared, whether their times overlap.
 */
#define PAIR_SENTENCES(X) \
	X(relation == HOST_OTHER, \
	  "d%u and d%u are of different hosts or boots (%s %.40s, %.40s): their " \
	  "records cannot be compared", \
	  a->feed->domid, b->feed->domid, difference.what, difference.a, difference.b) \
	X(relation == HOST_DOUBT, \
	  "d%u and d%u may be of different boots of Xen: by their wall clocks it started %.0f s apart", \
	  a->feed->domid, b->feed->domid, difference.apart) \
	X(relation == HOST_LOST, \
	  "d%u and d%u may be of different boots of Xen: a damaged capture does not tell its boot", \
	  a->feed->domid, b->feed->domid) \
	X(!shared, \
	  "d%u was recorded from %.3f s to %.3f s, d%u from %.3f s to %.3f s: the " \
	  "recordings do not overlap and were not compared", \
	  a->feed->domid, (double)a->begin / 1e9, (double)a->floor / 1e9, b->feed->domid, \
	  (double)b->begin / 1e9, (double)b->floor / 1e9)

/* The inputs: nr_captures, nr_logs; strange_logs of them. */
#define INPUT_SENTENCES(X) \
	X(nr_logs && !nr_captures, "no capture: only logs were read") \
	X(strange_logs, "%u of %u logs have no line with a time and no known message: is it a log?", \
	  strange_logs, nr_logs)

/*
 * A domain: domain; recorded, whether it has a capture; stub, empty or of which domain it is the
 * stub domain.
 *
 * no_copies: whether that capture lacks successful copies although none of its probes is missing.
 * notifier: whether its gntdev may have an MMU notifier.
 */
#define DOMAIN_SENTENCES(X) \
	X(!recorded && domain->refs_mapped, \
	  "no capture of d%u%s: its grants and frees are unknown", domain->domid, stub) \
	X(!recorded && domain->granted_to, "no capture of d%u%s: its maps are unknown", \
	  domain->domid, stub) \
	X(recorded && domain->copied_to && no_copies, \
	  "d%u: successful copies were not recorded, and other domains grant pages to it for copies", \
	  domain->domid) \
	X(recorded && domain->unseen_unmaps, \
	  "d%u: %" PRIu64 " handles were given out again without a recorded unmap: unmaps were missed", \
	  domain->domid, domain->unseen_unmaps) \
	X(recorded && domain->refused_unmaps, \
	  "d%u: Xen refused %" PRIu64 " unmaps: the pages may still be mapped", domain->domid, \
	  domain->refused_unmaps) \
	X(recorded && domain->stackless_unmaps && notifier, \
	  "d%u: %" PRIu64 " unmaps of processes' maps have no stack: whether the processes ended " \
	  "the maps themselves is unknown", domain->domid, domain->stackless_unmaps) \
	X(domain->reserved_uses, \
	  "d%u: %" PRIu64 " grants, or maps by backend drivers, are of refs below 8, which no kernel " \
	  "gives out", domain->domid, domain->reserved_uses) \
	X(recorded && domain->no_granter, \
	  "d%u: %" PRIu64 " maps or copies name a granter which is no domain", domain->domid, \
	  domain->no_granter) \
	X(domain->forgotten, \
	  "d%u: %" PRIu64 " of its grants were forgotten, the oldest first, as they take more than " \
	  "%" PRIu64 " MiB (--limit history): what is done with them is not judged", \
	  domain->domid, domain->forgotten, ledger->policy->history_bytes >> 20) \
	X(domain->beyond_limits, \
	  "d%u: %" PRIu64 " uses of refs or handles were dropped at the resource limit", \
	  domain->domid, domain->beyond_limits)

/*
 * Xen's trace: trace; stats; complaint, why it is useless; missed, maps in the trace alone.
 * EACH_PEER rows are for each domain without a capture that maps others' pages, EACH_TALLY rows for
 * each text of the decoder.
 */
#define TRACE_SENTENCES(X, EACH_PEER, EACH_TALLY) \
	X(stats->other_peers, \
	  "Xen's trace: %" PRIu64 " maps and unmaps by domains without probes are of more pairs of " \
	  "mapper and granter than are named", \
	  stats->other_peers) \
	EACH_PEER(peer->maps, "d%u mapped pages of d%u (%" PRIu64 \
	  " maps in Xen's trace) and has no probes: the refs are unknown", \
	  peer->mapper, peer->granter, peer->maps) \
	X(complaint, "Xen's trace is unusable: %s", complaint) \
	EACH_TALLY("Xen's trace: %s", text) \
	X(trace->given_up, "Xen's trace stalled: the captures went on without it") \
	X(missed, "d0: %" PRIu64 " maps in Xen's trace are missing in its capture", missed) \
	X(stats->misnamed, \
	  "Xen's trace: %" PRIu64 " operations were paired with the record of another ref", \
	  stats->misnamed) \
	X(stats->forced, "Xen's trace: the resource limit for waiting records was reached")

/*
 * The whole run: rules, their counters; ledger; findings. EACH_PAIR rows are for each pair of
 * subsystems in no table, EACH_LIMIT rows for each limit of the ledger; text has room for its name.
 */
#define RUN_SENTENCES(X, EACH_PAIR, EACH_LIMIT) \
	EACH_PAIR(pair->maps, \
	  "%" PRIu64 " maps or copies by %s of grants of %s: no table tells whether it serves them " \
	  "(--serves %s:%s if it does)", \
	  pair->maps, kind__name(pair->mapper), kind__name(pair->owner), \
	  kind__name(pair->owner), kind__name(pair->mapper)) \
	X(rules->ended_twice, \
	  "%" PRIu64 " refs ended twice, and grants in between were not probed", rules->ended_twice) \
	X(rules->unknown_lines, \
	  "%" PRIu64 " line%s about grants but unknown, please report: %.95s%s%.95s%s%.95s", \
	  rules->unknown_lines, rules->unknown_lines == 1 ? " is" : "s are", rules->sample[0], \
	  rules->nr_samples > 1 ? "; " : "", rules->sample[1], \
	  rules->nr_samples > 2 ? "; " : "", rules->sample[2]) \
	X(rules->quoted_lines, \
	  "%" PRIu64 " line%s of a log quote%s a known message in a sentence, and %s not taken for the " \
	  "message: give the log itself", \
	  rules->quoted_lines, rules->quoted_lines == 1 ? "" : "s", \
	  rules->quoted_lines == 1 ? "s" : "", rules->quoted_lines == 1 ? "is" : "are") \
	X(rules->lost_lines, \
	  "%" PRIu64 " line%s of a log %s dropped before %s written: their content is unknown", \
	  rules->lost_lines, rules->lost_lines == 1 ? "" : "s", \
	  rules->lost_lines == 1 ? "was" : "were", rules->lost_lines == 1 ? "it was" : "they were") \
	X(rules->log_troubles, \
	  "%" PRIu64 " line%s of logs tell%s of a grant failure, and no recorded event explains it", \
	  rules->log_troubles, rules->log_troubles == 1 ? "" : "s", \
	  rules->log_troubles == 1 ? "s" : "") \
	X(rules->unexplained_ends, \
	  "%" PRIu64 " generations had their end refused although no map of them is recorded: a " \
	  "map or a copy was missed", \
	  rules->unexplained_ends) \
	X(rules->unknown_ends, \
	  "%" PRIu64 " generations had their end by an unknown subsystem refused while they were " \
	  "mapped: whether it gave up the page is unknown", \
	  rules->unknown_ends) \
	X(rules->left_over, \
	  "%" PRIu64 " refs were granted before the recording, and again without an end in between: " \
	  "whether they had two owners is unknown", \
	  rules->left_over) \
	X(rules->half_known_ends, \
	  "%" PRIu64 " ends were by another subsystem than the grant, and one of the two is " \
	  "unknown: whether it ended its own ref is unknown", \
	  rules->half_known_ends) \
	X(rules->unknown_persistence, \
	  "%" PRIu64 " ends by blkfront were refused while the backend had the page mapped: " \
	  "normal with persistent grants, but the disk's setting was not recorded", \
	  rules->unknown_persistence) \
	X(rules->unknown_mappers, \
	  "%" PRIu64 " maps were made by an unknown subsystem: whether they are stale is unknown", \
	  rules->unknown_mappers) \
	X(rules->unknown_owners, \
	  "%" PRIu64 " maps by backend drivers were of grants of an unknown subsystem: whether they " \
	  "are stale is unknown", \
	  rules->unknown_owners) \
	X(rules->other_uses, \
	  "%" PRIu64 " maps or copies by backend drivers took a ring for a page of a request, or the " \
	  "other way round: they may be meant for another grant", \
	  rules->other_uses) \
	X(rules->unknown_processes, \
	  "%" PRIu64 " maps of frontends' grants were made by unrecorded processes: whether these " \
	  "are backends is unknown", \
	  rules->unknown_processes) \
	X(rules->unlisted_processes, \
	  "%" PRIu64 " maps of frontends' grants were made by processes not known as backends " \
	  "(--backend COMM if one is a backend)", \
	  rules->unlisted_processes) \
	X(rules->more_pairs, \
	  "%" PRIu64 " maps by further pairs of subsystems which are not listed", rules->more_pairs) \
	X(rules->unlinked, \
	  "%" PRIu64 " announced refs were mapped through an unrecorded file: whether they were " \
	  "freed before the map is unknown", \
	  rules->unlinked) \
	X(rules->ungranted, \
	  "%" PRIu64 " announcements are of refs without a recorded grant: whether these were freed " \
	  "before is unknown", \
	  rules->ungranted) \
	X(rules->ownerless, \
	  "%" PRIu64 " refs without a recorded grant or end were mapped or copied by backend drivers: " \
	  "whether they are stale is unknown", \
	  rules->ownerless) \
	X(rules->unexplained_refusals, \
	  "%" PRIu64 " maps were refused although their refs may have been granted: whether the " \
	  "maps came after the end is unknown", \
	  rules->unexplained_refusals) \
	X(rules->late_refusals, \
	  "%" PRIu64 " maps or copies came after the end of their refs, and Xen refused them for " \
	  "another reason: they may be stale", \
	  rules->late_refusals) \
	X(rules->close_ends, \
	  "%" PRIu64 " refs had an end within the clock error bound of an announcement, map or " \
	  "unmap: whether they are near misses is unknown", \
	  rules->close_ends) \
	X(rules->undecided, \
	  "%" PRIu64 " maps were within the clock error bound of a new grant: whether they are " \
	  "stale is unknown", \
	  rules->undecided) \
	X(rules->unjudged, \
	  "%" PRIu64 " maps are not judged: the granter at that time, or the mapper at the " \
	  "announcement, was not recorded", \
	  rules->unjudged) \
	X(rules->disagreed, \
	  "%" PRIu64 " table reads contradict the capture of the domain (%" PRIu64 \
	  " agree), first at %s", \
	  rules->disagreed, rules->agreed, rules->disagreement) \
	X(rules->disputed, \
	  "%" PRIu64 " maps or copies are not judged: the mapper reports success, but the granter " \
	  "reports no grant that permits it", \
	  rules->disputed) \
	X(rules->copies_unknown, \
	  "%" PRIu64 " copies are not judged: the copying subsystem or the owner of the refs is " \
	  "unknown", \
	  rules->copies_unknown) \
	X(rules->copies_unlisted, \
	  "%" PRIu64 " copies of frontends' grants were made by processes not known as backends " \
	  "(--backend COMM if one is a backend)", \
	  rules->copies_unlisted) \
	X(rules->copies_close, \
	  "%" PRIu64 " copies were within the clock error bound of a new grant or an end: whether " \
	  "they are stale is unknown", \
	  rules->copies_close) \
	X(rules->copies_strange, \
	  "%" PRIu64 " copies succeeded although no recorded grant permits them: grants were " \
	  "missed, or the clock error bounds are wrong", \
	  rules->copies_strange) \
	X(rules->copies_refused, \
	  "%" PRIu64 " copies were refused by Xen although a recorded grant permits them", \
	  rules->copies_refused) \
	X(rules->copies_forbidden, \
	  "%" PRIu64 " copies were refused by Xen because they write to grants for reading only: " \
	  "they may be meant for earlier grants of these refs", \
	  rules->copies_forbidden) \
	X(rules->strays, \
	  "%" PRIu64 " maps match no recorded grant of their refs: grants were missed, or the " \
	  "clock error bounds are wrong", \
	  rules->strays) \
	X(rules->untyped, \
	  "%" PRIu64 " maps returned other frames than the granter recorded: whether it is a PV " \
	  "domain, whose pages must be the same, was not recorded", \
	  rules->untyped) \
	X(rules->misnamed, \
	  "%" PRIu64 " maps were made by threads of blkback that are named for another guest than " \
	  "the granter: one of the two records is wrong", \
	  rules->misnamed) \
	X(ledger->vague_value, \
	  "calls have no recorded entry or took more than 100 ms: which of them came before others " \
	  "is unknown") \
	X(rules->withdrawn, \
	  "%" PRIu64 " findings are withdrawn: they rest on an uncertain order of two domains' " \
	  "events", \
	  rules->withdrawn) \
	X(ledger->contradictions, \
	  "%" PRIu64 " maps have times before their grants or after their ends: the clocks are " \
	  "off by up to %.3f ms, beyond their error bounds", \
	  ledger->contradictions, (double)ledger->doubt / 1e6) \
	EACH_LIMIT(ledger->dropped[limit], \
	  "%" PRIu64 " events were dropped before they were judged, at the limit of %s", \
	  ledger->dropped[limit], ledger_limit__name(ledger, limit, text, sizeof(text))) \
	X(ledger->settled_early, \
	  "%" PRIu64 " events were judged before all records were read: a capture without marks, " \
	  "or too many events", \
	  ledger->settled_early) \
	X(findings->dropped, \
	  "%" PRIu64 " findings were dropped at the limit of %u, or of %u for one domain", \
	  findings->dropped, FINDINGS_MAX, FINDINGS_OF_ONE)

/* clang-format on */

#endif
