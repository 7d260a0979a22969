// SPDX-License-Identifier: GPL-2.0
/*
 * Runs every directory of tests/cases/ that has an `expect' file: packs its dN.txt captures, judges
 * them as `analyze' does, and compares the verdict line by line. Then judges them as `watch' does,
 * with the bytes in random pieces and random turns. The JSON must be the same.
 *
 * The file `config' of a case sets limits as --limit does, one a line: `deferral-backlog=3'.
 *
 * Each case has a row in docs/detection.md that names the expected findings.
 *
 * To write the `expect' of a new case, run the test with an empty one and check what it prints.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/text.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"

#define MAX_CAPTURES 16

struct kase {
	char path[600];
	int fds[MAX_CAPTURES]; /* packed captures in memory */
	size_t size[MAX_CAPTURES];
	u32 nr;
};

static int failed, number;
static u32 seed = 1;

static u32 next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void result(bool ok, const char *name, const char *what)
{
	printf("%sok %d - case %s: %s\n", ok ? "" : "not ", ++number, name, what);
	failed += !ok;
}

/* --- loading --- */

static int pack_one(struct kase *kase, const char *file)
{
	struct capture_writer *writer;
	char path[1200];
	FILE *in;
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", kase->path, file);
	in = fopen(path, "r");
	fd = memfd_create(file, MFD_CLOEXEC);
	writer = capture_writer__new(fd);
	if (!in || fd < 0 || !writer)
		return -errno;
	err = text__pack(in, path, writer);
	kase->size[kase->nr] = (size_t)capture_writer__bytes(writer);
	kase->fds[kase->nr++] = fd;
	capture_writer__free(writer);
	fclose(in);
	return err;
}

static int is_capture(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] == 'd' && len > 4 && !strcmp(entry->d_name + len - 4, ".txt");
}

static int load(struct kase *kase, const char *path)
{
	struct dirent **list;
	int i, n, err = 0;

	memset(kase, 0, sizeof(*kase));
	snprintf(kase->path, sizeof(kase->path), "%s", path);
	n = scandir(path, &list, is_capture, alphasort);
	for (i = 0; i < n && i < MAX_CAPTURES; i++) {
		if (!err)
			err = pack_one(kase, list[i]->d_name);
		free(list[i]);
	}
	if (n > 0)
		free(list);
	return n > 0 ? err : -ENOENT;
}

static void unload(struct kase *kase)
{
	u32 i;

	for (i = 0; i < kase->nr; i++)
		close(kase->fds[i]);
}

/* --- judging --- */

static void print_finding(FILE *out, const struct finding *f)
{
	u32 i;

	fprintf(out, "finding %s %s granter %u ref %u generation %u told %u mapper %u\n",
		class__id(f->class), certainty__name(f->certainty), f->granter, f->ref,
		f->generation, f->told_generation, f->mapper);
	fprintf(out, "  by %s%s%s owner %s previous %s count %u%s\n", kind__name(f->map_by.kind),
		f->map_by.comm[0] ? "/" : "", f->map_by.comm,
		f->owner.known ? kind__name(f->owner.kind) : "-",
		f->previous_owner.known ? kind__name(f->previous_owner.kind) : "-", (u32)f->count,
		f->killed ? " killed" : "");
	fprintf(out, "  outcome %s evidence", outcome__name(f->outcome));
	for (i = 0; i < f->nr_evidence; i++)
		fprintf(out, " %s", f->evidence[i].rule);
	fprintf(out, " blind %u\n", f->nr_blind);
}

static void print_verdict(FILE *out, const struct pipeline *pipeline)
{
	struct summary summary;
	u32 i;

	pipeline__summarize(pipeline, &summary);
	for (i = 0; i < rules__findings(pipeline->rules)->nr; i++)
		if (!rules__findings(pipeline->rules)->item[i]->gone)
			print_finding(out, rules__findings(pipeline->rules)->item[i]);
	for (i = 0; i < summary.nr_blind; i++)
		fprintf(out, "blind %s\n", summary.blind[i]);
	fprintf(out, "exit %d\n", summary.exit_status);
}

/* Sets the limits in the case's `config'. */
static void configure(const struct kase *kase, struct pipeline *pipeline)
{
	char path[700], line[128], why[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/config", kase->path);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (policy__set_limit(&pipeline->policy, line, why, sizeof(why)))
			result(false, path, why);
	}
	if (file)
		fclose(file);
}

static char *judge_stored(struct kase *kase, char **json)
{
	struct pipeline *pipeline = pipeline__new(false);
	char *verdict = NULL;
	size_t size;
	FILE *out;
	u32 i;

	configure(kase, pipeline);
	for (i = 0; i < kase->nr; i++) {
		lseek(kase->fds[i], 0, SEEK_SET);
		pipeline__add(pipeline, feed__new(dup(kase->fds[i]), "capture", DOMID_UNKNOWN));
	}
	pipeline__run(pipeline);
	out = open_memstream(&verdict, &size);
	print_verdict(out, pipeline);
	fclose(out);
	out = open_memstream(json, &size);
	pipeline__report(pipeline, &json_renderer, out, NULL);
	fclose(out);
	pipeline__free(pipeline);
	return verdict;
}

/* Sends a random piece of capture @i. Returns false at its end. */
static bool trickle(struct kase *kase, size_t *sent, int pipe_fd, u32 i)
{
	char buf[4096];
	size_t want = 1 + next_random() % sizeof(buf);
	ssize_t n = pread(kase->fds[i], buf, want, (off_t)sent[i]);

	if (n <= 0)
		return false;
	if (write(pipe_fd, buf, (size_t)n) != n)
		return false;
	sent[i] += (size_t)n;
	return true;
}

static char *judge_live(struct kase *kase)
{
	struct pipeline *pipeline = pipeline__new(true);
	size_t sent[MAX_CAPTURES] = {0}, size;
	int pipes[MAX_CAPTURES][2];
	char *json = NULL;
	u32 i, open_ends = kase->nr;
	FILE *out;

	configure(kase, pipeline);
	for (i = 0; i < kase->nr; i++) {
		if (pipe2(pipes[i], O_CLOEXEC))
			abort();
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		pipeline__add(pipeline, feed__new(pipes[i][0], "capture", DOMID_UNKNOWN));
	}
	while (open_ends) {
		i = next_random() % kase->nr;
		if (pipes[i][1] < 0)
			continue;
		if (!trickle(kase, sent, pipes[i][1], i)) {
			close(pipes[i][1]);
			pipes[i][1] = -1;
			open_ends--;
		}
		capture_stream__fill(&pipeline->feeds[i]->stream);
		pipeline__run(pipeline);
	}
	for (i = 0; i < kase->nr; i++)
		while (!pipeline->feeds[i]->stream.eof)
			capture_stream__fill(&pipeline->feeds[i]->stream);
	pipeline__run(pipeline);
	out = open_memstream(&json, &size);
	pipeline__report(pipeline, &json_renderer, out, NULL);
	fclose(out);
	pipeline__free(pipeline);
	return json;
}

/* --- comparing --- */

/* Returns the text of the file, without comments and empty lines if @bare. */
static char *read_text(const char *path, bool bare)
{
	char *text = NULL, *line = NULL;
	size_t size = 0, line_size = 0;
	FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);

	while (in && getline(&line, &line_size, in) > 0)
		if (!bare || (*line != '#' && *line != '\n'))
			fputs(line, out);
	if (in)
		fclose(in);
	fclose(out);
	free(line);
	return text;
}

static void run_case(const char *dir, const char *name)
{
	char path[600], *expect, *verdict, *json = NULL, *live;
	struct kase kase;
	int round;
	bool same = true;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (load(&kase, path)) {
		result(false, name, "captures can be packed");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s/expect", dir, name);
	expect = read_text(path, true);
	verdict = judge_stored(&kase, &json);
	if (strcmp(expect, verdict))
		printf("# expected:\n%s# got:\n%s", expect, verdict);
	result(!strcmp(expect, verdict), name, "verdict");
	for (round = 0; round < 20 && same; round++) {
		live = judge_live(&kase);
		same = !strcmp(live, json);
		if (!same)
			printf("# stored:\n%s# live:\n%s", json, live);
		free(live);
	}
	result(same, name, "live in any order of arrival gives the same bytes");
	free(expect);
	free(verdict);
	free(json);
	unload(&kase);
}

/* --- the table in docs/detection.md --- */

#define CASES_SECTION "\n## Cases\n"

/* Returns the row of case @name, or NULL. */
static char *doc_row(const char *doc, const char *name)
{
	char start[300];
	const char *row;

	snprintf(start, sizeof(start), "\n| `%s` |", name);
	row = strstr(doc, CASES_SECTION);
	row = row ? strstr(row, start) : NULL;
	return row ? strndup(row + 1, strcspn(row + 1, "\n")) : NULL;
}

/* Whether the row has the class and the certainty of every finding that the case expects. */
static bool row_names_findings(const char *row, const char *expect)
{
	char class[40], certainty[40], words[100];
	const char *line;

	for (line = expect; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "finding %39s %39s", class, certainty) == 2) {
			snprintf(words, sizeof(words), "%s %s", class, certainty);
			if (!strstr(row, words))
				return false;
		}
		if (!strchr(line, '\n'))
			break;
	}
	return true;
}

static void check_row(const char *doc, const char *dir, const char *name)
{
	char path[600], *row = doc_row(doc, name), *expect;

	snprintf(path, sizeof(path), "%s/%s/expect", dir, name);
	expect = read_text(path, true);
	result(row && row_names_findings(row, expect), name, "its row in docs/detection.md");
	free(expect);
	free(row);
}

/* Fails for a row without a case. */
static void check_rows(const char *doc, const char *dir)
{
	const char *row = strstr(doc, CASES_SECTION), *end = row ? strstr(row + 1, "\n## ") : NULL;
	char name[200], path[600];

	for (; row && (!end || row < end); row = strchr(row + 1, '\n')) {
		if (sscanf(row, "\n| `%199[a-z0-9-]", name) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/expect", dir, name);
		result(!access(path, R_OK), name, "in docs/detection.md, so in tests/cases");
	}
}

static int has_expect(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "tests/cases";
	struct dirent **list;
	char path[600], *doc = read_text("docs/detection.md", false);
	int i, n;

	n = scandir(dir, &list, has_expect, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s/expect", dir, list[i]->d_name);
		if (!access(path, R_OK)) {
			run_case(dir, list[i]->d_name);
			check_row(doc, dir, list[i]->d_name);
		}
		free(list[i]);
	}
	if (n > 0)
		free(list);
	check_rows(doc, dir);
	free(doc);
	if (number == 0) {
		printf("not ok 1 - no cases in %s\n", dir);
		return 1;
	}
	printf("1..%d\n", number);
	return failed ? 1 : 0;
}
