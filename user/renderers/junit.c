// SPDX-License-Identifier: GPL-2.0
/*
 * JUnit for openQA's JUnit parser: a suite's `package' is "category.name", its `id' a number, a
 * test's `status' is success, failure or error, and softfail is passed through. Other readers find
 * <failure> and <error> as usual.
 */
#include <stdlib.h>
#include <string.h>

#include "model/wall.h"
#include "renderers/checks.h"
#include "util/escape.h"
#include "util/memory.h"

static void print_lines(FILE *out, const char *text)
{
	char *copy = strdup(text), *pos = copy;

	if (!copy)
		memory__end();
	while (*pos) {
		char *end = pos + strcspn(pos, "\n");
		bool more = *end;

		*end = '\0';
		print_escaped(out, ESCAPE_XML, pos);
		fputc('\n', out);
		pos = more ? end + 1 : end;
	}
	free(copy);
}

static void print_check(FILE *out, const struct report *report, const struct check *check)
{
	static const char *const status[] = {[CHECK_OK] = "success",
					     [CHECK_SKIPPED] = "skipped",
					     [CHECK_NOTED] = "softfail",
					     [CHECK_FAILED] = "failure"};
	const char *element = check->state == CHECK_FAILED ? "failure" : "system-out";
	char *text = check->found ? check__report(check, report) : NULL;
	char reason[480];

	fprintf(out,
		"    <testcase classname=\"grantwatch\" name=\"%s: %s\" status=\"%s\" time=\"0\"",
		check->name, check->title, status[check->state]);
	if (check->state == CHECK_SKIPPED) {
		check__reason(report, reason, sizeof(reason));
		fputs("><skipped message=\"", out);
		print_escaped(out, ESCAPE_XML, reason);
		fputs("\"/></testcase>\n", out);
		return;
	}
	if (!check->found) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n      <%s", element);
	if (check->state == CHECK_FAILED)
		fprintf(out, " type=\"%s\" message=\"%u found\"", check->name, check->found);
	fputs(">", out);
	print_lines(out, text ? text : "");
	fprintf(out, "</%s>\n    </testcase>\n", element);
	free(text);
}

/*
 * Prints which domain recorded, since when and for how long, by dom0's capture or else the first.
 * The machine's name may be private. The time is that of all suites; @timed: print it for this one.
 */
static void print_origin(FILE *out, const struct summary *summary, bool timed)
{
	const struct summary_side *side = summary->nr_sides ? &summary->side[0] : NULL;
	char since[WALL_TEXT];
	u64 ns = 0;
	u32 i;

	for (i = 0; i < summary->nr_compared && timed; i++)
		ns = max(ns, summary->compared[i].to - summary->compared[i].from);
	if (timed && side && side->wall.since && side->wall.until > side->wall.since)
		ns = side->wall.until - side->wall.since;
	fprintf(out, " time=\"%.3f\"", (double)ns / NSEC_PER_SEC);
	if (!side || side->domid == DOMID_UNKNOWN)
		return;
	fputs(" hostname=\"", out);
	if (side->name[0])
		print_escaped(out, ESCAPE_XML, side->name);
	else if (side->domid)
		fprintf(out, "d%u", side->domid);
	else
		fputs("dom0", out);
	fputc('"', out);
	if (side->wall.since)
		fprintf(out, " timestamp=\"%s\"",
			wall__text(side->wall.since, since, sizeof(since)));
}

static void print_suite(FILE *out, const struct report *report, u32 id, const char *name, u32 first,
			u32 last)
{
	struct check check;
	u32 i, failed = 0, skipped = 0;

	for (i = first; i < last; i++) {
		check__fill(&check, report, i);
		failed += check.state == CHECK_FAILED;
		skipped += check.state == CHECK_SKIPPED;
	}
	fprintf(out,
		"  <testsuite id=\"%u\" name=\"%s\" package=\"grantwatch.%s\" tests=\"%u\" failures=\"%u\" "
		"errors=\"0\" skipped=\"%u\"",
		id, name, name, last - first, failed, skipped);
	print_origin(out, report->summary, !id);
	fputs(">\n", out);
	for (i = first; i < last; i++) {
		check__fill(&check, report, i);
		print_check(out, report, &check);
	}
	fputs("  </testsuite>\n", out);
}

static void junit_end(FILE *out, const struct report *report)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	print_suite(out, report, 0, "findings", 0, CLASS_MAX);
	print_suite(out, report, 1, "capture", CLASS_MAX, NR_CHECKS);
	fputs("</testsuites>\n", out);
}

const struct renderer junit_renderer = {
	.end = junit_end,
};
