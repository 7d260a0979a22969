// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "renderers/checks.h"
#include "util/memory.h"

void check__fill(struct check *check, const struct report *report, u32 i)
{
	u32 n;

	*check = (struct check){.class = (enum finding_class)i,
				.name = "all-seen",
				.title = "nothing that could hide a finding was missed"};
	if (i == CLASS_MAX) {
		check->found = report->summary->nr_blind;
	} else {
		check->name = class__id(check->class);
		check->title = class__title(check->class);
		for (n = 0; n < report->nr; n++)
			check->found += report->findings[n]->class == check->class;
	}
	/* Severity info is noted and fails nothing. */
	if (!check->found && i < CLASS_MAX && report->summary->nr_blind)
		check->state = CHECK_SKIPPED;
	else if (!check->found || (i < CLASS_MAX && class__severity(check->class) == SEVERITY_INFO))
		check->state = CHECK_OK;
	else if (report->soft)
		check->state = CHECK_NOTED;
	else
		check->state = CHECK_FAILED;
}

void check__reason(const struct report *report, char *buf, size_t size)
{
	const struct summary *summary = report->summary;

	if (summary->nr_blind > 1)
		snprintf(buf, size, "not fully observed: %s (and %u more blind spots)",
			 summary->blind[0], summary->nr_blind - 1);
	else
		snprintf(buf, size, "not fully observed: %s", summary->blind[0]);
}

char *check__report(const struct check *check, const struct report *report)
{
	/* A report of its own: readers see one test case at a time. */
	const struct finding **list = calloc(report->nr + 1, sizeof(*list)); /* NOLINT: pointers */
	struct report part = *report;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	if (!out || !list)
		memory__end();
	part.findings = list;
	part.nr = 0;
	for (i = 0; i < report->nr; i++)
		if (report->findings[i]->class == check->class)
			list[part.nr++] = report->findings[i];
	for (i = 0; i < part.nr; i++)
		text_renderer.finding(out, &part, list[i]);
	if (check->class == CLASS_MAX)
		text_renderer.end(out, report);
	fclose(out);
	free(list);
	return text;
}
