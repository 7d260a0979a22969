// SPDX-License-Identifier: GPL-2.0
/* grantwatch compare: what got worse between two runs. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "monitor/compare_tables.h"
#include "pipeline/captures.h"
#include "pipeline/pipeline.h"
#include "pipeline/segments.h"
#include "util/log.h"
#include "util/memory.h"
#include "util/output.h"
#include "util/warden.h"

struct compare_config {
	struct output_config output;
	bool json;
	u32 threshold, floor;
};

static const struct opt compare_opts[] = {
	OUTPUT_OPTS(struct compare_config, output),
	PAGER_OPT(struct compare_config, output),
	{.name = "json",
	 .letter = 'j',
	 .type = OPT_FLAG,
	 .offset = offsetof(struct compare_config, json),
	 .help = "NDJSON"},
	{.name = "threshold",
	 .letter = 't',
	 .type = OPT_U32,
	 .offset = offsetof(struct compare_config, threshold),
	 .metavar = "PERCENT",
	 .help = "what counts as worse: growth of a rate, or reduction of a distance, above this (50)",
	 .min = 1,
	 .max = 1000000},
	{.name = "floor",
	 .type = OPT_U32,
	 .offset = offsetof(struct compare_config, floor),
	 .metavar = "N",
	 .help = "rates with fewer than N occurrences in both runs are not judged (20)"},
};

/* --- reading a run --- */

/* A capture, or an older one of a rotation: record.gwc, record.gwc.1 */
static int is_capture(const struct dirent *entry)
{
	const char *name = entry->d_name, *end = name + strlen(name), *at = end;

	while (at > name && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (at < end && at > name && at[-1] == '.')
		end = at - 1;
	return end - name > 4 && !strncmp(end - 4, ".gwc", 4);
}

static int add_directory(struct pipeline *pipeline, const char *dir)
{
	struct dirent **names;
	char path[4096];
	int i, err = 0, nr = scandir(dir, &names, is_capture, alphasort);

	if (nr < 0) {
		pr_err("%s: %s", dir, strerror(errno));
		return -1;
	}
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (!err && !captures__add_path(pipeline, path, path))
			err = -1;
		free(names[i]);
	}
	free(names);
	if (!nr)
		pr_err("%s: has neither rates.json nor a capture (*.gwc)", dir);
	return nr ? err : -1;
}

/* One of the two runs, with all its inputs open. */
struct run_input {
	const char *path;
	struct pipeline *pipeline; /* of captures */
	struct rates *rates;
	FILE *file; /* or another run's rates */
};

static int open_captures(struct run_input *input, const char *path, bool directory)
{
	input->pipeline = pipeline__new(false);
	input->rates = input->pipeline ? rates__new(input->pipeline) : NULL;
	if (!input->rates) {
		pr_err("out of memory");
		return -1;
	}
	if (directory)
		return add_directory(input->pipeline, path);
	return captures__add_path(input->pipeline, path, path) ? 0 : -1;
}

static int open_rates(struct run_input *input, const char *path)
{
	input->file = fopen(path, "re");
	if (!input->file)
		pr_err("%s: %s", path, strerror(errno));
	return input->file ? 0 : -1;
}

static int open_run(struct run_input *input, const char *path)
{
	char inside[4096];
	struct stat st;

	input->path = path;
	if (stat(path, &st)) {
		pr_err("%s: %s", path, strerror(errno));
		return -1;
	}
	snprintf(inside, sizeof(inside), "%s/rates.json", path);
	if (S_ISDIR(st.st_mode))
		return access(inside, R_OK) ? open_captures(input, path, true)
					    : open_rates(input, inside);
	if (strlen(path) > 5 && !strcmp(path + strlen(path) - 5, ".json"))
		return open_rates(input, path);
	return open_captures(input, path, false);
}

static void close_run(struct run_input *input)
{
	rates__free(input->rates);
	pipeline__free(input->pipeline);
	if (input->file)
		fclose(input->file);
}

/* --- untrusted data, without privileges --- */

static int judge(struct pipeline *pipeline)
{
	char text[160];
	int status;
	u32 i;

	if (segments__join(pipeline))
		return -1;
	do {
		status = pipeline__run(pipeline);
	} while (status == MERGE_WAIT);
	if (status < 0) {
		pr_err("out of memory");
		return -1;
	}
	for (i = 0; i < pipeline->nr_feeds; i++) {
		if (!feed__is_bad(pipeline->feeds[i]))
			continue;
		pr_err("%s: %s", pipeline->feeds[i]->name,
		       feed__complaint(pipeline->feeds[i], text, sizeof(text)));
		return -1;
	}
	return 0;
}

static int read_rates(struct rates_table *table, const struct run_input *input)
{
	char *line = NULL, why[200];
	size_t size = 0;
	int err = -1;

	if (getline(&line, &size, input->file) < 0)
		pr_err("%s: has no rates: give the results folder of 'grantwatch ci stop'",
		       input->path);
	else if (rates_table__read(table, line, why, sizeof(why)))
		pr_err("%s: %s", input->path, why);
	else
		err = 0;
	free(line);
	return err;
}

static int read_run(struct rates_table *table, const struct run_input *input)
{
	if (input->file)
		return read_rates(table, input);
	if (judge(input->pipeline))
		return -1;
	rates__table(input->rates, input->pipeline, table);
	return 0;
}

struct comparing {
	const struct compare_config *cfg;
	struct run_input input[2];
};

static int print(const struct compare_config *cfg, const struct comparison *comparison)
{
	FILE *out = output__stream(cfg->output.path, output__is_stdout(&cfg->output)
							     ? STDOUT_FILENO
							     : warden__ask(WARDEN_OUTPUT, NULL));

	if (!out)
		return EXIT_ERROR;
	if (cfg->json)
		comparison__print_json(comparison, out);
	else
		comparison__print(comparison, out);
	if (output__close(out, cfg->output.path))
		return EXIT_ERROR;
	return comparison->worse ? EXIT_RACE : comparison->after->lost ? EXIT_BLIND : EXIT_CLEAN;
}

static int parse(void *ctx)
{
	const struct comparing *comparing = ctx;
	const struct compare_config *cfg = comparing->cfg;
	struct comparison *comparison = NULL;
	struct rates_table *table = calloc(2, sizeof(*table));
	int status = EXIT_ERROR;

	if (!table)
		memory__end();
	if (!read_run(&table[0], &comparing->input[0]) &&
	    !read_run(&table[1], &comparing->input[1])) {
		comparison = compare__tables(&table[0], &table[1], cfg->threshold, cfg->floor);
		if (!comparison)
			memory__end();
		status = print(cfg, comparison);
	}
	free(comparison);
	free(table);
	return status;
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	const struct comparing *comparing = ctx;

	(void)name;
	if (request != WARDEN_OUTPUT)
		return -EINVAL;
	return output__create(&comparing->cfg->output, 0666);
}

static int run(int argc, char **argv)
{
	struct compare_config cfg = {.output.path = "-", .threshold = 50, .floor = 20};
	struct comparing comparing = {.cfg = &cfg};
	int status = EXIT_ERROR;
	int first = opts__parse(&cmd_compare, argc, argv, &cfg);

	if (first < 0)
		return first == OPTS_DONE ? EXIT_CLEAN : EXIT_ERROR;
	if (argc - first != 2) {
		pr_err("compare takes two runs: grantwatch compare OLD NEW");
		return EXIT_ERROR;
	}
	if (!open_run(&comparing.input[0], argv[first]) &&
	    !open_run(&comparing.input[1], argv[first + 1]) && !output__check(&cfg.output)) {
		if (!cfg.json)
			output__page(&cfg.output);
		status = warden__run(&(struct warden){parse, NULL, serve, &comparing});
	}
	close_run(&comparing.input[0]);
	close_run(&comparing.input[1]);
	return status;
}

static const struct exit_status compare_exits[] = {
	{EXIT_CLEAN, "nothing got worse"},
	{EXIT_ERROR, "could not compare"},
	{EXIT_RACE, "something got worse"},
	{EXIT_BLIND, "nothing is known to be worse, but events of the new run are lost"},
	{0, NULL},
};

const struct command cmd_compare = {
	.name = "compare",
	.args = "OLD NEW",
	.summary = "Tell what got worse between two runs",
	.help = "OLD and NEW are directories of 'ci' results or of captures (*.gwc, after --rotate\n"
		"also *.gwc.1 and further), a rates.json, or one capture. Worse is a class of findings which is\n"
		"new or comes more often, a growing part of failed ends or maps, and refs which are used again\n"
		"sooner. More work is not worse.",
	.exits = compare_exits,
	.opts = compare_opts,
	.nr_opts = ARRAY_SIZE(compare_opts),
	.run = run,
};
