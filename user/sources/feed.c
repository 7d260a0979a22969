// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/feed.h"
#include "util/array.h"
#include "util/log.h"

struct feed *feed__new(int fd, const char *name, u16 domid)
{
	struct feed *feed = malloc(sizeof(*feed));

	if (!feed)
		return NULL;
	memset(feed, 0, offsetof(struct feed, probes));
	feed->name = strdup(name);
	if (!feed->name || capture_stream__init(&feed->stream, fd)) {
		free(feed->name);
		free(feed);
		return NULL;
	}
	feed->domid = domid;
	feed->domid_given = domid != DOMID_UNKNOWN;
	return feed;
}

int feed__rename(struct feed *feed, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(feed->name);
	feed->name = copy;
	return 0;
}

static void free_fact(struct feed_fact *fact)
{
	u32 i;

	free(fact->key);
	free(fact->now.text);
	for (i = 0; i < FEED_FACT_OLD; i++)
		free(fact->old[i].text);
}

void feed__free(struct feed *feed)
{
	u32 i;

	if (!feed)
		return;
	for (i = 0; i < feed->nr_facts; i++)
		free_fact(&feed->facts[i]);
	for (i = 0; i < feed->nr_probes; i++) {
		free(feed->probes[i].name);
		free(feed->probes[i].how);
	}
	for (i = 0; i < feed->nr_stacks; i++)
		free(feed->stacks[i]);
	free(feed->stacks);
	free(feed->tasks);
	free(feed->name);
	if (feed->stream.fd >= 0)
		close(feed->stream.fd);
	capture_stream__cleanup(&feed->stream);
	free(feed);
}

/* A sanitised copy, charged to the feed's budget; NULL over it. */
static char *keep_text(struct feed *feed, const char *text)
{
	size_t len = strnlen(text, TEXT_MAX - 1);
	char *copy;

	if (feed->text_bytes + len + 1 > FEED_MAX_TEXT || !(copy = malloc(len + 1))) {
		feed->dropped_meta++;
		return NULL;
	}
	feed->text_bytes += len + 1;
	str_sanitize(copy, len + 1, text, len);
	return copy;
}

static void drop_text(struct feed *feed, char *text)
{
	if (text)
		feed->text_bytes -= strlen(text) + 1;
	free(text);
}

/* Make room for entry @id of an array of @size bytes each, which grows by doubling up to ID_MAX. */
static bool grow(struct feed *feed, void **array, u32 *nr, u32 id, size_t size)
{
	const u32 before = *nr;
	void *bigger;

	if (!id || id > ID_MAX) {
		feed->dropped_meta++;
		return false;
	}
	if (id < *nr)
		return true;
	bigger = array__reserve(*array, nr, id + 1, size);
	if (!bigger) {
		feed->dropped_meta++;
		return false;
	}
	memset((char *)bigger + before * size, 0, (*nr - before) * size);
	*array = bigger;
	return true;
}

static void take_task(struct feed *feed, const struct rec_task *rec)
{
	void *array = feed->tasks;

	if (grow(feed, &array, &feed->nr_tasks, rec->id, sizeof(*feed->tasks))) {
		feed->tasks = array;
		feed->tasks[rec->id].pid = rec->pid;
		feed->tasks[rec->id].tid = rec->tid;
		str_sanitize(feed->tasks[rec->id].comm, sizeof(feed->tasks[0].comm), rec->comm,
			     sizeof(rec->comm));
		if (rec->pid == rec->tid)
			feed->leaders[rec->pid % FEED_LEADERS] = (u16)rec->id;
	}
}

static void take_process(struct feed *feed, const struct rec_process *rec)
{
	if (rec->id && rec->id < feed->nr_tasks)
		str_sanitize(feed->tasks[rec->id].process, sizeof(feed->tasks[0].process),
			     rec->comm, sizeof(rec->comm));
	else
		feed->dropped_meta++;
}

static void take_stack(struct feed *feed, const struct rec_stack *rec)
{
	void *array = feed->stacks;

	if (!grow(feed, &array, &feed->nr_stacks, rec->id, sizeof(*feed->stacks)))
		return;
	feed->stacks = array;
	/* Ids are never given twice: whoever kept a pointer to the text keeps it. */
	if (feed->stacks[rec->id])
		feed->dropped_meta++;
	else
		feed->stacks[rec->id] = keep_text(feed, rec->text);
}

static void claim_domid(struct feed *feed, const char *value)
{
	char *end;
	unsigned long domid = strtoul(value, &end, 10);

	if (end == value || *end || domid >= DOMID_FIRST_RESERVED) {
		feed->dropped_meta++;
		return;
	}
	/* A capture cannot become another domain's in the middle. */
	if (!feed->domid_given && !feed->domid_claimed)
		feed->domid = (u16)domid;
	else if (feed->domid != domid)
		feed->refused = true;
	feed->domid_claimed = true;
}

/* What a running kernel does not change: the first word counts. */
static bool is_fixed(const char *key)
{
	static const char *const fixed[] = {"domid", "kernel", "guest_type", "role",	 "tier",
					    "tool",  "xen",    "xen_build",  "boot_time"};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(key, fixed[i]))
			return true;
	return false;
}

/* What is said of @fact at @time, which takes @text. */
static void change_fact(struct feed *feed, struct feed_fact *fact, char *text, u64 time)
{
	if (!strcmp(fact->now.text, text)) {
		fact->now.until = max(fact->now.until, time);
		drop_text(feed, text);
		return;
	}
	if (is_fixed(fact->key)) {
		feed->changed++;
		drop_text(feed, text);
		return;
	}
	drop_text(feed, fact->old[FEED_FACT_OLD - 1].text);
	memmove(fact->old + 1, fact->old, (FEED_FACT_OLD - 1) * sizeof(fact->old[0]));
	fact->old[0] = fact->now;
	fact->now = (struct feed_value){text, time, time};
}

static void take_fact(struct feed *feed, const struct rec_fact *rec)
{
	const char *value = text__second(rec->text);
	char *key, *copy;
	u32 i;

	if (!strcmp(rec->text, "domid"))
		claim_domid(feed, value);
	copy = keep_text(feed, value);
	if (!copy)
		return;
	for (i = 0; i < feed->nr_facts; i++) {
		if (!strcmp(feed->facts[i].key, rec->text)) {
			change_fact(feed, &feed->facts[i], copy, rec->time);
			return;
		}
	}
	key = feed->nr_facts < FEED_MAX_FACTS ? keep_text(feed, rec->text) : NULL;
	if (!key) {
		feed->dropped_meta++;
		free(copy);
		return;
	}
	feed->facts[feed->nr_facts++] =
		(struct feed_fact){.key = key, .now = {copy, rec->time, rec->time}};
}

static struct probe_gap *last_gap(struct feed_probe *probe)
{
	return probe->nr_gaps ? &probe->gap[probe->nr_gaps - 1] : NULL;
}

static void begin_gap(struct feed_probe *probe, u64 since, u64 until, u32 events)
{
	/* Full: the last one goes on. Wider is the safe direction. */
	if (probe->nr_gaps < FEED_PROBE_GAPS)
		probe->gap[probe->nr_gaps++] = (struct probe_gap){.since = since};
	last_gap(probe)->until = until;
	last_gap(probe)->events |= events;
}

/* What @rec says about the time before it, and from it on. */
static void set_gaps(struct feed_probe *probe, const struct rec_probe *rec, bool first)
{
	struct probe_gap *last = last_gap(probe);
	bool open = last && last->until == UINT64_MAX;

	/* Its module was not there, and now is: only from here on something can be missed. */
	if (open && !last->events && rec->events && rec->state != PROBE_ATTACHED) {
		last->until = rec->time;
		open = false;
	}
	if (open) {
		last->events |= rec->events;
		if (rec->state == PROBE_ATTACHED)
			last->until = rec->time;
	} else if (rec->state != PROBE_ATTACHED) {
		/* Before its first word nothing was recorded. */
		begin_gap(probe, first ? 0 : rec->time, UINT64_MAX, rec->events | probe->events);
	} else if (first && rec->time) {
		begin_gap(probe, 0, rec->time, rec->events);
	}
}

static void take_probe(struct feed *feed, const struct rec_probe *rec)
{
	struct feed_probe *probe = NULL;
	char *how = keep_text(feed, text__second(rec->text));
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
		probe->name = keep_text(feed, rec->text);
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
	set_gaps(probe, rec, first);
	probe->state = rec->state;
	probe->events = rec->events;
	probe->since = rec->time;
}

static void add_loss(struct feed *feed, struct feed_loss loss)
{
	struct feed_loss *last;

	if (loss.until < loss.since || loss.count > UINT64_MAX / 2 || !loss.count)
		return;
	feed->lost += loss.count;
	if (feed->nr_losses < FEED_MAX_LOSSES) {
		feed->losses[feed->nr_losses++] = loss;
		return;
	}
	/* Full: widen the last one. Wider is the safe direction. */
	last = &feed->losses[FEED_MAX_LOSSES - 1];
	last->since = min(last->since, loss.since);
	last->until = max(last->until, loss.until);
	last->count += loss.count;
	last->events = last->events && loss.events ? last->events | loss.events : 0;
}

static void take_loss(struct feed *feed, const struct rec_loss *rec)
{
	add_loss(feed,
		 (struct feed_loss){rec->since, rec->until, rec->count, rec->kind, rec->events});
}

void feed__shed(struct feed *feed, const struct rec *rec)
{
	const struct rec_event *event = (const void *)rec;
	struct feed_loss *last = feed->nr_losses ? &feed->losses[feed->nr_losses - 1] : NULL;

	feed->shed++;
	if (rec->type == REC_LOG)
		return;
	/* One after the other: they are one loss. */
	if (last && !last->kind && event->t_out >= last->since) {
		feed->lost++;
		last->count++;
		last->until = max(last->until, event->t_out);
		return;
	}
	add_loss(feed, (struct feed_loss){event->t_in, event->t_out, 1, 0, 0});
}

/* What was lost before recording began is no loss. */
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

/* Before recording a probe is as unknown as before its first attempt: one gap, from the start. */
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

/* Each phase comes once; what is said again, or in another order, does not count. */
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

static void take_wall(struct feed *feed, const struct rec_wall *rec)
{
	wall__add(&feed->wall, rec->mono, rec->real);
}

static void take_event(struct feed *feed, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;

	feed->attaching = false;
	feed->events++;
	feed->ops += REC_IS_BATCH(rec->type) && batch->nr ? batch->nr : 1;
	if (!feed->first_mono)
		feed->first_mono = batch->e.t_in;
	feed->last_mono = max(feed->last_mono, batch->e.t_out);
}

/* Returns true when @rec goes on to the merge. */
static bool take_rec(struct feed *feed, const struct rec *rec, enum feed_status *status)
{
	switch (rec->type) {
	case REC_FACT:
		take_fact(feed, (const void *)rec);
		return false;
	case REC_TASK:
		take_task(feed, (const void *)rec);
		return false;
	case REC_PROCESS:
		take_process(feed, (const void *)rec);
		return false;
	case REC_STACK:
		take_stack(feed, (const void *)rec);
		return false;
	case REC_PROBE:
		take_probe(feed, (const void *)rec);
		return false;
	case REC_LOSS:
		take_loss(feed, (const void *)rec);
		return false;
	case REC_PHASE:
		take_phase(feed, (const void *)rec);
		return false;
	case REC_WALL:
		take_wall(feed, (const void *)rec);
		return false;
	case REC_END:
		feed->ended = true;
		return false;
	case REC_CLOCK:
		*status = FEED_CLOCK;
		return true;
	case REC_LOG:
		*status = FEED_EVENT;
		return true;
	default:
		take_event(feed, rec);
		*status = FEED_EVENT;
		return true;
	}
}

enum feed_status feed__next(struct feed *feed, bool blocking, const struct rec **rec)
{
	enum feed_status status;

	while (!feed->done && !feed->refused) {
		switch (blocking ? capture_stream__next_blocking(&feed->stream, rec)
				 : capture_stream__next(&feed->stream, rec)) {
		case STREAM_REC:
			if (take_rec(feed, *rec, &status))
				return feed->refused ? FEED_DONE : status;
			break;
		case STREAM_MARK:
			if (feed->attaching)
				break;
			return FEED_MARK;
		case STREAM_WAIT:
			return FEED_WAIT;
		case STREAM_EOF:
		case STREAM_BAD:
			feed->done = true;
		}
	}
	feed->done = true;
	return FEED_DONE;
}

bool feed__is_bad(const struct feed *feed)
{
	return feed->refused || feed->stream.reader.error[0] || feed->domid == DOMID_UNKNOWN ||
	       !feed->stream.reader.have_header;
}

static const char *const stall_reasons[] = {
	[FEED_KEPT_UP] = "",
	[FEED_SILENT] = "stalled: the others went on without it",
	[FEED_BEHIND] = "its times stood still or were long past: the others went on without it",
	[FEED_AHEAD] = "it sent times from the future: the others went on without it",
};

const char *feed__complaint(const struct feed *feed, char *buf, size_t size)
{
	const struct capture_reader *reader = &feed->stream.reader;
	u64 tail = capture_stream__tail(&feed->stream);

	if (feed->refused)
		snprintf(buf, size, "claims to be another domain than d%u, refused", feed->domid);
	else if (reader->error[0])
		snprintf(buf, size, "%s", reader->error);
	else if (feed->stream.error)
		snprintf(buf, size, "read error: %s", strerror(feed->stream.error));
	else if (!reader->have_header)
		snprintf(buf, size, "empty: no capture arrived");
	else if (feed->domid == DOMID_UNKNOWN)
		snprintf(buf, size, "does not say which domain it is from");
	else if (reader->skipped || reader->lost_blocks || reader->bad_records)
		snprintf(buf, size,
			 "damaged: %" PRIu64 " bytes passed over, %" PRIu64
			 " blocks missing, %" PRIu64 " records dropped",
			 reader->skipped, reader->lost_blocks, reader->bad_records);
	else if (tail && !feed->stopped && !feed->stream.stopped)
		snprintf(buf, size, "cut short in the middle of a block");
	else if (reader->repeated)
		snprintf(buf, size, "repeats old blocks: %" PRIu64 " blocks were skipped",
			 reader->repeated);
	else if (feed->changed)
		snprintf(buf, size,
			 "reports another kernel, type, role or tier %" PRIu64
			 " times: the first report counts",
			 feed->changed);
	else if (feed->shed)
		snprintf(buf, size,
			 "reached its rate or resource limit: %" PRIu64
			 " events of it were not kept",
			 feed->shed);
	else if (feed->has_stalled)
		snprintf(buf, size, "%s", stall_reasons[feed->has_stalled]);
	else if (feed->done && feed->attaching)
		snprintf(buf, size, "ended while it attached its probes: nothing was recorded");
	else if (feed->done && !feed->ended && !feed->stopped && !feed->stream.stopped)
		snprintf(buf, size, "cut short: the recorder did not end it");
	else
		return NULL;
	return buf;
}

static const struct feed_fact *find_fact(const struct feed *feed, const char *key)
{
	u32 i;

	for (i = 0; i < feed->nr_facts; i++)
		if (!strcmp(feed->facts[i].key, key))
			return &feed->facts[i];
	return NULL;
}

const char *feed__fact(const struct feed *feed, const char *key)
{
	const struct feed_fact *fact = find_fact(feed, key);

	return fact ? fact->now.text : NULL;
}

const struct feed_value *feed__fact_at(const struct feed *feed, const char *key, u64 time)
{
	const struct feed_fact *fact = find_fact(feed, key);
	const struct feed_value *value;
	u32 i;

	if (!fact)
		return NULL;
	for (value = &fact->now, i = 0; value->since > time && i < FEED_FACT_OLD; i++) {
		if (!fact->old[i].text)
			return value;
		value = &fact->old[i];
	}
	return value->since <= time ? value : NULL;
}

const struct feed_task *feed__task(const struct feed *feed, u32 id)
{
	static const struct feed_task unknown;

	return id && id < feed->nr_tasks ? &feed->tasks[id] : &unknown;
}

const char *feed__process(const struct feed *feed, const struct feed_task *task)
{
	const struct feed_task *leader;

	if (task->process[0] || task->pid == task->tid)
		return task->process[0] ? task->process : task->comm;
	leader = feed__task(feed, feed->leaders[task->pid % FEED_LEADERS]);
	return leader->pid == task->pid ? leader->comm : "";
}

const char *feed__stack(const struct feed *feed, u32 id)
{
	return id && id < feed->nr_stacks && feed->stacks[id] ? feed->stacks[id] : "";
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
