// SPDX-License-Identifier: GPL-2.0
/* Reports for people: after KCSAN's grammar, a title that can be an issue's title, then each side. */
#include <inttypes.h>
#include <string.h>

#include "renderers/renderer.h"

static const char rule[] = "==================================================================";

static void print_time(FILE *out, u64 ns, u64 err)
{
	fprintf(out, "%.6f s", (double)ns / 1e9);
	if (err >= CLOCK_ERR_UNKNOWN || err == UINT32_MAX)
		fprintf(out, " (own clock)");
	else
		fprintf(out, " ± %.3f ms", (double)err / 1e6);
}

static void print_frames(FILE *out, const char *frames)
{
	const char *pos = frames;

	while (*pos) {
		size_t len;

		pos += strspn(pos, "; ");
		len = strcspn(pos, ";");
		if (len)
			fprintf(out, "    %.*s\n", (int)len, pos);
		pos += len;
	}
}

static void print_party(FILE *out, const char *what, const struct party *party, u32 generation)
{
	char name[96];

	if (!party->known)
		return;
	fprintf(out, "\n%s: %s in d%u", what, party__name(party, name, sizeof(name)), party->domid);
	if (generation)
		fprintf(out, ", generation %u", generation);
	fprintf(out, "\n");
	print_frames(out, party->stack);
}

static void print_refs(FILE *out, const struct finding *finding)
{
	u32 i;

	fprintf(out, "refs: ");
	for (i = 0; i < finding->nr_ranges; i++) {
		if (finding->ranges[i].first == finding->ranges[i].last)
			fprintf(out, "%s%u", i ? ", " : "", finding->ranges[i].first);
		else
			fprintf(out, "%s%u-%u", i ? ", " : "", finding->ranges[i].first,
				finding->ranges[i].last);
	}
	if (finding->more_refs)
		fprintf(out, ", and %" PRIu64 " more", finding->more_refs);
	fprintf(out, "\n");
}

static void print_title(FILE *out, const struct finding *finding)
{
	char map_by[96], other[96];
	const struct party *owner = finding->owner.known ? &finding->owner : &finding->previous_owner;

	fprintf(out, "%s: grantwatch: %s: ",
		class__severity(finding->class) == SEVERITY_INFO ? "INFO" : "BUG",
		class__id(finding->class));
	if (finding->map_by.known)
		fprintf(out, "%s in d%u", party__name(&finding->map_by, map_by, sizeof(map_by)),
			finding->mapper);
	else
		fprintf(out, "d%u", finding->mapper);
	fprintf(out, " / %s in d%u\n", party__name(owner, other, sizeof(other)), finding->granter);
}

static void print_head(FILE *out, const struct finding *finding)
{
	fprintf(out, "%s, certainty %s, severity %s%s\n", class__title(finding->class),
		certainty__name(finding->certainty),
		severity__name(class__severity(finding->class)),
		finding->killed ? ", cause killed (the task was exiting)" : "");
	fprintf(out, "\nref %u (0x%x) granted by d%u to d%u", finding->ref, finding->ref,
		finding->granter, finding->mapper);
	if (finding->generation)
		fprintf(out, ", generation %u", finding->generation);
	if (finding->told_generation && finding->told_generation != finding->generation)
		fprintf(out, "; the mapper was told of generation %u", finding->told_generation);
	fprintf(out, ", at ");
	print_time(out, finding->when, finding->when_err);
	fprintf(out, "\n");
	if (finding->count > 1) {
		fprintf(out, "seen %" PRIu64 " times, ", finding->count);
		print_refs(out, finding);
	}
}

static void print_steps(FILE *out, const struct finding *finding)
{
	u32 i;

	fprintf(out, "\nhistory of ref %u (Xen system time):\n", finding->ref);
	for (i = 0; i < finding->nr_steps; i++) {
		const struct step *step = &finding->steps[i];

		fprintf(out, "%c %14.6f s", step->key ? '>' : ' ', (double)step->ns / 1e9);
		if (step->err < CLOCK_ERR_UNKNOWN)
			fprintf(out, " ± %7.3f ms", (double)step->err / 1e6);
		fprintf(out, "  d%-3u %s\n", step->domid, step->text);
	}
}

static void text_finding(FILE *out, const struct finding *finding, const struct summary *summary)
{
	u32 i;

	fprintf(out, "%s\n", rule);
	print_title(out, finding);
	print_head(out, finding);
	print_party(out, "map by", &finding->map_by, 0);
	print_party(out, "owner", &finding->owner, finding->generation);
	print_party(out, "previous owner", &finding->previous_owner, finding->told_generation);
	print_steps(out, finding);
	fprintf(out, "\nevidence:\n");
	for (i = 0; i < finding->nr_evidence; i++)
		fprintf(out, "  %s: %s\n", finding->evidence[i].rule, finding->evidence[i].text);
	if (finding->outcome != OUTCOME_NONE)
		fprintf(out, "outcome: %s: %s\n", outcome__name(finding->outcome),
			finding->outcome_text);
	if (!finding->nr_blind)
		fprintf(out, "not seen: nothing that could change this verdict\n");
	for (i = 0; i < finding->nr_blind; i++)
		fprintf(out, "not seen: %s\n", finding->blind[i]);
	fprintf(out, "fingerprint: %s\n%s\n", finding->fingerprint, rule);
}

static void print_side(FILE *out, const struct summary_side *side)
{
	fprintf(out, "  d%u: %s%s%s, Linux %s, tier %s, %" PRIu64 " events, %" PRIu64 " lost, clock ",
		side->domid, side->role, side->guest_type[0] ? " " : "", side->guest_type,
		side->kernel[0] ? side->kernel : "unknown", side->tier[0] ? side->tier : "unknown",
		side->events, side->lost);
	if (side->clock_err >= CLOCK_ERR_UNKNOWN)
		fprintf(out, "not calibrated\n");
	else
		fprintf(out, "± %.3f ms at most\n", (double)side->clock_err / 1e6);
}

static void print_counts(FILE *out, const char *what, const struct summary_count *count, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		fprintf(out, "%s%s %" PRIu64, i ? ", " : what, count[i].why, count[i].nr);
	if (nr)
		fprintf(out, "\n");
}

static void print_trace(FILE *out, const struct summary_trace *trace)
{
	u32 i;

	if (!trace->present)
		return;
	fprintf(out,
		"  Xen's trace: %" PRIu64 " records, %" PRIu64 " lost, %" PRIu64 " maps and %" PRIu64
		" unmaps; %" PRIu64 " of %" PRIu64 " operations paired",
		trace->records, trace->lost, trace->maps, trace->unmaps, trace->paired, trace->ops);
	if (trace->clock_err < CLOCK_ERR_UNKNOWN)
		fprintf(out, ", clock ± %.3f ms at most", (double)trace->clock_err / 1e6);
	fprintf(out, "\n");
	print_counts(out, "    operations without a record: ", trace->ops_left, trace->nr_ops_left);
	print_counts(out, "    records without an operation: ", trace->records_left,
		     trace->nr_records_left);
	for (i = 0; i < trace->nr_peers; i++)
		fprintf(out,
			"    d%u, which has no probes, maps pages of d%u: %" PRIu64 " maps, %" PRIu64
			" unmaps from %.6f s to %.6f s\n",
			trace->peer[i].mapper, trace->peer[i].granter, trace->peer[i].maps,
			trace->peer[i].unmaps, (double)trace->peer[i].first / 1e9,
			(double)trace->peer[i].last / 1e9);
}

static void text_summary(FILE *out, const struct summary *summary)
{
	u64 total = 0;
	u32 i;

	for (i = 0; i < CLASS_MAX; i++)
		total += summary->by_class[i];
	fprintf(out, "%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " finding%s", summary->events,
		summary->lost, total, total == 1 ? "" : "s");
	for (i = 0; i < CLASS_MAX; i++)
		if (summary->by_class[i])
			fprintf(out, ", %s %" PRIu64, class__id(i), summary->by_class[i]);
	fprintf(out, "\n");
	for (i = 0; i < summary->nr_sides; i++)
		print_side(out, &summary->side[i]);
	for (i = 0; i < summary->nr_sides; i++)
		if (summary->side[i].xen[0]) {
			fprintf(out, "  Xen %s\n", summary->side[i].xen);
			break;
		}
	print_trace(out, &summary->trace);
	for (i = 0; i < summary->nr_blind; i++)
		fprintf(out, "blind: %s\n", summary->blind[i]);
}

const struct renderer text_renderer = {
	.name = "text",
	.finding = text_finding,
	.summary = text_summary,
};
