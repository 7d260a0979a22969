// SPDX-License-Identifier: GPL-2.0
/*
 * A trace for Perfetto. Each domain is a track, with a track below it for each task or subsystem
 * and a slice for each call. A domain's refs are a track, with a track for each ref and a slice for
 * each generation. A flow leads from a generation's grant through its announcements, maps and
 * unmaps to its end. A finding's steps are a track of their own. Times are Xen system time.
 */
#include <inttypes.h>

#include "events/event.h"
#include "model/wall.h"
#include "renderers/document.h"
#include "renderers/trace_state.h"
#include "renderers/track_event.h"

#define LANES 16 /* calls of an actor that may overlap: 4 bits of a uuid */

/* --- tracks --- */

/* Tracks have uuids that depend on what they show only: 4 bits type, 16 domid, 44 below. */
enum track_type {
	TRACK_DOMAIN = 1,
	TRACK_ACTOR,	  /* 4 bits lane, 8 kind, 32 task */
	TRACK_REFS,	  /* of a granter */
	TRACK_REF,	  /* 32 bits ref */
	TRACK_FINDINGS,	  /* of all domains */
	TRACK_FINDING,	  /* 32 bits id */
	TRACK_INCOMPLETE, /* the note that events are missing */
};

static u64 track_uuid(enum track_type type, u32 domid, u64 below)
{
	return (u64)type << 60 | (u64)(domid & 0xffff) << 44 | below;
}

/* A domain's log is an actor too. */
static u64 actor_uuid(const struct event *event, u32 lane)
{
	u32 kind = event->type == REC_LOG ? KIND_MAX : event->by.kind;

	return track_uuid(TRACK_ACTOR, event->domid,
			  (u64)lane << 40 | (u64)kind << 32 | event->by.tid);
}

/* Returns the track and names it if it is new. NULL at the limit of tracks. */
static struct trace_track *named_track(FILE *out, struct trace_state *state,
				       const struct track_name *name)
{
	bool fresh;
	struct trace_track *track = trace_state__track(state, name->uuid, &fresh);

	if (track && fresh)
		track__name(out, name);
	return track;
}

static struct trace_track *domain_track(FILE *out, struct trace_state *state, u32 domid)
{
	char text[16];
	const struct track_name name = {.uuid = track_uuid(TRACK_DOMAIN, domid, 0), .name = text};

	snprintf(text, sizeof(text), "d%u", domid);
	return named_track(out, state, &name);
}

static void format_actor(const struct event *event, char *text, size_t size)
{
	const struct event_actor *by = &event->by;

	if (event->type == REC_LOG)
		snprintf(text, size, "kernel log");
	else if (by->tid)
		snprintf(text, size, "%s/%s(%u)", kind__name(by->kind), by->shown, by->tid);
	else
		snprintf(text, size, "%s", kind__name(by->kind));
}

static struct trace_track *actor_track(FILE *out, const struct event *event,
				       struct trace_state *state, u32 lane)
{
	char text[64];
	const struct track_name name = {.uuid = actor_uuid(event, lane),
					.parent = track_uuid(TRACK_DOMAIN, event->domid, 0),
					.name = text,
					.merge = true};

	if (!domain_track(out, state, event->domid))
		return NULL;
	format_actor(event, text, sizeof(text));
	return named_track(out, state, &name);
}

static struct trace_track *refs_track(FILE *out, struct trace_state *state, u32 domid)
{
	const struct track_name name = {.uuid = track_uuid(TRACK_REFS, domid, 0),
					.parent = track_uuid(TRACK_DOMAIN, domid, 0),
					.name = "refs",
					.sorted = true};

	return domain_track(out, state, domid) ? named_track(out, state, &name) : NULL;
}

static u64 ref_uuid(const struct event *event)
{
	return track_uuid(TRACK_REF, event->granter, event->ref);
}

static struct trace_track *ref_track(FILE *out, const struct event *event,
				     struct trace_state *state)
{
	char text[24];
	const struct track_name name = {.uuid = ref_uuid(event),
					.parent = track_uuid(TRACK_REFS, event->granter, 0),
					.name = text,
					.rank = event->ref};

	if (!refs_track(out, state, event->granter))
		return NULL;
	snprintf(text, sizeof(text), "ref %u", event->ref);
	return named_track(out, state, &name);
}

/* --- calls --- */

static const char *refused(const struct event *event)
{
	return event->has_result && !event->ok ? ": refused" : "";
}

static void format_call(const struct event *event, char *text, size_t size)
{
	if (event->nr > 1)
		snprintf(text, size, "%s of %u", event__name(event), event->nr);
	else if (event->text[0])
		snprintf(text, size, "%s", event->text);
	else if (event->ref == EVENT_NO_REF)
		snprintf(text, size, "%s", event__name(event));
	else if (event->granter != event->domid)
		snprintf(text, size, "%s d%u ref %u%s", event__name(event), event->granter,
			 event->ref, refused(event));
	else
		snprintf(text, size, "%s ref %u%s", event__name(event), event->ref, refused(event));
}

/*
 * Sets the call's track. Slices on one track must not overlap, so the calls of an actor that do
 * have tracks of the same name, lanes, which Perfetto shows as one. Of a call for which no lane is
 * free only the end is shown, on the first one.
 */
static void place_call(FILE *out, const struct event *event, struct trace_state *state)
{
	struct trace_call *call = &state->call;
	u32 lane;

	for (lane = 0; lane < LANES; lane++) {
		struct trace_track *track = actor_track(out, event, state, lane);

		if (!track)
			return;
		if (track->last > call->at)
			continue;
		track->last = call->end;
		call->track = actor_uuid(event, lane);
		return;
	}
	call->at = call->end;
	call->track = actor_uuid(event, 0);
}

static void begin_call(FILE *out, const struct event *event, struct trace_state *state)
{
	struct trace_call *call = &state->call;
	u64 took = event->took == EVENT_UNSEEN ? 0 : min(event->took, event->ns);
	char name[EVENT_TEXT];

	*call = (struct trace_call){
		.number = event->call, .at = event->ns - took, .end = event->ns};
	place_call(out, event, state);
	if (!call->track)
		return;
	call->open = true;
	format_call(event, name, sizeof(name));
	track_event__begin(&call->packet, call->track, call->at, event__name(event), name);
	if (event->err < CLOCK_ERR_UNKNOWN)
		track_event__add_number(&call->packet, "error_ns", event->err);
}

static void end_call(FILE *out, struct trace_state *state)
{
	struct trace_call *call = &state->call;

	if (!call->open)
		return;
	call->open = false;
	track_event__end(&call->packet, out);
	track__end_slice(out, call->track, call->end);
}

static void add_ref(struct track_event *packet, const struct event *event)
{
	if (event->ref != EVENT_NO_REF) {
		track_event__add_number(packet, "granter", event->granter);
		track_event__add_number(packet, "ref", event->ref);
	}
	if (event->has_result)
		track_event__add_string(packet, "result", event__result(event));
	if (!event->generation)
		return;
	track_event__add_number(packet, "generation", event->generation);
	track_event__add_string(packet, "owner", kind__name(event->owner.kind));
}

/* Adds the operation to its call. Those of a call with several are groups, by their index. */
static void add_operation(struct track_event *packet, const struct event *event, u64 flow)
{
	char key[24];

	if (flow)
		track_event__add_flow(packet, flow);
	if (event->ref == EVENT_NO_REF && !event->has_result)
		return;
	if (event->nr > 1) {
		snprintf(key, sizeof(key), "operation %u", event->op);
		track_event__begin_group(packet, key);
	}
	add_ref(packet, event);
	if (event->nr > 1)
		track_event__end_group(packet);
}

/* --- generations --- */

/*
 * Returns the flow of the operation's generation, 0 if it has none: 16 bits domid, 24 ref, 24
 * generation. No flow is ended: within the clock error bound a map may be later than the end.
 */
static u64 flow_of(const struct event *event)
{
	switch (event->type) {
	case REC_GRANT:
	case REC_ARM:
	case REC_MAP:
	case REC_UNMAP:
	case REC_COPY:
	case REC_REVOKE:
		break;
	default:
		return 0;
	}
	if (!event->generation)
		return 0;
	return (u64)(event->granter & 0xffff) << 48 | (u64)(event->ref & 0xffffff) << 24 |
	       (event->generation & 0xffffff);
}

static bool ends_generation(const struct event *event)
{
	return event->type == REC_REVOKE && event->ok;
}

static void end_generation(FILE *out, const struct event *event, struct trace_track *track)
{
	if (!track->open)
		return;
	track->open = false;
	track->last = max(event->ns, track->last);
	track__end_slice(out, ref_uuid(event), track->last);
}

static void begin_generation(FILE *out, const struct event *event, struct trace_track *track,
			     u64 flow)
{
	struct track_event packet;
	char name[80];

	end_generation(out, event, track);
	track->open = true;
	track->last = max(event->ns, track->last);
	snprintf(name, sizeof(name), "generation %u: %s%s%s", event->generation,
		 kind__name(event->owner.kind), event->owner.tid ? " in " : "", event->owner.shown);
	track_event__begin(&packet, ref_uuid(event), track->last, "generation", name);
	add_operation(&packet, event, flow);
	track_event__end(&packet, out);
}

/* --- all events --- */

static void print_call(FILE *out, const struct event *event, struct trace_state *state, u64 flow)
{
	struct trace_call *call = &state->call;

	if (call->number != event->call) {
		end_call(out, state);
		begin_call(out, event, state);
	}
	if (!call->track) {
		state->untracked++;
		return;
	}
	add_operation(&call->packet, event, flow);
	if (event->op + 1 == event->nr)
		end_call(out, state);
}

static void perfetto_event(FILE *out, const struct event *event, struct trace_state *state)
{
	u64 flow = flow_of(event);
	struct trace_track *track;

	state->end = max(state->end, event->ns);
	print_call(out, event, state, flow);
	if (event->type != REC_GRANT && !ends_generation(event))
		return;
	track = ref_track(out, event, state);
	if (!track)
		state->untracked += state->call.track != 0;
	else if (event->type == REC_GRANT)
		begin_generation(out, event, track, flow);
	else
		end_generation(out, event, track);
}

/* A trace that lacks events says so itself, on a track of its own. */
static void perfetto_events_end(FILE *out, struct trace_state *state)
{
	const struct track_name track = {.uuid = track_uuid(TRACK_INCOMPLETE, 0, 0),
					 .name = "this trace is not whole"};
	struct track_event packet;
	char name[96];

	end_call(out, state);
	if (!state->untracked)
		return;
	snprintf(name, sizeof(name), "%" PRIu64 " events are not shown: more than %u tracks",
		 state->untracked, TRACE_TRACKS);
	track__name(out, &track);
	track_event__begin(&packet, track.uuid, state->end, "trace", name);
	track_event__end(&packet, out);
	track__end_slice(out, track.uuid, state->end);
}

/* --- the findings --- */

static void perfetto_begin(FILE *out, const struct report *report)
{
	const struct track_name findings = {
		.uuid = track_uuid(TRACK_FINDINGS, 0, 0), .name = "findings", .sorted = true};

	track_events__begin(out);
	if (report && report->nr)
		track__name(out, &findings);
}

static void print_step(FILE *out, const struct finding *finding, const struct step *step, u64 track)
{
	struct track_event packet;
	char at[WALL_TEXT];

	track_event__begin(&packet, track, step->ns, "finding", step->text);
	track_event__add_number(&packet, "domid", step->domid);
	track_event__add_string(&packet, "step", step_type__name(step->type));
	track_event__add_bool(&packet, "key", step->key);
	if (finding->wall && step->ns == finding->when)
		track_event__add_string(&packet, "time", wall__text(finding->wall, at, sizeof(at)));
	track_event__end(&packet, out);
	track__end_slice(out, track, step->ns);
}

static void perfetto_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	char title[400];
	const struct track_name name = {.uuid = track_uuid(TRACK_FINDING, 0, finding->id),
					.parent = track_uuid(TRACK_FINDINGS, 0, 0),
					.name = title,
					.rank = finding->id};
	u32 i;

	finding__title(finding, title, sizeof(title));
	track__name(out, &name);
	for (i = 0; i < finding->nr_steps; i++)
		print_step(out, finding, &finding->steps[i], name.uuid);
}

const struct renderer perfetto_renderer = {
	.begin = perfetto_begin,
	.finding = perfetto_finding,
	.event = perfetto_event,
	.events_end = perfetto_events_end,
};
