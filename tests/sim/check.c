// SPDX-License-Identifier: GPL-2.0
/* Compares the verdict with the truth. */
#include <stdlib.h>
#include <string.h>

#include "capture/text.h"
#include "memory.h"
#include "rules/rules.h"
#include "sim.h"

static struct sim *current; /* whose truth is asked, NULL: nobody's */
static char wrong[600];

void __real_finding__count(struct finding *finding, enum certainty certainty, u32 ref,
			   const struct span *at, bool fresh);
void __wrap_finding__count(struct finding *finding, enum certainty certainty, u32 ref,
			   const struct span *at, bool fresh);

bool check__has_capture(const struct sim *sim, u32 domain)
{
	if (sim->cfg.no_capture[domain])
		return false;
	return domain < SIM_GUESTS ? domain < sim->cfg.guests
				   : domain - SIM_GUESTS < sim->cfg.mappers;
}

static bool is_honest(const struct sim *sim)
{
	u32 d;

	if (!sim->cfg.honest)
		return false;
	for (d = 0; d < SIM_DOMAINS; d++)
		if (check__has_capture(sim, d)
			    ? sim->cfg.no_clock[d] || sim->cfg.cut[d] || sim->cfg.late[d] ||
				      sim->cfg.early[d] || sim->cfg.damaged[d]
			    : sim->cfg.no_capture[d])
			return false;
	return true;
}

static bool is_about(const struct sim_event *event, u16 granter, u32 ref)
{
	u32 k;

	for (k = 0; k < max(event->nr, (u8)1); k++)
		if (event->granter == granter && event->ref[k] == ref)
			return true;
	return false;
}

/* Finds what @domid did with the ref. Another of its calls may have returned at the same time. */
static struct sim_event *event_at(const struct finding *f, u16 domid, u8 type, u32 ref, u64 mono)
{
	u32 i;

	for (i = 0; i < current->nr_events; i++) {
		struct sim_event *event = &current->event[i];

		if (event->type == type && record__domid(current, event->domain) == domid &&
		    is_about(event, f->granter, ref) &&
		    record__mono(current, event->domain, event->out) == mono)
			return event;
	}
	return NULL;
}

static bool true_miss(const struct finding *f, u32 ref, const struct sim_event *end)
{
	u32 i, k;

	if (!end)
		return false;
	if (end->truth[0] == TRUTH_MISS)
		return true;
	for (i = 0; i < current->nr_events; i++) {
		const struct sim_event *event = &current->event[i];

		for (k = 0; event->type == REC_ARM && k < event->nr; k++)
			if (event->granter == f->granter && event->ref[k] == ref &&
			    event->told[k] <= end->gen[0] && event->truth[k] == TRUTH_MISS)
				return true;
	}
	return false;
}

/* Without the granter's capture, the finding claims only that one of two maps is stale. */
static bool either_stale(u16 granter, u32 ref)
{
	u32 i, k;

	for (i = 0; i < current->nr_events; i++) {
		const struct sim_event *event = &current->event[i];

		for (k = 0; event->type == REC_MAP && k < event->nr; k++)
			if (event->granter == granter && event->ref[k] == ref &&
			    event->truth[k] == TRUTH_STALE)
				return true;
	}
	return false;
}

/*
 * Whether a second end or free happened. If the calls overlap it is unknown which of the two was
 * the second, and whether another owner's grant came just before.
 */
static bool any_twice(const struct sim_event *event)
{
	u32 i;

	for (i = 0; i < current->nr_events; i++) {
		const struct sim_event *other = &current->event[i];

		if ((other->twice || other->foreign) && other->granter == event->granter &&
		    other->ref[0] == event->ref[0] && other->in <= event->out)
			return true;
	}
	return false;
}

/* Whether one of two overlapping grants was of an owned ref. */
static bool any_over(const struct sim_event *event)
{
	u32 i;

	for (i = 0; i < current->nr_events; i++) {
		const struct sim_event *other = &current->event[i];

		if ((other->over || other->held) && other->granter == event->granter &&
		    other->ref[0] == event->ref[0] && other->in <= event->out &&
		    event->in <= other->out)
			return true;
	}
	return false;
}

static bool is_true(const struct finding *f, u32 ref, u64 mono)
{
	struct sim_event *event;
	u32 k = 0;

	switch (f->class) {
	case CLASS_STALE_MAP:
	case CLASS_STALE_MAP_REFUSED:
	case CLASS_STALE_COPY:
		event = event_at(f, f->mapper, REC_MAP, ref, mono);
		if (!event || f->class == CLASS_STALE_COPY)
			event = event_at(f, f->mapper, REC_COPY, ref, mono);
		if (!event)
			return false;
		while (k < event->nr && event->ref[k] != ref)
			k++;
		if (k == event->nr || event->granter != f->granter)
			return false;
		if (f->class == CLASS_STALE_MAP_REFUSED)
			return event->truth[k] == TRUTH_REFUSED;
		if (event->truth[k] == TRUTH_STALE) {
			event->found[k] = true;
			return true;
		}
		/* If the ref has two owners, the other mapper may be the stale one. */
		return (!f->owner.known || current->cfg.doubles) && either_stale(f->granter, ref);
	case CLASS_NEAR_MISS:
		return true_miss(f, ref, event_at(f, f->granter, REC_REVOKE, ref, mono));
	case CLASS_REVOKE_BLOCKED:
		event = event_at(f, f->granter, REC_REVOKE, ref, mono);
		return event && event->truth[0] == TRUTH_BLOCKED;
	case CLASS_FREED_WHILE_MAPPED:
		event = event_at(f, f->granter, REC_RELEASE, ref, mono);
		if (!event)
			event = event_at(f, f->granter, REC_FREE, ref, mono);
		return event && event->truth[0] == TRUTH_FREED;
	case CLASS_DOUBLE_FREE:
		event = event_at(f, f->granter, REC_REVOKE, ref, mono);
		if (!event)
			event = event_at(f, f->granter, REC_FREE, ref, mono);
		if (!event)
			event = event_at(f, f->granter, REC_RELEASE, ref, mono);
		return event && any_twice(event);
	case CLASS_DOUBLE_GRANT:
		event = event_at(f, f->granter, REC_GRANT, ref, mono);
		return event && any_over(event);
	case CLASS_FOREIGN_REF_FREED:
		event = event_at(f, f->granter, REC_REVOKE, ref, mono);
		return event && (event->foreign || event->twice);
	case CLASS_DEFERRAL:
		event = event_at(f, f->granter, REC_REVOKE, ref, mono);
		return event && !event->ok && event->ref[0] == ref;
	case CLASS_DOUBLE_MAP:
		return either_stale(f->granter, ref);
	default:
		return false;
	}
}

static bool is_of_other_boot(u16 domid)
{
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++)
		if (check__has_capture(current, d) && record__domid(current, d) == domid)
			return current->cfg.other_boot[d];
	return false;
}

/* Whether the finding needs two captures, and these are of different boots. */
static bool is_across_boots(const struct finding *finding)
{
	switch (finding->class) {
	case CLASS_STALE_MAP:
	case CLASS_STALE_MAP_REFUSED:
	case CLASS_STALE_COPY:
	case CLASS_NEAR_MISS:
		return is_of_other_boot(finding->granter) != is_of_other_boot(finding->mapper);
	default:
		return false;
	}
}

/* What is the truth, of which nothing false may be proven; when nothing happened, nothing said. */
static void check_count(const struct finding *finding, enum certainty certainty, u32 ref, u64 mono)
{
	if (is_true(finding, ref, mono) || wrong[0])
		return;
	if (certainty == CERTAINTY_PROVEN)
		snprintf(wrong, sizeof(wrong),
			 "proven but not true: %s d%u ref %u gen %u at mono %llu",
			 class__id(finding->class), finding->granter, ref, finding->generation,
			 (unsigned long long)mono);
	else if (!current->unclean && is_honest(current))
		snprintf(wrong, sizeof(wrong),
			 "%s %s where nothing happened: d%u ref %u at mono %llu",
			 class__id(finding->class), certainty__name(certainty), finding->granter,
			 ref, (unsigned long long)mono);
}

void __wrap_finding__count(struct finding *finding, enum certainty certainty, u32 ref,
			   const struct span *at, bool fresh)
{
	if (current)
		check_count(finding, certainty, ref, at->out);
	__real_finding__count(finding, certainty, ref, at, fresh);
}

/* --- running the pipeline --- */

void check__print_capture(FILE *out, u32 domain)
{
	enum stream_status status;
	struct capture_stream stream;
	const struct rec *rec;

	memory__rewind(domain, SIZE_MAX, false);
	if (capture_stream__init(&stream, memory__fd(domain)))
		abort();
	fprintf(out, "%s\n", TEXT_HEADER);
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		if (status == STREAM_BAD)
			break;
		if (status == STREAM_MARK)
			text__print_mark(out, stream.block.watermark);
		else
			text__print(out, rec);
	}
	capture_stream__cleanup(&stream);
}

static void record_all(struct sim *sim)
{
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++)
		if (check__has_capture(sim, d))
			record__write(sim, d);
}

/* A pipeline that reads every capture up to byte @limit. */
static struct pipeline *new_pipeline(const struct sim *sim, bool live, size_t limit)
{
	struct pipeline *pipeline = pipeline__new(live);
	u32 d;

	if (sim->cfg.tight)
		pipeline->ledger->limits = &sim->cfg.limits;
	if (sim->cfg.history_bytes)
		pipeline->policy.history_bytes = sim->cfg.history_bytes;
	for (d = 0; d < SIM_DOMAINS; d++) {
		if (!check__has_capture(sim, d))
			continue;
		memory__rewind(d, limit, live);
		pipeline__add(pipeline, feed__new(memory__fd(d), "capture", record__domid(sim, d)));
	}
	return pipeline;
}

static struct pipeline *judge_stored(const struct sim *sim)
{
	struct pipeline *pipeline = new_pipeline(sim, false, SIZE_MAX);

	pipeline__run(pipeline);
	return pipeline;
}

/* The bytes come in random pieces, in random order. */
static struct pipeline *judge_live(const struct sim *sim)
{
	struct pipeline *pipeline = new_pipeline(sim, true, 0);
	u32 domain[SIM_DOMAINS], d, i, nr = 0, left;
	bool ended[SIM_DOMAINS] = {false};
	struct rng rng = sim->rng;

	for (d = 0; d < SIM_DOMAINS; d++)
		if (check__has_capture(sim, d))
			domain[nr++] = d;
	for (left = nr; left;) {
		i = rng__below(&rng, nr);
		if (ended[i])
			continue;
		ended[i] = !memory__grow(domain[i], 1 + rng__below(&rng, 6000));
		left -= ended[i];
		while (capture_stream__fill(&pipeline->feeds[i]->stream) > 0)
			;
		pipeline__run(pipeline);
	}
	pipeline__run(pipeline);
	return pipeline;
}

struct pipeline *check__pipeline(const struct sim *sim, bool live)
{
	return live ? judge_live(sim) : judge_stored(sim);
}

static char *json_of(struct pipeline *pipeline)
{
	char *json = NULL;
	size_t size;
	FILE *out = open_memstream(&json, &size);

	pipeline__report(pipeline, &json_renderer, out, NULL);
	fclose(out);
	return json;
}

/* --- properties of all verdicts --- */

static bool is_covered(const struct sim *sim, u32 domain, u64 at)
{
	return check__has_capture(sim, domain) && at >= sim->from[domain] &&
	       at <= sim->until[domain];
}

/* Whether a recorded grant names the domain: otherwise no capture can show it. */
static bool is_named(const struct sim *sim, u16 domid)
{
	const struct sim_event *event;
	u32 i;

	for (i = 0; i < sim->nr_events; i++) {
		event = &sim->event[i];
		if (event->type == REC_GRANT && event->peer == domid && !event->before &&
		    !event->after && check__has_capture(sim, event->domain))
			return true;
	}
	return false;
}

/* Whether the acting domain was recorded then; without its capture, the granter, which names it. */
static bool is_recorded(const struct sim *sim, const struct sim_event *event)
{
	u32 d;

	/* Only times that both sides cover are judged. */
	for (d = 0; d < SIM_GUESTS; d++)
		if (record__domid(sim, d) == event->granter && check__has_capture(sim, d) &&
		    event->effect > sim->until[d])
			return false;
	if (check__has_capture(sim, event->domain))
		return !event->before && !event->after;
	if (!is_named(sim, record__domid(sim, event->domain)))
		return false;
	for (d = 0; d < SIM_GUESTS; d++)
		if (record__domid(sim, d) == event->granter && is_covered(sim, d, event->effect))
			return true;
	return false;
}

/* Whether every capture is complete. */
static bool is_whole(const struct sim *sim)
{
	u32 d;

	for (d = 0; d < SIM_DOMAINS; d++)
		if (check__has_capture(sim, d) && (sim->cfg.late[d] || sim->cfg.early[d]))
			return false;
	return true;
}

static void fail(const char *what, const struct sim *sim, const struct sim_event *event, u32 k)
{
	snprintf(wrong, sizeof(wrong), "%s of d%u ref %u gen %u told %u at mono %llu", what,
		 event->granter, event->ref[k], event->gen[k], event->told[k],
		 (unsigned long long)record__mono(sim, event->domain, event->out));
}

/* Without losses, all that the design promises must be found. */
static void check_promised(const struct sim *sim, const struct summary *summary,
			   const struct sim_event *event)
{
	u32 k;

	for (k = 0; (event->type == REC_MAP || event->type == REC_COPY) && k < event->nr; k++) {
		if (event->visible[k] && !event->found[k])
			fail("missed: stale map or copy", sim, event, k);
		if (event->truth[k] == TRUTH_REFUSED && !event->hidden[k] &&
		    !summary->by_class[CLASS_STALE_MAP_REFUSED])
			fail("missed: refused map", sim, event, k);
	}
	if (event->type == REC_REVOKE && event->truth[0] == TRUTH_MISS &&
	    !summary->by_class[CLASS_NEAR_MISS] && !summary->by_class[CLASS_STALE_MAP] &&
	    !summary->by_class[CLASS_STALE_MAP_REFUSED])
		fail("missed: near miss", sim, event, 0);
}

/* If an event was recorded and can be known, exit status 0 must not deny it. */
static void check_silent(const struct sim *sim, const struct sim_event *event)
{
	u32 k;

	if (!is_recorded(sim, event))
		return;
	/* After a suspend the table may be new. */
	if ((event->twice || event->over || event->foreign) && is_whole(sim) && !sim->cfg.resets)
		fail("silent: two owners, or an end or a free too many", sim, event, 0);
	for (k = 0; k < max(event->nr, (u8)1); k++) {
		switch (event->truth[k]) {
		case TRUTH_STALE:
			if (!event->hidden[k])
				fail("silent: stale map", sim, event, k);
			break;
		case TRUTH_REFUSED:
			fail("silent: refused map", sim, event, k);
			break;
		case TRUTH_MISS:
			if (!event->hidden[k] && is_whole(sim))
				fail("silent: near miss", sim, event, k);
			break;
		case TRUTH_FREED:
			/* A refused or missing end may be older than the capture. */
			if (is_whole(sim))
				fail("silent: freed while mapped", sim, event, k);
			break;
		case TRUTH_LOST:
			fail("silent: device lost", sim, event, k);
			break;
		default:
			break;
		}
	}
}

static void check_found(const struct sim *sim, const struct summary *summary, bool honest)
{
	u32 i;

	for (i = 0; i < sim->nr_events && !wrong[0]; i++) {
		/* The effects of a ref with two owners may look like something else. */
		if (honest && !sim->cfg.doubles)
			check_promised(sim, summary, &sim->event[i]);
		if (!summary->exit_status && !wrong[0])
			check_silent(sim, &sim->event[i]);
	}
}

static void check_live(struct sim *sim, struct pipeline *stored, bool verbose)
{
	struct pipeline *pipeline = check__pipeline(sim, true);
	char *json = json_of(stored), *live = json_of(pipeline);

	if (strcmp(json, live)) {
		snprintf(wrong, sizeof(wrong), "live differs from stored");
		if (verbose)
			printf("# stored:\n%s# live:\n%s", json, live);
	}
	free(json);
	free(live);
	pipeline__free(pipeline);
}

/* Devices in no table are a blind spot. */
static bool has_unlisted(const struct sim *sim)
{
	u32 i;

	for (i = 0; i < DEVICE_COPIED; i++)
		if (sim->cfg.device[i])
			return true;
	return false;
}

/* Findings on arrival are reviewed at the end. */
static void check_across_boots(struct pipeline *pipeline)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	u32 i;

	for (i = 0; i < findings->nr && !wrong[0]; i++) {
		const struct finding *finding = findings->item[i];

		if (!finding->gone && finding->certainty == CERTAINTY_PROVEN &&
		    is_across_boots(finding))
			snprintf(wrong, sizeof(wrong), "proven by captures of two boots: %s d%u",
				 class__id(finding->class), finding->granter);
	}
}

/* Whether captures of a guest and of one of its mappers are of different boots. */
static bool has_other_boot(const struct sim *sim)
{
	u32 guest, mapper;

	for (guest = 0; guest < SIM_GUESTS; guest++)
		for (mapper = SIM_GUESTS; mapper < SIM_DOMAINS; mapper++)
			if (check__has_capture(sim, guest) && check__has_capture(sim, mapper) &&
			    sim->cfg.other_boot[guest] != sim->cfg.other_boot[mapper])
				return true;
	return false;
}

const char *check__run(struct sim *sim, bool live, bool verbose)
{
	struct pipeline *pipeline;
	struct summary summary;

	current = sim;
	wrong[0] = '\0';
	record_all(sim);
	pipeline = check__pipeline(sim, false);
	pipeline__summarize(pipeline, &summary);
	if (!wrong[0])
		check_found(sim, &summary, is_honest(sim));
	if (!wrong[0] && is_honest(sim) && !sim->unclean && summary.exit_status &&
	    !(summary.exit_status == 3 && has_unlisted(sim)))
		snprintf(wrong, sizeof(wrong), "clean, but exit status %d: %s", summary.exit_status,
			 summary.nr_blind ? summary.blind[0] : "finding");
	if (!wrong[0])
		check_across_boots(pipeline);
	if (!wrong[0] && has_other_boot(sim) && !summary.exit_status)
		snprintf(wrong, sizeof(wrong), "silent: captures of two boots");
	if (verbose) {
		char *json = json_of(pipeline);

		printf("%s", json);
		free(json);
	}
	/* With tight limits the result depends on the order of reading. */
	if (!wrong[0] && live && !sim->cfg.tight)
		check_live(sim, pipeline, verbose);
	pipeline__free(pipeline);
	current = NULL;
	return wrong[0] ? wrong : NULL;
}
