// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/ci_results.h"
#include "util/log.h"
#include "util/options.h"

#define PARTS_MAX 1000u
#define KEPT_RUNS 16u /* runs with captures of findings, kept besides DIR/previous */

/* Returns the directory of part @n of @nr; the last is the current one. */
static const char *part_path(const char *dir, u32 n, u32 nr, const char *file, char *path,
			     size_t size)
{
	if (n == nr)
		snprintf(path, size, "%s/current/%s", dir, file);
	else
		snprintf(path, size, "%s/part-%u/%s", dir, n, file);
	return path;
}

static u32 count_cut(const char *dir)
{
	char path[4096];
	u32 n = 0;

	while (n < PARTS_MAX && !access(part_path(dir, n + 1, 0, "", path, sizeof(path)), F_OK))
		n++;
	return n;
}

/* --- reading --- */

static u64 number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (u64)value : 0;
}

/*
 * Returns the exit status in a summary. A summary without one, or with an impossible one, is
 * damaged and must not count as a clean run.
 */
static int exit_status(const json_t *summary)
{
	const json_t *exit = json_object_get(summary, "exit");

	switch (json_is_integer(exit) ? json_integer_value(exit) : EXIT_ERROR) {
	case EXIT_CLEAN:
		return EXIT_CLEAN;
	case EXIT_RACE:
		return EXIT_RACE;
	case EXIT_BLIND:
		return EXIT_BLIND;
	case EXIT_UNSUPPORTED:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_ERROR;
	}
}

static void take_summary(struct ci_results *results, const json_t *summary)
{
	int status = exit_status(summary);
	json_t *classes = json_object_get(summary, "findings");
	void *iter;

	results->readable++;
	results->events += number(summary, "events");
	results->lost += number(summary, "lost");
	for (iter = json_object_iter(classes); iter; iter = json_object_iter_next(classes, iter))
		results->findings += number(classes, json_object_iter_key(iter));
	if (results->exit_status != EXIT_RACE && status)
		results->exit_status = status;
}

/* The last summary of a report is about the whole run. */
static void read_part(struct ci_results *results, const char *path)
{
	FILE *in = fopen(path, "re");
	json_t *object, *summary = NULL;
	char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		const char *type;

		object = json_loads(line, 0, NULL);
		type = json_string_value(json_object_get(object, "type"));
		if (type && !strcmp(type, "summary")) {
			json_decref(summary);
			summary = json_incref(object);
		}
		json_decref(object);
	}
	if (summary)
		take_summary(results, summary);
	json_decref(summary);
	free(line);
	if (in)
		fclose(in);
}

void ci_results__read(struct ci_results *results, const char *dir, bool cut_off)
{
	char path[4096];
	u32 i;

	memset(results, 0, sizeof(*results));
	results->parts = count_cut(dir) + 1;
	results->cut_off = cut_off || results->parts > 1;
	for (i = 1; i <= results->parts; i++)
		read_part(results,
			  part_path(dir, i, results->parts, "report.ndjson", path, sizeof(path)));
	if (!results->readable)
		results->exit_status = EXIT_ERROR;
	else if (results->cut_off && results->exit_status == EXIT_CLEAN)
		results->exit_status = EXIT_BLIND;
}

/* --- one report of all parts --- */

struct combining {
	FILE *out;
	u32 part, parts;
	u32 tests; /* TAP tests so far; JUnit suites so far */
};

static void copy_line(struct combining *to, const char *line)
{
	fputs(line, to->out);
}

static void junit_line(struct combining *to, const char *line)
{
	static const char head[] = "  <testsuite id=\"";
	const char *rest, *name;

	if (!strncmp(line, "<?xml", 5) || !strncmp(line, "<testsuites", 11) ||
	    !strncmp(line, "</testsuites", 12))
		return;
	if (strncmp(line, head, sizeof(head) - 1)) {
		fputs(line, to->out);
		return;
	}
	/* Suites of several parts must have different names and ids. */
	rest = line + sizeof(head) - 1 + strspn(line + sizeof(head) - 1, "0123456789");
	name = strstr(rest, "grantwatch.");
	fprintf(to->out, "%s%u", head, to->tests++);
	if (to->parts == 1 || !name)
		fputs(rest, to->out);
	else
		fprintf(to->out, "%.*spart-%u-%s", (int)(name + 11 - rest), rest, to->part,
			name + 11);
}

static void tap_line(struct combining *to, const char *line)
{
	bool failed = !strncmp(line, "not ok ", 7);
	const char *rest = line + (failed ? 7 : 3);

	if (!failed && strncmp(line, "ok ", 3)) {
		/* The head and the plan are written for all parts together. */
		if (*line == '#')
			fputs(line, to->out);
		return;
	}
	fprintf(to->out, "%s %u%s", failed ? "not ok" : "ok", ++to->tests,
		rest + strspn(rest, "0123456789"));
}

static const char gap_name[] = "monitor: it ran from start to stop without a gap";
static const char gap_text[] =
	"The monitor exited or was killed before 'ci stop': later events were not observed.";

static void junit_end(struct combining *to, bool cut_off, bool soft)
{
	const char *element = soft ? "system-out" : "failure";

	fprintf(to->out,
		"  <testsuite id=\"%u\" name=\"monitor\" package=\"grantwatch.monitor\" tests=\"1\" failures=\"%u\" "
		"errors=\"0\" skipped=\"0\" time=\"0\">\n"
		"    <testcase classname=\"grantwatch\" name=\"%s\" status=\"%s\" time=\"0\"",
		to->tests, cut_off && !soft, gap_name,
		!cut_off ? "success"
		: soft	 ? "softfail"
			 : "failure");
	if (cut_off)
		fprintf(to->out, "><%s>%s</%s></testcase>\n", element, gap_text, element);
	else
		fputs("/>\n", to->out);
	fputs("  </testsuite>\n</testsuites>\n", to->out);
}

static void junit_begin(struct combining *to)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to->out);
}

static void tap_begin(struct combining *to)
{
	fputs("grantwatch.tap ..\n", to->out);
}

static void tap_end(struct combining *to, bool cut_off, bool soft)
{
	fprintf(to->out, "%sok %u - %s%s\n", cut_off && !soft ? "not " : "", to->tests + 1,
		gap_name, cut_off && soft ? " (noted)" : "");
	if (cut_off)
		fprintf(to->out, "# %s\n", gap_text);
	fprintf(to->out, "1..%u\n", to->tests + 1);
}

static void text_end(struct combining *to, bool cut_off, bool soft)
{
	if (cut_off)
		fprintf(to->out, "\n%s\n", gap_text);
}

static const struct {
	const char *name;
	void (*begin)(struct combining *to);
	void (*line)(struct combining *to, const char *line);
	void (*end)(struct combining *to, bool cut_off, bool soft);
} formats[] = {
	{"report.xml", junit_begin, junit_line, junit_end},
	{"report.tap", tap_begin, tap_line, tap_end},
	{"report.txt", NULL, copy_line, text_end},
	{"report.ndjson", NULL, copy_line, NULL},
};

static void add_part(struct combining *to, const char *path, u32 format)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0)
		formats[format].line(to, line);
	free(line);
	if (in)
		fclose(in);
}

static int combine(const struct ci_results *results, const char *dir, u32 format, bool soft)
{
	struct combining to = {.parts = results->parts};
	char path[4096], tmp[4096];
	bool bad;

	snprintf(path, sizeof(path), "%s/%s", dir, formats[format].name);
	snprintf(tmp, sizeof(tmp), "%s/.%s", dir, formats[format].name);
	to.out = fopen(tmp, "we");
	if (!to.out) {
		pr_err("%s: %s", tmp, strerror(errno));
		return -1;
	}
	if (formats[format].begin)
		formats[format].begin(&to);
	for (to.part = 1; to.part <= results->parts; to.part++) {
		char part[4096];

		part_path(dir, to.part, results->parts, formats[format].name, part, sizeof(part));
		if (formats[format].line == copy_line && formats[format].end && results->parts > 1)
			fprintf(to.out, "=== part %u of %u\n", to.part, results->parts);
		add_part(&to, part, format);
	}
	if (formats[format].end)
		formats[format].end(&to, results->cut_off, soft);
	bad = ferror(to.out);
	if (!fclose(to.out) && !bad && !rename(tmp, path))
		return 0;
	pr_err("%s: %s", path, strerror(errno));
	return -1;
}

int ci_results__combine(const struct ci_results *results, const char *dir, bool soft)
{
	char from[4096], path[4096];
	int err = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		err |= combine(results, dir, i, soft);
	/* Percentiles cannot be added: takes the rates of the last part with any. */
	snprintf(path, sizeof(path), "%s/rates.json", dir);
	unlink(path);
	for (i = results->parts; i; i--)
		if (!link(part_path(dir, i, results->parts, "rates.json", from, sizeof(from)),
			  path))
			break;
	return err;
}

/* --- parts --- */

int ci_results__cut(const char *dir)
{
	char from[4096], path[4096];

	snprintf(from, sizeof(from), "%s/current", dir);
	if (access(from, F_OK))
		return 0;
	part_path(dir, count_cut(dir) + 1, 0, "", path, sizeof(path));
	path[strlen(path) - 1] = '\0';
	return rename(from, path) ? -errno : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/* Whether the run in DIR/previous has captures of findings. */
static bool has_saved(const char *dir)
{
	char pattern[4096];
	glob_t found;
	bool has;

	snprintf(pattern, sizeof(pattern), "%s/previous/part-*/saved-*", dir);
	has = !glob(pattern, GLOB_NOSORT, NULL, &found);
	if (has)
		globfree(&found);
	return has;
}

/* Returns DIR/previous for 0, and older ones. */
static void kept_path(const char *dir, u32 n, char *path, size_t size)
{
	if (n)
		snprintf(path, size, "%s/previous-%u", dir, n);
	else
		snprintf(path, size, "%s/previous", dir);
}

/* Makes room for a new DIR/previous: removes the run in it, unless it has captures of findings. */
static int put_further_away(const char *dir)
{
	char from[4096], to[4096];
	u32 n;

	kept_path(dir, 0, from, sizeof(from));
	if (access(from, F_OK))
		return 0;
	if (!has_saved(dir)) {
		nftw(from, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		return 0;
	}
	kept_path(dir, KEPT_RUNS, from, sizeof(from));
	if (!access(from, F_OK)) {
		pr_warn("%s: removed, as captures of %u later runs are kept", from, KEPT_RUNS);
		nftw(from, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	for (n = KEPT_RUNS; n; n--) {
		kept_path(dir, n, to, sizeof(to));
		kept_path(dir, n - 1, from, sizeof(from));
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

int ci_results__put_away(const char *dir)
{
	static const char *const names[] = {"report.xml",    "report.tap", "report.txt",
					    "report.ndjson", "rates.json", "monitor.log"};
	char from[4096], to[4096];
	int err = ci_results__cut(dir);
	u32 i, parts = count_cut(dir);

	if (err || !parts)
		return err;
	err = put_further_away(dir);
	if (err)
		return err;
	snprintf(to, sizeof(to), "%s/previous", dir);
	if (mkdir(to, 0755))
		return -errno;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(from, sizeof(from), "%s/%s", dir, names[i]);
		snprintf(to, sizeof(to), "%s/previous/%s", dir, names[i]);
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	for (i = 1; i <= parts; i++) {
		snprintf(from, sizeof(from), "%s/part-%u", dir, i);
		snprintf(to, sizeof(to), "%s/previous/part-%u", dir, i);
		if (rename(from, to))
			return -errno;
	}
	return 0;
}
