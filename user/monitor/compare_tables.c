// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "monitor/compare_tables.h"
#include "util/escape.h"
#include "util/json_line.h"

/*
 * Share of ends per grant below which blkfront uses persistent grants, which it rarely ends, and
 * above which it does not.
 */
#define PERSISTENT_ENDS 0.1
#define CHURNING_ENDS	0.5

static double per_second(u64 count, const struct rates_table *table)
{
	return table->seconds > 0 ? (double)count / table->seconds : 0;
}

static bool has_enough(const struct compare_line *line, u32 floor)
{
	/* A distance counts only if both runs have enough events for it. */
	if (line->compared == COMPARE_DISTANCE)
		return line->count[0] >= floor && line->count[1] >= floor;
	return line->count[0] >= floor || line->count[1] >= floor;
}

static enum change judge(const struct compare_line *line, u32 threshold, u32 floor)
{
	static const enum change changes[][2] = {
		/* it grew, it shrank */
		[COMPARE_CLASS] = {CHANGE_WORSE, CHANGE_BETTER},
		[COMPARE_WORK] = {CHANGE_MORE, CHANGE_LESS},
		[COMPARE_COST] = {CHANGE_WORSE, CHANGE_BETTER},
		[COMPARE_DISTANCE] = {CHANGE_BETTER, CHANGE_WORSE},
	};
	double more = 1 + threshold / 100.0;

	/* The first finding of a class has no rate to compare with, and is reported. */
	if (line->compared == COMPARE_CLASS && !line->count[0] && line->count[1])
		return CHANGE_WORSE;
	if (!has_enough(line, floor))
		return CHANGE_FEW;
	if (line->overlap)
		return CHANGE_NONE;
	if (line->after > line->before * more)
		return changes[line->compared][0];
	return line->before > line->after * more ? changes[line->compared][1] : CHANGE_NONE;
}

static struct compare_line *add(struct comparison *comparison, const struct compare_line *from,
				u32 floor)
{
	struct compare_line *line;

	if (comparison->nr == COMPARE_LINES || (!from->count[0] && !from->count[1]))
		return NULL;
	line = &comparison->line[comparison->nr++];
	*line = *from;
	line->change = judge(line, comparison->threshold, floor);
	comparison->worse += line->change == CHANGE_WORSE;
	return line;
}

/* Findings that are no races are shown without a judgement. */
static void compare_findings(struct comparison *comparison, u32 floor)
{
	u32 i;

	for (i = 0; i < CLASS_MAX; i++) {
		struct compare_line line = {
			.count = {comparison->before->findings[i], comparison->after->findings[i]},
			.before = per_second(comparison->before->findings[i], comparison->before),
			.after = per_second(comparison->after->findings[i], comparison->after)};
		struct compare_line *added;

		snprintf(line.what, sizeof(line.what), "%s", class__id(i));
		added = add(comparison, &line, floor);
		if (added && class__severity(i) == SEVERITY_INFO && added->change == CHANGE_WORSE) {
			added->change = CHANGE_NONE;
			comparison->worse--;
		}
	}
}

/*
 * Returns the number of operations of @row to which the events @rate belong; 0 if @rate counts
 * work, not a cost.
 */
static u64 operations_of(const struct rates_row *row, enum rate rate)
{
	switch (rate) {
	case RATE_REFUSED:
	case RATE_DEFERRALS:
		return row->count[RATE_FREES] + row->count[RATE_REFUSED];
	case RATE_FAILED_MAPS:
		return row->count[RATE_MAPS] + row->count[RATE_FAILED_MAPS];
	default:
		return 0;
	}
}

static double percent(u64 part, u64 whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/*
 * Whether blkfront kept its grants. Those of a disk that is in use already when the recording
 * begins are not in the table, but each of its requests has ends which are refused by design.
 */
static bool keeps_grants(const struct rates_row *row, u32 floor)
{
	u64 kept = row->count[RATE_GRANTS] + row->count[RATE_REFUSED];

	return kept >= floor && (double)row->count[RATE_FREES] < PERSISTENT_ENDS * (double)kept;
}

/* Ends which persistent grants refuse are no failures of the frontend. */
static bool is_by_design(const struct rates_row *before, const struct rates_row *after,
			 enum rate rate, u32 floor)
{
	return before->kind == KIND_BLKFRONT && rate == RATE_REFUSED &&
	       (keeps_grants(before, floor) || keeps_grants(after, floor));
}

static void compare_rate(struct comparison *comparison, const struct rates_row *before,
			 const struct rates_row *after, enum rate rate, u32 floor)
{
	const u64 old_ops = operations_of(before, rate), new_ops = operations_of(after, rate);
	struct compare_line line = {.compared = COMPARE_WORK,
				    .count = {before->count[rate], after->count[rate]},
				    .before = per_second(before->count[rate], comparison->before),
				    .after = per_second(after->count[rate], comparison->after)};

	if ((old_ops || new_ops) && !is_by_design(before, after, rate, floor)) {
		line.compared = COMPARE_COST;
		line.before = percent(before->count[rate], old_ops);
		line.after = percent(after->count[rate], new_ops);
	}
	snprintf(line.what, sizeof(line.what), "%s %s", kind__name(before->kind), rate__key(rate));
	add(comparison, &line, floor);
}

/*
 * How soon a ref is used again depends on everything that its domain does, so two equal runs
 * differ. They tell of a change where half of the times of one run are below nine of ten of the
 * other's.
 */
static bool overlap(const struct rates_row *before, const struct rates_row *after)
{
	return before->reuse.p50 >= after->reuse.p10 && after->reuse.p50 >= before->reuse.p10;
}

static void compare_reuse(struct comparison *comparison, const struct rates_row *before,
			  const struct rates_row *after, u32 floor)
{
	const struct {
		const char *name;
		u64 before, after;
	} percentiles[] = {{"p10", before->reuse.p10, after->reuse.p10},
			   {"p50", before->reuse.p50, after->reuse.p50}};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(percentiles); i++) {
		struct compare_line line = {.compared = COMPARE_DISTANCE,
					    .overlap = overlap(before, after),
					    .count = {before->reuse.count, after->reuse.count},
					    .before = (double)percentiles[i].before,
					    .after = (double)percentiles[i].after};

		snprintf(line.what, sizeof(line.what), "%s re-use %s", kind__name(before->kind),
			 percentiles[i].name);
		add(comparison, &line, floor);
	}
}

static void compare_kind(struct comparison *comparison, enum kind kind, u32 floor)
{
	const struct rates_row none = {.kind = kind};
	const struct rates_row *before = rates_table__total(comparison->before, kind);
	const struct rates_row *after = rates_table__total(comparison->after, kind);
	u32 i;

	before = before ? before : &none;
	after = after ? after : &none;
	for (i = 0; i < RATE_MAX; i++)
		compare_rate(comparison, before, after, i, floor);
	compare_reuse(comparison, before, after, floor);
}

static bool ends_grants(const struct rates_row *row, u32 floor)
{
	return row->count[RATE_GRANTS] >= floor &&
	       (double)row->count[RATE_FREES] > CHURNING_ENDS * (double)row->count[RATE_GRANTS];
}

/* Whether blkfront used persistent grants before, and does not any more. */
static bool lost_persistence(const struct comparison *comparison, u32 floor)
{
	const struct rates_row *before = rates_table__total(comparison->before, KIND_BLKFRONT);
	const struct rates_row *after = rates_table__total(comparison->after, KIND_BLKFRONT);

	return before && after && keeps_grants(before, floor) && ends_grants(after, floor);
}

struct comparison *compare__tables(const struct rates_table *before,
				   const struct rates_table *after, u32 threshold, u32 floor)
{
	struct comparison *comparison = calloc(1, sizeof(*comparison));
	u32 kind;

	if (!comparison)
		return NULL;
	comparison->before = before;
	comparison->after = after;
	comparison->threshold = threshold;
	compare_findings(comparison, floor);
	for (kind = 0; kind < KIND_MAX; kind++)
		compare_kind(comparison, kind, floor);
	comparison->churn = lost_persistence(comparison, floor);
	comparison->worse += comparison->churn;
	return comparison;
}

static const char *change__name(enum change change)
{
	static const char *const names[] = {"same", "worse", "better", "few", "more", "less"};

	return names[change];
}

static void print_value(FILE *out, const struct compare_line *line, double value)
{
	if (line->compared == COMPARE_DISTANCE)
		fprintf(out, " %11.3f ms", value / 1e6);
	else if (line->compared == COMPARE_COST)
		fprintf(out, " %12.2f %%", value);
	else
		fprintf(out, " %12.2f/s", value);
}

static void print_lost(FILE *out, const char *run, u64 lost)
{
	if (lost)
		fprintf(out,
			"blind: %" PRIu64
			" events of the %s run are lost: its rates may be too low\n",
			lost, run);
}

void comparison__print(const struct comparison *comparison, FILE *out)
{
	u32 i;

	fprintf(out, "old: %.1f s, ", comparison->before->seconds);
	print_escaped(out, ESCAPE_PLAIN, comparison->before->kernels);
	fprintf(out, "\nnew: %.1f s, ", comparison->after->seconds);
	print_escaped(out, ESCAPE_PLAIN, comparison->after->kernels);
	fprintf(out, "\n\n%-34s %14s %14s\n", "", "old", "new");
	for (i = 0; i < comparison->nr; i++) {
		const struct compare_line *line = &comparison->line[i];

		fprintf(out, "%-34s", line->what);
		print_value(out, line, line->before);
		print_value(out, line, line->after);
		if (line->change != CHANGE_NONE)
			fprintf(out, "  %s",
				line->change == CHANGE_FEW ? "(few)" : change__name(line->change));
		fputc('\n', out);
	}
	if (comparison->churn)
		fputs("\nblkfront kept its grants in the old run and ends them in the new one: persistent grants "
		      "are gone, and refs\nchange hands far more often. Compare what both ends of each disk say "
		      "(feature-persistent).\n",
		      out);
	fprintf(out, "\n%u got worse by more than %u %%\n", comparison->worse,
		comparison->threshold);
	print_lost(out, "old", comparison->before->lost);
	print_lost(out, "new", comparison->after->lost);
}

static const char *compared__unit(enum compared compared)
{
	switch (compared) {
	case COMPARE_COST:
		return "percent";
	case COMPARE_DISTANCE:
		return "ns";
	default:
		return "per_second";
	}
}

static void print_json_line(const struct compare_line *change, FILE *out)
{
	struct json_line line;

	json_line__begin(&line, out, "change");
	json__set_string(line.object, "what", change->what);
	json__set_string(line.object, "unit", compared__unit(change->compared));
	json_line__real(&line, "old", "%.6g", change->before);
	json_line__real(&line, "new", "%.6g", change->after);
	json__set_number(line.object, "old_count", change->count[0]);
	json__set_number(line.object, "new_count", change->count[1]);
	json__set_string(line.object, "change", change__name(change->change));
	json_line__end(&line);
}

void comparison__print_json(const struct comparison *comparison, FILE *out)
{
	struct json_line line;
	u32 i;

	for (i = 0; i < comparison->nr; i++)
		print_json_line(&comparison->line[i], out);
	json_line__begin(&line, out, "comparison");
	json__set_number(line.object, "worse", comparison->worse);
	json__set_number(line.object, "threshold_percent", comparison->threshold);
	json__set_bool(line.object, "persistent_grants_gone", comparison->churn);
	json__set_number(line.object, "lost", comparison->after->lost);
	json__set_number(line.object, "old_lost", comparison->before->lost);
	json_line__end(&line);
}
