// SPDX-License-Identifier: GPL-2.0
/* NDJSON, schema 1 (docs/json-schema.md): one object a line, keys in a fixed order. */
#include <jansson.h>
#include <string.h>

#include "known/bugs.h"
#include "known/messages.h"
#include "model/wall.h"
#include "renderers/advice.h"
#include "util/escape.h"
#include "renderers/renderer.h"
#include "renderers/running_version.h"
#include "util/json_line.h"

/* Sets a fact that may be missing: the key is left out then. */
static void set_fact(json_t *object, const char *key, const char *value)
{
	if (value[0])
		json__set_string(object, key, value);
}

static json_t *party(const struct party *party)
{
	json_t *object;

	if (!party->known)
		return json_null();
	object = json_object();
	json__set_string(object, "kind", kind__name(party->kind));
	json__set_number(object, "domid", party->domid);
	if (party->func[0])
		json__set_string(object, "function", party->func);
	if (party->comm[0]) {
		json__set_string(object, "comm", party->comm);
		json__set_number(object, "pid", party->pid);
		json__set_number(object, "tid", party->tid);
		if (party->thread[0])
			json__set_string(object, "thread", party->thread);
	}
	if (party->stack[0])
		json__set_string(object, "stack", party->stack);
	return object;
}

static void set_error(json_t *object, u64 err)
{
	if (err >= CLOCK_ERR_UNKNOWN || err == UINT32_MAX)
		json_object_set_new(object, "error_ns", json_null());
	else
		json__set_number(object, "error_ns", err);
}

static json_t *steps(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_steps; i++) {
		json_t *step = json_object();

		json__set_number(step, "system_ns", finding->steps[i].ns);
		set_error(step, finding->steps[i].err);
		json__set_number(step, "domid", finding->steps[i].domid);
		json__set_string(step, "step", step_type__name(finding->steps[i].type));
		if (finding->steps[i].kind != KIND_UNKNOWN)
			json__set_string(step, "by", kind__name(finding->steps[i].kind));
		set_fact(step, "comm", finding->steps[i].comm);
		json__set_string(step, "text", finding->steps[i].text);
		if (finding->steps[i].key)
			json__set_bool(step, "key", true);
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

		json__set_string(item, "rule", finding->evidence[i].rule);
		json__set_string(item, "text", finding->evidence[i].text);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *ranges(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_ranges; i++)
		json__append_range(array, finding->ranges[i].first, finding->ranges[i].last);
	return array;
}

static json_t *outcome(const struct finding *finding)
{
	json_t *object = json_object();

	json__set_string(object, "state", outcome__name(finding->outcome));
	if (finding->outcome_text[0])
		json__set_string(object, "text", finding->outcome_text);
	return object;
}

static json_t *finding_blind(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_blind; i++)
		json__append_string(array, finding->blind[i]);
	return array;
}

/* --- known bugs --- */

static json_t *fix(const struct bug *bug, const struct report *report,
		   const struct finding *finding)
{
	static const char *const states[] = {[FIX_NONE] = "none",
					     [FIX_IN] = "in",
					     [FIX_MISSING] = "missing",
					     [FIX_UNKNOWN] = "unknown"};
	struct running_version version;
	json_t *object = json_object();
	char first[32] = "", run[32], versions[160];
	enum fix_state state = bug->fixed ? FIX_UNKNOWN : FIX_NONE;

	if (running_version__of(report->summary, finding, bug, &version)) {
		state = bug__fixed(bug, version.release, version.build, first, sizeof(first));
		json__set_string(object, "running",
				 kernel__version(version.release, version.build, run, sizeof(run)));
	}
	json__set_string(object, "state", states[state]);
	set_fact(object, "first_fixed", first);
	set_fact(object, "fixed_in", bug__versions(bug, versions, sizeof(versions)));
	return object;
}

static json_t *known(const struct finding *finding, const struct report *report)
{
	const char *ids = finding->message ? finding->message->bugs : advice__of(finding)->bugs;
	json_t *array = json_array();

	for (; ids && *ids; ids += strcspn(ids, " "), ids += strspn(ids, " ")) {
		const struct bug *bug = bug__find(ids);
		json_t *object;

		if (!bug || !bug__may_be(bug, finding))
			continue;
		object = json_object();
		json__set_string(object, "id", bug->id);
		json__set_string(object, "name", bug->name);
		json_object_set_new(object, "fix", fix(bug, report, finding));
		json__set_string(object, "refs", bug->refs);
		json_array_append_new(array, object);
	}
	return array;
}

static void set_time(json_t *object, const char *key, u64 wall)
{
	char text[WALL_TEXT];

	set_fact(object, key, wall__text(wall, text, sizeof(text)));
}

/* The domains' logs, and the time in them, which belong to @finding. */
static json_t *logs(const struct finding *finding)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < finding->nr_logs; i++) {
		json_t *window = json_object();

		json__set_number(window, "domid", finding->logs[i].domid);
		set_time(window, "since", finding->logs[i].since);
		set_time(window, "until", finding->logs[i].until);
		json_array_append_new(array, window);
	}
	return array;
}

/* Of an incident in a log. */
static void set_log(json_t *object, const struct finding *finding)
{
	json_t *messages = json_array();
	u32 i;

	json__set_string(object, "message", finding->message->id);
	for (i = 0; i < finding->nr_messages; i++)
		json__append_string(messages, finding->messages[i]->id);
	json_object_set_new(object, "messages", messages);
	set_fact(object, "device", finding->device);
	set_fact(object, "first_time", finding->when_text);
	set_fact(object, "last_time", finding->last_text);
}

/* Sets the domain which @domid serves as a stub domain. */
static void set_target(json_t *object, const char *key, const struct report *report, u16 domid)
{
	const struct summary_stub *stub = summary__stub(report->summary, domid);

	if (stub)
		json__set_number(object, key, stub->target);
}

static void json_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	struct json_line line;
	json_t *object;

	json_line__begin(&line, out, "finding");
	object = line.object;
	json__set_string(object, "class", class__id(finding->class));
	json__set_string(object, "certainty", certainty__name(finding->certainty));
	json__set_string(object, "severity", severity__name(class__severity(finding->class)));
	json__set_string(object, "title", class__title(finding->class));
	json__set_string(object, "fingerprint", finding->fingerprint);
	json__set_number(object, "id", finding->id);
	json__set_number(object, "count", finding->count);
	json__set_known(object, "granter", finding->granter, DOMID_UNKNOWN);
	json__set_known(object, "ref", finding->ref, NO_REF);
	json_object_set_new(object, "refs", ranges(finding));
	json__set_number(object, "generation", finding->generation);
	json__set_number(object, "told_generation", finding->told_generation);
	json__set_known(object, "mapper", finding->mapper, DOMID_UNKNOWN);
	set_target(object, "granter_target", report, finding->granter);
	set_target(object, "mapper_target", report, finding->mapper);
	json__set_number(object, "system_ns", finding->when);
	set_error(object, finding->when_err);
	set_time(object, "time", finding->wall);
	if (finding->nr_logs)
		json_object_set_new(object, "logs", logs(finding));
	if (finding->killed)
		json__set_string(object, "cause", "killed");
	if (finding->unmapped_by.known)
		json__set_string(object, "cause", teardown__name(finding->teardown));
	if (finding->message)
		set_log(object, finding);
	json_object_set_new(object, "map_by", party(&finding->map_by));
	json_object_set_new(object, "owner", party(&finding->owner));
	json_object_set_new(object, "previous_owner", party(&finding->previous_owner));
	if (finding->unmapped_by.known)
		json_object_set_new(object, "unmapped_by", party(&finding->unmapped_by));
	json_object_set_new(object, "history", steps(finding));
	json_object_set_new(object, "evidence", evidence(finding));
	json_object_set_new(object, "outcome", outcome(finding));
	json_object_set_new(object, "blind", finding_blind(finding));
	json_object_set_new(object, "known", known(finding, report));
	json_line__end(&line);
}

static json_t *side(const struct summary_side *side)
{
	json_t *object = json_object();

	json__set_known(object, "domid", side->domid, DOMID_UNKNOWN);
	set_fact(object, "name", side->name);
	json__set_string(object, "role", side->role);
	json__set_string(object, "guest_type", side->guest_type);
	json__set_string(object, "kernel", side->kernel);
	set_fact(object, "kernel_build", side->kernel_build);
	set_fact(object, "kernel_from", side->kernel_from);
	set_fact(object, "os", side->os);
	json__set_string(object, "xen", side->xen);
	set_fact(object, "xen_build", side->xen_build);
	set_fact(object, "clocksource", side->clocksource);
	set_fact(object, "persistent_grants", side->persistent);
	json__set_string(object, "tier", side->tier);
	json__set_number(object, "events", side->events);
	json__set_number(object, "operations", side->ops);
	json__set_number(object, "lost", side->lost);
	if (side->clock_err >= CLOCK_ERR_UNKNOWN)
		json_object_set_new(object, "clock_error_ns", json_null());
	else
		json__set_number(object, "clock_error_ns", side->clock_err);
	set_time(object, "since", side->wall.since);
	set_time(object, "until", side->wall.until);
	if (side->wall.step)
		json_object_set_new(object, "wall_step_ns", json_integer(side->wall.step));
	return object;
}

static json_t *stubs(const struct summary *summary)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < summary->nr_stubs; i++) {
		json_t *object = json_object();

		json__set_number(object, "domid", summary->stub[i].domid);
		json__set_number(object, "target", summary->stub[i].target);
		set_fact(object, "target_name", summary->stub[i].name);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *compared(const struct summary *summary)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < summary->nr_compared; i++) {
		const struct summary_pair *pair = &summary->compared[i];
		json_t *object = json_object();

		json_object_set_new(object, "domids",
				    json_pack("[i,i]", (int)pair->a, (int)pair->b));
		json__set_number(object, "from_ns", pair->from);
		json__set_number(object, "to_ns", pair->to);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *counts(const struct summary_count *count, u32 nr)
{
	json_t *object = json_object();
	u32 i;

	for (i = 0; i < nr; i++)
		json__set_number(object, count[i].why, count[i].nr);
	return object;
}

static json_t *peers(const struct summary_trace *trace)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < trace->nr_peers; i++) {
		const struct summary_peer *peer = &trace->peer[i];
		json_t *object = json_object();

		json__set_number(object, "mapper", peer->mapper);
		json__set_number(object, "granter", peer->granter);
		json__set_number(object, "maps", peer->maps);
		json__set_number(object, "unmaps", peer->unmaps);
		json__set_number(object, "first_ns", peer->first);
		json__set_number(object, "last_ns", peer->last);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *trace(const struct summary_trace *trace)
{
	json_t *object = json_object();

	json__set_number(object, "records", trace->records);
	json__set_number(object, "lost", trace->lost);
	json__set_number(object, "maps", trace->maps);
	json__set_number(object, "unmaps", trace->unmaps);
	json__set_number(object, "operations", trace->ops);
	json__set_number(object, "paired", trace->paired);
	json__set_number(object, "named", trace->named);
	json_object_set_new(object, "operations_left", counts(trace->ops_left, trace->nr_ops_left));
	json_object_set_new(object, "records_left",
			    counts(trace->records_left, trace->nr_records_left));
	json_object_set_new(object, "no_agent", peers(trace));
	if (trace->clock_err >= CLOCK_ERR_UNKNOWN)
		json_object_set_new(object, "clock_error_ns", json_null());
	else
		json__set_number(object, "clock_error_ns", trace->clock_err);
	return object;
}

static void json_end(FILE *out, const struct report *report)
{
	const struct summary *summary = report->summary;
	json_t *classes = json_object(), *blind = json_array(), *sides = json_array();
	json_t *limits = json_array();
	struct json_line line;
	json_t *object;
	u32 i;

	for (i = 0; i < CLASS_MAX; i++)
		if (summary->by_class[i])
			json__set_number(classes, class__id(i), summary->by_class[i]);
	for (i = 0; i < summary->nr_blind; i++)
		json__append_string(blind, summary->blind[i]);
	for (i = 0; i < summary->nr_limits; i++)
		json__append_string(limits, summary->limits[i]);
	for (i = 0; i < summary->nr_sides; i++)
		json_array_append_new(sides, side(&summary->side[i]));
	json_line__begin(&line, out, "summary");
	object = line.object;
	json__set_number(object, "events", summary->events);
	json__set_number(object, "operations", summary->ops);
	json__set_number(object, "lost", summary->lost);
	json_object_set_new(object, "findings", classes);
	json__set_number(object, "dropped", summary->dropped);
	json_object_set_new(object, "domains", sides);
	if (summary->nr_stubs)
		json_object_set_new(object, "stub_domains", stubs(summary));
	json_object_set_new(object, "compared", compared(summary));
	if (summary->trace.present)
		json_object_set_new(object, "trace", trace(&summary->trace));
	json_object_set_new(object, "blind", blind);
	if (summary->more_blind)
		json__set_number(object, "more_blind", summary->more_blind);
	json_object_set_new(object, "limits", limits);
	json__set_number(object, "exit", (u64)summary->exit_status);
	json_line__end(&line);
}

const struct renderer json_renderer = {
	.finding = json_finding,
	.end = json_end,
};
