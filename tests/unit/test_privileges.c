// SPDX-License-Identifier: GPL-2.0
/*
 * Dropped privileges: which system calls work and which fail, and which requests the warden serves.
 */
#include <errno.h>
#include <cap-ng.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"
#include "util/options.h"
#include "util/privileges.h"
#include "util/warden.h"

/* Runs @test in a child. Returns its result: 0, or the number of the failed step. */
static int in_child(int (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(test());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* --- privileges --- */

static int work_when_dropped(void)
{
	int fd = open("/dev/zero", O_RDONLY);
	char buf[64], *text = NULL;
	size_t size;
	FILE *out;

	if (privileges__drop())
		return 1;
	if (read(fd, buf, sizeof(buf)) != sizeof(buf))
		return 2;
	text = malloc(8 << 20);
	if (!text || !memset(text, 1, 8 << 20))
		return 3;
	free(text);
	out = open_memstream(&text, &size);
	if (!out || fprintf(out, "%d %f", 5, 1.5) < 0 || fclose(out) || strncmp(text, "5 1.5", 5))
		return 4;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 5 : 0; /* prctl must fail now */
}

static void parsing_works_after_the_drop(void **state)
{
	assert_int_equal(in_child(work_when_dropped), 0);
}

static int misbehave_when_dropped(void)
{
	char *const argv[] = {"/bin/true", NULL};
	pid_t parent = getppid();

	if (privileges__drop())
		return 1;
	if (open("/dev/null", O_RDONLY) >= 0 || errno != EPERM)
		return 2;
	if (open("/tmp/test_privileges", O_WRONLY | O_CREAT, 0600) >= 0)
		return 3;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return 4;
	if (fork() >= 0)
		return 5;
	if (!execv(argv[0], argv) || errno != EPERM)
		return 6;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	    MAP_FAILED)
		return 7;
	if (!kill(parent, 0))
		return 8;
	if (unlink("/tmp/test_privileges") == 0 || errno != EPERM)
		return 9;
	if (!setuid(0) && !geteuid())
		return 10;
	return 0;
}

static void other_system_calls_fail_after_the_drop(void **state)
{
	assert_int_equal(in_child(misbehave_when_dropped), 0);
}

static int give_up_as_root(void)
{
	uid_t r, e, s;

	if (privileges__give_up())
		return 1;
	if (getresuid(&r, &e, &s) || r != PRIVILEGES_NOBODY || e != r || s != r)
		return 2;
	if (getgroups(0, NULL))
		return 3;
	capng_get_caps_process();
	if (capng_have_capabilities(CAPNG_SELECT_BOTH) != CAPNG_NONE)
		return 4;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static void root_becomes_nobody(void **state)
{
	if (geteuid())
		skip();
	assert_int_equal(in_child(give_up_as_root), 0);
}

static int keep_recording(void)
{
	static const unsigned int gone[] = {CAP_DAC_OVERRIDE, CAP_SYS_PTRACE, CAP_SYS_MODULE,
					    CAP_NET_ADMIN,    CAP_SETUID,     CAP_SETPCAP,
					    CAP_SYS_RAWIO,    CAP_KILL};
	unsigned int i;

	if (privileges__keep_recording(false))
		return 1;
	capng_get_caps_process();
	for (i = 0; i < ARRAY_SIZE(gone); i++)
		if (capng_have_capability(CAPNG_EFFECTIVE, gone[i]) ||
		    capng_have_capability(CAPNG_BOUNDING_SET, gone[i]))
			return 2;
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return 3;
	return geteuid() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ? 4 : 0;
}

static int keep_rotating(void)
{
	if (privileges__keep_recording(true))
		return 1;
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE))
		return 2;
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_PTRACE) ? 3 : 0;
}

static void a_recorder_keeps_what_probes_and_files_need(void **state)
{
	capng_get_caps_process();
	if (geteuid() || !capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN) ||
	    !capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE))
		skip();
	assert_int_equal(in_child(keep_recording), 0);
	assert_int_equal(in_child(keep_rotating), 0);
}

/* --- the warden --- */

struct plan {
	int (*parse)(void);
	int served, fd_given;
};

static char last_name[WARDEN_NAME];

static int parse(void *ctx)
{
	return ((struct plan *)ctx)->parse();
}

static int serve(void *ctx, enum warden_request request, const char *name)
{
	struct plan *plan = ctx;

	plan->served++;
	snprintf(last_name, sizeof(last_name), "%s", name);
	if (request == WARDEN_PICTURE)
		return memfd_create("picture", MFD_CLOEXEC);
	return request == WARDEN_OUTPUT ? -EACCES : 0;
}

static int ask_for_things(void)
{
	int fd = warden__ask(WARDEN_PICTURE, "stale-map-1.svg");

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 10;
	if (warden__ask(WARDEN_OUTPUT, NULL) != -EACCES)
		return 11;
	if (warden__ask(WARDEN_END_SOURCES, NULL))
		return 12;
	return 42;
}

static void a_warden_serves_valid_requests(void **state)
{
	struct plan plan = {.parse = ask_for_things};

	assert_int_equal(warden__run(&(struct warden){parse, NULL, serve, &plan}), 42);
	assert_int_equal(plan.served, 3);
}

static int ask_for_too_much(void)
{
	static const char *const names[] = {"../etc/passwd", "/etc/passwd", ".hidden",
					    "a/b",	     "A",	    "a b",
					    "a\n",	     "\xe2\x80\xae"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (warden__ask(WARDEN_PICTURE, names[i]) != -EINVAL)
			return 10 + (int)i;
	if (warden__ask((enum warden_request)0, NULL) != -EINVAL ||
	    warden__ask((enum warden_request)99, NULL) != -EINVAL)
		return 30;
	if (warden__ask(WARDEN_PICTURE,
			"0123456789012345678901234567890123456789012345678901234567890123456789") !=
	    -ENAMETOOLONG)
		return 31;
	return 0;
}

static void a_warden_refuses_invalid_requests(void **state)
{
	struct plan plan = {.parse = ask_for_too_much};

	assert_int_equal(warden__run(&(struct warden){parse, NULL, serve, &plan}), 0);
	assert_int_equal(plan.served, 0);
}

static int kill_itself(void)
{
	raise(SIGKILL);
	return 0;
}

static int abort_itself(void)
{
	abort();
	return 0;
}

static void a_parser_that_dies_is_an_error(void **state)
{
	struct plan plan = {.parse = kill_itself};

	log_level = -1;
	assert_int_equal(warden__run(&(struct warden){parse, NULL, serve, &plan}), EXIT_ERROR);
	plan.parse = abort_itself;
	assert_int_equal(warden__run(&(struct warden){parse, NULL, serve, &plan}), EXIT_ERROR);
	log_level = 1;
}

static volatile sig_atomic_t terms;

static void on_term(int sig)
{
	terms++;
}

/* Writes a byte when it is ready, and ends at SIGTERM. */
static int wait_for_term(void)
{
	struct sigaction action = {.sa_handler = on_term};
	const struct timespec tick = {.tv_nsec = 10000000};

	sigaction(SIGTERM, &action, NULL);
	warden__ask(WARDEN_READY, NULL);
	while (!terms)
		nanosleep(&tick, NULL);
	return 7;
}

static int ignore_term(void)
{
	const struct timespec tick = {.tv_nsec = 10000000};

	signal(SIGTERM, SIG_IGN);
	warden__ask(WARDEN_READY, NULL);
	while (true)
		nanosleep(&tick, NULL);
	return 0;
}

/* Sends two SIGTERMs to the warden, 200 ms apart, once the parser is ready. */
static int stop_when_ready(void *ctx, enum warden_request request, const char *name)
{
	const struct timespec moment = {.tv_nsec = 200000000};

	if (!fork()) {
		kill(getppid(), SIGTERM);
		nanosleep(&moment, NULL);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	return 0;
}

static int run_and_stop(int (*how)(void))
{
	struct plan plan = {.parse = how};

	/* The second signal may arrive after the warden's end. */
	signal(SIGTERM, SIG_IGN);
	return warden__run(&(struct warden){parse, NULL, stop_when_ready, &plan});
}

static int stop_once(void)
{
	return run_and_stop(wait_for_term);
}

static int stop_twice(void)
{
	log_level = -1;
	return run_and_stop(ignore_term);
}

static void sigterm_reaches_the_parser(void **state)
{
	assert_int_equal(in_child(stop_once), 7);
	assert_int_equal(in_child(stop_twice), EXIT_ERROR);
}

/* The parser ends if its warden is killed. */
static int pipe_of_parser[2];

static int hold_a_pipe(void)
{
	const struct timespec tick = {.tv_nsec = 10000000};

	if (write(pipe_of_parser[1], "x", 1) != 1)
		return 1;
	while (true)
		nanosleep(&tick, NULL);
	return 0;
}

static void a_parser_does_not_outlive_its_warden(void **state)
{
	struct plan plan = {.parse = hold_a_pipe};
	char c;
	pid_t pid;

	assert_int_equal(pipe(pipe_of_parser), 0);
	pid = fork();
	if (!pid)
		_exit(warden__run(&(struct warden){parse, NULL, serve, &plan}));
	close(pipe_of_parser[1]);
	assert_int_equal(read(pipe_of_parser[0], &c, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* read() returns 0 when no process has the pipe's write end. */
	alarm(10);
	assert_int_equal(read(pipe_of_parser[0], &c, 1), 0);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing_works_after_the_drop),
		cmocka_unit_test(other_system_calls_fail_after_the_drop),
		cmocka_unit_test(root_becomes_nobody),
		cmocka_unit_test(a_recorder_keeps_what_probes_and_files_need),
		cmocka_unit_test(a_warden_serves_valid_requests),
		cmocka_unit_test(a_warden_refuses_invalid_requests),
		cmocka_unit_test(a_parser_that_dies_is_an_error),
		cmocka_unit_test(sigterm_reaches_the_parser),
		cmocka_unit_test(a_parser_does_not_outlive_its_warden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
