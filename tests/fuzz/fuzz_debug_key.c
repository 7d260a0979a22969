// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as entries of Xen's list of grants in use (debug key g), between the
 * lines that a log of Xen has around it. The list alone proves nothing, its end is always found,
 * and each entry is a line of the input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/debug_key.h"
#include "explain/log_parser.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void take(struct log_parser *parser, const char *prefix, const u8 *line, size_t len)
{
	size_t head = strlen(prefix);
	char *copy = malloc(head + len);

	memcpy(copy, prefix, head);
	memcpy(copy + head, line, len);
	log_parser__line(parser, copy, head + len);
	free(copy);
}

static void take_text(struct log_parser *parser, const char *text)
{
	take(parser, "", (const u8 *)text, strlen(text));
}

/* The buffer has only the line's bytes, so that a sanitizer detects reads after it. */
static void parse_alone(struct rules *rules, const u8 *line, size_t len)
{
	struct debug_key key;
	char *copy = malloc(len);

	debug_key__init(&key);
	memcpy(copy, line, len);
	if (debug_key__line(&key, rules, copy, len) != !!key.entries)
		abort();
	free(copy);
}

/* The first byte selects the prefix of the lines. */
static void take_lines(struct pipeline *pipeline, struct log_parser *parser, const u8 *data,
		       size_t size)
{
	static const char *const heads[] = {"(XEN) ", "", "(XEN) [2026-04-02 10:11:12] ",
					    "Apr 02 10:11:12 host xen: (XEN) "};
	const char *head = heads[size ? data[0] % ARRAY_SIZE(heads) : 0];
	u32 lines = 0;

	while (size && lines++ < 2000) {
		const u8 *lf = memchr(data, '\n', size);
		size_t len = lf ? (size_t)(lf - data) : size;

		take(parser, head, data, len);
		if (len)
			parse_alone(pipeline->rules, data, len);
		len += !!lf;
		data += len;
		size -= len;
	}
}

static void check(const struct pipeline *pipeline)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	struct summary *summary = calloc(1, sizeof(*summary));
	u32 i;

	for (i = 0; i < findings->nr; i++)
		if (findings->item[i]->certainty == CERTAINTY_PROVEN &&
		    findings->item[i]->class != CLASS_LOG_ONLY)
			abort();
	pipeline__summarize(pipeline, summary);
	free(summary);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pipeline *pipeline = pipeline__new(false);
	struct log_parser *parser = log_parser__new(pipeline->rules, DOMID_UNKNOWN, false);
	static FILE *null;

	log_level = -1;
	if (!null)
		null = fopen("/dev/null", "w");
	pipeline__run(pipeline);
	take_text(parser, "(XEN) gnttab_usage_print_all [ key 'g' pressed");
	take_lines(pipeline, parser, data, size);
	take_text(parser, "(XEN) gnttab_usage_print_all ] done");
	log_parser__end(parser);
	log_parser__free(parser);
	rules__settle_logs(pipeline->rules);
	check(pipeline);
	pipeline__report(pipeline, &text_renderer, null, NULL);
	pipeline__report(pipeline, &json_renderer, null, NULL);
	pipeline__free(pipeline);
	return 0;
}
