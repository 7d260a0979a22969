// SPDX-License-Identifier: GPL-2.0
/*
 * Commands with a failing n-th allocation, for every n: each ends with a message and status 1, or
 * with its normal output. The linker replaces the allocator by the functions below (NO_MEMORY_WRAP
 * in the Makefile) for grantwatch's code and for jansson. The C library's own allocations do not
 * fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/text.h"
#include "commands.h"
#include "util/json_line.h"

/* Shared by all processes of a command. */
static struct {
	u32 count, fail_at; /* 0: no failure */
	bool for_good;	    /* all later allocations fail as well */
} * allocations;

static bool fails(void)
{
	u32 n = __atomic_add_fetch(&allocations->count, 1, __ATOMIC_RELAXED);

	if (!allocations->fail_at || n < allocations->fail_at ||
	    (n > allocations->fail_at && !allocations->for_good))
		return false;
	errno = ENOMEM;
	return true;
}

/*
 * The linker's names for the replaced functions and the replacements.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
 */
#define WRAP(type, name, params, args)                      \
	type __real_##name params;                          \
	type __wrap_##name params;                          \
	type __wrap_##name params                           \
	{                                                   \
		return fails() ? NULL : __real_##name args; \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t nr, size_t size), (nr, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t len), (text, len))
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size))
WRAP(FILE *, fdopen, (int fd, const char *mode), (fd, mode))

int __real_vasprintf(char **text, const char *format, va_list args);
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	return fails() ? -1 : __real_vasprintf(text, format, args);
}

/* The filter of system calls needs no memory, and sanitizers do not work with it. */
int __wrap_privileges__confine(void);
int __wrap_privileges__confine(void)
{
	return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct outcome_of_run {
	int status; /* from waitpid() */
	char *out, *err;
};

static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

/* Runs @command with @argv in a child, in which allocation @fail_at fails. */
static struct outcome_of_run run_command(const struct command *command, char **argv, u32 fail_at,
					 bool for_good)
{
	int out = memfd_create("out", 0), err = memfd_create("err", 0), argc = 0;
	struct outcome_of_run run;
	pid_t pid;

	while (argv[argc])
		argc++;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		allocations->count = 0;
		allocations->fail_at = fail_at;
		allocations->for_good = for_good;
		run.status = command->run(argc, argv);
		fflush(NULL);
		/* Memory that is still allocated after an error is not a leak. */
		_exit(run.status);
	}
	assert_int_equal(waitpid(pid, &run.status, 0), pid);
	allocations->fail_at = 0;
	run.out = read_all(out);
	run.err = read_all(err);
	return run;
}

static void free_run(const struct outcome_of_run *run)
{
	free(run->out);
	free(run->err);
}

static bool tells_loss(const char *text)
{
	static const char *const texts[] = {"were dropped ", "before all records were read",
					    "of the old run are lost", "\"old_lost\":1",
					    "\"old_lost\":2"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (strstr(text, texts[i]))
			return true;
	return false;
}

static bool is_good(const struct outcome_of_run *run, const struct outcome_of_run *whole)
{
	if (!WIFEXITED(run->status))
		return false;
	if (WEXITSTATUS(run->status) == EXIT_ERROR)
		return strstr(run->err, "memory") && !strstr(run->err, "died of signal");
	if (run->status == whole->status && !strcmp(run->out, whole->out))
		return true;
	/* The report counts names, stacks and findings without memory as blind spots. */
	if (WEXITSTATUS(run->status) == EXIT_BLIND && WEXITSTATUS(whole->status) == EXIT_CLEAN)
		return true;
	return run->status == whole->status && (tells_loss(run->out) || tells_loss(run->err));
}

/* Returns the first line of the output that is not the one of @whole. */
static const char *difference(const struct outcome_of_run *run, const struct outcome_of_run *whole)
{
	size_t i, line = 0;

	for (i = 0; run->out[i] && run->out[i] == whole->out[i]; i++)
		if (run->out[i] == '\n')
			line = i + 1;
	return run->out + line;
}

/* NO_MEMORY_STEP=N: only each N-th allocation fails, for builds that take several times as long. */
static u32 step_from_environment(void)
{
	const char *text = getenv("NO_MEMORY_STEP");
	u32 step = text ? (u32)strtoul(text, NULL, 10) : 1;

	assert_in_range(step, 1, 100);
	return step;
}

static void check_command(const struct command *command, char **argv, int status)
{
	struct outcome_of_run whole = run_command(command, argv, 0, false);
	u32 total = allocations->count, step = step_from_environment(), n, bad = 0;

	assert_int_equal(WEXITSTATUS(whole.status), status);
	for (n = 1; n <= total; n += step) {
		/*
		 * A machine out of memory fails all later allocations. A single failure finds more
		 * bugs.
		 */
		struct outcome_of_run run = run_command(command, argv, n, n % 4 == 0);

		if (!is_good(&run, &whole) && bad++ < 20)
			print_error("%s: allocation %u of %u: status 0x%x: %s%.200s\n", argv[0], n,
				    total, (u32)run.status, run.err, difference(&run, &whole));
		free_run(&run);
	}
	free_run(&whole);
	assert_int_equal(bad, 0);
}

/* Packs a case's text capture into a file. */
static void pack(const char *text, const char *path)
{
	FILE *in = fopen(text, "re");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct capture_writer *writer = capture_writer__new(fd);

	assert_non_null(in);
	assert_int_equal(text__pack(in, text, writer), 0);
	capture_writer__free(writer);
	fclose(in);
	close(fd);
}

static char dir[] = "/tmp/no-memory-XXXXXX", d0[64], d5[64];

static int set_up(void **state)
{
	allocations = mmap(NULL, sizeof(*allocations), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	json__allocate();
	if (allocations == MAP_FAILED || !mkdtemp(dir))
		return -1;
	snprintf(d0, sizeof(d0), "%s/d0.gwc", dir);
	snprintf(d5, sizeof(d5), "%s/d5.gwc", dir);
	pack("tests/cases/stale-map-armed/d0.txt", d0);
	pack("tests/cases/stale-map-armed/d5.txt", d5);
	return 0;
}

static int tear_down(void **state)
{
	unlink(d0);
	unlink(d5);
	return rmdir(dir);
}

static const struct {
	const char *name;
	const struct command *command;
	int status;
	/* "d0", "d5": the captures of the case; "0", "5": sources that send them */
	const char *argv[12];
} runs[] = {
	{"analyze", &cmd_analyze, EXIT_RACE, {"analyze", "d0", "d5"}},
	{"analyze -j", &cmd_analyze, EXIT_RACE, {"analyze", "-j", "d0", "d5"}},
	{"analyze: github", &cmd_analyze, EXIT_RACE, {"analyze", "--format", "github", "d0", "d5"}},
	{"analyze: mail", &cmd_analyze, EXIT_RACE, {"analyze", "--format", "mail", "d0", "d5"}},
	{"analyze: html", &cmd_analyze, EXIT_RACE, {"analyze", "--format", "html", "d0", "d5"}},
	{"analyze: junit", &cmd_analyze, EXIT_RACE, {"analyze", "--format", "junit", "d0", "d5"}},
	{"analyze: tap", &cmd_analyze, EXIT_RACE, {"analyze", "--format", "tap", "d0", "d5"}},
	{"analyze: perfetto",
	 &cmd_analyze,
	 EXIT_RACE,
	 {"analyze", "--format", "perfetto", "d0", "d5"}},
	{"analyze with a log",
	 &cmd_analyze,
	 EXIT_RACE,
	 {"analyze", "-j", "--log", "tests/logs/cases/001-blkfront-detach/input.log", "d0", "d5"}},
	{"explain a log",
	 &cmd_explain,
	 EXIT_BLIND,
	 {"explain", "tests/logs/cases/001-blkfront-detach/input.log"}},
	{"explain captures", &cmd_explain, EXIT_RACE, {"explain", "d0", "d5"}},
	{"events", &cmd_events, EXIT_CLEAN, {"events", "d0", "d5"}},
	{"events -j", &cmd_events, EXIT_CLEAN, {"events", "-j", "d0", "d5"}},
	{"events: perfetto",
	 &cmd_events,
	 EXIT_CLEAN,
	 {"events", "--format", "perfetto", "d0", "d5"}},
	{"events --around", &cmd_events, EXIT_CLEAN, {"events", "--around", "2", "d0", "d5"}},
	{"compare", &cmd_compare, EXIT_CLEAN, {"compare", "d5", "d5"}},
	{"compare -j", &cmd_compare, EXIT_CLEAN, {"compare", "-j", "d5", "d5"}},
	{"watch", &cmd_watch, EXIT_RACE, {"watch", "-j", "--no-local", "-s", "0", "-s", "5"}},
	{"dump", &cmd_dump, EXIT_CLEAN, {"dump", "d5"}},
	{"pack", &cmd_pack, EXIT_CLEAN, {"pack", "tests/cases/stale-map-armed/d5.txt", "-o", "-"}},
};

/* Returns the path or option for which @word in runs[] stands, or @word. */
static char *word_of(const char *word)
{
	static char source[2][96];

	if (!word)
		return NULL;
	if (!strcmp(word, "d0") || !strcmp(word, "d5"))
		return word[1] == '0' ? d0 : d5;
	if (!strcmp(word, "0") || !strcmp(word, "5")) {
		char *to = source[*word == '5'];

		snprintf(to, sizeof(source[0]), "%s=cat %s", word, *word == '5' ? d5 : d0);
		return to;
	}
	return (char *)word;
}

static void test_run(void **state)
{
	size_t row = (size_t)*state, i;
	char *argv[ARRAY_SIZE(runs[0].argv) + 1] = {NULL};

	for (i = 0; i < ARRAY_SIZE(runs[0].argv); i++)
		argv[i] = word_of(runs[row].argv[i]);
	check_command(runs[row].command, argv, runs[row].status);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(runs)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(runs); i++)
		tests[i] = (struct CMUnitTest){
			.name = runs[i].name, .test_func = test_run, .initial_state = (void *)i};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
