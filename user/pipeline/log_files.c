// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/log_files.h"
#include "util/log.h"

/* Longer lines are cut; a log is no reason to take memory. */
#define LINE_SIZE 4096

/*
 * "Linux version 5.15.57-1.fc32.qubes.x86_64 (…) #1 SMP …", or a splat's "Not tainted 5.15.57-1…":
 * the kernel.
 */
static void find_kernel(struct summary_side *side, const char *line)
{
	static const char *const leads[] = {"Linux version ", "Not tainted ", "Tainted: "};
	const char *pos = NULL, *build;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(leads) && !pos; i++)
		pos = strstr(line, leads[i]) ? strstr(line, leads[i]) + strlen(leads[i]) : NULL;
	if (!pos)
		return;
	/* Behind "Tainted: " stand its letters first. */
	while (*pos && (*pos < '0' || *pos > '9'))
		pos++;
	if (*pos && !side->kernel[0])
		str_sanitize(side->kernel, sizeof(side->kernel), pos, strcspn(pos, " "));
	build = strstr(pos, " #");
	if (build && !side->kernel_build[0])
		str_sanitize(side->kernel_build, sizeof(side->kernel_build), build + 1,
			     strcspn(build + 1, "\n"));
}

/* What is known of the domain from its capture is better than what its log says. */
static void keep_side(struct pipeline *pipeline, const struct summary_side *side)
{
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++)
		if (pipeline->feeds[i]->domid == side->domid)
			return;
	for (i = 0; i < pipeline->nr_logs; i++)
		if (pipeline->logs[i].domid == side->domid)
			return;
	if (pipeline->nr_logs < ARRAY_SIZE(pipeline->logs))
		pipeline->logs[pipeline->nr_logs++] = *side;
}

static int read_lines(struct pipeline *pipeline, FILE *file, u16 domid)
{
	struct summary_side side = {.domid = domid, .role = "log", .clock_err = CLOCK_ERR_UNKNOWN};
	char line[LINE_SIZE];
	bool whole = true;

	while (fgets(line, sizeof(line), file)) {
		bool begins = whole;

		whole = strchr(line, '\n') != NULL;
		if (!begins)
			continue;
		line[strcspn(line, "\r\n")] = '\0';
		find_kernel(&side, line);
		rules__log_line(pipeline->rules, domid, NULL, line);
	}
	keep_side(pipeline, &side);
	return ferror(file) ? -1 : 0;
}

int log_file__open(struct log_file *log, const char *spec)
{
	char *end;
	unsigned long domid = strtoul(spec, &end, 10);

	log->name = spec;
	if (end != spec && *end == '=' && domid < DOMID_FIRST_RESERVED)
		log->name = end + 1;
	else
		domid = DOMID_UNKNOWN;
	log->domid = (u16)domid;
	log->file = strcmp(log->name, "-") ? fopen(log->name, "re") : stdin;
	if (log->file)
		return 0;
	pr_err("%s: %s", log->name, strerror(errno));
	return -1;
}

void log_file__close(struct log_file *log)
{
	if (log->file && log->file != stdin)
		fclose(log->file);
	log->file = NULL;
}

int pipeline__read_log(struct pipeline *pipeline, const struct log_file *log)
{
	int err = read_lines(pipeline, log->file, log->domid);

	if (err)
		pr_err("%s: %s", log->name, strerror(errno));
	return err;
}
