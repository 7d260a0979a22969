// SPDX-License-Identifier: GPL-2.0
/* What was found, in one line above the findings. */
#include <string.h>

#include "renderers/document.h"

/* "2 alarms (stale-map, device-lost)" */
static void put_severity(FILE *out, const struct report *report, enum severity severity,
			 const char *before)
{
	const char *name = severity__name(severity);
	bool of_class[CLASS_MAX] = {false}, first = true;
	u32 i, nr = 0;

	for (i = 0; i < report->nr; i++)
		if (class__severity(report->findings[i]->class) == severity) {
			of_class[report->findings[i]->class] = true;
			nr++;
		}
	if (!nr)
		return;
	fprintf(out, "%s%u %s%s (", before, nr, name,
		nr > 1 && severity != SEVERITY_INFO ? "s" : "");
	for (i = 0; i < CLASS_MAX; i++) {
		if (of_class[i])
			fprintf(out, "%s%s", first ? "" : ", ", class__id(i));
		first &= !of_class[i];
	}
	fputc(')', out);
}

/* Whether a finding before number @nr has the same outcome. */
static bool is_outcome_named(const struct report *report, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (report->findings[i]->outcome == report->findings[nr]->outcome &&
		    !strcmp(report->findings[i]->outcome_text, report->findings[nr]->outcome_text))
			return true;
	return false;
}

static void put_outcome(FILE *out, const struct finding *finding)
{
	if (finding->granter == DOMID_UNKNOWN)
		fprintf(out, "; %s", finding->outcome_text);
	else
		fprintf(out, "; d%u: %s", finding->granter, finding->outcome_text);
}

void report__headline(const struct report *report, char *buf, size_t size)
{
	FILE *out = fmemopen(buf, size, "w");
	bool any = false;
	u32 i;

	buf[0] = '\0';
	if (!out)
		return;
	put_severity(out, report, SEVERITY_ALARM, "");
	any = ftell(out) > 0;
	put_severity(out, report, SEVERITY_WARNING, any ? ", " : "");
	any = ftell(out) > 0;
	put_severity(out, report, SEVERITY_INFO, any ? ", " : "");
	for (i = 0; i < report->nr; i++)
		if (report->findings[i]->outcome == OUTCOME_DEVICE_LOST &&
		    !is_outcome_named(report, i))
			put_outcome(out, report->findings[i]);
	fclose(out);
	buf[size - 1] = '\0';
}
