// SPDX-License-Identifier: GPL-2.0
/* Alerts: findings as they are made. */
#include "util/json_line.h"
#include "util/log.h"
#include "watch/watch.h"

/* Sets the domain which @domid serves as a stub domain. */
static void set_target(json_t *object, const char *key, const struct watch *watch, u16 domid)
{
	u16 target = merge__target(&watch->pipeline->merge, domid);

	if (target != DOMID_UNKNOWN)
		json__set_number(object, key, target);
}

static void print_json(struct watch *watch, const struct finding *finding, const char *lag)
{
	char time[WALL_TEXT];
	struct json_line line;

	json_line__begin(&line, watch->out, "alert");
	json__set_number(line.object, "finding", finding->id);
	json__set_string(line.object, "class", class__id(finding->class));
	json__set_string(line.object, "certainty", certainty__name(finding->certainty));
	json__set_known(line.object, "granter", finding->granter, DOMID_UNKNOWN);
	json__set_known(line.object, "ref", finding->ref, NO_REF);
	json__set_known(line.object, "mapper", finding->mapper, DOMID_UNKNOWN);
	set_target(line.object, "granter_target", watch, finding->granter);
	set_target(line.object, "mapper_target", watch, finding->mapper);
	json__set_string(line.object, "outcome", outcome__name(finding->outcome));
	if (*pipeline__wall_text(watch->pipeline, finding, time, sizeof(time)))
		json__set_string(line.object, "time", time);
	if (lag[0])
		json_line__real(&line, "lag_ms", "%s", lag);
	json_line__end(&line);
}

/* Prints what is new about a finding: all of it at first, changes later. The end has the rest. */
static void show_alert(struct watch *watch, struct finding *finding)
{
	char lag[48] = "";
	u64 ns = 0;
	bool local =
		watch->local >= 0 &&
		pipeline__source_state(watch->pipeline, (u32)watch->local).domid == finding->mapper;

	if (local && finding->when_mono && !finding->told && now_mono() > finding->when_mono) {
		ns = now_mono() - finding->when_mono;
		snprintf(lag, sizeof(lag), "%.3f", (double)ns / NSEC_PER_MSEC);
		watch__explain_lag(watch, finding, ns);
	}
	if (watch->renderer == &json_renderer) {
		print_json(watch, finding, lag);
	} else if (watch->renderer != &text_renderer) {
		/*
		 * For formats of whole files: stdout gets the report at the end and nothing else.
		 */
		pr_info("finding %u (%s, d%u ref %u): %s, outcome %s", finding->id,
			class__id(finding->class), finding->granter, finding->ref,
			certainty__name(finding->certainty), outcome__name(finding->outcome));
	} else if (!finding->told) {
		fprintf(watch->out, "ALERT finding %u%s%s%s:\n", finding->id, lag[0] ? ", " : "",
			lag, lag[0] ? " ms after the map" : "");
		pipeline__show(watch->pipeline, watch->renderer, watch->out, finding,
			       &watch->cfg->report);
		finding->shown = finding->revision;
	} else {
		fprintf(watch->out, "ALERT finding %u (%s, d%u ref %u): %s, outcome %s: %s\n",
			finding->id, class__id(finding->class), finding->granter, finding->ref,
			certainty__name(finding->certainty), outcome__name(finding->outcome),
			finding->outcome_text);
	}
	finding->told = finding->revision;
}

void watch__show_alerts(struct watch *watch)
{
	struct findings *findings = rules__findings(watch->pipeline->rules);
	u32 i;

	for (i = 0; i < findings->nr; i++)
		if (!findings->item[i]->gone &&
		    class__severity(findings->item[i]->class) != SEVERITY_INFO &&
		    findings->item[i]->revision != findings->item[i]->told)
			show_alert(watch, findings->item[i]);
	fflush(watch->out);
}
