// SPDX-License-Identifier: GPL-2.0
/* Supervision of xentrace. Scripts in its place log how they are ended. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sources/xentrace_child.h"
#include "util/monotonic.h"

static char dir[] = "/tmp/test_xentrace_child.XXXXXX";

/*
 * With -T, as the sweeper, logs the call and exits. Otherwise writes until SIGTERM, and logs that
 * tracing is off.
 */
static const char good[] = "#!/bin/sh\n"
			   "for last; do :; done\n"
			   "case \"$*\" in *'-T 1'*) echo swept >> \"$DIR/log\"; exit 0 ;; esac\n"
			   "echo \"$*\" > \"$DIR/args\"\n"
			   "echo change evtmask >&2\n"
			   "echo $$ > \"$DIR/pid\"\n"
			   "trap 'echo off >> \"$DIR/log\"; echo last; exit 0' TERM\n"
			   "exec > \"$last\"\n"
			   "while :; do echo bytes; sleep 0.02; done\n";

/*
 * Writes windows as large as Xen's buffers. Exits, as xentrace does, if a signal interrupts a
 * write.
 */
static const char blocked[] =
	"#!/usr/bin/perl\n"
	"my ($stop, $log, $window) = (0, \"$ENV{DIR}/log\", 'x' x (128 * 4096));\n"
	"sub note { open my $file, '>>', $log; print $file shift; close $file }\n"
	"if (\"@ARGV\" =~ /-T 1/) { note(\"swept\\n\"); exit }\n"
	"$SIG{TERM} = sub { $stop = 1 };\n"
	"open my $out, '>', $ARGV[-1];\n"
	"until ($stop) {\n"
	"	my $n = syswrite $out, $window;\n"
	"	if ($n != length $window) { note(\"cut\\n\"); exit 1 }\n"
	"}\n"
	"note(\"off\\n\");\n";

static const char no_buffers[] =
	"#!/bin/sh\n"
	"echo change evtmask >&2\n"
	"echo 'ERROR: Failure to get trace buffer pointer from Xen (38 = Function not implemented)' >&2\n"
	"exit 1\n";

static const char taken[] = "#!/bin/sh\n"
			    "echo 'ERROR: failed to bind to VIRQ port (17 = File exists)' >&2\n"
			    "exit 1\n";

static void install(const char *script)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/log", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/pid", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/xentrace", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(script, file);
	fclose(file);
	chmod(path, 0755);
}

static const char *read_file(const char *name)
{
	static char text[1000];
	char path[100];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[n] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* Returns the file's content as soon as it is not empty, or "" after ten seconds. */
static const char *await_file(const char *name)
{
	struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
	int i;

	for (i = 0; i < 500 && !*read_file(name); i++)
		nanosleep(&tick, NULL);
	return read_file(name);
}

static void ending_xentrace_turns_tracing_off(void **state)
{
	struct xentrace_child child;
	char buf[4096];
	ssize_t n;
	size_t all = 0;

	install(good);
	assert_int_equal(xentrace_child__start(&child), 0);
	assert_int_equal(xentrace_child__wait(&child, 5000, NULL), 0);
	xentrace_child__end(&child);
	while ((n = read(child.fd, buf, sizeof(buf))) != 0)
		all = n > 0 ? (size_t)n : all;
	xentrace_child__stop(&child);
	/* The pipe has xentrace's last output, which it writes after SIGTERM. */
	assert_true(all >= 5);
	assert_string_equal(read_file("log"), "off\n");
	assert_non_null(strstr(read_file("args"), "-e " XENTRACE_CHILD_MASK));
	close(child.fd);
}

/*
 * Waits until the pipe is full and xentrace's write blocks. Returns the number of bytes in the
 * pipe.
 */
static int await_full(int fd)
{
	struct timespec tick = {.tv_nsec = 50 * 1000 * 1000};
	int before = -1, used = 0, i;

	for (i = 0; i < 200 && (!used || used != before); i++) {
		before = used;
		nanosleep(&tick, NULL);
		ioctl(fd, FIONREAD, &used);
	}
	return used;
}

/* A slow reader gets the last window complete: xentrace is not interrupted during a write. */
static void the_last_window_is_whole(void **state)
{
	const struct timespec behind = {.tv_nsec = 700 * 1000 * 1000};
	struct xentrace_child child;
	static char buf[65536];
	size_t all = 0;
	ssize_t n;

	install(blocked);
	assert_int_equal(xentrace_child__start(&child), 0);
	assert_true(await_full(child.fd) > 0);
	xentrace_child__end(&child);
	nanosleep(&behind, NULL);
	while ((n = read(child.fd, buf, sizeof(buf))) != 0) {
		if (n > 0)
			all += (size_t)n;
		else
			xentrace_child__wait(&child, 10, NULL);
	}
	xentrace_child__stop(&child);
	assert_string_equal(read_file("log"), "off\n");
	assert_int_equal(all % (128 * 4096), 0);
	close(child.fd);
}

static void tracing_ends_when_grantwatch_is_killed(void **state)
{
	pid_t pid = fork();

	if (!pid) {
		struct xentrace_child child;

		install(good);
		if (xentrace_child__start(&child) || xentrace_child__wait(&child, 5000, NULL))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	assert_string_equal(await_file("log"), "off\n");
}

static void tracing_ends_when_the_pipe_is_closed(void **state)
{
	struct xentrace_child child;

	install(good);
	assert_int_equal(xentrace_child__start(&child), 0);
	assert_int_equal(xentrace_child__wait(&child, 5000, NULL), 0);
	close(child.fd);
	xentrace_child__stop(&child);
	assert_string_equal(read_file("log"), "off\n");
}

static void tracing_ends_when_xentrace_is_killed(void **state)
{
	struct xentrace_child child;

	install(good);
	assert_int_equal(xentrace_child__start(&child), 0);
	assert_int_equal(xentrace_child__wait(&child, 5000, NULL), 0);
	kill(atoi(await_file("pid")), SIGKILL);
	assert_string_equal(await_file("log"), "swept\n");
	xentrace_child__stop(&child);
	close(child.fd);
}

/* Writes nothing, and takes a second to end. */
static const char silent[] = "#!/bin/sh\n"
			     "case \"$*\" in *'-T 1'*) exit 0 ;; esac\n"
			     "trap 'sleep 1; echo off >> \"$DIR/log\"; exit 0' TERM\n"
			     "echo $$ > \"$DIR/pid\"\n"
			     "while :; do sleep 0.02; done\n";

static void a_signal_ends_the_wait_for_xentrace(void **state)
{
	struct timespec none = {};
	struct xentrace_child child;
	u64 began = now_mono();
	sigset_t stop;

	install(silent);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	assert_int_equal(xentrace_child__start(&child), 0);
	assert_true(*await_file("pid"));
	assert_int_equal(xentrace_child__wait(&child, 10, &stop), -1);
	raise(SIGTERM);
	assert_int_equal(xentrace_child__wait(&child, 60000, &stop), 1);
	close(child.fd);
	xentrace_child__leave(&child);
	/* The signal is still pending, and neither call has waited until xentrace ended. */
	assert_int_equal(sigtimedwait(&stop, NULL, &none), SIGTERM);
	assert_true(now_mono() - began < 30 * NSEC_PER_SEC);
	assert_string_equal(read_file("log"), "");
	assert_string_equal(await_file("log"), "off\n");
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

static void failures_of_xentrace_are_explained(void **state)
{
	static const struct {
		const char *script, *why;
	} tries[] = {{no_buffers, "CONFIG_TRACEBUFFER"},
		     {taken, "somebody else"},
		     {"#!/bin/sh\necho one >&2\necho 'ERROR: other' >&2\nexit 1\n",
		      "xentrace says: ERROR: other"}};
	struct xentrace_child child;
	char buf[600];
	size_t i;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		install(tries[i].script);
		assert_int_equal(xentrace_child__start(&child), 0);
		assert_int_equal(xentrace_child__wait(&child, 5000, NULL), -1);
		assert_non_null(
			strstr(xentrace_child__why(&child, buf, sizeof(buf)), tries[i].why));
		close(child.fd);
		xentrace_child__stop(&child);
		/*
		 * Tracing was not on, and the tracing of another xentrace must not be turned off.
		 */
		assert_string_equal(read_file("log"), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ending_xentrace_turns_tracing_off),
		cmocka_unit_test(the_last_window_is_whole),
		cmocka_unit_test(tracing_ends_when_grantwatch_is_killed),
		cmocka_unit_test(tracing_ends_when_the_pipe_is_closed),
		cmocka_unit_test(tracing_ends_when_xentrace_is_killed),
		cmocka_unit_test(a_signal_ends_the_wait_for_xentrace),
		cmocka_unit_test(failures_of_xentrace_are_explained),
	};
	char path[4096], command[100];
	int status;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("DIR", dir, 1);
	signal(SIGPIPE, SIG_IGN);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	(void)!system(command);
	return status;
}
