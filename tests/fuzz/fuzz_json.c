// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as JSON that grantwatch reads: the rates of a run, which compare
 * takes from any user, and the report of a monitor's run. Accepted rates stay the same after
 * printing and reading.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/ci_results.h"
#include "monitor/rates.h"
#include "util/log.h"
#include "util/options.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static char *print(const struct rates_table *table)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	rates_table__print(table, out);
	fclose(out);
	return text;
}

static void check_rates(const char *line)
{
	struct rates_table *table = calloc(1, sizeof(*table));
	char why[200] = "", *first, *second;

	if (rates_table__read(table, line, why, sizeof(why))) {
		if (!*why)
			abort();
	} else {
		first = print(table);
		if (rates_table__read(table, first, why, sizeof(why)))
			abort();
		second = print(table);
		if (strcmp(first, second))
			abort();
		free(first);
		free(second);
	}
	free(table);
}

/* Returns the directory of a run, whose report is replaced by each input. */
static const char *run_dir(void)
{
	static char dir[] = "/dev/shm/fuzz-json-XXXXXX";
	static bool made;
	char path[64];

	if (!made && !mkdtemp(dir))
		abort();
	made = true;
	snprintf(path, sizeof(path), "%s/current", dir);
	mkdir(path, 0700);
	return dir;
}

static void remove_dir(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/current/report.ndjson", run_dir());
	unlink(path);
	snprintf(path, sizeof(path), "%s/current", run_dir());
	rmdir(path);
	rmdir(run_dir());
}

static void check_results(const u8 *data, size_t size)
{
	static bool begun;
	struct ci_results results;
	char path[64];
	FILE *out;

	if (!begun)
		atexit(remove_dir);
	begun = true;
	snprintf(path, sizeof(path), "%s/current/report.ndjson", run_dir());
	out = fopen(path, "w");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		abort();
	ci_results__read(&results, run_dir(), false);
	if (results.readable > results.parts)
		abort();
	/* The exit status is one of a command's, for any report. */
	switch (results.exit_status) {
	case EXIT_CLEAN:
	case EXIT_ERROR:
	case EXIT_RACE:
	case EXIT_BLIND:
	case EXIT_UNSUPPORTED:
		break;
	default:
		abort();
	}
	if (!results.readable && results.exit_status != EXIT_ERROR)
		abort();
	/* A run is clean only if its report has an exit status. */
	if (results.exit_status == EXIT_CLEAN && !memmem(data, size, "\"exit\"", 6) &&
	    !memchr(data, '\\', size))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *line = strndup((const char *)data, size);

	log_level = -1;
	check_rates(line);
	check_results(data, size);
	free(line);
	return 0;
}
