// SPDX-License-Identifier: GPL-2.0
/* The machines of a report, and known bugs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "known/bugs.h"
#include "known/programs.h"
#include "known/messages.h"
#include "model/wall.h"
#include "renderers/advice.h"
#include "renderers/document_internal.h"
#include "renderers/running_version.h"
#include "rules/log_event.h"

static const char *or_unknown(const char *text)
{
	return text[0] ? text : "unknown";
}

static const char *clock_text(const struct summary_side *side, char *buf, size_t size)
{
	if (side->clock_err >= CLOCK_ERR_UNKNOWN)
		snprintf(buf, size, "clock not calibrated");
	else
		snprintf(buf, size, "clock ± %.3f ms at most", (double)side->clock_err / 1e6);
	return buf;
}

/* Writes the known details, as " (a, b)". */
static const char *kernel_details(const struct summary_side *side, char *buf, size_t size)
{
	const char *details[] = {side->kernel_build, side->os, side->kernel_from};
	size_t i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(details); i++)
		if (details[i][0] && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : " (",
					      details[i]);
	if (n && n + 1 < size)
		strcpy(buf + n, ")");
	return buf;
}

static const char *domain_label(u16 domid, char *buf, size_t size)
{
	if (domid == DOMID_UNKNOWN)
		snprintf(buf, size, "a domain");
	else
		snprintf(buf, size, "d%u", domid);
	return buf;
}

void doc__add_side(struct doc *doc, const struct summary_side *side)
{
	char label[16], name[80] = "", clock[64], details[240];

	if (!strcmp(side->role, "log")) {
		if (side->kernel[0] || !side->xen[0] || side->domid != DOMID_UNKNOWN)
			doc__add(doc, DOC_ITEM, domain_label(side->domid, label, sizeof(label)),
				 "from a log: Linux %s%s", or_unknown(side->kernel),
				 kernel_details(side, details, sizeof(details)));
		return;
	}
	domain_label(side->domid, label, sizeof(label));
	if (side->name[0])
		snprintf(name, sizeof(name), "'%s', ", side->name);
	doc__add(doc, DOC_ITEM, label,
		 "%s%s%s%s, Linux %s%s, tier %s, %" PRIu64 " events, %" PRIu64 " lost, %s", name,
		 or_unknown(side->role), side->guest_type[0] ? " " : "", side->guest_type,
		 or_unknown(side->kernel), kernel_details(side, details, sizeof(details)),
		 or_unknown(side->tier), side->events, side->lost,
		 clock_text(side, clock, sizeof(clock)));
}

static bool is_named_before(const struct summary *summary, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(summary->side[i].xen, summary->side[nr].xen))
			return true;
	return false;
}

void doc__add_xen(struct doc *doc, const struct summary *summary)
{
	u32 i;

	for (i = 0; i < summary->nr_sides; i++) {
		const struct summary_side *side = &summary->side[i];

		if (!side->xen[0] || is_named_before(summary, i))
			continue;
		doc__add(doc, DOC_ITEM, "Xen", "%s%s%s%s", side->xen,
			 side->xen_build[0] ? " (" : "", side->xen_build,
			 side->xen_build[0] ? ")" : "");
	}
}

/* Number of versions of Xen in logs and captures. */
static u32 count_xen(const struct summary *summary)
{
	u32 i, nr = 0;

	for (i = 0; i < summary->nr_sides; i++)
		nr += summary->side[i].xen[0] && !is_named_before(summary, i);
	return nr;
}

/* Adds the wall clock of the report's times, and clocks that were set meanwhile. */
void doc__add_wall(struct doc *doc, const struct summary *summary)
{
	char since[WALL_TEXT], until[WALL_TEXT];
	bool said = false;
	u32 i;

	for (i = 0; i < summary->nr_sides; i++) {
		const struct summary_wall *wall = &summary->side[i].wall;

		if (!wall->since)
			continue;
		if (!said)
			doc__add(doc, DOC_ITEM, "wall clock",
				 "d%u's, recorded from %s to %s; only shown, as it can be set",
				 summary->side[i].domid,
				 wall__text(wall->since, since, sizeof(since)),
				 wall__text(wall->until, until, sizeof(until)));
		said = true;
		if (wall->step)
			doc__add(doc, DOC_ITEM, "wall clock",
				 "d%u's was set %s by %.3f s between %.3f s and %.3f s of Xen "
				 "system time",
				 summary->side[i].domid, wall->step < 0 ? "back" : "forward",
				 (double)(wall->step < 0 ? -wall->step : wall->step) / 1e9,
				 (double)wall->step_from / 1e9, (double)wall->step_to / 1e9);
	}
}

void doc__add_compared(struct doc *doc, const struct summary *summary)
{
	u32 i;

	for (i = 0; i < summary->nr_compared; i++) {
		const struct summary_pair *pair = &summary->compared[i];

		doc__add(doc, DOC_ITEM, "compared",
			 "d%u and d%u, recorded both from %.3f s to %.3f s (%.3f s)", pair->a,
			 pair->b, (double)pair->from / 1e9, (double)pair->to / 1e9,
			 (double)(pair->to - pair->from) / 1e9);
	}
}

static void add_domain(struct doc *doc, const struct summary *summary, u16 domid)
{
	const struct summary_side *side = summary__side(summary, domid);
	char label[16];

	if (!side && domid == DOMID_UNKNOWN)
		return;
	domain_label(domid, label, sizeof(label));
	if (side)
		doc__add_side(doc, side);
	else
		doc__add(doc, DOC_ITEM, label, "not recorded: kernel, version and events unknown");
	if (side && side->persistent[0])
		doc__add(doc, DOC_ITEM, "persistent grants", "%s: %s", label, side->persistent);
}

/* Returns the first finding of @report with the same domains and log as @finding. */
static const struct finding *first_of_system(const struct report *report,
					     const struct finding *finding)
{
	u32 i;

	for (i = 0; i < report->nr; i++) {
		const struct finding *other = report->findings[i];

		if (other->granter == finding->granter && other->mapper == finding->mapper &&
		    other->stretch == finding->stretch)
			return other;
	}
	return finding;
}

/* The hint for program @nr of @finding. */
static const char *hint_of(const struct finding *finding, u32 nr)
{
	const char *comms[] = {finding->map_by.comm, finding->owner.comm,
			       finding->previous_owner.comm};

	return nr < ARRAY_SIZE(comms) && comms[nr][0] ? program__protocol(comms[nr]) : NULL;
}

#define FINDING_PROGRAMS 3u

/* Whether @hint is of a finding before @finding, or of a program before number @nr of it. */
static bool is_hint_said(const struct report *report, const struct finding *finding, u32 nr,
			 const char *hint)
{
	u32 i, j;

	for (j = 0; j < nr; j++)
		if (hint_of(finding, j) == hint)
			return true;
	for (i = 0; i < report->nr && report->findings[i] != finding; i++)
		for (j = 0; j < FINDING_PROGRAMS; j++)
			if (hint_of(report->findings[i], j) == hint)
				return true;
	return false;
}

static void add_protocols(struct doc *doc, const struct report *report,
			  const struct finding *finding)
{
	u32 i;

	for (i = 0; i < FINDING_PROGRAMS; i++) {
		const char *hint = hint_of(finding, i);

		if (hint && !is_hint_said(report, finding, i, hint))
			doc__add(doc, DOC_ITEM, "protocol", "%s", hint);
	}
}

/* Adds the kernel that printed a log's message, as far as the log has it. */
static void add_stretch(struct doc *doc, const struct finding *finding)
{
	const struct log_stretch *stretch = finding->stretch;
	char label[16];

	if (stretch->xen_log || finding->message->origin == ORIGIN_XEN)
		return;
	doc__add(doc, DOC_ITEM, domain_label(stretch->domid, label, sizeof(label)),
		 "wrote this log: Linux %s%s%s", or_unknown(stretch->kernel),
		 stretch->kernel_build[0] ? ", " : "", stretch->kernel_build);
}

static void add_recorded(struct doc *doc, const struct summary *summary, u16 domid)
{
	const struct summary_side *side = summary__side(summary, domid);

	if (side && strcmp(side->role, "log"))
		add_domain(doc, summary, domid);
}

static void add_domains(struct doc *doc, const struct summary *summary,
			const struct finding *finding)
{
	if (finding->stretch) {
		add_stretch(doc, finding);
		add_recorded(doc, summary, finding->granter);
		if (finding->mapper != finding->granter)
			add_recorded(doc, summary, finding->mapper);
	} else {
		add_domain(doc, summary, finding->granter);
		if (finding->mapper != finding->granter && finding->mapper != DOMID_UNKNOWN)
			add_domain(doc, summary, finding->mapper);
	}
	if (finding->stretch && finding->stretch->xen[0])
		doc__add(doc, DOC_ITEM, "Xen", "%s", finding->stretch->xen);
	else if (count_xen(summary) == 1)
		doc__add_xen(doc, summary);
}

/* Each system is described once, by the first finding in it. */
void doc__add_system(struct doc *doc, const struct report *report, const struct finding *finding)
{
	const u32 heading = doc->nr;

	doc__add(doc, DOC_SECTION, NULL, "system");
	if (first_of_system(report, finding) == finding)
		add_domains(doc, report->summary, finding);
	add_protocols(doc, report, finding);
	if (doc->nr == heading + 1)
		free(doc->part[--doc->nr].text);
}

/* --- Xen's trace --- */

static void add_trace_counts(struct doc *doc, const char *label, const struct summary_count *count,
			     u32 nr)
{
	char text[512] = "";
	size_t n = 0;
	u32 i;

	for (i = 0; i < nr && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %" PRIu64, i ? ", " : "",
				      count[i].why, count[i].nr);
	if (nr)
		doc__add(doc, DOC_ITEM, label, "%s", text);
}

void doc__add_trace(struct doc *doc, const struct summary_trace *trace)
{
	char clock[64] = "", named[64] = "";
	u32 i;

	if (!trace->present)
		return;
	if (trace->clock_err < CLOCK_ERR_UNKNOWN)
		snprintf(clock, sizeof(clock), ", clock ± %.3f ms at most",
			 (double)trace->clock_err / 1e6);
	if (trace->named)
		snprintf(named, sizeof(named), ", %" PRIu64 " named by Xen", trace->named);
	doc__add(doc, DOC_ITEM, "Xen's trace",
		 "%" PRIu64 " records, %" PRIu64 " lost, %" PRIu64 " maps and %" PRIu64
		 " unmaps; %" PRIu64 " of %" PRIu64 " operations paired%s%s",
		 trace->records, trace->lost, trace->maps, trace->unmaps, trace->paired, trace->ops,
		 named, clock);
	add_trace_counts(doc, "without a record", trace->ops_left, trace->nr_ops_left);
	add_trace_counts(doc, "without an operation", trace->records_left, trace->nr_records_left);
	for (i = 0; i < trace->nr_peers; i++)
		doc__add(doc, DOC_ITEM, "no probes",
			 "d%u maps pages of d%u: %" PRIu64 " maps, %" PRIu64
			 " unmaps from %.6f s to %.6f s",
			 trace->peer[i].mapper, trace->peer[i].granter, trace->peer[i].maps,
			 trace->peer[i].unmaps, (double)trace->peer[i].first / 1e9,
			 (double)trace->peer[i].last / 1e9);
}

/* --- known bugs --- */

static void add_fix_state(struct doc *doc, const struct summary *summary,
			  const struct finding *finding, const struct bug *bug)
{
	const char *what = bug->side == BUG_OF_XEN ? "Xen" : "Linux";
	char first[32] = "", run[32], who[32], versions[160];
	struct running_version version;
	enum fix_state state;

	bug__versions(bug, versions, sizeof(versions));
	if (!running_version__of(summary, finding, bug, &version)) {
		doc__add(doc, DOC_ITEM, bug->id, "fixed in %s %s; the version of %s is not known",
			 what, versions,
			 bug->side == BUG_OF_XEN      ? "this Xen"
			 : bug->side == BUG_OF_MAPPER ? "the kernel that maps"
						      : "the kernel that grants");
		return;
	}
	if (version.from_log)
		snprintf(who, sizeof(who), "this log's %s is",
			 bug->side == BUG_OF_XEN ? "Xen" : "kernel");
	else
		snprintf(who, sizeof(who), "d%u runs", version.domid);
	state = bug__fixed(bug, version.release, version.build, first, sizeof(first));
	kernel__version(version.release, version.build, run, sizeof(run));
	if (state == FIX_MISSING)
		doc__add(doc, DOC_ITEM, bug->id,
			 "fixed in %s, %s %s (unless its distribution has backported the fix)",
			 first, who, run);
	else if (state == FIX_IN)
		doc__add(doc, DOC_ITEM, bug->id, "%s %s, which has the fix (in %s %s)", who, run,
			 what, versions);
	else
		doc__add(doc, DOC_ITEM, bug->id,
			 "fixed in %s %s; %s %s (%s), which does not tell whether it has the fix",
			 what, versions, who, run, version.release);
}

static void add_bug(struct doc *doc, const struct summary *summary, const struct finding *finding,
		    const struct bug *bug)
{
	doc__add(doc, DOC_ITEM, bug->id, "%s", bug->name);
	if (bug->fixed)
		add_fix_state(doc, summary, finding, bug);
	if (bug->fix)
		doc__add(doc, DOC_ITEM, bug->id, "%s: %s", bug->fixed ? "the fix" : "workaround",
			 bug->fix);
	else if (!bug->fixed)
		doc__add(doc, DOC_ITEM, bug->id, "no fix is known");
	doc__add(doc, DOC_ITEM, bug->id, "%s", bug->refs);
	doc->part[doc->nr - 1].ours = true;
}

/* Whether the version of the side with the bug is known to have the fix. */
static bool is_fixed(const struct summary *summary, const struct finding *finding,
		     const struct bug *bug)
{
	struct running_version version;
	char first[32];

	return bug->fixed && running_version__of(summary, finding, bug, &version) &&
	       bug__fixed(bug, version.release, version.build, first, sizeof(first)) == FIX_IN;
}

/* Whether @bug is one of @ids. */
static bool is_among(const struct bug *bug, const char *ids)
{
	for (; ids && *ids; ids += strcspn(ids, " "), ids += strspn(ids, " "))
		if (bug__find(ids) == bug)
			return true;
	return false;
}

/* Whether an earlier finding in the same system has described @bug. */
static bool is_described(const struct report *report, const struct finding *finding,
			 const struct bug *bug)
{
	u32 i;

	for (i = 0; i < report->nr && report->findings[i] != finding; i++) {
		const struct finding *other = report->findings[i];
		const char *ids = other->message ? other->message->bugs : advice__of(other)->bugs;

		if (other->granter == finding->granter && other->mapper == finding->mapper &&
		    other->stretch == finding->stretch && bug__may_be(bug, other) &&
		    is_among(bug, ids))
			return true;
	}
	return false;
}

/* Bugs that are fixed in these versions come last. */
void doc__add_known(struct doc *doc, const struct report *report, const struct finding *finding,
		    const char *ids)
{
	const struct summary *summary = report->summary;
	bool headed = false;
	const char *id;
	int fixed;

	for (fixed = 0; fixed < 2; fixed++)
		for (id = ids; id && *id; id += strcspn(id, " "), id += strspn(id, " ")) {
			const struct bug *bug = bug__find(id);

			if (!bug || !bug__may_be(bug, finding) ||
			    is_fixed(summary, finding, bug) != fixed)
				continue;
			if (!headed)
				doc__add(doc, DOC_LONG, NULL, "known bugs that look like this");
			headed = true;
			if (is_described(report, finding, bug))
				doc__add(doc, DOC_ITEM, bug->id, "%s (described above)", bug->name);
			else
				add_bug(doc, summary, finding, bug);
		}
}
