// SPDX-License-Identifier: GPL-2.0
/*
 * Labels are numbers, classes and subsystems only: no text of a guest gets in. The number of label
 * sets is bounded by that of classes, and of domains times subsystems.
 */
#include <inttypes.h>

#include "monitor/metrics.h"
#include "sources/feed.h"

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP grantwatch_%s %s\n# TYPE grantwatch_%s %s\n", name, help, name, type);
}

static void print_findings(FILE *out, const struct summary *summary,
			   const struct rates_table *rates)
{
	u32 i;

	head(out, "findings", "gauge", "Distinct findings of this run, by class.");
	for (i = 0; i < CLASS_MAX; i++)
		fprintf(out, "grantwatch_findings{class=\"%s\",severity=\"%s\"} %" PRIu64 "\n",
			class__id(i), severity__name(class__severity(i)), summary->by_class[i]);
	head(out, "occurrences_total", "counter", "Occurrences of findings, by class.");
	for (i = 0; i < CLASS_MAX; i++)
		fprintf(out,
			"grantwatch_occurrences_total{class=\"%s\",severity=\"%s\"} %" PRIu64 "\n",
			class__id(i), severity__name(class__severity(i)), rates->findings[i]);
}

static void print_sides(FILE *out, const struct summary *summary)
{
	u32 i;

	head(out, "events_total", "counter", "Events recorded, by domain.");
	for (i = 0; i < summary->nr_sides; i++)
		fprintf(out, "grantwatch_events_total{domid=\"%u\"} %" PRIu64 "\n",
			summary->side[i].domid, summary->side[i].events);
	head(out, "lost_events_total", "counter", "Events that were not recorded, by domain.");
	for (i = 0; i < summary->nr_sides; i++)
		fprintf(out, "grantwatch_lost_events_total{domid=\"%u\"} %" PRIu64 "\n",
			summary->side[i].domid, summary->side[i].lost);
}

static void print_rates(FILE *out, const struct rates_table *rates)
{
	char name[64];
	u32 i, n;

	for (n = 0; n < RATE_MAX; n++) {
		snprintf(name, sizeof(name), "%s_total", rate__key(n));
		head(out, name, "counter", rate__what(n));
		for (i = 0; i < rates->nr; i++)
			if (rates->row[i].domid != DOMID_UNKNOWN)
				fprintf(out,
					"grantwatch_%s{domid=\"%u\",subsystem=\"%s\"} %" PRIu64
					"\n",
					name, rates->row[i].domid, kind__name(rates->row[i].kind),
					rates->row[i].count[n]);
	}
}

static void print_percentile(FILE *out, const struct rates_row *row, const char *percentile, u64 ns)
{
	fprintf(out,
		"grantwatch_reuse_seconds{domid=\"%u\",subsystem=\"%s\",percentile=\"%s\"} %.9f\n",
		row->domid, kind__name(row->kind), percentile, (double)ns / NSEC_PER_SEC);
}

static void print_reuse(FILE *out, const struct rates_table *rates)
{
	u32 i;

	head(out, "reuse_seconds", "gauge",
	     "How soon a freed ref was granted again, by who had freed it.");
	for (i = 0; i < rates->nr; i++) {
		const struct rates_row *row = &rates->row[i];

		if (row->domid == DOMID_UNKNOWN || !row->reuse.count)
			continue;
		print_percentile(out, row, "10", row->reuse.p10);
		print_percentile(out, row, "50", row->reuse.p50);
		print_percentile(out, row, "90", row->reuse.p90);
	}
}

void metrics__print(FILE *out, const struct summary *summary, const struct rates_table *rates,
		    u64 now)
{
	head(out, "info", "gauge", "The version that watches.");
	fprintf(out, "grantwatch_info{version=\"%s\"} 1\n", GRANTWATCH_VERSION);
	head(out, "written_timestamp_seconds", "gauge", "When these metrics were written.");
	fprintf(out, "grantwatch_written_timestamp_seconds %" PRIu64 "\n", now);
	print_findings(out, summary, rates);
	head(out, "blind_spots", "gauge", "Things that could hide a finding and were not seen.");
	fprintf(out, "grantwatch_blind_spots %u\n", summary->nr_blind);
	print_sides(out, summary);
	print_rates(out, rates);
	print_reuse(out, rates);
}
