// SPDX-License-Identifier: GPL-2.0
/*
 * A finding as an entry of systemd's journal, in its native protocol: lines KEY=VALUE. It is no
 * format of reports, so it is not in their table; monitor/journald.c sends it.
 */
#include "renderers/document.h"
#include "renderers/renderer.h"
#include "util/escape.h"

/* syslog(3) */
static int priority(enum severity severity)
{
	return severity == SEVERITY_ALARM ? 2 : severity == SEVERITY_WARNING ? 4 : 6;
}

static void field(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s=", key);
	print_escaped(out, ESCAPE_UTF8, value);
	fputc('\n', out);
}

static void journal_finding(FILE *out, const struct report *report, const struct finding *finding)
{
	struct doc *doc = doc__finding(report, finding);

	field(out, "MESSAGE", doc && doc->nr ? doc->part[0].text : class__id(finding->class));
	doc__free(doc);
	field(out, "MESSAGE_ID", "6d6f7adf4c6a4bf4a52c1bd0f9d3b1c7");
	fprintf(out, "PRIORITY=%d\n", priority(class__severity(finding->class)));
	field(out, "SYSLOG_IDENTIFIER", "grantwatch");
	field(out, "GRANTWATCH_CLASS", class__id(finding->class));
	field(out, "GRANTWATCH_CERTAINTY", certainty__name(finding->certainty));
	fprintf(out, "GRANTWATCH_FINDING=%u\n", finding->id);
	fprintf(out, "GRANTWATCH_GRANTER=%u\n", finding->granter);
	if (finding->mapper != DOMID_UNKNOWN)
		fprintf(out, "GRANTWATCH_MAPPER=%u\n", finding->mapper);
	fprintf(out, "GRANTWATCH_REF=%u\n", finding->ref);
	field(out, "GRANTWATCH_FINGERPRINT", finding->fingerprint);
}

const struct renderer journal_renderer = {
	.finding = journal_finding,
};
