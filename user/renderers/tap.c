// SPDX-License-Identifier: GPL-2.0
/* TAP with the first line which openQA's TAP parser requires, a name that ends in ".tap ..". */
#include <stdlib.h>
#include <string.h>

#include "renderers/checks.h"
#include "util/escape.h"
#include "util/memory.h"

static void print_diagnostics(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		if (!line)
			memory__end();
		fputs("# ", out);
		print_escaped(out, ESCAPE_ASCII, line);
		fputc('\n', out);
		free(line);
		text += len + (text[len] == '\n');
	}
}

static void tap_end(FILE *out, const struct report *report)
{
	struct check check;
	char reason[480];
	u32 i;

	fprintf(out, "grantwatch.tap ..\n1..%u\n", (u32)NR_CHECKS);
	for (i = 0; i < NR_CHECKS; i++) {
		char *text;

		check__fill(&check, report, i);
		fprintf(out, "%sok %u - %s: ", check.state == CHECK_FAILED ? "not " : "", i + 1,
			check.name);
		print_escaped(out, ESCAPE_TAP, check.title);
		if (check.state == CHECK_NOTED)
			fprintf(out, " (noted: %u)", check.found);
		if (check.state == CHECK_SKIPPED) {
			check__reason(report, reason, sizeof(reason));
			fputs(" # SKIP ", out);
			print_escaped(out, ESCAPE_TAP, reason);
		}
		fputc('\n', out);
		text = check.found ? check__report(&check, report) : NULL;
		if (text)
			print_diagnostics(out, text);
		free(text);
	}
}

const struct renderer tap_renderer = {
	.end = tap_end,
};
