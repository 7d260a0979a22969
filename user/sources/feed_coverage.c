// SPDX-License-Identifier: GPL-2.0
/* The coverage of a capture: its losses, missing probes and times without recording. */
#include <stdlib.h>
#include <string.h>

#include "sources/feed_internal.h"

static struct probe_gap *last_gap(struct feed_probe *probe)
{
	return probe->nr_gaps ? &probe->gap[probe->nr_gaps - 1] : NULL;
}

static void begin_gap(struct feed_probe *probe, u64 since, u64 until, u32 events)
{
	/* At the limit the last gap is extended: a wider gap is safe. */
	if (probe->nr_gaps < FEED_PROBE_GAPS)
		probe->gap[probe->nr_gaps++] = (struct probe_gap){.since = since};
	last_gap(probe)->until = until;
	last_gap(probe)->events |= events;
}

/* Sets the gaps before @rec, and from it on. */
static void set_gaps(struct feed_probe *probe, const struct rec_probe *rec, bool first)
{
	struct probe_gap *last = last_gap(probe);
	bool open = last && last->until == UINT64_MAX;

	/* The probe's module was not loaded and now is: events can be missing from here on. */
	if (open && !last->events && rec->events && rec->state != PROBE_ATTACHED) {
		last->until = rec->time;
		open = false;
	}
	if (open) {
		last->events |= rec->events;
		if (rec->state == PROBE_ATTACHED)
			last->until = rec->time;
	} else if (rec->state != PROBE_ATTACHED) {
		/* Nothing was recorded before the first probe record. */
		begin_gap(probe, first ? 0 : rec->time, UINT64_MAX, rec->events | probe->events);
	} else if (first && rec->time) {
		begin_gap(probe, 0, rec->time, rec->events);
	}
}

/* A capture that continues another one repeats its records. */
static bool is_repeated(const struct feed_probe *probe, const struct rec_probe *rec)
{
	return probe->since == rec->time && probe->state == rec->state &&
	       probe->events == rec->events;
}

/* A probe of another recorder: the time before that recorder began is a gap of all probes. */
static void set_later_gaps(struct feed *feed, struct feed_probe *probe, const struct rec_probe *rec,
			   bool first)
{
	const struct feed_break *at = &feed->segments->at;
	const struct probe_gap *last = last_gap(probe);
	const bool is_open = last && last->until == UINT64_MAX;

	if (at->seamless || is_open || (!first && probe->since > at->since))
		set_gaps(probe, rec, first);
	else if (rec->state != PROBE_ATTACHED)
		begin_gap(probe, at->until, UINT64_MAX, rec->events);
	else if (rec->time > at->until)
		begin_gap(probe, at->until, rec->time, rec->events);
}

static void take_probe(struct feed *feed, const struct rec_probe *rec)
{
	struct feed_probe *probe = NULL;
	char *how = feed__keep_text(feed, text__second(rec->text));
	bool first = false;
	u32 i;

	if (!how)
		return;
	for (i = 0; i < feed->nr_probes && !probe; i++)
		if (!strcmp(feed->probes[i].name, rec->text))
			probe = &feed->probes[i];
	if (!probe && feed->nr_probes < FEED_MAX_PROBES) {
		probe = &feed->probes[feed->nr_probes];
		memset(probe, 0, sizeof(*probe));
		probe->name = feed__keep_text(feed, rec->text);
		if (!probe->name)
			probe = NULL;
		else
			feed->nr_probes++;
		first = true;
	}
	if (!probe) {
		free(how);
		feed->dropped_meta++;
		return;
	}
	free(probe->how);
	probe->how = how;
	if (!feed__is_later(feed))
		set_gaps(probe, rec, first);
	else if (!is_repeated(probe, rec))
		set_later_gaps(feed, probe, rec, first);
	probe->state = rec->state;
	probe->events = rec->events;
	probe->since = rec->time;
}

static void add_loss(struct feed *feed, struct feed_loss loss)
{
	struct feed_loss *last;

	if (loss.until < loss.since || loss.count > UINT64_MAX / 2 || !loss.count)
		return;
	feed->lost += min(loss.count, UINT64_MAX - feed->lost);
	if (feed->nr_losses < FEED_MAX_LOSSES) {
		feed->losses[feed->nr_losses++] = loss;
		return;
	}
	/* At the limit the last loss is extended: a wider loss is safe. */
	last = &feed->losses[FEED_MAX_LOSSES - 1];
	last->since = min(last->since, loss.since);
	last->until = max(last->until, loss.until);
	last->count += loss.count;
	last->events = last->events && loss.events ? last->events | loss.events : 0;
}

static bool is_same_loss(const struct feed_loss *a, const struct feed_loss *b)
{
	return a->since == b->since && a->until == b->until && a->count == b->count &&
	       a->kind == b->kind && a->events == b->events;
}

/* Keeps of @loss, of a later capture, what is new. Returns false if nothing is. */
static bool is_later_loss(const struct feed *feed, struct feed_loss *loss)
{
	const struct feed_break *at = &feed->segments->at;
	u32 i;

	if (!at->seamless) {
		loss->since = max(loss->since, at->until);
		return loss->until > at->until;
	}
	for (i = 0; i < feed->nr_losses; i++)
		if (is_same_loss(&feed->losses[i], loss))
			return false;
	return true;
}

static void take_loss(struct feed *feed, const struct rec_loss *rec)
{
	struct feed_loss loss = {rec->since, rec->until, rec->count, rec->kind, rec->events};

	feed->stated_losses += min(rec->count, UINT64_MAX - feed->stated_losses);
	if (!feed__is_later(feed) || is_later_loss(feed, &loss))
		add_loss(feed, loss);
}

void feed__note_end(struct feed *feed, const struct rec_end *rec)
{
	const u64 since = feed__is_later(feed) ? feed->segments->at.until : feed->recording_since;

	feed->ended = true;
	/* When the others were lost is unknown. A false time of the end does not hide them. */
	if (rec->lost > feed->stated_losses)
		add_loss(feed,
			 (struct feed_loss){
				 .since = since,
				 .until = max(since, max(rec->time, feed->last_mono)),
				 .count = min(rec->lost - feed->stated_losses, UINT64_MAX / 2),
			 });
	/* A second end counts the same losses. */
	feed->stated_losses = max(feed->stated_losses, rec->lost);
}

void feed__lose(struct feed *feed, const struct rec *rec)
{
	const struct rec_event *event = (const void *)rec;
	struct feed_loss *last = feed->nr_losses ? &feed->losses[feed->nr_losses - 1] : NULL;

	/* Adjacent losses become one. */
	if (last && !last->kind && !last->events && event->t_out >= last->since) {
		feed->lost++;
		last->count++;
		last->until = max(last->until, event->t_out);
		return;
	}
	add_loss(feed, (struct feed_loss){event->t_in, event->t_out, 1, 0, 0});
}

void feed__shed(struct feed *feed, const struct rec *rec)
{
	feed->shed++;
	if (rec->type != REC_LOG)
		feed__lose(feed, rec);
}

/* Losses before recording began are none. */
static void drop_early_losses(struct feed *feed)
{
	u32 i, kept = 0;

	for (i = 0; i < feed->nr_losses; i++) {
		struct feed_loss loss = feed->losses[i];

		if (loss.until <= feed->recording_since) {
			feed->lost -= loss.count;
			continue;
		}
		loss.since = max(loss.since, feed->recording_since);
		feed->losses[kept++] = loss;
	}
	feed->nr_losses = kept;
}

/* Before recording, a probe counts as missing from the start: one gap. */
static void join_early_gaps(struct feed *feed)
{
	u32 i, g;

	for (i = 0; i < feed->nr_probes; i++) {
		for (g = 0; g < feed->probes[i].nr_gaps; g++) {
			struct probe_gap *gap = &feed->probes[i].gap[g];

			if (gap->since > feed->recording_since)
				continue;
			gap->since = 0;
			gap->until = max(gap->until, feed->recording_since);
		}
	}
}

/* The recording's start of a later capture is known before it is read. */
static void take_later_phase(struct feed *feed, const struct rec_phase *rec)
{
	struct feed_segments *segments = feed->segments;

	if (rec->phase == PHASE_RECORDING) {
		segments->has_phase |= feed->attaching;
		feed->attaching = false;
	} else if (feed->events == segments->events_before && !segments->has_phase) {
		feed->attaching = true;
	}
}

/* Phases come once and in order; others are ignored. */
static void take_phase(struct feed *feed, const struct rec_phase *rec)
{
	if (rec->phase == PHASE_ATTACHING && !feed->events && !feed->recording_since) {
		feed->attaching = true;
	} else if (rec->phase == PHASE_RECORDING && feed->attaching) {
		feed->attaching = false;
		feed->recording_since = rec->time;
		drop_early_losses(feed);
		join_early_gaps(feed);
	}
}

void feed__note_coverage(struct feed *feed, const struct rec *rec)
{
	if (rec->type == REC_PROBE)
		take_probe(feed, (const void *)rec);
	else if (rec->type == REC_LOSS)
		take_loss(feed, (const void *)rec);
	else if (feed__is_later(feed))
		take_later_phase(feed, (const void *)rec);
	else
		take_phase(feed, (const void *)rec);
}

u64 feed__lost_between(const struct feed *feed, u32 events, u64 from, u64 to)
{
	u64 count = 0;
	u32 i;

	for (i = 0; i < feed->nr_losses; i++) {
		const struct feed_loss *loss = &feed->losses[i];

		if (loss->events && !(loss->events & events))
			continue;
		if (loss->until >= from && loss->since <= to)
			count += loss->count;
	}
	return count;
}

bool feed__lost_of_type(const struct feed *feed, u32 events, u64 from, u64 to)
{
	u32 i;

	for (i = 0; i < feed->nr_losses; i++) {
		const struct feed_loss *loss = &feed->losses[i];

		if (loss->events & events && loss->until >= from && loss->since <= to)
			return true;
	}
	return false;
}

const char *feed__blind_probe(const struct feed *feed, u32 events, u64 from, u64 to)
{
	u32 i, g;

	for (i = 0; i < feed->nr_probes; i++) {
		const struct feed_probe *probe = &feed->probes[i];

		for (g = 0; g < probe->nr_gaps; g++) {
			const struct probe_gap *gap = &probe->gap[g];

			if (gap->events & events && gap->since <= to && gap->until > from)
				return probe->name;
		}
	}
	return NULL;
}

void feed__forget(struct feed *feed, u64 since, u64 until, u64 nr)
{
	const u64 lost = feed->lost;

	/* They were recorded, so the recorder did not lose them. */
	add_loss(feed, (struct feed_loss){.since = since,
					  .until = until,
					  .count = nr,
					  .events = REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) |
						    REC_BIT(REC_FREE) | REC_BIT(REC_RELEASE) |
						    REC_BIT(REC_RESET)});
	feed->lost = lost;
}
