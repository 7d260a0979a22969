// SPDX-License-Identifier: GPL-2.0
/*
 * Chrome's trace JSON, which Perfetto opens. Each domain is a process, with a thread for each task
 * or subsystem and a slice for each call. The refs of a domain are a process, with a thread for
 * each ref and a slice for each generation. Flows lead from a generation's grant to its
 * announcements, maps and end. A finding's steps are a thread of their own.
 */
#include <inttypes.h>
#include <string.h>

#include "events/event.h"
#include "model/wall.h"
#include "renderers/document.h"
#include "renderers/trace_state.h"
#include "util/json_line.h"

#define FINDINGS_PID 100000   /* beyond every domid */
#define REFS_PID     200000   /* + the granter's domid */
#define KIND_TID     10000000 /* beyond every task */
#define LOG_TID	     (KIND_TID - 1)
#define MARKS_MAX    32 /* operations of one call */

/* Begins the first element of the trace. @name and @category may be NULL. */
static void begin_first(struct json_line *element, FILE *out, const char *name,
			const char *category, const char *phase)
{
	json_line__open(element, out);
	if (name)
		json__set_string(element->object, "name", name);
	if (category)
		json__set_string(element->object, "cat", category);
	json__set_string(element->object, "ph", phase);
}

/* The same for all others. */
static void begin_element(struct json_line *element, FILE *out, const char *name,
			  const char *category, const char *phase)
{
	fputs(",\n", out);
	begin_first(element, out, name, category, phase);
}

static void set_track(struct json_line *element, u32 pid, u64 tid)
{
	json__set_number(element->object, "pid", pid);
	json__set_number(element->object, "tid", tid);
}

static void set_us(struct json_line *element, const char *key, u64 ns)
{
	json_line__real(element, key, "%" PRIu64 ".%03u", ns / 1000, (u32)(ns % 1000));
}

/* Sets the member "args", an object. */
static json_t *set_args(struct json_line *element)
{
	json_t *args = json_object();

	json_object_set_new(element->object, "args", args);
	return args;
}

/* Ends an element that names a track. */
static void end_name(struct json_line *element, u32 pid, u64 tid, const char *name)
{
	set_track(element, pid, tid);
	json__set_string(set_args(element), "name", name);
	json_line__close(element);
}

static void print_name(FILE *out, const char *what, u32 pid, u64 tid, const char *name)
{
	struct json_line element;

	begin_element(&element, out, what, NULL, "M");
	end_name(&element, pid, tid, name);
}

/* --- tracks --- */

/* Names process @pid and its thread @tid. Returns false at the limit of tracks. */
static bool name_process(FILE *out, struct trace_state *state, u32 pid, const char *format,
			 u32 domid)
{
	char name[48];
	bool fresh;

	if (!trace_state__track(state, pid, 0, &fresh))
		return false;
	snprintf(name, sizeof(name), format, domid);
	if (fresh)
		print_name(out, "process_name", pid, 0, name);
	return true;
}

/*
 * Returns the thread for @event's actor: the task if it is responsible, otherwise the subsystem. 0
 * at the limit.
 */
static u64 actor_track(FILE *out, const struct event *event, struct trace_state *state)
{
	u64 tid = event->type == REC_LOG ? LOG_TID
		  : event->by.tid	 ? event->by.tid
					 : KIND_TID + event->by.kind;
	char name[64];
	bool fresh;

	if (!name_process(out, state, event->domid, "d%u", event->domid) ||
	    !trace_state__track(state, event->domid, tid, &fresh))
		return 0;
	if (!fresh)
		return tid;
	if (event->type == REC_LOG)
		snprintf(name, sizeof(name), "kernel log");
	else if (event->by.tid)
		snprintf(name, sizeof(name), "%s %s", kind__name(event->by.kind), event->by.shown);
	else
		snprintf(name, sizeof(name), "%s", kind__name(event->by.kind));
	print_name(out, "thread_name", event->domid, tid, name);
	return tid;
}

static u32 refs_pid(const struct event *event)
{
	return REFS_PID + event->granter;
}

/* Threads are numbered from 1. */
static u64 ref_tid(const struct event *event)
{
	return (u64)event->ref + 1;
}

static struct trace_track *ref_track(FILE *out, const struct event *event,
				     struct trace_state *state)
{
	struct trace_track *track;
	char name[24];
	bool fresh;

	if (!name_process(out, state, refs_pid(event), "refs of d%u", event->granter))
		return NULL;
	track = trace_state__track(state, refs_pid(event), ref_tid(event), &fresh);
	if (!track || !fresh)
		return track;
	snprintf(name, sizeof(name), "ref %u", event->ref);
	print_name(out, "thread_name", refs_pid(event), ref_tid(event), name);
	return track;
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

static u64 begin_of(const struct event *event)
{
	u64 took = event->took == EVENT_UNSEEN ? 0 : event->took;

	return event->ns - min(took, event->ns);
}

static void print_call(FILE *out, const struct event *event, u64 tid)
{
	struct json_line element;
	char name[EVENT_TEXT];
	json_t *args;

	format_call(event, name, sizeof(name));
	begin_element(&element, out, name, event__name(event), "X");
	set_track(&element, event->domid, tid);
	set_us(&element, "ts", begin_of(event));
	set_us(&element, "dur", event->ns - begin_of(event));
	if (event->generation && event->nr == 1) {
		args = set_args(&element);
		json__set_number(args, "generation", event->generation);
		json__set_string(args, "owner", kind__name(event->owner.kind));
	}
	json_line__close(&element);
}

/* Adds a mark for each ref to the slice of a call with several operations. */
static void print_operation(FILE *out, const struct event *event, u64 tid)
{
	struct json_line element;
	char name[48];

	if (event->nr < 2 || event->op >= MARKS_MAX || event->ref == EVENT_NO_REF)
		return;
	snprintf(name, sizeof(name), "d%u ref %u%s", event->granter, event->ref, refused(event));
	begin_element(&element, out, name, event__name(event), "i");
	json__set_string(element.object, "s", "t");
	set_track(&element, event->domid, tid);
	set_us(&element, "ts", begin_of(event));
	json_line__close(&element);
}

/* --- generations and flows --- */

static void end_generation(FILE *out, const struct event *event, struct trace_track *track)
{
	struct json_line element;

	if (!track->open)
		return;
	track->open = false;
	begin_element(&element, out, NULL, NULL, "E");
	set_track(&element, refs_pid(event), ref_tid(event));
	set_us(&element, "ts", max(event->ns, track->since));
	json_line__close(&element);
}

static void begin_generation(FILE *out, const struct event *event, struct trace_track *track)
{
	struct json_line element;
	char name[80];

	end_generation(out, event, track);
	track->open = true;
	track->generation = event->generation;
	track->since = event->ns;
	snprintf(name, sizeof(name), "generation %u: %s%s%s", event->generation,
		 kind__name(event->owner.kind), event->owner.tid ? " in " : "", event->owner.shown);
	begin_element(&element, out, name, "generation", "B");
	set_track(&element, refs_pid(event), ref_tid(event));
	set_us(&element, "ts", event->ns);
	json_line__close(&element);
}

/* The life of a ref is one flow: "s" begins it, "t" continues it, "f" ends it. */
static const char *flow_phase(const struct event *event)
{
	switch (event->type) {
	case REC_GRANT:
		return "s";
	case REC_REVOKE:
		return event->ok ? "f" : "t";
	case REC_ARM:
	case REC_MAP:
	case REC_UNMAP:
	case REC_COPY:
		return "t";
	default:
		return NULL;
	}
}

static void print_flow(FILE *out, const struct event *event, u64 tid)
{
	const char *phase = flow_phase(event);
	struct json_line element;
	char id[24];

	if (!phase || !event->generation)
		return;
	snprintf(id, sizeof(id), "0x%" PRIx64,
		 (u64)event->granter << 48 | (u64)(event->ref & 0xffffff) << 24 |
			 (event->generation & 0xffffff));
	begin_element(&element, out, "generation", "generation", phase);
	json__set_string(element.object, "bp", "e");
	json__set_string(element.object, "id", id);
	set_track(&element, event->domid, tid);
	/* The flow's point is at the slice's beginning: at its end the slice is over. */
	set_us(&element, "ts", begin_of(event));
	json_line__close(&element);
}

static bool opens_or_ends(const struct event *event)
{
	return event->type == REC_GRANT || (event->type == REC_REVOKE && event->ok);
}

static void perfetto_event(FILE *out, const struct event *event, struct trace_state *state)
{
	u64 tid = actor_track(out, event, state);
	struct trace_track *track;

	state->end = max(state->end, event->ns);
	if (tid && state->call != event->call)
		print_call(out, event, tid);
	state->call = event->call;
	if (tid) {
		print_operation(out, event, tid);
		print_flow(out, event, tid);
	}
	track = opens_or_ends(event) ? ref_track(out, event, state) : NULL;
	if (track && event->type == REC_GRANT)
		begin_generation(out, event, track);
	else if (track)
		end_generation(out, event, track);
	state->untracked += !tid || (!track && opens_or_ends(event));
}

/* A trace that lacks events says so itself, on a track of its own. */
static void perfetto_events_end(FILE *out, const struct trace_state *state)
{
	struct json_line element;
	char name[96];

	if (!state->untracked)
		return;
	snprintf(name, sizeof(name), "%" PRIu64 " events are not shown: more than %u tracks",
		 state->untracked, TRACE_TRACKS);
	print_name(out, "thread_name", FINDINGS_PID, 0, "this trace is not whole");
	begin_element(&element, out, name, NULL, "i");
	json__set_string(element.object, "s", "t");
	set_track(&element, FINDINGS_PID, 0);
	set_us(&element, "ts", state->end);
	json_line__close(&element);
}

/* --- the findings --- */

static void perfetto_begin(FILE *out, const struct report *report)
{
	struct json_line element;

	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	begin_first(&element, out, "process_name", NULL, "M");
	end_name(&element, FINDINGS_PID, 0, "findings");
}

static void print_step(FILE *out, const struct finding *finding, const struct step *step)
{
	struct json_line element;
	char at[WALL_TEXT];
	json_t *args;

	begin_element(&element, out, step->text, "finding", "i");
	json__set_string(element.object, "s", "t");
	set_track(&element, FINDINGS_PID, finding->id);
	set_us(&element, "ts", step->ns);
	args = set_args(&element);
	json__set_number(args, "domid", step->domid);
	json__set_string(args, "step", step_type__name(step->type));
	json__set_bool(args, "key", step->key);
	if (finding->wall && step->ns == finding->when)
		json__set_string(args, "time", wall__text(finding->wall, at, sizeof(at)));
	json_line__close(&element);
}

static void perfetto_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	char title[400];
	u32 i;

	finding__title(finding, title, sizeof(title));
	print_name(out, "thread_name", FINDINGS_PID, finding->id, title);
	for (i = 0; i < finding->nr_steps; i++)
		print_step(out, finding, &finding->steps[i]);
}

static void perfetto_end(FILE *out, const struct report *report)
{
	fputs("\n]}\n", out);
}

const struct renderer perfetto_renderer = {
	.begin = perfetto_begin,
	.finding = perfetto_finding,
	.end = perfetto_end,
	.event = perfetto_event,
	.events_end = perfetto_events_end,
};
