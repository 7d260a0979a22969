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
#include "renderers/document.h"
#include "renderers/trace_state.h"
#include "util/escape.h"

#define FINDINGS_PID 100000   /* beyond every domid */
#define REFS_PID     200000   /* + the granter's domid */
#define KIND_TID     10000000 /* beyond every task */
#define LOG_TID	     (KIND_TID - 1)
#define MARKS_MAX    32 /* operations of one call */

static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	print_escaped(out, ESCAPE_JSON, text);
	fputc('"', out);
}

static void print_us(FILE *out, const char *key, u64 ns)
{
	fprintf(out, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000, (u32)(ns % 1000));
}

static void print_name(FILE *out, const char *what, u32 pid, u64 tid, const char *name)
{
	fprintf(out,
		",\n{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%u,\"tid\":%" PRIu64
		",\"args\":{\"name\":",
		what, pid, tid);
	print_string(out, name);
	fputs("}}", out);
}

/* --- tracks --- */

/* Process @pid, and its thread @tid, have names. False: there are too many tracks. */
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

/* The thread of who did @event: the task if it is responsible, or the subsystem. 0: no room. */
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

static void print_call_name(FILE *out, const struct event *event)
{
	const char *refused = event->has_result && !event->ok ? ": refused" : "";

	if (event->nr > 1)
		fprintf(out, "\"%s of %u\"", event__name(event), event->nr);
	else if (event->text[0])
		print_string(out, event->text);
	else if (event->ref == EVENT_NO_REF)
		fprintf(out, "\"%s\"", event__name(event));
	else if (event->granter != event->domid)
		fprintf(out, "\"%s d%u ref %u%s\"", event__name(event), event->granter, event->ref,
			refused);
	else
		fprintf(out, "\"%s ref %u%s\"", event__name(event), event->ref, refused);
}

static u64 begin_of(const struct event *event)
{
	u64 took = event->took == EVENT_UNSEEN ? 0 : event->took;

	return event->ns - min(took, event->ns);
}

static void print_call(FILE *out, const struct event *event, u64 tid)
{
	u64 in = begin_of(event);

	fputs(",\n{\"name\":", out);
	print_call_name(out, event);
	fprintf(out, ",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":%u,\"tid\":%" PRIu64, event__name(event),
		event->domid, tid);
	print_us(out, "ts", in);
	print_us(out, "dur", event->ns - in);
	if (event->generation && event->nr == 1)
		fprintf(out, ",\"args\":{\"generation\":%u,\"owner\":\"%s\"}", event->generation,
			kind__name(event->owner.kind));
	fputc('}', out);
}

/* Which refs a call of several operations is about: a mark for each, on its slice. */
static void print_operation(FILE *out, const struct event *event, u64 tid)
{
	if (event->nr < 2 || event->op >= MARKS_MAX || event->ref == EVENT_NO_REF)
		return;
	fprintf(out,
		",\n{\"name\":\"d%u ref %u%s\",\"cat\":\"%s\",\"ph\":\"i\",\"s\":\"t\",\"pid\":%u,"
		"\"tid\":%" PRIu64,
		event->granter, event->ref, event->has_result && !event->ok ? ": refused" : "",
		event__name(event), event->domid, tid);
	print_us(out, "ts", begin_of(event));
	fputc('}', out);
}

/* --- generations and flows --- */

static void end_generation(FILE *out, const struct event *event, struct trace_track *track)
{
	if (!track->open)
		return;
	track->open = false;
	fprintf(out, ",\n{\"ph\":\"E\",\"pid\":%u,\"tid\":%" PRIu64, refs_pid(event),
		ref_tid(event));
	print_us(out, "ts", max(event->ns, track->since));
	fputc('}', out);
}

static void begin_generation(FILE *out, const struct event *event, struct trace_track *track)
{
	char name[80];

	end_generation(out, event, track);
	track->open = true;
	track->generation = event->generation;
	track->since = event->ns;
	snprintf(name, sizeof(name), "generation %u: %s%s%s", event->generation,
		 kind__name(event->owner.kind), event->owner.tid ? " in " : "", event->owner.shown);
	fputs(",\n{\"name\":", out);
	print_string(out, name);
	fprintf(out, ",\"cat\":\"generation\",\"ph\":\"B\",\"pid\":%u,\"tid\":%" PRIu64,
		refs_pid(event), ref_tid(event));
	print_us(out, "ts", event->ns);
	fputc('}', out);
}

/* One life of a ref is one flow: "s" begins it, "t" goes on, "f" ends it. */
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

	if (!phase || !event->generation)
		return;
	fprintf(out,
		",\n{\"name\":\"generation\",\"cat\":\"generation\",\"ph\":\"%s\",\"bp\":\"e\","
		"\"id\":\"0x%" PRIx64 "\",\"pid\":%u,\"tid\":%" PRIu64,
		phase,
		(u64)event->granter << 48 | (u64)(event->ref & 0xffffff) << 24 |
			(event->generation & 0xffffff),
		event->domid, tid);
	/* Where its slice begins: at its end it is over. */
	print_us(out, "ts", begin_of(event));
	fputc('}', out);
}

static void perfetto_event(FILE *out, const struct event *event, struct trace_state *state)
{
	u64 tid = actor_track(out, event, state);
	struct trace_track *track;

	if (tid && state->call != event->call)
		print_call(out, event, tid);
	state->call = event->call;
	if (tid) {
		print_operation(out, event, tid);
		print_flow(out, event, tid);
	}
	if (event->type != REC_GRANT && (event->type != REC_REVOKE || !event->ok))
		return;
	track = ref_track(out, event, state);
	if (track && event->type == REC_GRANT)
		begin_generation(out, event, track);
	else if (track)
		end_generation(out, event, track);
}

/* --- the findings --- */

static void perfetto_begin(FILE *out, const struct report *report)
{
	fprintf(out,
		"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
		"{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"tid\":0,\"args\":{\"name\":\"findings\"}}",
		FINDINGS_PID);
}

static void perfetto_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	char title[400];
	u32 i;

	finding__title(finding, title, sizeof(title));
	print_name(out, "thread_name", FINDINGS_PID, finding->id, title);
	for (i = 0; i < finding->nr_steps; i++) {
		const struct step *step = &finding->steps[i];

		fputs(",\n{\"name\":", out);
		print_string(out, step->text);
		fprintf(out, ",\"cat\":\"finding\",\"ph\":\"i\",\"s\":\"t\",\"pid\":%d,\"tid\":%u",
			FINDINGS_PID, finding->id);
		print_us(out, "ts", step->ns);
		fprintf(out, ",\"args\":{\"domid\":%u,\"step\":\"%s\",\"key\":%s}}", step->domid,
			step_type__name(step->type), step->key ? "true" : "false");
	}
}

static void perfetto_end(FILE *out, const struct report *report)
{
	fputs("\n]}\n", out);
}

const struct renderer perfetto_renderer = {
	.name = "perfetto",
	.what = "Chrome trace JSON of the whole capture",
	.begin = perfetto_begin,
	.finding = perfetto_finding,
	.end = perfetto_end,
	.event = perfetto_event,
};
