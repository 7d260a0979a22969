// SPDX-License-Identifier: GPL-2.0
/*
 * Chrome's trace JSON, which Perfetto opens: the whole capture, a process for each domain, a thread
 * for each task or subsystem, a slice for each call; and each finding's steps as a thread of their
 * own.
 */
#include <inttypes.h>
#include <string.h>

#include "capture/fields.h"
#include "capture/reader.h"
#include "known/programs.h"
#include "renderers/document.h"
#include "renderers/trace_state.h"
#include "util/escape.h"

#define FINDINGS_PID 100000   /* beyond every domid */
#define KIND_TID     10000000 /* beyond every task */

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

/* --- the capture --- */

static void name_domain(FILE *out, const struct merge_event *event, struct trace_state *state)
{
	char name[32];

	if (state->domains[event->feed_index])
		return;
	state->domains[event->feed_index] = true;
	snprintf(name, sizeof(name), "d%u", event->feed->domid);
	print_name(out, "process_name", event->feed->domid, 0, name);
}

/*
 * The thread that @head's event belongs to: the task's where it is responsible, otherwise the
 * subsystem's.
 */
static u64 thread_of(FILE *out, const struct merge_event *event, const struct rec_event *head,
		     struct trace_state *state)
{
	enum kind kind = kind__from_stack(feed__stack(event->feed, head->stack), NULL, 0);
	const struct feed_task *task = feed__task(event->feed, head->task);
	u32 feed = event->feed_index, id = min(head->task, ID_MAX);
	char name[48], comm[24];

	if (!kind__has_task(kind) || !task->tid) {
		if (!(state->kinds[feed] & 1u << kind))
			print_name(out, "thread_name", event->feed->domid, KIND_TID + kind,
				   kind__name(kind));
		state->kinds[feed] |= 1u << kind;
		return KIND_TID + kind;
	}
	if (!(state->named[feed][id / 8] & 1 << id % 8)) {
		if (state->keep_names)
			snprintf(comm, sizeof(comm), "%s", task->comm);
		else
			program__public(task->comm, comm, sizeof(comm));
		snprintf(name, sizeof(name), "%s %s", kind__name(kind), comm);
		print_name(out, "thread_name", event->feed->domid, task->tid, name);
	}
	state->named[feed][id / 8] |= (u8)(1 << id % 8);
	return task->tid;
}

/* Granter, ref and status of operation @i of a batch; false where operations have none. */
static bool operation(const struct rec *rec, u32 i, u32 *granter, u32 *ref, int *status)
{
	const void *ops = rec__ops(rec);

	*status = 0;
	switch (rec->type) {
	case REC_ARM:
	case REC_RING:
		*granter = ((const struct op_arm *)ops)[i].granter;
		*ref = ((const struct op_arm *)ops)[i].ref;
		return true;
	case REC_MAP:
		*granter = ((const struct op_map *)ops)[i].granter;
		*ref = ((const struct op_map *)ops)[i].ref;
		*status = ((const struct op_map *)ops)[i].status;
		return true;
	case REC_UNMAP:
		*granter = ((const struct op_unmap *)ops)[i].granter;
		*ref = ((const struct op_unmap *)ops)[i].ref;
		*status = ((const struct op_unmap *)ops)[i].status;
		return true;
	case REC_COPY:
		*granter = ((const struct op_copy *)ops)[i].granter;
		*ref = ((const struct op_copy *)ops)[i].ref;
		*status = ((const struct op_copy *)ops)[i].status;
		return true;
	case REC_ENTRY:
		*granter = ((const struct op_entry *)ops)[i].granter;
		*ref = ((const struct op_entry *)ops)[i].ref;
		return true;
	default:
		return false;
	}
}

#define ARGS_MAX 32 /* operations that are named one by one */

static void print_batch(FILE *out, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	u32 i, granter, ref;
	int status;

	fprintf(out, ",\"args\":{\"operations\":%u,\"refs\":[", batch->nr);
	for (i = 0; i < min(batch->nr, (u32)ARGS_MAX); i++) {
		if (!operation(rec, i, &granter, &ref, &status))
			break;
		fprintf(out, "%s\"d%u ref %u", i ? "," : "", granter, ref);
		if (status)
			fprintf(out, " status %d", status);
		fputc('"', out);
	}
	fputs("]}", out);
}

static u32 ref_of(const struct rec *rec)
{
	switch (rec->type) {
	case REC_GRANT:
		return ((const struct rec_grant *)(const void *)rec)->ref;
	case REC_REVOKE:
		return ((const struct rec_revoke *)(const void *)rec)->ref;
	default:
		return ((const struct rec_ref *)(const void *)rec)->ref;
	}
}

static const char *type_name(u8 type)
{
	return type < REC_TYPE_MAX && rec_descs[type].name ? rec_descs[type].name : "unknown";
}

static void print_what(FILE *out, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;
	const char *type = type_name(rec->type);
	u32 granter, ref;
	int status;

	if (REC_IS_BATCH(rec->type) && batch->nr == 1 && operation(rec, 0, &granter, &ref, &status))
		fprintf(out, "\"%s d%u ref %u%s\"", type, granter, ref, status ? ": refused" : "");
	else if (REC_IS_BATCH(rec->type))
		fprintf(out, "\"%s of %u\"", type, batch->nr);
	else if (rec->type == REC_RESET)
		fprintf(out, "\"%s\"", type);
	else
		fprintf(out, "\"%s ref %u%s\"", type, ref_of(rec),
			rec->type == REC_REVOKE &&
					!((const struct rec_revoke *)(const void *)rec)->ok
				? ": refused"
				: "");
}

static void perfetto_event(FILE *out, const struct merge_event *event, struct trace_state *state)
{
	const struct rec_event *head = (const void *)event->rec;
	u64 begin = event->when.in + (u64)event->when.off, tid;

	if (!event->rec || !REC_IS_EVENT(event->rec->type))
		return;
	name_domain(out, event, state);
	tid = thread_of(out, event, head, state);
	fputs(",\n{\"name\":", out);
	print_what(out, event->rec);
	fprintf(out, ",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":%u,\"tid\":%" PRIu64,
		type_name(event->rec->type), event->feed->domid, tid);
	print_us(out, "ts", begin);
	print_us(out, "dur",
		 event->when.out > event->when.in ? event->when.out - event->when.in : 0);
	if (REC_IS_BATCH(event->rec->type))
		print_batch(out, event->rec);
	fputc('}', out);
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
