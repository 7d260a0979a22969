// SPDX-License-Identifier: GPL-2.0
/* NDJSON, schema 1 (docs/json-schema.md): one object a line, keys in a fixed order. */
#include <jansson.h>
#include <stdlib.h>

#include "renderers/renderer.h"

#define SCHEMA 1

static void set_string(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

static void set_number(json_t *object, const char *key, u64 value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *party(const struct party *party)
{
	json_t *object;

	if (!party->known)
		return json_null();
	object = json_object();
	set_string(object, "kind", kind__name(party->kind));
	set_number(object, "domid", party->domid);
	if (party->func[0])
		set_string(object, "function", party->func);
	if (party->comm[0]) {
		set_string(object, "comm", party->comm);
		set_number(object, "pid", party->pid);
		set_number(object, "tid", party->tid);
	}
	if (party->stack[0])
		set_string(object, "stack", party->stack);
	return object;
}

static void set_error(json_t *object, u64 err)
{
	if (err >= CLOCK_ERR_UNKNOWN || err == UINT32_MAX)
		json_object_set_new(object, "error_ns", json_null());
	else
		set_number(object, "error_ns", err);
}

static json_t *steps(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_steps; i++) {
		json_t *step = json_object();

		set_number(step, "system_ns", finding->steps[i].ns);
		set_error(step, finding->steps[i].err);
		set_number(step, "domid", finding->steps[i].domid);
		set_string(step, "text", finding->steps[i].text);
		if (finding->steps[i].key)
			json_object_set_new(step, "key", json_true());
		json_array_append_new(array, step);
	}
	return array;
}

static json_t *evidence(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_evidence; i++) {
		json_t *item = json_object();

		set_string(item, "rule", finding->evidence[i].rule);
		set_string(item, "text", finding->evidence[i].text);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *ranges(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_ranges; i++)
		json_array_append_new(array, json_pack("[i,i]", (int)finding->ranges[i].first,
						       (int)finding->ranges[i].last));
	return array;
}

static void write_line(FILE *out, json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (line)
		fprintf(out, "%s\n", line);
	free(line);
	json_decref(object);
}

static json_t *outcome(const struct finding *finding)
{
	json_t *object = json_object();

	set_string(object, "state", outcome__name(finding->outcome));
	if (finding->outcome_text[0])
		set_string(object, "text", finding->outcome_text);
	return object;
}

static json_t *finding_blind(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_blind; i++)
		json_array_append_new(array, json_string(finding->blind[i]));
	return array;
}

static void json_finding(FILE *out, const struct finding *finding, const struct summary *summary)
{
	json_t *object = json_object();

	set_string(object, "type", "finding");
	set_number(object, "schema", SCHEMA);
	set_string(object, "class", class__id(finding->class));
	set_string(object, "certainty", certainty__name(finding->certainty));
	set_string(object, "severity", severity__name(class__severity(finding->class)));
	set_string(object, "title", class__title(finding->class));
	set_string(object, "fingerprint", finding->fingerprint);
	set_number(object, "id", finding->id);
	set_number(object, "count", finding->count);
	set_number(object, "granter", finding->granter);
	set_number(object, "ref", finding->ref);
	json_object_set_new(object, "refs", ranges(finding));
	set_number(object, "generation", finding->generation);
	set_number(object, "told_generation", finding->told_generation);
	set_number(object, "mapper", finding->mapper);
	set_number(object, "system_ns", finding->when);
	set_error(object, finding->when_err);
	if (finding->killed)
		set_string(object, "cause", "killed");
	json_object_set_new(object, "map_by", party(&finding->map_by));
	json_object_set_new(object, "owner", party(&finding->owner));
	json_object_set_new(object, "previous_owner", party(&finding->previous_owner));
	json_object_set_new(object, "history", steps(finding));
	json_object_set_new(object, "evidence", evidence(finding));
	json_object_set_new(object, "outcome", outcome(finding));
	json_object_set_new(object, "blind", finding_blind(finding));
	write_line(out, object);
}

static json_t *side(const struct summary_side *side)
{
	json_t *object = json_object();

	set_number(object, "domid", side->domid);
	set_string(object, "role", side->role);
	set_string(object, "guest_type", side->guest_type);
	set_string(object, "kernel", side->kernel);
	set_string(object, "xen", side->xen);
	set_string(object, "tier", side->tier);
	set_number(object, "events", side->events);
	set_number(object, "operations", side->ops);
	set_number(object, "lost", side->lost);
	if (side->clock_err >= CLOCK_ERR_UNKNOWN)
		json_object_set_new(object, "clock_error_ns", json_null());
	else
		set_number(object, "clock_error_ns", side->clock_err);
	return object;
}

static json_t *counts(const struct summary_count *count, u32 nr)
{
	json_t *object = json_object();
	u32 i;

	for (i = 0; i < nr; i++)
		set_number(object, count[i].why, count[i].nr);
	return object;
}

static json_t *peers(const struct summary_trace *trace)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < trace->nr_peers; i++) {
		const struct summary_peer *peer = &trace->peer[i];
		json_t *object = json_object();

		set_number(object, "mapper", peer->mapper);
		set_number(object, "granter", peer->granter);
		set_number(object, "maps", peer->maps);
		set_number(object, "unmaps", peer->unmaps);
		set_number(object, "first_ns", peer->first);
		set_number(object, "last_ns", peer->last);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *trace(const struct summary_trace *trace)
{
	json_t *object = json_object();

	set_number(object, "records", trace->records);
	set_number(object, "lost", trace->lost);
	set_number(object, "maps", trace->maps);
	set_number(object, "unmaps", trace->unmaps);
	set_number(object, "operations", trace->ops);
	set_number(object, "paired", trace->paired);
	json_object_set_new(object, "operations_left", counts(trace->ops_left, trace->nr_ops_left));
	json_object_set_new(object, "records_left",
			    counts(trace->records_left, trace->nr_records_left));
	json_object_set_new(object, "no_agent", peers(trace));
	if (trace->clock_err >= CLOCK_ERR_UNKNOWN)
		json_object_set_new(object, "clock_error_ns", json_null());
	else
		set_number(object, "clock_error_ns", trace->clock_err);
	return object;
}

static void json_summary(FILE *out, const struct summary *summary)
{
	json_t *object = json_object(), *classes = json_object();
	json_t *blind = json_array(), *sides = json_array();
	u32 i;

	for (i = 0; i < CLASS_MAX; i++)
		if (summary->by_class[i])
			set_number(classes, class__id(i), summary->by_class[i]);
	for (i = 0; i < summary->nr_blind; i++)
		json_array_append_new(blind, json_string(summary->blind[i]));
	for (i = 0; i < summary->nr_sides; i++)
		json_array_append_new(sides, side(&summary->side[i]));
	set_string(object, "type", "summary");
	set_number(object, "schema", SCHEMA);
	set_number(object, "events", summary->events);
	set_number(object, "operations", summary->ops);
	set_number(object, "lost", summary->lost);
	json_object_set_new(object, "findings", classes);
	set_number(object, "dropped", summary->dropped);
	json_object_set_new(object, "domains", sides);
	if (summary->trace.present)
		json_object_set_new(object, "trace", trace(&summary->trace));
	json_object_set_new(object, "blind", blind);
	set_number(object, "exit", (u64)summary->exit_status);
	write_line(out, object);
}

const struct renderer json_renderer = {
	.name = "json",
	.finding = json_finding,
	.summary = json_summary,
};
